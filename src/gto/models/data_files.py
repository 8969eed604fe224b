"""Files of data, read and written in batches, so that memory does not grow with them: CSV, JSON, Parquet, NumPy."""

from __future__ import annotations

import csv
import os
import re
from typing import TYPE_CHECKING, Any

from gto.exceptions import UsageError, WrongData
from gto.inspect.datatypes import numpy_name
from gto.models.dependencies import imported

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gto.inspect.facts import Schema

ROWS = 65_536
"""Rows of a batch."""
_SCHEMA_SAYS = "the model's schema says what it takes"
_COLUMN_RE = re.compile(r"In CSV column #(\d+): ")
_CSV_ROW_RE = re.compile(r"Row #(\d+): ")  # counted from the header on
_JSON_ROW_RE = re.compile(r" in row (\d+)$")  # counted from 0, in a block
_JSON_COLUMN_RE = re.compile(r"Column\(/([^)]+)\)")
_KINDS = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".npy": "npy",
}
_ARROW_NAMES = {"bool": "bool_", "str": "string"}
"""Functions of Arrow's that have another name than NumPy's types."""


def kind_of(path: str) -> str:
    """Return what kind of file the end of a name tells."""
    found = _KINDS.get(os.path.splitext(path)[1].lower())
    if found is None:
        raise UsageError(f"'{path}' is of no kind that GTO knows", f"names end with {', '.join(_KINDS)}")
    return found


def read_batches(path: str, schema: Schema, rows: int = ROWS) -> Iterator[Any]:
    """Yield pyarrow's batches of a table; text files are read as the schema's datatypes, whatever they look like."""
    pa = imported("pyarrow")
    names = {one.name: numpy_name(one.datatype) for one in schema.tensors}
    types = {name: getattr(pa, _ARROW_NAMES.get(one, one))() for name, one in names.items()}
    done = 0
    try:
        match kind_of(path):
            case "csv":
                arrow = imported("pyarrow.csv")
                options = arrow.ReadOptions(block_size=1 << 22, use_threads=False)  # in threads, no row is counted
                found = arrow.open_csv(path, options, convert_options=arrow.ConvertOptions(column_types=types))
                yield from (part for batch in found for part in _parts(batch, rows))
            case "json":
                arrow = imported("pyarrow.json")
                for batch in arrow.open_json(path):
                    yield from _parts(_cast(batch, types, done), rows)
                    done += batch.num_rows
            case "parquet":
                yield from imported("pyarrow.parquet").ParquetFile(path).iter_batches(rows)
            case kind:
                raise UsageError(f"'{path}' is no table", f"the model takes named columns, and {kind} has none")
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        if str(error).startswith("Empty"):
            return  # who asks for rows says that there are none
        raise WrongData(f"{path}: {_said(path, error, done)}", _SCHEMA_SAYS) from error


def _said(path: str, error: Exception, done: int) -> str:
    """Return pyarrow's sentence, with the name of the column, and the row of the file: `done` came before the block."""
    words = str(error).splitlines()[0][:300]
    words = _CSV_ROW_RE.sub(lambda row: f"row {int(row[1]) - 1:,}: ", words, count=1)
    words = _JSON_ROW_RE.sub(lambda row: f" in row {done + int(row[1]) + 1:,}", words)
    words = _JSON_COLUMN_RE.sub(r"the column '\1'", words)
    match = _COLUMN_RE.match(words)
    if match is None:
        return words
    with open(path, encoding="utf-8", errors="replace", newline="") as file:
        names = next(csv.reader(file), [])
    place = int(match[1])
    return f"the column '{names[place]}', {words[match.end() :]}" if place < len(names) else words


def _cast(batch: Any, types: Mapping[str, Any], done: int) -> Any:  # noqa: ANN401  pyarrow's
    """Return a batch in which numbers are of the schema's datatypes: JSON has but one kind of them.

    `done` rows came before it.
    """
    columns = {}
    for name in batch.schema.names:
        column = batch.column(name)
        is_number = str(column.type) in {"int64", "double"} and str(types.get(name)) not in {"None", "string", "bool"}
        try:
            columns[name] = column.cast(types[name]) if is_number else column
        except ValueError as error:  # of which pyarrow's errors are
            row = done + _first_wrong(column, types[name]) + 1
            said = str(error).splitlines()[0][:300]
            raise WrongData(f"the column '{name}', row {row:,}: {said}", _SCHEMA_SAYS) from error
    return imported("pyarrow").record_batch(columns)


def _first_wrong(column: Any, wanted: Any) -> int:  # noqa: ANN401  as above
    """Return the place of the first value that cannot be of a type; one of them cannot."""
    start, end = 0, len(column)
    while end - start > 1:
        middle = (start + end) // 2
        try:
            column.slice(start, middle - start).cast(wanted)
            start = middle
        except ValueError:
            end = middle
    return start


def _parts(batch: Any, rows: int) -> Iterator[Any]:  # noqa: ANN401  pyarrow's
    for start in range(0, batch.num_rows, rows):
        yield batch.slice(start, rows)


class TableWriter:
    """Writes tables of one shape to one file."""

    def __init__(self, path: str, kind: str) -> None:
        """Nothing is written before the first table."""
        self._path, self._kind = path, kind
        self._writer: Any = None
        self._rows = 0

    @property
    def rows(self) -> int:
        """How many were written."""
        return self._rows

    def write(self, table: Any) -> None:  # noqa: ANN401  pyarrow's Table
        """Append a table's rows."""
        if self._writer is None:
            self._writer = self._open(table)
        if self._kind == "json":
            self._writer.write(_json_lines(table))
        else:
            self._writer.write_table(table)
        self._rows += table.num_rows

    def close(self) -> None:
        """End the file."""
        if self._writer is not None:
            self._writer.close()

    def _open(self, table: Any) -> Any:  # noqa: ANN401  as above
        if self._kind == "csv":
            return imported("pyarrow.csv").CSVWriter(self._path, table.schema)
        if self._kind == "parquet":
            return imported("pyarrow.parquet").ParquetWriter(self._path, table.schema)
        return open(self._path, "w", encoding="utf-8")


def _json_lines(table: Any) -> str:  # noqa: ANN401  as above
    import json

    return "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in table.to_pylist())
