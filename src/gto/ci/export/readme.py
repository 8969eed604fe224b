"""The registry as a table in Markdown, and that table kept between two markers of a file."""

import re
from typing import NamedTuple

from gto.ci.export.inventory import Inventory, Item
from gto.ci.export.marker import BEGIN, END, find_inside
from gto.core import escape
from gto.core.table import Cell, Table, short
from gto.exceptions import BadFile

_LONGEST = 120  # characters of a description


class Kept(NamedTuple):
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


def keep(text: str, data: bytes, path: str) -> Kept:
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
    return Kept(new, new != data)


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
