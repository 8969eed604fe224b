from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.compat.differences import ROWS, explain
from tests.compat.pair import git
from tests.compat.seen import Seen, is_numberlike
from tests.compat.witnesses import WITNESSES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.compat.pair import Done, Pair
    from tests.compat.witnesses import Said, Witness

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "differences-from-gto.md"
ANNOTATION = "lone:\n  type: model\n  path: lone.pkl\n"


def step(pair: Pair, line: str) -> None:
    match shlex.split(line):
        case ["commit"]:
            pair.commit({"file": str(pair.clock)})
        case ["commit", "like", "a", "number"]:
            while not is_numberlike(pair.commit({})[:7]):
                pass
        case ["annotate"]:
            pair.commit({"artifacts.yaml": ANNOTATION})
        case ["freeze"]:
            pair.frozen = True
        case ["git", *words]:
            date = pair.tick()
            for path in (pair.ours, pair.theirs):
                git(path, *words, env={"GIT_COMMITTER_DATE": date})
        case words:
            case = pair.run(*words)
            assert case.equal, f"{line}: {case.ours.said} {case.theirs.said}"
            assert case.ours.succeeded, f"{line}: {case.ours.said}"


def meet(pair: Pair, witness: Witness) -> Seen:
    pair.commit({"file": "1"})
    pair.commit({"file": "2"})
    for line in witness.steps:
        step(pair, line)
    state = pair.reference(["print-state"], pair.theirs, pair.clock)
    return Seen(pair.run(*shlex.split(witness.command)), state.stdout if state.code == 0 else "")


def check(done: Done, expected: Said) -> None:
    assert done.said.code == expected.code, done.said
    assert expected.text in done.said.stdout + done.said.stderr, done.said


@pytest.mark.compat
@pytest.mark.parametrize("witness", WITNESSES, ids=lambda one: f"{one.name}: {one.command}")
def test_each_difference_is_as_it_is_listed(witness: Witness, make_pair: Callable[[str], Pair]) -> None:
    seen = meet(make_pair(witness.config), witness)
    assert not seen.case.equal
    check(seen.case.theirs, witness.theirs)
    check(seen.case.ours, witness.ours)
    assert explain(seen) == [name for name in [witness.name] if name in ROWS]


def test_each_difference_stands_on_the_page_for_users() -> None:
    marks = re.findall(r"^\| <!-- ([a-z-]+) -->", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(marks) == sorted({one.name for one in WITNESSES} | set(ROWS))


def test_each_difference_that_the_random_comparison_excuses_has_a_witness() -> None:
    assert set(ROWS) <= {one.name for one in WITNESSES}
