"""Tables on a terminal: as wide as it is, with colour that means something; a pipe gets them whole and plain."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from datetime import datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from gto.output.escape import MISSING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from typing import TextIO

    from gto.output.tables import Cell, Table

_PART_RE = re.compile(r"[._/,]*[^._/,]*")  # of a word that is longer than a line
_EXPENDABLE = ("ref", "commit")  # columns that go first: the others say what they say
_SMALLEST = 12  # cells that are left of a column that is shortened: versions and hashes stay whole
_FIRST = 16  # and of the first one, which says what a row is about
_KEPT = 2  # columns that are never left out
_PAINT: dict[str, dict[str, object]] = {
    "registration": {"fg": "green"},
    "assignment": {"fg": "cyan"},
    "unassignment": {"fg": "yellow"},
    "deregistration": {"fg": "red"},
    "deprecation": {"fg": "red"},
    MISSING: {"dim": True},
}


def has_colours(stream: TextIO) -> bool:
    """Tell whether a stream is a terminal whose user wants colours: see no-color.org, and CLICOLOR."""
    wants = not os.environ.get("NO_COLOR") and os.environ.get("CLICOLOR") != "0"
    return wants and os.environ.get("TERM") != "dumb" and stream.isatty()


def size() -> os.terminal_size:
    """Return how many columns and lines the terminal has."""
    from shutil import get_terminal_size

    return get_terminal_size()


def moment(time: datetime) -> str:
    """Write a time as the clock on the wall shows it."""
    try:
        return f"{time.astimezone():%Y-%m-%d %H:%M:%S}"
    except (OverflowError, OSError, ValueError):  # a year that the zone cannot reckon with
        return str(time)


def width(text: str) -> int:
    """Return how many cells of a terminal a text takes: none for what combines, two for what is wide."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def shorten(text: str, room: int) -> str:
    """Cut a text to so many cells: a sentence at its end, a name in its middle, for names often end differently."""
    if width(text) <= room:
        return text
    tail = 0 if " " in text else (room - 1) // 2
    return f"{_fitting(text, room - 1 - tail)}…{_fitting(text[::-1], tail)[::-1]}"


def _fitting(text: str, room: int) -> str:
    for place, character in enumerate(text):
        room -= _cells(character)
        if room < 0:
            return text[:place]
    return text


def wrap(text: str, room: int) -> list[str]:
    """Return a text in lines of so many cells: broken at blanks, and words that are longer than a line within."""
    lines = [""]
    for word in text.split(" "):
        blank = " " if lines[-1] else ""
        if width(f"{lines[-1]}{blank}{word}") <= room:
            lines[-1] += blank + word
        else:
            lines += _packed([word] if width(word) <= room else _PART_RE.findall(word), room)
    return [line for line in lines if line] or [""]


def _packed(parts: Iterable[str], room: int) -> list[str]:
    lines = [""]
    for part in parts:
        left = part
        while left:
            if lines[-1] and width(lines[-1] + left) > room:
                lines.append("")
            taken = _fitting(left, room - width(lines[-1])) or left[0]
            lines[-1] += taken
            left = left[len(taken) :]
    return lines


def wrap_rows(rows: Iterable[Sequence[str]], rooms: Mapping[int, int]) -> list[list[str]]:
    """Return rows of which each takes as many as its cells need, where columns have that much room."""
    found = []
    for row in rows:
        cells = [wrap(cell, rooms[place]) if place in rooms else [cell] for place, cell in enumerate(row)]
        found += [list(parts) for parts in zip_longest(*cells, fillvalue="")]
    return found


class _Layout(NamedTuple):
    """Which columns are drawn, by place, how wide each is, and which are left out."""

    places: list[int]
    widths: list[int]
    hidden: list[str]


def draw(table: Table, text: Callable[[Cell], str]) -> str:
    """Return a table as wide as the terminal; what is left out is named below it."""
    rows = [[text(moment(cell) if isinstance(cell, datetime) else cell) for cell in row] for row in table.rows]
    times = {place for row in table.rows for place, cell in enumerate(row) if isinstance(cell, datetime)}
    found = _lay_out(table.columns, rows, times, size().columns)
    paint = _painter()
    frame = paint("│", dim=True)

    def rule(left: str, middle: str, right: str) -> str:
        return paint(left + middle.join("═" * (width + 2) for width in found.widths) + right, dim=True)

    def line(cells: Sequence[str], style: Callable[[int, str], dict[str, object]]) -> str:
        drawn = []
        for place, room in zip(found.places, found.widths, strict=True):
            short = shorten(cells[place], room)
            drawn.append(f" {paint(short, **style(place, cells[place]))}{' ' * (room - width(short) + 1)}")
        return frame + frame.join(drawn) + frame

    if table.wraps:
        rows = wrap_rows(rows, dict(zip(found.places, found.widths, strict=True)))
    body = [line(row, _style(table, number)) for number, row in enumerate(rows)]
    head = line(table.columns, lambda _place, _cell: {"bold": True})
    lines = [rule("╒", "╤", "╕"), head, rule("╞", "╪", "╡"), *body, rule("╘", "╧", "╛")]
    if found.hidden:
        lines.append(paint(f"not shown: {', '.join(found.hidden)} (a wider terminal or a pipe shows all)", dim=True))
    return "\n".join(lines)


def _painter() -> Callable[..., str]:
    from click import style

    colours = has_colours(sys.stdout)
    return lambda text, **how: style(text, **how) if how and colours else text


def _style(table: Table, number: int) -> Callable[[int, str], dict[str, object]]:
    """Return how the cells of a row are painted: what is in a stage green, events by kind, what is retired dim."""

    def style(place: int, cell: str) -> dict[str, object]:
        column = table.columns[place]
        if number in table.retired or (place == 0 and cell.startswith("*")):
            return {"dim": True}
        if cell in _PAINT and (column == "event" or cell == MISSING):
            return _PAINT[cell]
        return {"fg": "green"} if column.startswith("#") or column == "stage" else {}

    return style


def _lay_out(columns: Sequence[str], rows: Sequence[Sequence[str]], whole: Collection[int], room: int) -> _Layout:
    """Leave out empty columns, then what other columns say too; shorten; leave out the last ones: until it fits.

    The columns `whole` are not shortened.
    """
    needed = [max(map(width, (name, *(row[place] for row in rows)))) for place, name in enumerate(columns)]
    padded = [max(wide, width(name) + 2) for wide, name in zip(needed, columns, strict=True)]
    places = list(range(len(columns)))
    if _total(padded) <= room:
        return _Layout(places, padded, [])
    least = [max(_SMALLEST if at else _FIRST, width(name)) for at, name in enumerate(columns)]
    smallest = [wide if at in whole else min(wide, least[at]) for at, wide in enumerate(needed)]
    empty = [at for at in places[1:] if all(row[at] in {MISSING, ""} for row in rows)]
    expendable = [at for name in _EXPENDABLE for at in places[1:] if columns[at] == name]
    for widths, going in ((needed, [*empty, *expendable]), (smallest, places[:0:-1])):
        for at in going:
            if _total([widths[place] for place in places]) <= room or len(places) <= _KEPT:
                break
            if at in places:
                places.remove(at)
    hidden = [name for at, name in enumerate(columns) if at not in places]
    return _Layout(places, _shrunk([needed[at] for at in places], [smallest[at] for at in places], room), hidden)


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + 3 * len(widths) + 1


def _shrunk(widths: list[int], smallest: Sequence[int], room: int) -> list[int]:
    """Take from the widest column that can give, until all fit, or none can."""
    while _total(widths) > room:
        giving = [at for at, wide in enumerate(widths) if wide > smallest[at]]
        if not giving:
            break
        widths[max(giving, key=lambda at: widths[at])] -= 1
    return widths
