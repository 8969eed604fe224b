"""Versions beside each other, row by row: metrics, params, data, code, packages, annotation."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from gto.lineage.diff import Comparison, Moved
from gto.lineage.values import Value, flat, is_number
from gto.studio.goals import is_gain, is_higher_better, read_goals
from gto.studio.index.lookup import Facts, values_of
from gto.studio.pages.comparison_facts import breaking_rows, fact_text, lines_of, order_of
from gto.studio.words import number, plain, signed, size

MOST_ROWS = 300
"""More rows of a group than this are not shown; JSON has them all."""

FACTS = "Facts of the model"

Place = tuple[str, str]
"""A file, and a key in it."""


class ComparedColumn(NamedTuple):
    """One version, with what is known of it."""

    facts: Facts | None
    """None where they cannot be read."""
    comparison: Comparison | None
    """With the baseline; None for the baseline itself, and where Git cannot be read."""
    files: Sequence[tuple[str, int | None, str]] | None = None
    """Those that Git holds: path, size, object id; None where they are not known."""


class ComparedCell(NamedTuple):
    """A value of one version."""

    value: object
    text: str
    delta: float | None = None
    is_better: bool | None = None
    is_best: bool = False
    is_same: bool = False
    """Whether it is that of the baseline."""
    is_breaking: bool = False
    """Whether who uses the baseline's model may fail with this one."""
    is_unknown: bool = False
    """Whether nothing of this kind is known of the version, which is no difference."""

    @property
    def change(self) -> str:
        """The difference to the baseline."""
        return "" if self.delta is None else signed(self.delta)

    @property
    def words(self) -> str:
        """All of it in one line."""
        return " ".join(word for word in (self.text, self.change, "(breaking)" if self.is_breaking else "") if word)


class ComparedRow(NamedTuple):
    """One value of all versions."""

    file: str
    key: str
    cells: tuple[ComparedCell, ...]
    higher: bool | None = None
    """Whether a higher one is better; None where nobody knows."""

    @property
    def is_equal(self) -> bool:
        """Whether all versions have the same, as far as it is known."""
        known = [cell.value for cell in self.cells if not cell.is_unknown]
        return all(value == known[0] for value in known)


class RowGroup(NamedTuple):
    """Rows of one kind."""

    title: str
    rows: tuple[ComparedRow, ...]


def groups_of(columns: Sequence[ComparedColumn], base: int) -> tuple[RowGroup, ...]:
    """Return what can be compared, by kind; `base` is the place of the baseline."""
    facts = [one.facts for one in columns]
    data = [_data(one) for one in facts]
    marks = [{place: datum.get("md5") for place, datum in found.items()} for found in data]
    of_data = list(_rows(marks, base, lambda value, at, place: _datum(data[at].get(place), value)))
    if not of_data:  # no annotation says where an artifact lies: what comparisons know of all data
        of_data = list(_moved([one.comparison.data if one.comparison else () for one in columns], base))
    compared = {row.key for row in of_data}
    code = [*_code(columns, base), *_packages(columns, base)]
    said = [_annotation(one) for one in facts]
    params = [values_of(one, "params") for one in facts]
    found = (
        RowGroup("Metrics", tuple(_metrics(facts, base))),
        RowGroup("Params", tuple(_rows(params, base, lambda value, _at, _place: words_of(value)))),
        RowGroup(FACTS, tuple(_facts(columns, base))),
        RowGroup("Data", tuple(of_data)),
        RowGroup("Files", tuple(row for row in _files(columns, base) if row.key not in compared)),
        RowGroup("Code and packages", tuple(code)),
        RowGroup("Annotation", tuple(_rows(said, base, lambda value, _at, _place: words_of(value)))),
    )
    return tuple(group for group in found if group.rows)


Show = Callable[[object, int, Place], str]


def _rows(sides: Sequence[Mapping[Place, object]], base: int, show: Show) -> Iterable[ComparedRow]:
    for place in dict.fromkeys(place for side in sides for place in side):
        values = [side.get(place) for side in sides]
        cells = (
            ComparedCell(value, show(value, at, place), is_same=at != base and value == values[base])
            for at, value in enumerate(values)
        )
        yield ComparedRow(*place, tuple(cells))


def _metrics(facts: Sequence[Facts | None], base: int) -> Iterable[ComparedRow]:
    told = read_goals(*(one.get("annotation") for one in facts if one))
    for row in _rows([values_of(one, "metrics") for one in facts], base, lambda value, _at, _place: _text(value)):
        higher = is_higher_better(row.file, row.key, told)
        numbers = [cell.value for cell in row.cells if is_number(cell.value)]
        best = (max(numbers) if higher else min(numbers)) if higher is not None and len(set(numbers)) > 1 else None
        old = row.cells[base].value
        judged = (_judged(cell, None if at == base else old, higher=higher) for at, cell in enumerate(row.cells))
        cells = [cell._replace(is_best=best is not None and _is(cell, best)) for cell in judged]
        yield row._replace(cells=tuple(cells), higher=higher)


def _judged(cell: ComparedCell, old: object, *, higher: bool | None) -> ComparedCell:
    if not (is_number(cell.value) and is_number(old)):
        return cell
    return cell._replace(delta=cell.value - old, is_better=is_gain(cell.value - old, higher=higher))


def _is(cell: ComparedCell, best: float) -> bool:
    return is_number(cell.value) and cell.value == best


def _text(value: object) -> str:
    return number(value) if is_number(value) else words_of(value)


def words_of(value: object) -> str:
    """Return a value as it was written; a dash for none."""
    return "\N{EN DASH}" if value is None else plain(value)


def _data(facts: Facts | None) -> dict[Place, Mapping[str, object]]:
    """Return the artifact and what led to it, as far as DVC noted its hash."""
    lineage = facts.get("lineage") if facts else None
    if not isinstance(lineage, Mapping):
        return {}
    every = [lineage, *(dep for step in lineage["stages"] for dep in step["deps"])]
    return {("", str(one["path"])): one for one in reversed(every) if one["md5"]}


def _datum(datum: Mapping[str, object] | None, mark: object) -> str:
    if datum is None:
        return _text(None)
    count = datum.get("size")
    return f"{size(count)} · {str(mark)[:7]}" if isinstance(count, int) else str(mark)[:7]


def _files(columns: Sequence[ComparedColumn], base: int) -> Iterable[ComparedRow]:
    """Yield the files that Git holds, told apart by their object ids."""
    known = [{("", path): (count, oid) for path, count, oid in one.files or ()} for one in columns]
    marks = [{place: oid for place, (_, oid) in one.items()} for one in known]

    def show(oid: object, at: int, place: Place) -> str:
        return _datum({"size": known[at][place][0]}, oid) if oid else _text(None)

    return _rows(marks, base, show)


def _facts(columns: Sequence[ComparedColumn], base: int) -> Iterable[ComparedRow]:
    lines = [lines_of(one.facts) for one in columns]
    breaking = [breaking_rows(one.comparison) for one in columns]
    found = _rows(lines, base, lambda value, _at, place: fact_text(place[1], value))
    for row in sorted(found, key=lambda row: order_of(row.key)):
        cells = (
            cell._replace(is_breaking=row.key in breaking[at], is_unknown=not lines[at])
            for at, cell in enumerate(row.cells)
        )
        yield row._replace(cells=tuple(cells))


def _annotation(facts: Facts | None) -> dict[Place, object]:
    said = facts.get("annotation") if facts else None
    if not isinstance(said, Mapping):
        return {}
    plain = {key: ", ".join(map(str, one)) if isinstance(one, list) else one for key, one in said.items()}
    return {("", key): value for key, value in flat(plain)}


def _code(columns: Sequence[ComparedColumn], base: int) -> Iterable[ComparedRow]:
    if all(one.comparison is None for one in columns):
        return
    ways = [one.comparison.code if one.comparison else None for one in columns]
    ahead = [None if way is None else _way(way.ahead, way.behind) for way in ways]
    files = [None if way is None else way.files_changed for way in ways]
    for title, values in (("commits since baseline", ahead), ("files changed", files)):
        cells = [ComparedCell(value, _text(value), is_same=at != base and not value) for at, value in enumerate(values)]
        yield ComparedRow("", title, tuple(cells))


def _way(ahead: int, behind: int) -> str | int:
    """Return how many commits lie between: ahead, behind with a minus, or both where they parted."""
    if ahead and behind:
        return f"{ahead} ahead, {behind} behind"
    return f"\N{MINUS SIGN}{behind}" if behind else ahead


def _packages(columns: Sequence[ComparedColumn], base: int) -> Iterable[ComparedRow]:
    """Yield the packages, and files of packages, that differ from the baseline's in any version."""
    for row in _moved([one.comparison.requirements if one.comparison else () for one in columns], base):
        file, _, name = row.key.partition(": ")
        yield row._replace(file=file if name else "", key=name or file)


def _moved(moves: Sequence[Sequence[Moved]], base: int) -> Iterable[ComparedRow]:
    """Yield what differs from the baseline in any version, by the marks that comparisons have of it."""
    sides = [{one.path: one for one in each} for each in moves]
    for path in dict.fromkeys(path for side in sides for path in side):
        old = next(side[path].old for side in sides if path in side)
        values: list[Value] = [side[path].new if path in side else old for side in sides]
        cells = (
            ComparedCell(value, _pinned(value), is_same=at != base and value == old) for at, value in enumerate(values)
        )
        yield ComparedRow("", path, tuple(cells))


def _pinned(value: object) -> str:
    """Return what is asked of a package, an exact version without its sign; of a file its hash cut short."""
    text = _text(value).removeprefix("==")
    return text[:7] if _HASH_RE.fullmatch(text) else text


_HASH_RE = re.compile(r"[0-9a-f]{32,}(?:\.dir)?")


def as_json(groups: Iterable[RowGroup]) -> list[dict[str, object]]:
    """Return the rows for JSON."""
    return [
        {
            "title": group.title,
            "rows": [
                {
                    "file": row.file,
                    "key": row.key,
                    "values": [_plain(cell.value) for cell in row.cells],
                    **({"breaking": [cell.is_breaking for cell in row.cells]} if group.title == FACTS else {}),
                }
                for row in group.rows
            ],
        }
        for group in groups
    ]


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, str | int | float | bool) else json.dumps(value)
