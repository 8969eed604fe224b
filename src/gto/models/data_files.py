"""Files of data read in batches, so that memory does not grow with them: CSV, JSON, Parquet."""

from __future__ import annotations

import csv
import io
import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from gto.exceptions import UsageError, WrongData
from gto.inspect.datatypes import numpy_name
from gto.models.dependencies import imported

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gto.inspect.facts import Schema
    from gto.models.batch.source_file import SourceFile

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
_BUFFERS, _BUFFERS_OF_STORE = 16 << 20, 64 << 20
"""Bytes that are read ahead of all columns of a Parquet file; a request to a store takes longer than one to a disk."""
_PAGE = 1 << 16
_HEADER = 1 << 20
"""Bytes of a CSV file in which its first line ends."""
_ARROW_NAMES = {"bool": "bool_", "str": "string"}
"""Functions of Arrow's that have another name than NumPy's types."""


class ParquetPart(NamedTuple):
    """What is read of a Parquet file; other kinds are read whole."""

    groups: tuple[int, ...] | None = None
    """Its row groups by number; None for all."""
    columns: tuple[str, ...] = ()
    """Empty for all."""


WHOLE = ParquetPart()


def kind_of(path: str) -> str:
    """Return what kind of file the end of a name tells."""
    plain = path.partition("?")[0] if "://" in path else path
    found = _KINDS.get(os.path.splitext(plain)[1].lower())
    if found is None:
        raise UsageError(f"'{path}' is of no kind that GTO knows", f"names end with {', '.join(_KINDS)}")
    return found


def read_batches(file: SourceFile, schema: Schema, rows: int, part: ParquetPart = WHOLE) -> Iterator[Any]:
    """Yield pyarrow's batches of a table; text files are read as the schema's datatypes, whatever they look like."""
    pa = imported("pyarrow")
    names = {one.name: numpy_name(one.datatype) for one in schema.tensors}
    types = {name: getattr(pa, _ARROW_NAMES.get(one, one))() for name, one in names.items()}
    done = 0
    try:
        match file.kind:
            case "csv":
                arrow = imported("pyarrow.csv")
                options = arrow.ReadOptions(block_size=1 << 22, use_threads=False)  # in threads, no row is counted
                found = arrow.open_csv(file.opened(), options, convert_options=arrow.ConvertOptions(column_types=types))
                yield from (part for batch in found for part in _parts(batch, rows))
            case "json":
                arrow = imported("pyarrow.json")
                for batch in arrow.open_json(file.opened()):
                    yield from _parts(_cast(batch, types, done), rows)
                    done += batch.num_rows
            case "parquet":
                groups = None if part.groups is None else list(part.groups)
                yield from open_parquet(file, len(part.columns)).iter_batches(rows, groups, list(part.columns) or None)
            case kind:
                raise UsageError(f"'{file.name}' is no table", f"the model takes named columns, and {kind} has none")
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        if str(error).startswith("Empty"):
            return  # who asks for rows says that there are none
        raise WrongData(f"{file.name}: {_said(file, error, done)}", _SCHEMA_SAYS) from error


def open_parquet(file: SourceFile, columns: int = 0) -> Any:  # noqa: ANN401  pyarrow's ParquetFile
    """Open a Parquet file so that of a row group, however large, only pages are in memory, those of all columns."""
    most = _BUFFERS if file.is_local else _BUFFERS_OF_STORE
    buffer = max(most // max(columns, 1), _PAGE) if columns else _PAGE
    options = {"buffer_size": min(buffer, most >> 4), "pre_buffer": False}
    return imported("pyarrow.parquet").ParquetFile(file.opened(), **options)


def _said(file: SourceFile, error: Exception, done: int) -> str:
    """Return pyarrow's sentence, with the name of the column, and the row of the file: `done` came before the block."""
    words = str(error).splitlines()[0][:300]
    words = _CSV_ROW_RE.sub(lambda row: f"row {int(row[1]) - 1:,}: ", words, count=1)
    words = _JSON_ROW_RE.sub(lambda row: f" in row {done + int(row[1]) + 1:,}", words)
    words = _JSON_COLUMN_RE.sub(r"the column '\1'", words)
    match = _COLUMN_RE.match(words)
    if match is None:
        return words
    names = next(csv.reader(io.StringIO(_beginning(file))), [])
    place = int(match[1])
    return f"the column '{names[place]}', {words[match.end() :]}" if place < len(names) else words


def _beginning(file: SourceFile) -> str:
    opened = file.opened()
    if not isinstance(opened, str):
        return opened.read(_HEADER).decode(errors="replace")
    with open(opened, "rb") as local:
        return local.read(_HEADER).decode(errors="replace")


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
