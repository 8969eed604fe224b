"""UBJSON (draft 12): the values of a file by their paths; arrays of numbers are skipped by their counts."""

from collections.abc import Iterator
from typing import NamedTuple

from gto.inspect.bounded import LONGEST, text
from gto.inspect.byte_cursor import ByteCursor
from gto.inspect.model_file import UnreadableModel

Value = str | int | float | bool | None
Path = tuple[str | int, ...]

_NUMBERS = {"i": ">b", "U": ">B", "I": ">h", "l": ">i", "L": ">q", "d": ">f", "D": ">d"}
_WIDTHS = {"i": 1, "U": 1, "C": 1, "I": 2, "l": 4, "d": 4, "L": 8, "D": 8}
_CONSTANTS = {"Z": None, "T": True, "F": False}
_LENGTHS = "iUIlL"
_DEEPEST = 64


class SkippedArray(NamedTuple):
    """Numbers of one type, which were not read."""

    length: int


class _Container:
    """An object or an array that has begun."""

    def __init__(self, *, is_object: bool, count: int | None = None, kind: str = "") -> None:
        self.is_object = is_object
        self.left = count  # None where a bracket closes it
        self.kind = kind  # of each of its values, where they have one
        self.key: str | int = -1


def walk(cursor: ByteCursor, objects: int = 0) -> Iterator[tuple[Path, Value | SkippedArray]]:
    """Yield path and value of all that is no container, from a value on, or from within so many objects."""
    open_: list[_Container] = [_Container(is_object=True) for _ in range(objects)]
    if not open_:
        yield from _value(cursor, _marker(cursor), open_)
    while open_:
        marker = _next(cursor, open_[-1])
        if marker:
            yield from _value(cursor, marker, open_)
        else:
            open_.pop()


def _next(cursor: ByteCursor, container: _Container) -> str:
    """Go on to the container's next value, and return its marker; without one the container ends."""
    if container.left is None:
        marker = _marker(cursor)
        if marker == ("}" if container.is_object else "]"):
            return ""
    elif container.left == 0:
        return ""
    else:
        container.left -= 1
        marker = container.kind or _marker(cursor)
    if not container.is_object:
        container.key = int(container.key) + 1
        return marker
    container.key = _text(cursor, _marker(cursor) if container.kind else marker)
    return container.kind or _marker(cursor)


def _value(cursor: ByteCursor, marker: str, open_: list[_Container]) -> Iterator[tuple[Path, Value | SkippedArray]]:
    path = tuple(one.key for one in open_)
    if marker in "[{":
        if len(open_) >= _DEEPEST:
            raise UnreadableModel("it is nested too deeply")
        container = _begin(cursor, is_object=marker == "{")
        if container.kind in _WIDTHS and not container.is_object and container.left is not None:
            cursor.skip(container.left * _WIDTHS[container.kind])
            yield path, SkippedArray(container.left)
        else:
            open_.append(container)
    elif marker in _CONSTANTS:
        yield path, _CONSTANTS[marker]
    elif marker in _NUMBERS:
        yield path, cursor.number(_NUMBERS[marker])
    elif marker == "C":
        yield path, text(cursor.take(1))
    elif marker in "SH":
        yield path, _text(cursor, _marker(cursor))
    else:
        raise UnreadableModel(f"byte {cursor.at - 1:,} begins no value of UBJSON")


def _begin(cursor: ByteCursor, *, is_object: bool) -> _Container:
    """Return a container of which the bracket was read, with the type and the count that may follow it."""
    kind, count = "", None
    if cursor.peek() == b"$":
        cursor.skip(1)
        kind = _marker(cursor)
        if cursor.peek() != b"#":
            raise UnreadableModel("an array of UBJSON has a type and no count")
    if cursor.peek() == b"#":
        cursor.skip(1)
        count = _length(cursor, _marker(cursor))
        if count > cursor.left and kind not in {*_CONSTANTS, *_WIDTHS}:
            raise UnreadableModel(f"an array of UBJSON has {count:,} values in {cursor.left:,} bytes")
    if kind in _CONSTANTS:
        raise UnreadableModel("an array of UBJSON has values without bytes")
    return _Container(is_object=is_object, count=count, kind=kind)


def _marker(cursor: ByteCursor) -> str:
    marker = cursor.take(1)
    while marker == b"N":
        marker = cursor.take(1)
    return marker.decode("latin-1")


def _length(cursor: ByteCursor, marker: str) -> int:
    if marker not in _LENGTHS:
        raise UnreadableModel(f"byte {cursor.at - 1:,} begins no length of UBJSON")
    length = cursor.number(_NUMBERS[marker])
    if length < 0:
        raise UnreadableModel("a length of UBJSON is negative")
    return length


def _text(cursor: ByteCursor, marker: str) -> str:
    """Return a text of which the marker of the length was read, or its beginning."""
    length = _length(cursor, marker)
    data = cursor.take(min(length, 4 * LONGEST))
    cursor.skip(length - len(data))
    return text(data)
