"""The columns of the table of experiments: which there are, which are shown, and which way each is better."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from gto.studio.goals import guess
from gto.studio.index.commit_table import CommitTable, ValueColumn

_METRICS, _PARAMS, _DATA = 5, 4, 2  # that are shown where nobody chose
_KINDS = ("metrics", "params", "data")
_CODE = (".py", ".sh", ".ipynb", ".r", ".R")


class ExperimentColumn(NamedTuple):
    """A column of the table."""

    column: ValueColumn
    id: str
    """As the address names it: the key, with the file before it where two have the same."""
    higher_better: bool | None
    """Of a metric; None where nobody knows."""
    is_first: bool = False
    """Whether the column before it is of another file."""
    is_ambiguous: bool = False
    """Whether the key of another column ends in the same part."""

    @property
    def group(self) -> str:
        """What stands above it: the file, or `data`."""
        return self.column.file or "data"

    @property
    def label(self) -> str:
        """The last part of the key; all of it where another ends the same."""
        return (not self.is_ambiguous and _last_part(self.column)) or self.column.key or self.column.file

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        goal = None if self.higher_better is None else "up" if self.higher_better else "down"
        return {"id": self.id, "kind": self.column.kind, "file": self.column.file or None, "key": self.column.key,
                "goal": goal}  # fmt: skip


class ExperimentColumns(NamedTuple):
    """All columns that there are, and those that are shown."""

    every: tuple[ExperimentColumn, ...]
    shown: tuple[ExperimentColumn, ...]


def choose(table: CommitTable, wanted: Sequence[str], told: Mapping[str, bool]) -> ExperimentColumns:
    """Return the columns; `wanted` names those to show, in their order, and `told` says which way is better."""
    found = _discover(table)
    counted = Counter(one.key for one in found)
    ends = Counter(_last_part(key) for key in {one.key: one for one in found}.values())
    every = [
        _column(one, told, is_alone=counted[one.key] == 1)._replace(is_ambiguous=ends[_last_part(one)] > 1)
        for one in found
    ]
    by_id = {one.id: one for one in every}
    chosen = [by_id[name] for name in dict.fromkeys(_split(wanted, by_id)) if name in by_id]
    return ExperimentColumns(tuple(every), tuple(_grouped(chosen or _usual(table, every))))


def _last_part(column: ValueColumn) -> str:
    return column.key.rpartition("/" if column.kind == "data" else ".")[2]


def _discover(table: CommitTable) -> list[ValueColumn]:
    """Return what commits have: metrics, then params, then data, each as the newest commit has it first."""
    places: dict[ValueColumn, None] = {}
    for one in sorted(table.commits.values(), key=lambda one: -one.time):
        values = table.values_of(one.oid)
        if values is not None and not values.values.keys() <= places.keys():
            places |= dict.fromkeys(values.values)
    metrics = {one.file for one in places if one.kind == "metrics"}
    places = {one: None for one in places if one.kind != "data" or one.key not in metrics}
    files = {file: number for number, file in enumerate(dict.fromkeys(one.file for one in places))}
    return sorted(places, key=lambda one: (_KINDS.index(one.kind), files[one.file]))


def _column(column: ValueColumn, told: Mapping[str, bool], *, is_alone: bool) -> ExperimentColumn:
    name = column.key if is_alone and column.key else f"{column.file or column.kind}:{column.key}"
    key = column.key or column.file
    higher = told.get(name, told.get(key, guess(key)))
    return ExperimentColumn(column, name, higher if column.kind == "metrics" else None)


def _split(wanted: Iterable[str], known: Mapping[str, object]) -> Iterable[str]:
    for name in wanted:
        yield from [name] if name in known else name.split(",")


def _grouped(columns: Iterable[ExperimentColumn]) -> Iterable[ExperimentColumn]:
    before = None
    for one in columns:
        yield one._replace(is_first=(one.column.kind, one.group) != before)
        before = (one.column.kind, one.group)


def _usual(table: CommitTable, every: Sequence[ExperimentColumn]) -> list[ExperimentColumn]:
    """Return the first metrics, the params that differ, and the data that changes most seldom, code last."""
    seen: dict[ValueColumn, set[object]] = defaultdict(set)
    for values in table.values.values():
        for column, value in values.values.items():
            seen[column].add(value)
    metrics = [one for one in every if one.column.kind == "metrics"][:_METRICS]
    params = [one for one in every if one.column.kind == "params"]
    params = ([one for one in params if len(seen[one.column]) > 1] or params)[:_PARAMS]
    data = [one for one in every if one.column.kind == "data"]
    data.sort(key=lambda one: (one.column.key.endswith(_CODE), len(seen[one.column]) == 1, len(seen[one.column])))
    return [*metrics, *params, *data[:_DATA]]
