"""Output: tables as tabulate draws them, JSON, lines, complaints; never failing on an encoding."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

import click

from gto.output import escape
from gto.output.escape import MISSING, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from gto.output.tables import Cell, Section, Table


_WRAPPED = 60  # characters of a line of a cell, in a pipe
NOTHING = "Nothing found in the current workspace"


def prepare_streams() -> None:
    """Let no character stop the output: one that the encoding lacks is written as `?`."""
    _open_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _open_closed() -> None:
    """Let stdin, stdout and stderr that are closed lead nowhere: a file opened later would get what is printed."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003  os's signature; it gets this number
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8", closefd=False))  # noqa: SIM115  as long as the process


def emoji(text: str) -> str:
    """Return an emoji; nothing where GTO_EMOJIS says so."""
    return "" if os.environ.get("GTO_EMOJIS", "true").lower() in {"0", "false", "f", "no", "n", "off"} else text


def say(text: str) -> None:
    """Print one line of the answer; control characters, but for newlines and tabs, show as escapes."""
    click.echo(clean(text))


def note(text: str) -> None:
    """Print a line that is no answer, on stderr."""
    click.echo(clean(text), err=True)


def complain(text: str, hint: str = "") -> None:
    """Print an error, and the next step, on stderr."""
    line = f"{emoji('❌ ')}{clean(text)}"
    click.echo(click.style(line, fg="red") if sys.stderr.isatty() and _has_colours() else line, err=True)
    if hint:
        click.echo(f"   {clean(hint)}", err=True)


def _has_colours() -> bool:
    from gto.cli import terminal

    return terminal.has_colours(sys.stderr)


def moment(time: datetime) -> str:
    """Write a time: on a terminal local time, elsewhere as tables have it."""
    if not sys.stderr.isatty():
        return str(time)
    from gto.cli import terminal

    return terminal.moment(time)


def be_verbose() -> None:
    """Print on stderr what git is asked."""
    from gto.git import command

    command.watch(note)


_PATIENCE = 1.0  # seconds before progress is shown


def show_progress() -> None:
    """On a terminal, show on one line of stderr how far git is, where it takes more than a second."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return
    import time

    from gto.git import command

    start = time.monotonic()

    shown = ""

    def say(text: str) -> None:
        nonlocal shown
        if (text or shown) and time.monotonic() - start > _PATIENCE:
            click.echo(f"\r\x1b[K{clean(text)[:78]}", nl=False, err=True)
            shown = text

    command.report(say)


def clean(text: str) -> str:
    """Show control characters as escapes, and in a CI what it would take for a command to itself."""
    shown = escape.clean(text)
    return escape.for_log(shown) if _is_obeyed() else shown


def _is_obeyed() -> bool:
    """Tell whether a CI looks for commands in what is printed."""
    return any(name in os.environ for name in ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"))


def as_json(value: object, *, letters: bool = False) -> None:
    """Print a value as GTO 1.x does: indented by four, times in ISO form; `letters` leaves letters as they are."""
    import json

    from gto.output.json_values import plain

    letters = letters and (sys.stdout.encoding or "utf-8").lower().replace("-", "") == "utf8"
    text = escape.clean_json(json.dumps(value, indent=4, default=plain, ensure_ascii=not letters))
    click.echo(text.replace("##", "\\u0023\\u0023") if _is_obeyed() else text)


def lines(values: Iterable[object]) -> None:
    """Print a value a line."""
    for value in values:
        say(str(value).rstrip("\r\n"))


def table(content: Table, *, plain: bool) -> None:
    """Print a table, or that nothing was found."""
    if not content.rows:
        say(NOTHING)
        return
    if not plain and sys.stdout.isatty():
        from gto.cli import terminal

        click.echo(terminal.draw(content, _cell))
        return
    rows = [[_cell(cell) for cell in row] for row in content.rows]
    if content.wraps and not plain:
        from gto.cli import terminal

        rows = terminal.wrap_rows(rows, dict.fromkeys(range(len(content.columns)), _WRAPPED))
    click.echo((_plain_table if plain else _outline)(content.columns, rows))


def _cell(cell: Cell) -> str:
    return MISSING if cell is None else one_line(clean(str(cell)))


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    # As tabulate has it: a header takes two characters more than its text.
    return [max(len(name) + 2, *(len(row[place]) for row in rows)) for place, name in enumerate(columns)]


def _outline(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = _widths(columns, rows)

    def rule(left: str, middle: str, right: str) -> str:
        return left + middle.join("═" * (width + 2) for width in widths) + right

    def line(cells: Sequence[str]) -> str:
        return "│" + "│".join(f" {cell.ljust(width)} " for cell, width in zip(cells, widths, strict=True)) + "│"

    body = [line(row) for row in rows]
    return "\n".join([rule("╒", "╤", "╕"), line(columns), rule("╞", "╪", "╡"), *body, rule("╘", "╧", "╛")])


def _plain_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = _widths(columns, rows)
    join: Callable[[Sequence[str]], str] = lambda cells: "  ".join(  # noqa: E731
        cell.ljust(width) for cell, width in zip(cells, widths, strict=True)
    ).rstrip()
    return "\n".join(join(row) for row in [columns, *rows])


def tables(title: str, sections: Sequence[Section], *, plain: bool) -> None:
    """Print each section under its heading."""
    if title:
        say(escape.one_line(title))
    for place, section in enumerate(sections):
        if title or place:
            say("")
        say(section.title)
        table(escape.cut(section.table), plain=plain)
        if section.more:
            say(f"... {section.more}")


def markdown(title: str, sections: Sequence[Section]) -> None:
    """Print each section as Markdown, for a comment of a pull request."""
    say(f"### {title}")
    for section in sections:
        say(f"\n**{section.title}**\n")
        say(escape.markdown(section.table))
        if section.more:
            say(f"\n... {escape.code(section.more)}")


def notes(lines: Iterable[str]) -> None:
    """Say on stderr what was not read."""
    for line in lines:
        note(escape.one_line(line))
