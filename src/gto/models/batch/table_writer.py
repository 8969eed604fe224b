"""Tables of one shape written to one file: CSV, JSON lines, Parquet."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from gto.models.data_files import ROWS
from gto.models.dependencies import imported

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class TableWriter:
    """Writes tables to a file; each becomes a row group of Parquet."""

    def __init__(self, path: str, kind: str, made_by: Mapping[str, str]) -> None:
        """`made_by` goes into the metadata of a Parquet file. Nothing is written before the first table."""
        self._path, self._kind, self._made_by = path, kind, made_by
        self._writer: Any = None
        self.rows = 0
        """How many were given."""

    def write(self, table: Any) -> None:  # noqa: ANN401  pyarrow's Table
        """Append a table's rows."""
        if self._writer is None:
            self._writer = self._open(table)
        if self._kind == "json":
            self._writer.write(_json_lines(table))
        else:
            self._writer.write_table(table)
        self.rows += table.num_rows

    def close(self) -> None:
        """End the file, for good: it is there even if the machine stops now."""
        if self._writer is not None:
            self._writer.close()
            with open(self._path, "rb") as file:
                os.fsync(file.fileno())

    def _open(self, table: Any) -> Any:  # noqa: ANN401  as above
        if self._kind == "csv":
            return imported("pyarrow.csv").CSVWriter(self._path, table.schema)
        if self._kind == "parquet":
            schema = table.schema.with_metadata({**(table.schema.metadata or {}), **self._made_by})
            return imported("pyarrow.parquet").ParquetWriter(self._path, schema)
        return open(self._path, "w", encoding="utf-8")


def regrouped(tables: Iterable[Any]) -> Iterator[Any]:
    """Yield the rows of tables in tables of ROWS rows, the last of fewer: what is written does not tell the batches."""
    pa = imported("pyarrow")
    gathered: list[Any] = []
    rows = 0
    for table in tables:
        gathered.append(table)
        rows += table.num_rows
        if rows >= ROWS:
            whole = pa.concat_tables(gathered)
            end = rows - rows % ROWS
            for start in range(0, end, ROWS):
                yield whole.slice(start, ROWS)
            gathered, rows = [whole.slice(end)], rows - end
    if rows:
        yield pa.concat_tables(gathered)


def _json_lines(table: Any) -> str:  # noqa: ANN401  as above
    import json

    return "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in table.to_pylist())
