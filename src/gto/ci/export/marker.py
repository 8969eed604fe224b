"""The two markers of a Markdown file between which the table is kept."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gto.exceptions import BadFile

BEGIN, END = "<!-- gto:begin -->", "<!-- gto:end -->"
_MARKER_RE = re.compile(rb"(?:\xef\xbb\xbf)?[ \t]*<!-- gto:(begin|end) -->[ \t]*")
_STRAY_RE = re.compile(rb"<!--[ \t]*gto:(?:begin|end)\b", re.IGNORECASE)
_SPAN_RE = re.compile(rb"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")
_AROUND = rb"(?:\xef\xbb\xbf)?(?:[ \t>]|[-+*][ \t]|[0-9]{1,9}[.)][ \t])*"  # quotations and lists
_OPENING_RE = re.compile(_AROUND + rb"(?:(?P<ticks>`{3,})[^`]*|(?P<tildes>~{3,}).*)")
_CLOSING_RE = re.compile(rb"[ \t>]*(`{3,}|~{3,})[ \t]*")


class Inside(NamedTuple):
    """Where the table stands, in bytes: from behind the first marker up to the line of the second."""

    start: int
    stop: int


class _Line(NamedTuple):
    """A line of a file."""

    number: int
    start: int
    text: bytes
    """Without its line break."""

    @property
    def marker(self) -> bytes:
        """Which marker it is: `begin` or `end`; empty for another line."""
        found = _MARKER_RE.fullmatch(self.text)
        return found[1] if found else b""


def find_inside(data: bytes, path: str) -> Inside | None:
    """Return where between its markers a file has the table; None for a file without markers.

    A marker in a block of code, or in a code span, is an example. BadFile where they are no pair of lines of their own.
    """
    lines, block = _split(data)
    inside = _pair([line for line in lines if line.marker], path)
    for line in lines:
        is_ours = inside is not None and inside.start <= line.start < inside.stop
        if not line.marker and not is_ours and _STRAY_RE.search(_SPAN_RE.sub(b"", line.text)):
            raise _wrong(path, "a marker must be a line of its own", line)
    if inside is None and block is not None:
        hint = "end it: the table is put at the end of the file, and would be code there"
        raise BadFile(path, "this block of code never ends", block.number, hint)
    return inside


def _pair(marks: Sequence[_Line], path: str) -> Inside | None:
    match [line.marker for line in marks]:
        case []:
            return None
        case [b"begin", b"end"]:
            return Inside(marks[0].start + len(marks[0].text), marks[1].start)
        case _:
            strange = [line for place, line in enumerate(marks) if line.marker not in (b"begin", b"end")[place:][:1]]
            raise _wrong(path, "its markers are not one pair", (strange or marks)[0])


def _wrong(path: str, reason: str, line: _Line) -> BadFile:
    hint = f"a line '{BEGIN}', then a line '{END}'; or neither, and gto adds both at the end"
    return BadFile(path, reason, line.number, hint)


def _split(data: bytes) -> tuple[list[_Line], _Line | None]:
    """Return the lines that are in no block of code, and the line that begins one which never ends."""
    found: list[_Line] = []
    block: _Line | None = None
    fence = b""
    for line in _lines(data):
        if block is None:
            opening = _OPENING_RE.fullmatch(line.text)
            if opening is None:
                found.append(line)
            else:
                block, fence = line, opening["ticks"] or opening["tildes"]
        else:
            closing = _CLOSING_RE.fullmatch(line.text)
            if closing and closing[1].startswith(fence):
                block = None
    return found, block


def _lines(data: bytes) -> Iterator[_Line]:
    start = 0
    for number, line in enumerate(data.splitlines(keepends=True), 1):
        yield _Line(number, start, line.rstrip(b"\r\n"))
        start += len(line)
