"""The cells of the table of experiments, beside the baseline, and the lines above it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from gto.lineage.sections import show
from gto.lineage.values import Value, is_number
from gto.output.published import Published
from gto.studio.draw.spark import trend
from gto.studio.goals import is_gain
from gto.studio.index.commit_filter import difference
from gto.studio.index.commit_table import CommitTable, LackingFile, ValueSet
from gto.studio.pages.experiment_baseline import Baseline
from gto.studio.pages.experiment_columns import ExperimentColumn
from gto.studio.pages.experiment_rows import ExperimentRow, best
from gto.studio.words import iso, number, signed

_TRENDS = 3
_HASH = 7  # digits that are shown
_LONGEST = 28  # characters of a param


class ExperimentCell(NamedTuple):
    """A value, as the table shows it."""

    text: str
    full: str
    """The value in full, where the text is cut; else empty."""
    is_code: bool
    classes: str


class Cells:
    """Makes the cells of rows."""

    def __init__(
        self,
        columns: Sequence[ExperimentColumn],
        rows: Sequence[ExperimentRow],
        baseline: ValueSet | None,
        *,
        is_delta: bool,
    ) -> None:
        """`rows` are all those among which one is the best; with `is_delta` numbers are differences to the baseline."""
        self._columns = columns
        self._base = baseline
        self._is_delta = is_delta
        self._best = {
            one.id: best(rows, one.column, higher=one.higher_better) for one in columns if one.higher_better is not None
        }

    def of(self, row: ExperimentRow) -> list[ExperimentCell]:
        """Return the cells of a row."""
        return [self._cell(one, row.value(one.column)) for one in self._columns]

    def _cell(self, column: ExperimentColumn, value: Value) -> ExperimentCell:
        is_code = column.column.kind == "data"
        old = self._base.values.get(column.column) if self._base else None
        classes = ["first"] if column.is_first else []
        classes += ["r"] if not is_code else []
        if value is None:
            return ExperimentCell("\N{EN DASH}", "", is_code=False, classes=" ".join([*classes, "dim"]))
        change = difference(old, value)
        gain = is_gain(change, higher=column.higher_better)
        if gain is not None:
            classes.append("better" if gain else "worse")
        if is_number(value) and self._best.get(column.id) == float(value):
            classes.append("best")
        if self._is_delta and change is not None:
            return ExperimentCell(signed(change), _text(column, value), is_code=False, classes=" ".join(classes))
        text = _text(column, value)
        short = text[:_HASH] if is_code else text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
        return ExperimentCell(short, text if short != text and not is_code else "", is_code, " ".join(classes))


def _text(column: ExperimentColumn, value: Value) -> str:
    return number(value) if column.column.kind == "metrics" and is_number(value) else show(value) or ""


class BranchTrend(NamedTuple):
    """A metric over the commits of a branch."""

    column: ExperimentColumn
    branch: str
    value: float
    change: float | None
    """Since the baseline; None where that has no such number."""
    is_better: bool | None
    drawn: Markup


def trends(
    table: CommitTable, columns: Iterable[ExperimentColumn], branches: Sequence[str], baseline: Baseline | None
) -> tuple[BranchTrend, ...]:
    """Return the first metrics with two numbers or more on a branch: the one that is named, else the default one."""
    told = branches[0] if len(branches) == 1 else table.branches[0].name if table.branches else ""
    shown = [
        table.values_of(oid) for oid in reversed(table.on_branch.get(told, ())) if not table.commits[oid].is_hidden
    ]
    base = table.values_of(baseline.oid) if baseline else None
    found: list[BranchTrend] = []
    for one in columns:
        every = [held.values.get(one.column) for held in shown if held is not None]
        numbers = [float(value) for value in every if is_number(value)]
        if one.column.kind != "metrics" or len(numbers) < 2 or len(found) == _TRENDS:  # noqa: PLR2004  a line has two ends
            continue
        change = difference(base.values.get(one.column), numbers[-1]) if base else None
        title = f"{one.label} on {told}: from {number(numbers[0])} to {number(numbers[-1])} over {len(numbers)} commits"
        gain = is_gain(change, higher=one.higher_better)
        found.append(BranchTrend(one, told, numbers[-1], change, gain, trend(numbers, title)))
    return tuple(found)


def lacking(rows: Iterable[ExperimentRow]) -> Mapping[LackingFile, int]:
    """Count the rows of which a file of values was not read, by file and reason."""
    return Counter(one for row in rows if row.found.values for one in row.found.values.lacking)


def row_dict(row: ExperimentRow) -> Published:
    """Return a row for JSON: `metrics` and `params` as `gto describe --all --json` has them."""
    commit, experiment, held = row.found.commit, row.found.experiment, row.found.values
    told: dict[str, dict[str, dict[str, Value]]] = {"metrics": {}, "params": {}, "data": {}}
    for column, value in held.values.items() if held else ():
        told[column.kind].setdefault(column.file, {})[column.key] = value
    return {
        "commit": commit.oid,
        "parent": commit.parent,
        "experiment": experiment.name if experiment else None,
        "baseline": experiment.baseline if experiment else None,
        "subject": commit.subject,
        "author": commit.author,
        "author_email": commit.author_email,
        "created_at": iso(commit.time),
        "versions": [one._asdict() for one in row.found.versions],
        "unchanged": row.found.is_unchanged,
        "read": held is not None,
        "metrics": told["metrics"],
        "params": told["params"],
        "data": told["data"].get("", {}),
        "not_in_git": [one._asdict() for one in held.lacking] if held else [],
        "problems": list(held.problems) if held else [],
    }
