from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from difflib import unified_diff
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.compat.commands import NAMES, Generator, held
from tests.compat.differences import explain
from tests.compat.pair import git
from tests.compat.seen import Seen

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.compat.pair import Case, Pair, Refs

ANNOTATIONS = """\
churn:
  type: model
  path: models/churn.pkl
  labels: [nlp, eu]
  description: Who leaves, and when
lone:
  path: lone.pkl
  custom: {owner: ada}
"""
CONFIGS = ("", "", "stages: [dev, staging, prod]\n")
SHORT_SEEDS = range(1, 7)
SHORT_LENGTH = 45
LONG_SEEDS = range(100, 124)
LONG_LENGTH = 110


@dataclass(slots=True)
class Run:
    """A walk of random commands through two repositories, and what came of it."""

    pair: Pair
    random: Random
    annotated: bool
    log: list[str] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)

    def prepare(self) -> None:
        """Make a history with a side branch, and in some runs annotations that come and go."""
        index = {"artifacts.yaml": ANNOTATIONS} if self.annotated else {}
        self.pair.commit({"README.md": "a repository\n"})
        self.pair.commit({"one": "1"})
        self.pair.commit({"two": "2", **index})
        self.pair.commit({"side": "1"}, "side")
        self.pair.commit({"three": "3", **dict.fromkeys(index)})

    def walk(self, length: int) -> None:
        """Run that many commands."""
        generator = Generator(self.random)
        for number in range(length):
            self.between(number)
            what = held(sorted(self.pair.refs(self.pair.ours)), self.pair.commits)
            self.judge(self.pair.run(*generator.command(what)))

    def between(self, number: int) -> None:
        """Sometimes commit, or make a tag by hand, as people do."""
        if self.random.random() < 0.05:
            index = {"artifacts.yaml": ANNOTATIONS} if self.annotated and self.random.random() < 0.5 else {}
            self.pair.commit({"number": str(number), **index})
        if self.random.random() < 0.02:
            name = self.random.choice(NAMES).replace(":", "=")
            self.pair.tag(f"{name}#old#{number}")
            self.pair.tag(f"release-{number}")
            self.pair.tag(f"{name}@v7.0.{number}", annotated=False)

    def judge(self, case: Case) -> None:
        """Count the case, and make both repositories equal again."""
        self.log.append(f"{case.ours.said.code} {case.theirs.said.code} {case.argv}")
        if case.equal:
            self.met["equal"] += 1
            return
        after = self.random.choice((case.before, case.before, case.ours.refs, case.theirs.refs))
        self.pair.reset(case.before)
        state = self.pair.reference(["print-state"], self.pair.theirs, self.pair.clock)
        names = explain(Seen(case, state.stdout if state.code == 0 else ""))
        self.met.update([" + ".join(names) or "UNEXPLAINED"])
        if not names:
            self.unexplained.append(self.describe(case))
        elif names == ["names"]:
            return
        elif after == case.ours.refs:
            self.adopt(case.ours.refs, mine=True)
        elif after == case.theirs.refs:
            self.adopt(case.theirs.refs, mine=False)

    def adopt(self, refs: Refs, *, mine: bool) -> None:
        """Go on from what one of them wrote."""
        self.pair.adopt(self.pair.ours if mine else self.pair.theirs, refs)

    def describe(self, case: Case) -> str:
        """Return all that is needed to see why a case differs."""
        ours, theirs = case.ours, case.theirs
        lines = [f"{case.argv}", f"  before: {' '.join(case.before)}", f"  config: {case.config!r}"]
        lines += [f"  exit codes: {theirs.said.code} (1.10.1), {ours.said.code} (ours)"]
        lines += [f"  1.10.1: {theirs.said.stderr.strip()}", f"  ours: {ours.said.stderr.strip()}"]
        texts = (theirs.said.stdout.splitlines(), ours.said.stdout.splitlines())
        lines += list(unified_diff(*texts, "1.10.1", "ours", lineterm="", n=1))
        for path, done, other in (
            (self.pair.theirs, theirs, ours),
            (self.pair.ours, ours, theirs),
        ):
            for name, oid in done.refs.items():
                if other.refs.get(name) != oid:
                    lines += [f"  only in {path.name}: {name} {git(path, 'cat-file', '-p', oid)!r}"]
        return "\n".join(lines)

    def report(self) -> str:
        """Return the figures, the cases that nothing explains, and the way there."""
        figures = f"{self.met.total()} commands, {dict(self.met.most_common())}"
        return "\n\n".join([figures, *self.unexplained, "\n".join(self.log)])


def walk(seed: int, length: int, make_pair: Callable[[str], Pair], record: Callable[[str, object], None]) -> None:
    run = Run(make_pair(CONFIGS[seed % len(CONFIGS)]), Random(seed), annotated=seed % 2 == 1)  # noqa: S311 - a test's dice
    run.prepare()
    run.walk(length)
    record("commands", run.met.total())
    record("differences", dict(run.met))
    assert run.met.total() == length
    assert not run.unexplained, run.report()
    assert run.met["equal"] > length * 0.7, run.report()


@pytest.mark.compat
@pytest.mark.parametrize("seed", SHORT_SEEDS)
def test_both_do_and_say_the_same_but_for_the_listed_differences(
    seed: int, make_pair: Callable[[str], Pair], record_property: Callable[[str, object], None]
) -> None:
    walk(seed, SHORT_LENGTH, make_pair, record_property)


@pytest.mark.compat
@pytest.mark.soak
@pytest.mark.parametrize("seed", LONG_SEEDS)
def test_both_do_and_say_the_same_over_thousands_of_commands(
    seed: int, make_pair: Callable[[str], Pair], record_property: Callable[[str, object], None]
) -> None:
    walk(seed, LONG_LENGTH, make_pair, record_property)
