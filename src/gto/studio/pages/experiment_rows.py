"""The rows of the table of experiments: by branch, folded, filtered, sorted, and cut to what a page can hold."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from gto.lineage.values import Value, is_number
from gto.studio.addresses import count_pages
from gto.studio.index.commit_filter import Candidate, fits
from gto.studio.index.commit_table import CommitTable, FoundBranch, FoundCommit, FoundExperiment, ValueColumn, ValueSet
from gto.studio.index.query import Term

ROWS = 150
"""Of one page."""
_OF_DEFAULT, _OF_OTHERS = 40, 8  # rows of a branch beside others
BRANCHES = 60
"""Of one page."""
_SHORT = 7


class RowsQuery(NamedTuple):
    """Which rows are wanted, and in which order."""

    terms: tuple[Term, ...] = ()
    branches: tuple[str, ...] = ()
    """None of them stand for all that are not merged."""
    sort: ValueColumn | None = None
    is_ascending: bool = False
    since: int | None = None
    unchanged: bool = False
    """Whether commits that change nothing are shown."""
    hidden: bool = False
    """Whether commits are shown whose message asks not to be."""
    merged: bool = False
    """Whether branches without a commit of their own are shown."""
    number: int = 1
    """Of the page."""
    is_whole: bool = False
    """Whether all rows are wanted, on one page."""
    fold: frozenset[str] = frozenset()
    """The branches of which a page shows the name alone."""


class ExperimentRow(NamedTuple):
    """A commit or an experiment."""

    found: Candidate
    is_child: bool
    """Whether it stands below the commit that it was made from."""
    text: str
    """The commit's subject; of an experiment the params that it changed."""

    @property
    def oid(self) -> str:
        """The commit."""
        return self.found.commit.oid

    @property
    def name(self) -> str:
        """What it is called."""
        return self.found.experiment.name if self.found.experiment else self.oid[:_SHORT]

    def value(self, column: ValueColumn) -> Value:
        """Return what it has in a column; None for nothing."""
        return self.found.values.values.get(column) if self.found.values else None


class BranchRows(NamedTuple):
    """A branch and those of its rows that a page shows."""

    branch: FoundBranch
    rows: tuple[ExperimentRow, ...]
    fitting: int
    """How many there are, shown or not."""
    left_out: int
    """Commits that the index does not hold: the oldest."""
    is_default: bool
    is_folded: bool = False


class ExperimentRows(NamedTuple):
    """All that a page shows, and what it leaves out."""

    branches: tuple[BranchRows, ...]
    every: tuple[ExperimentRow, ...]
    """All that fit, those of all pages."""
    unchanged: int
    """Commits that change nothing and are not shown."""
    hidden: int
    merged: tuple[str, ...]
    pages: int


def arrange(table: CommitTable, wanted: RowsQuery, baseline: str | None) -> ExperimentRows:
    """Return the rows of a page."""
    folded = {"unchanged": set[str](), "hidden": set[str]()}
    told = {one.name: one for one in table.branches}
    merged = tuple(one.name for one in table.branches if not one.total)
    names = wanted.branches or tuple(one.name for one in table.branches if one.total or wanted.merged)
    base = table.values_of(baseline) if baseline else None
    found = []
    for name in names:
        if name not in told:
            continue
        rows = list(_rows(table, told[name], wanted, baseline, folded))
        rows = [one for one in rows if fits(one.found, wanted.terms, base)]
        if rows or not wanted.terms:
            found.append((told[name], _ordered(rows, wanted)))
    groups = [_group(table, branch, rows) for branch, rows in found]
    every = tuple(row for group in groups for row in group.rows)
    shown, pages = (groups, 1) if wanted.is_whole else _cut(groups, wanted)
    return ExperimentRows(tuple(shown), every, len(folded["unchanged"]), len(folded["hidden"]), merged, pages)


def _group(table: CommitTable, branch: FoundBranch, rows: Sequence[ExperimentRow]) -> BranchRows:
    left_out = branch.total - len(table.on_branch.get(branch.name, ()))
    return BranchRows(branch, tuple(rows), len(rows), left_out, branch == table.branches[0])


def _rows(
    table: CommitTable, branch: FoundBranch, wanted: RowsQuery, baseline: str | None, folded: Mapping[str, set[str]]
) -> Iterator[ExperimentRow]:
    oids = table.on_branch.get(branch.name, ())
    for oid in oids or ((branch.tip,) if branch.tip in table.commits else ()):
        commit = table.commits[oid]
        if wanted.since is not None and commit.time < wanted.since:
            continue
        made = table.experiments.get(oid, ())
        matters = bool(made or table.versions.get(oid) or oid in {baseline, branch.tip})
        if commit.is_hidden and not _shows_hidden(wanted):
            folded["hidden"].add(oid)
        elif table.is_unchanged(oid) and not matters and not wanted.unchanged and not _asks(wanted.terms, "unchanged"):
            folded["unchanged"].add(oid)
        else:
            yield ExperimentRow(_candidate(table, branch, commit, None), is_child=False, text=commit.subject)
            yield from _experiments(table, branch, _seen(table, made, wanted, folded["hidden"]))


def _seen(
    table: CommitTable, made: Iterable[FoundExperiment], wanted: RowsQuery, hidden: set[str]
) -> Iterator[FoundExperiment]:
    """Yield the experiments that are not hidden; those that are go to `hidden`."""
    for one in made:
        if one.oid in table.commits and table.commits[one.oid].is_hidden and not _shows_hidden(wanted):
            hidden.add(one.oid)
        else:
            yield one


def _shows_hidden(wanted: RowsQuery) -> bool:
    return wanted.hidden or _asks(wanted.terms, "hidden")


def _asks(terms: Iterable[Term], state: str) -> bool:
    return any((term.key, term.value) == ("is", state) for term in terms)


def _experiments(table: CommitTable, branch: FoundBranch, made: Iterable[FoundExperiment]) -> Iterator[ExperimentRow]:
    known = [one for one in made if one.oid in table.commits]
    for one in sorted(known, key=lambda one: (-table.commits[one.oid].time, one.name)):
        found = _candidate(table, branch, table.commits[one.oid], one)
        yield ExperimentRow(found, is_child=True, text=_changes(table.values_of(one.baseline), found))


def _candidate(
    table: CommitTable, branch: FoundBranch, commit: FoundCommit, experiment: FoundExperiment | None
) -> Candidate:
    values, versions = table.values_of(commit.oid), table.versions.get(commit.oid, ())
    return Candidate(branch.name, commit, experiment, values, versions, table.is_unchanged(commit.oid))


_MOST_CHANGES = 4


def _changes(before: ValueSet | None, found: Candidate) -> str:
    """Return the params that an experiment changed; where there is none, its subject, unless DVC wrote it."""
    old, new = before.values if before else {}, found.values.values if found.values else {}
    params = [one for one in new if one.kind == "params" and old.get(one) != new[one]]
    if params:
        told = [f"{one.key.rpartition('.')[2]} {new[one]}" for one in params[:_MOST_CHANGES]]
        return ", ".join(told) + (f" and {len(params) - _MOST_CHANGES} more" if len(params) > _MOST_CHANGES else "")
    return "" if found.commit.subject.startswith("dvc: commit experiment") else found.commit.subject


def _ordered(rows: list[ExperimentRow], wanted: RowsQuery) -> list[ExperimentRow]:
    """Return rows in their order; an experiment stands below its commit where that is there and nothing is sorted."""
    if wanted.sort is None:
        shown = {row.oid for row in rows}
        return [row._replace(is_child=row.is_child and _baseline(row) in shown) for row in rows]
    column = wanted.sort
    flat = [row._replace(is_child=False) for row in rows]
    having = [row for row in flat if row.value(column) is not None]
    having.sort(key=lambda row: sort_key(row.value(column)), reverse=not wanted.is_ascending)
    return [*having, *(row for row in flat if row.value(column) is None)]


def _baseline(row: ExperimentRow) -> str:
    return row.found.experiment.baseline if row.found.experiment else ""


def sort_key(value: Value) -> tuple[bool, float, str]:
    """Return by what a value is sorted: numbers before text."""
    return (False, float(value), "") if is_number(value) else (True, 0.0, str(value))


def _cut(groups: Sequence[BranchRows], wanted: RowsQuery) -> tuple[list[BranchRows], int]:
    """Return what one page holds: of one branch so many rows, of several some of each, of those that fold none."""
    groups = [one._replace(rows=(), is_folded=True) if one.branch.name in wanted.fold else one for one in groups]
    if len(groups) == 1:
        group, start = groups[0], (wanted.number - 1) * ROWS
        return [group._replace(rows=group.rows[start : start + ROWS])], count_pages(len(group.rows), ROWS)
    page = groups[(wanted.number - 1) * BRANCHES : wanted.number * BRANCHES]
    left, shown = ROWS, []
    for group in page:
        count = min(left, _OF_DEFAULT if group.is_default else _OF_OTHERS)
        shown.append(group._replace(rows=group.rows[:count]))
        left -= len(shown[-1].rows)
    return shown, count_pages(len(groups), BRANCHES)


def best(rows: Iterable[ExperimentRow], column: ValueColumn, *, higher: bool) -> float | None:
    """Return the best value of a metric; None where no row has a number, or all have the same."""
    numbers = {float(value) for row in rows if is_number(value := row.value(column))}
    pick: Callable[[Iterable[float]], float] = max if higher else min
    return pick(numbers) if len(numbers) > 1 else None
