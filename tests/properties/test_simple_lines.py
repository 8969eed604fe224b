"""What is read line by line is what the parser reads."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gto.exceptions import BadFile
from gto.yamldoc import scalars
from gto.yamldoc.document import _Values  # the parser's way, without the short one
from gto.yamldoc.parser import parse
from gto.yamldoc.simple_lines import NotSimple, read_simple

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = st.sampled_from(
    ["a", "b c", "1", "-1", "0.5", "1e3", "true", "~", "null", "x y", "a:b", "a#b", "# c", "a # c", "'q'", '"q"', "'a: b'", '"a # b"',
     "[a, 1]", "[]", "{}", "{k: v}", "{k: v, k: w}", "[a, 'b, c']", "${x.y}", "--out", "- d", "-", "a: b", "a:", "?", "? a", "&x 1", "*x", "!t", "|",
     ">-", "'a", "[a", "%", "@", "é", "a-b_c.d/e", "...", "---", "<<", ", a", "a, b", "a  b", "(a)", "\\n", "'it''s'", "2020-01-01"]
)  # fmt: skip
KEYS = st.sampled_from(["a", "b", "c d", "1", "true", "k.l", "p/q.r", "<<", "'s'", "-x", "x-", "~", "e é", "..."])
LINES = st.builds(
    lambda indent, dash, key, value, tail: f"{' ' * indent}{dash}{key}{value}{tail}",
    st.integers(0, 5),
    st.sampled_from(["", "", "", "- ", "-  ", "-", "- - "]),
    st.one_of(st.just(""), st.builds("{}:{}".format, KEYS, st.sampled_from([" ", "  ", ""]))),
    st.one_of(st.just(""), WORDS),
    st.sampled_from(["", "", "", " ", " # c", "#"]),
)
USUAL = st.sampled_from(
    [
        "a",
        "b c",
        "1",
        "-1.5",
        "true",
        "null",
        "a:b",
        "a#b",
        "a # c",
        "'a: b'",
        '"q"',
        "[a, 1]",
        "{k: v}",
        "${x.y}",
        "--o",
        "é",
    ]
)
USUAL_KEYS = st.sampled_from(["a", "b", "c d", "1", "true", "k.l", "p/q.r", "t@eu", "e-f", "2020-01-01"])
VALUES = st.recursive(
    USUAL,
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(USUAL_KEYS, inner, min_size=1, max_size=3),
)


@st.composite
def written(draw: st.DrawFn) -> str:
    """A value as people and programs write it, perhaps with a slip."""
    lines = render(draw, draw(st.dictionaries(USUAL_KEYS, VALUES, min_size=1, max_size=4)), 0)
    text = "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n"]))
    if draw(st.booleans()):
        return text
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(st.sampled_from([" ", "\n", ":", "-", "#", "'", "a", "\n  ", ": ", " #"])) + text[at:]


def render(draw: st.DrawFn, value: object, indent: int) -> Iterator[str]:
    """The lines of a block; now and then with a comment, a blank line, or words in a line of their own."""
    blank = " " * indent
    for key, part in value.items() if isinstance(value, dict) else [("", one) for one in value]:  # type: ignore[attr-defined]  # a list then
        start = f"{blank}{key}:" if isinstance(value, dict) else f"{blank}-"
        if draw(st.integers(0, 9)) == 0:
            yield draw(st.sampled_from(["", "# c", "  # a: b", "   "]))
        if isinstance(part, str):
            yield f"{start} {part}"
            if draw(st.integers(0, 9)) == 0:
                yield f"{blank}  {draw(WORDS)}"
            continue
        deeper = indent + draw(st.sampled_from([0, 1, 2, 4] if isinstance(part, list) and key else [1, 2, 4]))
        inner = list(render(draw, part, deeper))
        if not key and deeper > indent + 1 and inner[0].startswith(" " * deeper) and isinstance(part, dict):
            inner[0] = f"{start}{inner[0][indent + 1 :]}"
        else:
            yield start
        yield from inner


TEXTS = st.one_of(
    written(),
    written(),
    st.builds("\n".join, st.lists(LINES, max_size=8)),
    st.builds("{}\n".format, st.text("ab1-:# '\"[]{},.\n\t~|>&*!%@é", max_size=40)),
    st.builds(lambda top, rest: "\n".join([f"{top}:", *rest]), KEYS, st.lists(LINES, max_size=8)),
)


def by_parser(text: str) -> object:
    root = parse(text, "a.yaml")
    return None if root is None else _Values("a.yaml", scalars.resolve).of(root)


@given(TEXTS)
def test_what_is_simple_says_the_same_to_the_parser(text: str) -> None:
    with suppress(NotSimple):
        found = read_simple(text)
        try:
            expected = by_parser(text)
        except BadFile as error:
            raise AssertionError(f"the parser refuses {text!r}: {error}") from error
        assert repr(found) == repr(expected), text


def test_what_dvc_writes_is_simple() -> None:
    text = """schema: '2.0'
stages:
  train@eu:
    cmd: python src/train.py --data data/clean.csv --out models
      --metrics metrics.json
    deps:
    - path: data/clean.csv
      hash: md5
      md5: 1f7dd4fc6ad2c54b0e1c5b4a9d4b6a57
      size: 0
    params:
      params.yaml:
        train.layers:
        - 64
        - 0.5
    outs: []
"""
    assert read_simple(text) == by_parser(text)


@pytest.mark.parametrize(
    "text", ["", "# c\n", "a: |\n  b\n", "a: &x 1\nb: *x\n", "a: 1\na: 2\n", "a: 'x\n  y'\n", "b\n"]
)
def test_what_is_not_simple_is_left_to_the_parser(text: str) -> None:
    with pytest.raises(NotSimple):
        read_simple(text)
