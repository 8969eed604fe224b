"""The rows that are done, in files that are whole, so that a run that was stopped goes on where it ended."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING, Any

from gto.exceptions import WrongData
from gto.models.dependencies import imported

if TYPE_CHECKING:
    from collections.abc import Iterator

_PART_RE = re.compile(r"part-(\d{15})-(\d+)\.arrows")
_GROWING = "growing.arrows"
SECONDS = 5.0
"""After which a part ends, at first: what a kill costs."""
_SHARE = 50
"""A part of a long run takes a 50th of what it has taken, so that their number stays small."""


class FinishedRows:
    """Tables in Arrow's stream format, some seconds of work a file; a file has its name when it is whole."""

    def __init__(self, place: str, seconds: float = SECONDS) -> None:
        """Go on with the parts in a directory; what does not follow the others, or grew when its run ended, goes."""
        self._place, self._seconds = place, seconds
        self._paths: list[str] = []
        self.rows = 0
        """How many are done."""
        for name in sorted(os.listdir(place)):
            found = _PART_RE.fullmatch(name)
            if found and int(found[1]) == self.rows:
                self._paths.append(os.path.join(place, name))
                self.rows += int(found[2])
            elif found or name == _GROWING:
                os.unlink(os.path.join(place, name))
        self._whole = self.rows
        self._schema = _schema(self._paths[0]) if self._paths else None
        self._writer: Any = None
        self._began = self._opened = time.monotonic()

    def add(self, table: Any, method: str) -> None:  # noqa: ANN401  pyarrow's Table
        """Keep the rows of a table; WrongData where its columns are of other types than before."""
        if self._schema is None:
            self._schema = table.schema
        table = _fitted(table, self._schema, method)
        if self._writer is None:
            self._opened = time.monotonic()
            self._writer = imported("pyarrow").ipc.new_stream(os.path.join(self._place, _GROWING), table.schema)
        self._writer.write_table(table)
        self.rows += table.num_rows
        now = time.monotonic()
        if now - self._opened >= max(self._seconds, (now - self._began) / _SHARE):
            self.end_part()

    def end_part(self) -> None:
        """Make the part that grows a whole one, which is there even if the machine stops now."""
        if self._writer is None:
            return
        self._writer.close()
        self._writer = None
        growing = os.path.join(self._place, _GROWING)
        with open(growing, "rb") as file:
            os.fsync(file.fileno())
        rows = sum(table.num_rows for table in _tables(growing))  # an interrupt may come between writing and counting
        path = os.path.join(self._place, f"part-{self._whole:015d}-{rows}.arrows")
        os.rename(growing, path)
        self._paths.append(path)
        self.rows = self._whole = self._whole + rows

    def tables(self) -> Iterator[Any]:
        """Yield the tables of all whole parts, as they were added."""
        for path in self._paths:
            yield from _tables(path)


def rows_in(place: str) -> int:
    """Return how many rows the parts in a directory hold; none where there is no such directory."""
    names = os.listdir(place) if os.path.isdir(place) else []
    return sum(int(found[2]) for name in names if (found := _PART_RE.fullmatch(name)))


def _tables(path: str) -> Iterator[Any]:
    pa = imported("pyarrow")
    with pa.ipc.open_stream(path) as reader:
        for batch in reader:
            yield pa.Table.from_batches([batch])


def _schema(path: str) -> Any:  # noqa: ANN401  pyarrow's
    with imported("pyarrow").ipc.open_stream(path) as reader:
        return reader.schema


def _fitted(table: Any, schema: Any, method: str) -> Any:  # noqa: ANN401  as above
    """Return a table whose texts are of the types that they had before: of several files each has them as it likes."""
    if table.schema.equals(schema):
        return table
    hint = "mend the model, or the data"
    if table.schema.names != schema.names:
        before, now = ", ".join(schema.names), ", ".join(table.schema.names)
        raise WrongData(f"{method}() gave the columns {before} for the first rows, and {now} for others", hint)
    for field in schema:
        found = table.schema.field(field.name).type
        if found != field.type and not (_is_text(found) and _is_text(field.type)) and str(found) != "null":
            raise WrongData(f"'{field.name}' is {field.type} for the first rows, and {found} for others", hint)
    return table.cast(schema)


def _is_text(kind: Any) -> bool:  # noqa: ANN401  as above
    return str(getattr(kind, "value_type", kind)) in {"string", "large_string", "string_view"}
