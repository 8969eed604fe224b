"""The commit that all others of the table of experiments are measured by."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gto.core import names
from gto.exceptions import UsageError
from gto.studio.index.commit_table import CommitTable, ProjectPlace
from gto.studio.production import nearness

_SHORTEST = 4
_SHORT = 7
_MOST_OFFERED = 30


class Baseline(NamedTuple):
    """A commit, and what it is."""

    oid: str
    name: str
    """The hash cut short; the name of an experiment."""
    why: str
    """The stage that shows it, or the branch whose newest commit it is; empty where somebody chose it."""


def find_baseline(
    table: CommitTable, stages: Sequence[str] | None, wanted: str, project: ProjectPlace
) -> Baseline | None:
    """Return the commit that is asked for: by the start of its hash, by a branch, or by the name of an experiment.

    Without any it is the commit of the version in prod, else of the last stage's version, else the newest of the
    default branch. UsageError says that what is asked for is not there.
    """
    if wanted:
        return _named(table, wanted)
    staged = max(_staged(table, stages, project), default=None)
    if staged is not None:
        return Baseline(staged[2], staged[2][:_SHORT], staged[3])
    if table.branches and table.branches[0].tip in table.commits:
        tip = table.branches[0].tip
        return Baseline(tip, tip[:_SHORT], f"newest of {table.branches[0].name}")
    return None


def offer_baselines(table: CommitTable, stages: Sequence[str] | None, project: ProjectPlace) -> tuple[Baseline, ...]:
    """Return what is near at hand: the commits of stages, that of the last one first, and the newest of branches."""
    staged = [(oid, stage) for _, _, oid, stage in sorted(_staged(table, stages, project), reverse=True)]
    tips = [(one.tip, f"newest of {one.name}") for one in table.branches if one.total and one.tip in table.commits]
    found: dict[str, Baseline] = {}
    for oid, why in (*staged, *tips):
        found.setdefault(oid, Baseline(oid, oid[:_SHORT], why))
    return tuple(found.values())[:_MOST_OFFERED]


def _named(table: CommitTable, wanted: str) -> Baseline:
    every = [one for made in table.experiments.values() for one in made]
    named = [
        Baseline(one.oid, one.name, "") for one in every if wanted in {one.name, one.ref} and one.oid in table.commits
    ]
    tips = [Baseline(one.tip, one.tip[:_SHORT], "") for one in table.branches if one.name == wanted]
    begun = [oid for oid in table.commits if oid.startswith(wanted.lower())] if len(wanted) >= _SHORTEST else []
    found = [
        *named,
        *(one for one in tips if one.oid in table.commits),
        *(Baseline(oid, oid[:_SHORT], "") for oid in begun),
    ]
    if not found:
        raise UsageError(f"'{wanted}' is no commit of this table", "a hash, a branch or an experiment is taken")
    return found[0]


def _staged(
    table: CommitTable, stages: Sequence[str] | None, project: ProjectPlace
) -> Iterator[tuple[int, int, str, str]]:
    """Yield the commits that stages show: the place of the stage, the time, the commit, the stage."""
    for oid, versions in table.versions.items():
        for one in versions:
            directory = names.split_directory(one.artifact)[0]
            is_ours = project.path in {"", directory} or directory.startswith(f"{project.path}/")
            for stage in one.stages if is_ours and oid in table.commits else ():
                yield nearness(stage, stages or ()), table.commits[oid].time, oid, stage
