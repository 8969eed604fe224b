"""Text that strangers wrote, made harmless for where it is shown: a terminal, the log of a CI job, Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gto.output.tables import Cell, Table

MISSING = "-"
# Half of a surrogate pair, which JSON and YAML can write and no encoding knows; between those two ranges are the bytes
# of file names that are no UTF-8, as Python holds them.
_HALVES = "\ud800-\udc7f\udd00-\udfff"
_HALF_RE = re.compile(f"[{_HALVES}]")
_CONTROL_RE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069{_HALVES}]")
# Azure Pipelines and TeamCity obey `##vso[...]` and `##teamcity[...]` anywhere in a line, GitHub Actions `##[...]` and
# a line that begins with `::`, blanks of any script before it.
_COMMAND_RE = re.compile(r"#(?=#\w*(?:\.\w+)?\[)|(?m:^)(?P<blank>[^\S\n]*):(?=:)")
_LONGEST = 120  # characters of a cell
_LONGEST_WRAPPED = 600  # and of one that goes over several lines


def clean(text: str) -> str:
    """Show control characters, which could command a terminal or reorder a line, as escapes; tabs and newlines stay."""
    return _CONTROL_RE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def as_utf8(text: str) -> bytes:
    """Return text as it stands in a file: bytes of a file's name as they were, half of a surrogate pair as `?`."""
    return _HALF_RE.sub("?", text).encode("utf-8", "surrogateescape")


def clean_json(text: str) -> str:
    """Show in JSON, where a text may hold any, control characters as JSON's escapes; its own newlines stay."""
    if text.isascii() and "\x7f" not in text:  # JSON itself allows none below a blank
        return text
    return _CONTROL_RE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def one_line(text: str) -> str:
    """Show all control characters as escapes, newlines and tabs too, which would make rows of their own."""
    return clean(text).replace("\n", "\\n").replace("\t", "\\t")


def for_log(text: str) -> str:
    """Show what a CI would take for a command to itself as an escape."""
    return _COMMAND_RE.sub(lambda match: f"{match['blank'] or ''}\\x{ord(match[0][-1]):02x}", text)


def code(cell: Cell) -> str:
    """Return a cell as a code span: what strangers wrote is neither a link, a mention, a tag nor the end of a cell."""
    text = "" if cell is None else one_line(str(cell)).replace("|", "\\|")
    if not text.strip():
        return MISSING
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    space = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{space}{text}{space}{fence}"


def cut(table: Table) -> Table:
    """Return the table with long cells cut."""
    longest = _LONGEST_WRAPPED if table.wraps else _LONGEST
    return table._replace(rows=tuple(tuple(_short(cell, longest) for cell in row) for row in table.rows))


def markdown(table: Table) -> str:
    """Return a table in Markdown, long cells cut."""
    return whole_markdown(cut(table._replace(wraps=False)))


def whole_markdown(table: Table) -> str:
    """Return a table in Markdown; what people wrote stands in code spans, where it is only text."""
    head = [" | ".join(table.columns), "|".join([" --- "] * len(table.columns))]
    rows = [" | ".join(code(cell) for cell in row) for row in table.rows]
    return "\n".join([f"| {head[0]} |", f"|{head[1]}|", *(f"| {row} |" for row in rows)])


def _short(cell: Cell, longest: int) -> Cell:
    return f"{cell[: longest - 3]}..." if isinstance(cell, str) and len(cell) > longest else cell
