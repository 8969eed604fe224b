"""Where the text of a format goes: stdout, a file, or between the markers of a file."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import click

from gto.cli import render
from gto.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

STDOUT = "-"
"""What `-o` says for stdout."""


def json_text(value: object, indent: int | None = None) -> str:
    """Return JSON in a line, or indented, without any character that a terminal or a CI would obey."""
    import json

    text = json.dumps(value, indent=indent)
    return text.replace("\x7f", "\\u007f").replace("##", "\\u0023\\u0023") + "\n"


def write(text: str | Iterable[str], out: str | None) -> None:
    """Write what was asked for, to a file or to stdout (None, or `-`); there parts go out as they come.

    On stdout stands nothing that a terminal or a CI would obey. Parts end with their lines.
    """
    parts = [text] if isinstance(text, str) else text
    if out is not None and out != STDOUT:
        _replace(out, (part.encode("utf-8", "replace") for part in parts))
        return
    for part in parts:
        click.echo(_harmless(part), nl=False)


def _harmless(text: str) -> str:
    lines = re.split("(\r?\n)", text)  # each line break follows its line
    return "".join(part if place % 2 else render.clean(part) for place, part in enumerate(lines))


def _replace(path: str, data: Iterable[bytes]) -> None:
    """Write a file whole or not at all, behind links too; into a pipe or a device it is only written.

    BadFile is raised for a path in a work tree that leads out of it: a commit can hold such a link.
    """
    _refuse_way_out(path)
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as file:
            file.writelines(data)
        return
    from gto.fs import atomic_write

    atomic_write.replace(os.path.realpath(path), data)


def _refuse_way_out(path: str) -> None:
    from gto.exceptions import BadFile
    from gto.fs.regular_file import is_within

    above = os.path.abspath(path)
    while (above := os.path.dirname(above)) != os.path.dirname(above):
        if os.path.lexists(os.path.join(above, ".git")) and not is_within(path, os.path.realpath(above)):
            raise BadFile(path, "it is a link out of the repository", hint="name the file that it leads to")


def keep_table(text: str, path: str, *, check: bool) -> None:
    """Bring the table in a file up to date, or say whether it is."""
    from gto.export.readme import keep
    from gto.fs import atomic_write

    old = atomic_write.read(path)
    if old is None:
        raise UsageError(f"There is no file '{path}'", "make it first: the table is put at its end")
    kept = keep(text, old, path)
    if check:
        render.say(f"{path} is {'out of date' if kept.is_new else 'up to date'}")
        raise SystemExit(int(kept.is_new))
    if kept.is_new:
        _replace(path, [kept.data])
    render.say(f"{path} {'was brought' if kept.is_new else 'is'} up to date")
