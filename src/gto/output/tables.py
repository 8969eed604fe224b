"""Tables: the rows and columns of GTO 1.x, before anyone draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from gto.core.commit_facts import Commit
    from gto.core.view import Row, VersionRow
    from gto.output.published import PublishedEvent

Cell: TypeAlias = "str | datetime | None"


class Table(NamedTuple):
    """Columns and rows; None is a missing value."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    retired: frozenset[int] = frozenset()
    """The numbers of the rows that are about what is deprecated or deregistered."""
    wraps: bool = False
    """Whether long cells go over several lines, where those of other tables are cut."""

    def column(self, name: str) -> list[Cell]:
        """Return one column's cells."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]

    def beside(self, name: str, cells: Sequence[Cell]) -> Table:
        """Return the table with one more column."""
        rows = tuple((*row, cell) for row, cell in zip(self.rows, cells, strict=True))
        return self._replace(columns=(*self.columns, name), rows=rows)

    def dicts(self) -> list[dict[str, Cell]]:
        """Return each row as a dictionary."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class Section(NamedTuple):
    """A table with a heading, and a sentence where the table does not hold all."""

    title: str
    table: Table
    more: str = ""


def short(text: str, *, cut: bool) -> str:
    """Cut a whole commit hash to seven digits, and nothing else."""
    is_hash = len(text) in {40, 64} and all(digit in "0123456789abcdefABCDEF" for digit in text)
    return text[:7] if cut and is_hash else text


def overview_table(rows: Iterable[Row], stages: Sequence[str], *, cut: bool = True) -> Table:
    """Return the registry by name; an artifact that only an annotation knows is marked with a star."""
    lines, retired = [], set()
    for number, row in enumerate(sorted(rows, key=lambda row: row.name)):
        if not row.active:
            retired.add(number)
        cells: list[Cell] = [row.name if row.registered else f"*{row.name}", row.latest]
        cells += [", ".join(short(version, cut=cut) for version in row.stages[stage]) or None for stage in stages]
        lines.append(tuple(cells))
    return Table(("name", "latest", *(f"#{stage}" for stage in stages)), tuple(lines), frozenset(retired))


def version_table(
    name: str, rows: Iterable[VersionRow], commits: Mapping[str, Commit], *, known: bool, cut: bool = True
) -> Table:
    """Return the versions of one artifact; `known` is false where only an annotation knows it."""
    from gto.output.published import origin

    lines, retired = [], set()
    for number, row in enumerate(rows):
        if not row.version.is_active:
            retired.add(number)
        source = origin(row.version, commits)
        stages = ", ".join(dict.fromkeys(stage.stage for stage in row.stages))
        ref = source.ref if source else row.version.commit
        created_at = source.created_at if source else None
        label = name if known else f"*{name}"
        lines.append((label, short(row.version.name, cut=cut), stages, created_at, short(ref, cut=cut)))
    return Table(("artifact", "version", "stage", "created_at", "ref"), tuple(lines), frozenset(retired))


def history_table(events: Iterable[PublishedEvent], *, cut: bool = True) -> Table:
    """Return events in the order given."""
    lines = [
        (
            event.created_at,
            event.artifact,
            event.event,
            None if event.version is None else short(event.version, cut=cut),
            event.stage,
            short(event.commit_hexsha, cut=cut),
            event.ref,
        )
        for event in events
    ]
    return Table(("timestamp", "artifact", "event", "version", "stage", "commit", "ref"), tuple(lines))
