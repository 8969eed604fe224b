"""Headed tables on a terminal, and in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gto.cli import render
from gto.core import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gto.lineage.report import Section


def tables(title: str, sections: Sequence[Section], *, plain: bool) -> None:
    """Print each section under its heading."""
    if title:
        render.say(escape.one_line(title))
    for place, section in enumerate(sections):
        if title or place:
            render.say("")
        render.say(section.title)
        render.table(escape.cut(section.table), plain=plain)
        if section.more:
            render.say(f"... {section.more}")


def markdown(title: str, sections: Sequence[Section]) -> None:
    """Print each section as Markdown, for a comment of a pull request."""
    render.say(f"### {title}")
    for section in sections:
        render.say(f"\n**{section.title}**\n")
        render.say(escape.markdown(section.table))
        if section.more:
            render.say(f"\n... {escape.code(section.more)}")


def notes(lines: Iterable[str]) -> None:
    """Say on stderr what was not read."""
    for line in lines:
        render.note(escape.one_line(line))
