"""FlatBuffers without a schema: the fields of a table by their numbers, each read where it is."""

from collections.abc import Iterator
from struct import unpack
from typing import NamedTuple, Self

from gto.inspect.bounded import text
from gto.inspect.model_file import ModelFile, UnreadableModel

_HEADER = 4  # of a table of offsets: its own size, and the table's
_SMALLEST = 4  # bytes of an element of those vectors that are of use
_MOST_TEXT = 1 << 20


class FlatTable(NamedTuple):
    """A table at a place of a buffer; fields that it does not have are None, empty or a default."""

    buffer: ModelFile
    at: int

    @classmethod
    def root(cls, buffer: ModelFile) -> Self:
        """Return the table that a buffer begins with."""
        return cls(buffer, _number(buffer, 0, "<I"))

    def number(self, field: int, default: int = 0) -> int:
        """Return a field that is a number of 32 bits."""
        at = self._place(field)
        return default if at is None else _number(self.buffer, at, "<i")

    def bytes(self, field: int) -> bytes:
        """Return a field that is a text."""
        at = self._reference(field)
        if at is None:
            return b""
        size = _number(self.buffer, at, "<I")
        if size > _MOST_TEXT:
            raise UnreadableModel(f"a text has {size:,} bytes")
        return self.buffer.read(at + 4, size)

    def text(self, field: int) -> str:
        """Return a field that is a text, or its beginning."""
        return text(self.bytes(field))

    def length(self, field: int) -> int:
        """Return how many elements a field has that is a vector."""
        at = self._reference(field)
        count = 0 if at is None else _number(self.buffer, at, "<I")
        if count > self.buffer.size // _SMALLEST:
            raise UnreadableModel(f"a list has {count:,} entries in {self.buffer.size:,} bytes")
        return count

    def tables(self, field: int) -> Iterator["FlatTable"]:
        """Yield the tables of a field that is a vector of tables."""
        at = self._reference(field)
        for place in range(self.length(field) if at is not None else 0):
            yield self._follow((at or 0) + 4 * (place + 1))

    def table(self, field: int) -> "FlatTable":
        """Return a field that is a table; one that is not there is an error."""
        at = self._place(field)
        if at is None:
            raise UnreadableModel(f"its table has no field {field}")
        return self._follow(at)

    def _follow(self, at: int) -> "FlatTable":
        return FlatTable(self.buffer, at + _number(self.buffer, at, "<I"))

    def _reference(self, field: int) -> int | None:
        at = self._place(field)
        return None if at is None else at + _number(self.buffer, at, "<I")

    def _place(self, field: int) -> int | None:
        offsets = self.at - _number(self.buffer, self.at, "<i")
        entry = _HEADER + 2 * field
        if entry + 2 > _number(self.buffer, offsets, "<H"):
            return None
        offset = _number(self.buffer, offsets + entry, "<H")
        return self.at + offset if offset else None


def _number(buffer: ModelFile, at: int, form: str) -> int:
    value: int = unpack(form, buffer.read(at, 2 if form == "<H" else 4))[0]
    return value
