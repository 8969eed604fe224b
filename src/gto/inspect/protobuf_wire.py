"""Protocol Buffers without a schema: the fields of a message by their numbers, payloads skipped by their lengths."""

from collections.abc import Iterator
from typing import NamedTuple

from gto.inspect.bounded import LONGEST, text
from gto.inspect.model_file import ModelFile, UnreadableModel

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_WIDTHS = {_FIXED64: 8, _FIXED32: 4}
_LONGEST_VARINT = 10
_LONGEST_KEY = 2 * _LONGEST_VARINT  # the tag, and the length or the value


class Field(NamedTuple):
    """One field of a message; a number has a value, and what is not a number has a place."""

    number: int
    is_bytes: bool
    """Text, bytes, a message or packed numbers."""
    value: int
    """Of a number; 0 where it has none."""
    start: int
    size: int


class Message(NamedTuple):
    """A message: a part of a file."""

    file: ModelFile
    start: int
    size: int

    def fields(self) -> Iterator[Field]:
        """Yield the fields in the order of the file; bytes that are no fields are an error."""
        at, end = self.start, self.start + self.size
        while at < end:
            field = self._field(at, end)
            at = field.start + field.size
            if at > end:
                raise UnreadableModel(f"a field of {field.size:,} bytes does not end within its message")
            yield field

    def message(self, field: Field) -> "Message":
        """Return the message that a field holds."""
        if not field.is_bytes:
            raise UnreadableModel(f"field {field.number} is a number where a message is due")
        return Message(self.file, field.start, field.size)

    def text(self, field: Field, longest: int = LONGEST) -> str:
        """Return the text that a field holds, or its beginning."""
        if not field.is_bytes:
            raise UnreadableModel(f"field {field.number} is a number where a text is due")
        return text(self.file.read(field.start, min(field.size, 4 * longest)), longest)

    def numbers(self, field: Field) -> Iterator[int]:
        """Yield the numbers of a field that is one number, or several that are packed."""
        if not field.is_bytes:
            yield field.value
            return
        at, data = 0, self.file.read(field.start, field.size)
        while at < len(data):
            value, at = _varint(data, at)
            yield value

    def _field(self, at: int, end: int) -> Field:
        data = self.file.read(at, min(_LONGEST_KEY, end - at, self.file.size - at))
        tag, used = _varint(data, 0)
        number, wire = tag >> 3, tag & 7
        if number == 0 or wire not in {_VARINT, _BYTES, *_WIDTHS}:
            raise UnreadableModel(f"byte {at:,} begins no field of a message")
        if wire in _WIDTHS:
            return Field(number, False, 0, at + used, _WIDTHS[wire])  # noqa: FBT003  a tuple's place
        value, used = _varint(data, used)
        is_bytes = wire == _BYTES
        return Field(number, is_bytes, 0 if is_bytes else value, at + used, value if is_bytes else 0)


def whole(file: ModelFile) -> Message:
    """Return a file as one message."""
    return Message(file, 0, file.size)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of variable length, and where it ends."""
    value = 0
    for place, byte in enumerate(data[at : at + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value & (1 << 64) - 1, at + place + 1
    raise UnreadableModel("a number of a message has no end")
