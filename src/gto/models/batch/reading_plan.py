"""What is read of an input, piece by piece: row groups of Parquet files, and other files whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from gto.exceptions import WrongData
from gto.models.data_files import ROWS, ParquetPart, open_parquet, read_batches
from gto.models.data_schema import check_batch, check_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gto.inspect.facts import Schema
    from gto.models.batch.source_file import SourceFile

_PIECE = 4 * ROWS
"""Rows of a piece, where row groups are smaller."""
_AT_A_TIME = 8
"""Files whose ends are read side by side: a request to a store takes longer than its bytes."""


class Piece(NamedTuple):
    """A part of the input that can be read by itself."""

    file: SourceFile
    first: int = 0
    """How many rows of the file come before it."""
    rows: int | None = None
    """How many it has; None where only reading tells."""
    part: ParquetPart = ParquetPart()


class Batch(NamedTuple):
    """Some rows, and where they are from."""

    piece: Piece
    row: int
    """How many rows of the file come before."""
    data: Any
    """pyarrow's RecordBatch."""


class ReadingPlan(NamedTuple):
    """All that is read, in its order."""

    files: tuple[SourceFile, ...]
    pieces: tuple[Piece, ...]
    schema: Schema
    keep: Sequence[str]
    batch_rows: int
    stamps: tuple[str, ...]
    """Other texts when a file has changed."""

    @property
    def rows(self) -> int | None:
        """How many rows there are; None where only reading tells."""
        known = [one.rows for one in self.pieces if one.rows is not None]
        return sum(known) if len(known) == len(self.pieces) else None

    def batches(self, skip: int) -> Iterator[Batch]:
        """Yield the batches, without those of the first `skip` rows, which were whole batches."""
        for piece in self.pieces:
            if piece.rows is not None and skip >= piece.rows:
                skip -= piece.rows
                continue
            for batch in self.read(piece):
                if skip > 0:
                    skip -= batch.data.num_rows
                    continue
                yield batch

    def read(self, piece: Piece) -> Iterator[Batch]:
        """Yield the batches of one piece, each checked."""
        row = piece.first
        for data in read_batches(piece.file, self.schema, self.batch_rows, piece.part):
            check_columns(data.schema.names, self.schema, self.keep)
            check_batch(data, self.schema, row)
            yield Batch(piece, row, data)
            row += data.num_rows


def make_plan(files: Sequence[SourceFile], schema: Schema, keep: Sequence[str], batch_rows: int) -> ReadingPlan:
    """Return what is read; WrongData names the column of a Parquet file that is not as the schema says.

    The boundaries of batches follow from the files alone, so that a later run has the same.
    """

    def look(file: SourceFile) -> tuple[list[Piece], str]:
        return _pieces(file, schema, keep), file.stamp()

    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        found = list(pool.map(look, files))
    pieces = tuple(piece for some, _ in found for piece in some)
    return ReadingPlan(tuple(files), pieces, schema, tuple(keep), batch_rows, tuple(stamp for _, stamp in found))


def _pieces(file: SourceFile, schema: Schema, keep: Sequence[str]) -> list[Piece]:
    if file.kind != "parquet":
        return [Piece(file)]
    metadata, empty = _told(file)
    check_columns(empty.schema.names, schema, keep)
    check_batch(empty, schema, 0)
    columns = tuple(dict.fromkeys([*(one.name for one in schema.tensors), *keep]))
    found: list[Piece] = []
    groups: list[int] = []
    first = rows = 0
    for number in range(metadata.num_row_groups):
        groups.append(number)
        rows += metadata.row_group(number).num_rows
        if rows >= _PIECE or number == metadata.num_row_groups - 1:
            found.append(Piece(file, first, rows, ParquetPart(tuple(groups), columns)))
            first, rows, groups = first + rows, 0, []
    return found


def _told(file: SourceFile) -> tuple[Any, Any]:
    """Return a Parquet file's metadata, and an empty table of its columns."""
    try:
        opened = open_parquet(file)
        return opened.metadata, opened.schema_arrow.empty_table()
    except ValueError as error:  # of which pyarrow's errors are
        hint = "the model's schema says what it takes"
        raise WrongData(f"{file.name}: {str(error).splitlines()[0][:300]}", hint) from error
