"""The registry as a table in Markdown, and that table kept between two markers of a file."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gto.exceptions import BadFile
from gto.export.inventory import Inventory, Item
from gto.output import escape
from gto.output.tables import Cell, Table, short

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


class _MarkdownLine(NamedTuple):
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


def _pair(marks: Sequence[_MarkdownLine], path: str) -> Inside | None:
    match [line.marker for line in marks]:
        case []:
            return None
        case [b"begin", b"end"]:
            return Inside(marks[0].start + len(marks[0].text), marks[1].start)
        case _:
            strange = [line for place, line in enumerate(marks) if line.marker not in (b"begin", b"end")[place:][:1]]
            raise _wrong(path, "its markers are not one pair", (strange or marks)[0])


def _wrong(path: str, reason: str, line: _MarkdownLine) -> BadFile:
    hint = f"a line '{BEGIN}', then a line '{END}'; or neither, and gto adds both at the end"
    return BadFile(path, reason, line.number, hint)


def _split(data: bytes) -> tuple[list[_MarkdownLine], _MarkdownLine | None]:
    """Return the lines that are in no block of code, and the line that begins one which never ends."""
    found: list[_MarkdownLine] = []
    block: _MarkdownLine | None = None
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


def _lines(data: bytes) -> Iterator[_MarkdownLine]:
    start = 0
    for number, line in enumerate(data.splitlines(keepends=True), 1):
        yield _MarkdownLine(number, start, line.rstrip(b"\r\n"))
        start += len(line)


_LONGEST = 120  # characters of a description


class ReadmeTable(NamedTuple):
    """A file with the table in it."""

    data: bytes
    is_new: bool
    """Whether the file was another before."""


def table(inventory: Inventory) -> Table:
    """Return a row for each artifact that is not deprecated, and a column for each stage."""
    columns = ("artifact", "type", "latest", *(f"#{stage}" for stage in inventory.stages), "description")
    return Table(columns, tuple(_row(item, inventory.stages) for item in inventory.active))


def markdown(found: Table) -> str:
    """Return the table in Markdown, or that there is no artifact."""
    return escape.whole_markdown(found) if found.rows else "There is no artifact."


def keep(text: str, data: bytes, path: str) -> ReadmeTable:
    """Return a file with `text` between its markers, every other byte as it was; `path` is for the error.

    A file without markers gets them at its end. Line breaks are those of the file.
    """
    if b"\0" in data:
        raise BadFile(path, "it is no text that GTO can edit", hint="name a Markdown file in UTF-8")
    found = find_inside(data, path)
    first = re.search(rb"\r?\n", data)
    end = first[0] if first else b"\n"
    lines = end.join(line.encode("utf-8", "replace") for line in ["", "", *text.split("\n"), "", ""])
    new = data[: found.start] + lines + data[found.stop :] if found else _appended(data, lines, end)
    return ReadmeTable(new, new != data)


def _appended(data: bytes, inside: bytes, end: bytes) -> bytes:
    """Return a file with markers at its end, which ends with a line break if it did before."""
    gap = b"" if not data else end if data.endswith(b"\n") else end * 2
    last = end if not data or data.endswith(b"\n") else b""
    return data + gap + BEGIN.encode() + inside + END.encode() + last


def _row(item: Item, stages: tuple[str, ...]) -> tuple[Cell, ...]:
    said, latest = item.annotation, item.state.latest
    held = item.stages
    cells = [short(held[stage], cut=True) if stage in held else None for stage in stages]
    return item.state.name, said.type if said else None, latest.name if latest else None, *cells, _about(item)


def _about(item: Item) -> str | None:
    words = " ".join(item.annotation.description.split()) if item.annotation else ""
    return (f"{words[: _LONGEST - 3]}..." if len(words) > _LONGEST else words) or None
