"""Which rows of the table of experiments a query finds."""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from gto.lineage.values import Value, is_number
from gto.studio.index.commit_table import FoundCommit, FoundExperiment, ValueColumn, ValueSet
from gto.studio.index.commit_versions import VersionMark
from gto.studio.index.query import Term

DELTA = "delta."
"""Before the name of a value: its difference to the baseline is meant."""

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip


class Candidate(NamedTuple):
    """A commit on a branch, or an experiment made from one."""

    branch: str
    commit: FoundCommit
    experiment: FoundExperiment | None
    values: ValueSet | None
    """None where they are not known."""
    versions: tuple[VersionMark, ...]
    is_unchanged: bool


def fits(row: Candidate, terms: Iterable[Term], baseline: ValueSet | None) -> bool:
    """Tell whether a row is what every term asks for."""
    return all(_fits(row, term, baseline) != term.is_not for term in terms)


def _fits(row: Candidate, term: Term, baseline: ValueSet | None) -> bool:
    if term.key == "metric":
        return any(_COMPARE[term.operator](number, term.number) for number in _numbers(row, term.value, baseline))
    return _CONDITIONS[term.key](row, term.value.lower())


def _numbers(row: Candidate, name: str, baseline: ValueSet | None) -> list[float]:
    """Return the metrics and params of a name; of one that is nothing but `delta.NAME`, the differences of NAME."""
    values = row.values.values if row.values else {}
    found = [value for column, value in values.items() if is_called(column, name)]
    if not found and name.startswith(DELTA) and baseline is not None:
        columns = [column for column in values if is_called(column, name.removeprefix(DELTA))]
        changes = (difference(baseline.values.get(one), values[one]) for one in columns)
        return [change for change in changes if change is not None]
    return [float(value) for value in found if is_number(value)]


def is_called(column: ValueColumn, name: str) -> bool:
    """Tell whether a metric or a param is meant by a name: its key, the end of it, or the file and the key."""
    names = (column.key, column.key.rpartition(".")[2], f"{column.file}:{column.key}", column.key or column.file)
    return column.kind != "data" and name.lower() in {one.lower() for one in names}


def difference(old: Value, new: Value) -> float | None:
    """Return how much a number is more than another; None where one of them is none."""
    return new - old if is_number(old) and is_number(new) else None


def _words(row: Candidate) -> Sequence[str]:
    name = row.experiment.name if row.experiment else row.branch
    return (row.commit.subject, row.commit.author, row.commit.oid, name, *(one.artifact for one in row.versions))


def _has(text: str, value: str) -> bool:
    return value in text.lower()


_CONDITIONS: Mapping[str, Callable[[Candidate, str], bool]] = {
    "text": lambda row, value: any(_has(word, value) for word in _words(row)),
    "branch": lambda row, value: _has(row.branch, value),
    "author": lambda row, value: _has(row.commit.author, value) or _has(row.commit.author_email, value),
    "message": lambda row, value: _has(row.commit.subject, value),
    "commit": lambda row, value: row.commit.oid.startswith(value),
    "artifact": lambda row, value: any(one.artifact.lower() == value for one in row.versions),
    "version": lambda row, value: any(one.version.lower() == value for one in row.versions),
    "stage": lambda row, value: any(value in map(str.lower, one.stages) for one in row.versions),
    "is": lambda row, value: _STATES[value](row),
}
_STATES: Mapping[str, Callable[[Candidate], bool]] = {
    "experiment": lambda row: row.experiment is not None,
    "commit": lambda row: row.experiment is None,
    "version": lambda row: bool(row.versions),
    "changed": lambda row: not row.is_unchanged,
    "unchanged": lambda row: row.is_unchanged,
    "hidden": lambda row: row.commit.is_hidden,
}
