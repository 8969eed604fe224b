"""What is read line by line, or in parts, is what the parser reads."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gto.git.object_cache import ParsedBlobs
from gto.yamldoc.document import load_nodes
from gto.yamldoc.simple_lines import NotSimple
from gto.yamldoc.simple_text import read_simple
from tests.growth import check_growth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from gto.yamldoc.simple_text import KeptParts

KEYS = ("a", "b", "c d", "1", "true", "1.0", "k.l", "p/q.r", "t@eu", "e-f", "2020-01-01", "null", "0x1", "a-", "x+y")
USUAL: tuple[str, ...] = (
    "a",
    "b c",
    "1",
    "-1.5",
    "0x1F",
    ".inf",
    "true",
    "~",
    "x:y",
    "x#y",
    "a # c",
    "'q'",
    '"a: b"',
    "--out",
    "${x.y}",
    "é",
)
USUAL += (
    "[a, 1]",
    "[ a , 'b, c' ]",
    "[]",
    "{}",
    "{k: v}",
    "{1: 2, k: 'x'}",
    "'a' # c",
    "[a] # c",
    "a, b",
    "(a)",
    "12:30",
    "a]",
)
ODD: tuple[str, ...] = (
    "# b",
    "- a",
    "a: b",
    "a:",
    "? a",
    ": a",
    "|",
    ">-",
    "&a 1",
    "*a",
    "!t",
    "---",
    "...",
    "'a",
    "'a'b",
    "[a",
    "[a b]",
    "{a}",
)
ODD += ("{a: }", "[a]#c", "%", "@", "a\tb", "'it''s'", '"\\n"', "<<", "a &b", "a !b")
SLIPS = (
    " ",
    "\n",
    ":",
    "-",
    "#",
    "'",
    "a",
    "\n  ",
    ": ",
    " #",
    "\t",
    "\n- ",
    "\u2028",
    "\xa0",
    "\x85",
    "\x7f",
    "\ufeff",
    "{",
    "|",
)


def value(choose: Random, depth: int) -> object:
    kind = choose.random()
    if depth == 0 or kind < 0.45:
        return choose.choice(USUAL if choose.random() < 0.95 else ODD)
    if kind < 0.5:
        return None
    parts = [value(choose, depth - 1) for _ in range(choose.randint(1, 3))]
    return parts if kind < 0.75 else {choose.choice(KEYS): part for part in parts}


def render(choose: Random, whole: object, column: int) -> Iterator[str]:
    """The lines of a block as people write it: a comment now and then, a blank line, words that go on in the next."""
    blank = " " * column
    for key, part in whole.items() if isinstance(whole, dict) else [(None, one) for one in whole]:  # type: ignore[attr-defined]  # a list then
        start = f"{blank}-" if key is None else f"{blank}{key}:"
        if choose.random() < 0.05:
            yield choose.choice(["", "# c", "  # a: b", "   ", f"{blank}# d"])
        if isinstance(part, str):
            yield start + choose.choice([" ", "  "]) + part + choose.choice(["", "", " "])
            if choose.random() < 0.1:
                yield " " * (column + choose.randint(0, 3)) + choose.choice(USUAL)
            continue
        deeper = column + choose.choice([0, 1, 2, 4] if isinstance(part, list) and key else [1, 2, 2, 4])
        inner = list(render(choose, part, deeper)) if part else []
        is_compact = key is None and inner and deeper > column + 1 and inner[0].startswith(" " * deeper)
        if is_compact:
            inner[0] = start + inner[0][column + 1 :]
        else:
            yield start + choose.choice(["", "", " ", "  # c"])
        yield from inner


def written(choose: Random, entries: int) -> str:
    """A text, perhaps with a slip."""
    lines = render(choose, {f"{choose.choice(KEYS)}{number}": value(choose, 3) for number in range(entries)}, 0)
    text = choose.choice(["", "", "---\n"]) + "\n".join(lines) + choose.choice(["", "\n", "\n\n"])
    for _ in range(choose.choice([0, 0, 1])):
        at = choose.randint(0, len(text))
        text = text[:at] + choose.choice(SLIPS) + text[at + choose.choice([0, 1]) :]
    return text


@given(st.randoms(use_true_random=False), st.sampled_from([2, 40]))
def test_what_is_simple_says_the_same_to_the_parser(choose: Random, entries: int) -> None:
    text = written(choose, entries)
    parts = ParsedBlobs().parts
    for kept in (None, parts, parts):
        try:
            found = read_simple(text, kept)
        except NotSimple:
            continue
        assert repr(found) == repr(load_nodes(text, "a.yaml").value), text


@given(st.randoms(use_true_random=False))
def test_a_text_that_changes_says_the_same_beside_the_one_before(choose: Random) -> None:
    parts = ParsedBlobs().parts
    bodies = [" {path: p}\n    # c\n", "\n    path: models\n    labels: [a, b]\n"]
    entries = [f"  {choose.choice(KEYS)}{number}:{choose.choice(bodies)}" for number in range(40)]
    for _ in range(6):
        text = "vars: []\nartifacts:\n" + "".join(entries) + choose.choice(["", "plots: []\n"])
        if choose.random() < 0.5:
            at = choose.randint(0, len(text))
            text = text[:at] + choose.choice([*SLIPS, "\n", "  ", "\n  x: 1\n"]) + text[at + choose.randint(0, 30) :]
        elif choose.random() < 0.3:
            entry = choose.choice(entries)
            text = text.replace(entry, entry + entry)
        try:
            found = read_simple(text, parts)
        except NotSimple:
            continue
        assert repr(found) == repr(load_nodes(text, "a.yaml").value), text
        place, what = choose.randrange(len(entries)), choose.choice(["gone", "more", "other", "moved"])
        entry = entries.pop(place)
        if what == "more":
            entries[place:place] = [entry, entry.replace(":", "x:", 1)]
        elif what == "other":
            entries.insert(place, entry.replace("models", "others"))
        elif what == "moved":
            entries.insert(choose.randrange(len(entries)), entry)


@pytest.mark.parametrize("comment", ["# \r  x: 1", "# \x07", "#\u2028"])
def test_a_comment_in_a_long_text_may_hold_no_line_of_its_own(comment: str) -> None:
    entries = "".join(f"  model-{number}:\n    path: models/{number}.bin\n" for number in range(60))
    for text in (f"{comment}\nartifacts:\n{entries}vars: []\n", f"vars: []\nartifacts: {comment}\n{entries}"):
        with pytest.raises(NotSimple):
            read_simple(text, ParsedBlobs().parts)


def test_what_dvc_writes_is_simple() -> None:
    text = """schema: '2.0'
stages:
  train@eu:
    cmd: python src/train.py --data data/clean.csv --out models
      --metrics metrics.json
    deps:
    - path: data/clean.csv
      hash: md5
      size: 0
    params:
      params.yaml:
        train.layers:
        - 64
        - 0.5
    outs: []
"""
    assert read_simple(text) == load_nodes(text, "dvc.lock").value


@pytest.mark.parametrize(
    "text", ["", "# c\n", "a: |\n  b\n", "a: &x 1\nb: *x\n", "a: 1\na: 2\n", "a: 'x\n  y'\n", "b\n"]
)
def test_what_is_not_simple_is_left_to_the_parser(text: str) -> None:
    with pytest.raises(NotSimple):
        read_simple(text)


def read_artifacts(entries: list[str], parts: KeptParts) -> dict[str, object]:
    whole: Any = read_simple("stages: {}\nartifacts:\n" + "".join(entries), parts)
    found: dict[str, object] = whole["artifacts"]
    return found


def test_a_part_that_stays_is_read_once() -> None:
    entries = [f"  model-{number}:\n    path: models/{number}.bin\n    labels: [a, b]\n" for number in range(60)]
    parts = ParsedBlobs().parts
    first = read_artifacts(entries, parts)
    entries[7] = entries[7].replace("[a, b]", "[c]")
    second = read_artifacts(entries, parts)
    same = [one is other for one, other in zip(first.values(), second.values(), strict=True)]
    assert same == [number != 7 for number in range(60)]
    assert second["model-7"] == {"path": "models/7.bin", "labels": ["c"]}


def test_of_a_long_text_that_changes_in_one_entry_the_rest_is_not_read() -> None:
    entries = [f"  model-{number}:\n    path: models/{number}.bin\n    labels: [a, b]\n" for number in range(1000)]
    parts = ParsedBlobs().parts
    seconds = []
    for place in (0, 500, 10, 999, 400):
        entries[place] = entries[place].replace("[a, b]", "[c]")
        begin = time.process_time()
        read_artifacts(entries, parts)
        seconds.append(time.process_time() - begin)
    assert min(seconds[1:]) < seconds[0] / 5


def test_a_text_takes_time_by_its_length() -> None:
    def read(text: str) -> None:
        try:
            read_simple(text, ParsedBlobs().parts)
        except NotSimple:
            return

    for start in ("", "a: b", "k: [a]", "k: 'a'", "k:\n"):
        for unit in ("a b ", "a:\n", "- ", " # ", "a b c\n", "[a, ", "  \n", "\n c", " ", "  a: [b]\n"):
            check_growth(read, (start + unit * size + "x" for size in (4_000, 16_000, 64_000)))
