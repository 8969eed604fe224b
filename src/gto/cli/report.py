"""Headed tables on a terminal, and in Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gto.cli import render
from gto.core.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gto.core.table import Cell
    from gto.lineage.report import Section

_LONGEST = 120  # characters of a cell; --json has them all


def tables(title: str, sections: Sequence[Section], *, plain: bool) -> None:
    """Print each section under its heading."""
    if title:
        render.say(render.one_line(title))
    for place, section in enumerate(sections):
        if title or place:
            render.say("")
        render.say(section.title)
        render.table(_cut(section.table), plain=plain)
        if section.more:
            render.say(f"... {section.more}")


def markdown(title: str, sections: Sequence[Section]) -> None:
    """Print each section as Markdown, for a comment of a pull request."""
    render.say(f"### {title}")
    for section in sections:
        render.say(f"\n**{section.title}**\n")
        table = _cut(section.table)
        render.say(f"| {' | '.join(table.columns)} |\n|{' --- |' * len(table.columns)}")
        for row in table.rows:
            render.say(f"| {' | '.join(code(cell) for cell in row)} |")
        if section.more:
            render.say(f"\n... {code(section.more)}")


def code(cell: Cell) -> str:
    """Return a cell as a code span: what strangers wrote is neither a link, a mention, a tag nor the end of a cell."""
    text = "" if cell is None else render.one_line(str(cell)).replace("|", "\\|")
    if not text.strip():
        return render.MISSING
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    space = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{space}{text}{space}{fence}"


def notes(lines: Iterable[str]) -> None:
    """Say on stderr what was not read."""
    for line in lines:
        render.note(render.one_line(line))


def _cut(table: Table) -> Table:
    return Table(table.columns, tuple(tuple(_short(cell) for cell in row) for row in table.rows))


def _short(cell: Cell) -> Cell:
    return f"{cell[: _LONGEST - 3]}..." if isinstance(cell, str) and len(cell) > _LONGEST else cell
