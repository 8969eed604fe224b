"""A plot with its points, of several versions, ready to be drawn."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from gto.plots.data_file import Cell, Row
from gto.plots.declaration import Column, Plot

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f3c8d", "#000000")
"""Colours that people who see fewer of them can tell apart."""

MOST_CELLS = 2_000_000
INDEX = "step"
_MIXED_X, _MIXED_Y = "dvc_inferred_x_value", "dvc_inferred_y_value"
Rows = Callable[[str], Sequence[Row]]
"""Returns the rows of a file."""


class DataPoint(NamedTuple):
    """A point: where it is, which version and which column it belongs to, and the row that it is from."""

    x: Cell
    y: Cell
    rev: str
    column: Column
    row: Row


class Chart(NamedTuple):
    """A plot with its points."""

    plot: Plot
    points: tuple[DataPoint, ...]
    revs: tuple[str, ...]
    """Of all versions of the page, in their order; each has its colour, whether it has this plot or not."""
    x: str
    """The name of what is on the axis."""
    y: str

    @property
    def title(self) -> str:
        """What stands above it."""
        return self.plot.text("title") or self.plot.id

    @property
    def x_label(self) -> str:
        """What stands at the axis."""
        return self.plot.text("x_label") or ("x" if self.x == _MIXED_X else self.x)

    @property
    def y_label(self) -> str:
        """What stands at the axis."""
        return self.plot.text("y_label") or ("y" if self.y == _MIXED_Y else self.y)

    @property
    def shown(self) -> tuple[str, ...]:
        """The versions that have points."""
        have = {point.rev for point in self.points}
        return tuple(rev for rev in self.revs if rev in have)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are drawn."""
        return tuple(dict.fromkeys(point.column for point in self.points))

    @property
    def series(self) -> dict[Column, str]:
        """What tells each column from the others: its name, its file, or both."""
        columns = self.columns
        files = len({one.file for one in columns}) > 1
        fields = len({one.field for one in columns}) > 1
        return {one: ": ".join([one.file] * files + [str(one.field)] * fields) for one in columns}

    @property
    def colours(self) -> dict[str, str]:
        """The colour of each version."""
        return colours(self.revs)


def colours(revs: Sequence[str]) -> dict[str, str]:
    """Return the colour of each version; those beyond the last colour begin anew."""
    return {rev: COLOURS[place % len(COLOURS)] for place, rev in enumerate(revs)}


def points_of(plot: Plot, rev: str, rows: Rows, most: int = MOST_CELLS) -> list[DataPoint]:
    """Return the points of one version, or raise ValueError where columns do not fit each other.

    `most` bounds what is drawn, counted as weight() does.
    """
    if len(plot.xs) > 1 and len(plot.xs) != len(plot.ys):
        raise ValueError(f"{len(plot.xs)} columns for x and {len(plot.ys)} for y")
    found: list[DataPoint] = []
    for place, y in enumerate(plot.ys):
        table = rows(y.file)
        if not table:
            continue
        column = y if y.field is not None else Column(y.file, list(table[0])[-1])
        values = _values(table, column)
        x = plot.xs[place if len(plot.xs) > 1 else 0] if plot.xs else None
        along: Sequence[Cell] = range(len(table)) if x is None else _values(rows(x.file), x)
        if len(along) != len(values):
            raise ValueError(f"'{y.file}' has {len(values)} rows, and '{x.file if x else ''}' {len(along)}")
        most -= len(table) * weight(table[0])
        if most < 0:
            raise ValueError("with it, the page would hold more points than a browser draws")
        found += [
            DataPoint(here, value, rev, column, row) for here, value, row in zip(along, values, table, strict=True)
        ]
    return found


def weight(row: Row) -> int:
    """Return for how many cells a point of such a row counts: a template may be given the whole row."""
    return 1 + len(row) // 4


def _values(table: Sequence[Row], column: Column) -> list[Cell]:
    if table and not any(column.field in row for row in table):
        raise ValueError(f"'{column.file}' has no column '{column.field}', but {', '.join(map(repr, table[0]))}"[:300])
    return [row.get(str(column.field)) for row in table]


def chart_of(plot: Plot, points: Sequence[DataPoint], revs: Sequence[str]) -> Chart:
    """Join the points of several versions."""
    fields = {str(point.column.field) for point in points}
    xs = {str(column.field) for column in plot.xs}
    x = INDEX if not xs else xs.pop() if len(xs) == 1 else _MIXED_X
    return Chart(plot, tuple(points), tuple(revs), x, fields.pop() if len(fields) == 1 else _MIXED_Y)


def rows_for_templates(chart: Chart) -> list[Mapping[str, Cell]]:
    """Return the points as DVC gives them to a template: whole rows, with `rev`, `filename` and `field`."""
    return [
        {
            **point.row,
            chart.x: point.x,
            chart.y: point.y,
            "rev": point.rev,
            "filename": point.column.file,
            "field": point.column.field,
        }
        for point in chart.points
    ]
