"""Values as YAML text, in the style of the file that takes them."""

import re
from dataclasses import dataclass

from gto.yamldoc import scalars

# Plain where YAML 1.1 and 1.2 agree that it is text, and where it may stand in braces as well.
_PLAIN_RE = re.compile(r"[\w./][\w./@+ -]*")
_NUMBER_LIKE_RE = re.compile(r"[.0-9][0-9a-fA-FxXoOtTzZ_.+ -]*|(?i:y|n|yes|no|on|off)")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


@dataclass(frozen=True, slots=True)
class Style:
    """How a file is laid out."""

    newline: str = "\n"
    step: int = 2
    """Columns between a mapping's keys and those of a mapping in it."""
    dash: int = 0
    """Columns between a mapping's keys and the dashes of a list in it."""


def render_pair(key: str, value: object, style: Style) -> list[str]:
    """Return the lines of a key with its value."""
    match value:
        case dict() if value:
            return [f"{render_scalar(key)}:", *_indented(render_block(value, style), style.step)]
        case list() if value:
            return [f"{render_scalar(key)}:", *_indented(render_block(value, style), style.dash)]
        case _:
            return [f"{render_scalar(key)}: {render_flow(value)}"]


def render_block(value: object, style: Style) -> list[str]:
    """Return the lines of a mapping or a list that is not empty; anything else takes one line."""
    match value:
        case dict() if value:
            return [line for key, part in value.items() for line in render_pair(str(key), part, style)]
        case list() if value:
            return [line for part in value for line in _item(part, style)]
        case _:
            return [render_flow(value)]


def render_flow(value: object) -> str:
    """Return a value on one line, mappings in braces and lists in brackets."""
    match value:
        case dict():
            return (
                "{" + ", ".join(f"{render_scalar(str(key))}: {render_flow(part)}" for key, part in value.items()) + "}"
            )
        case list():
            return "[" + ", ".join(map(render_flow, value)) + "]"
        case _:
            return render_scalar(value)


def render_scalar(value: object, quote: str = "") -> str:
    """Return a scalar, in the quotes given unless only the double ones can hold it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value, quote)
        case _:
            return str(value)


def _text(text: str, quote: str) -> str:
    if not text.isprintable() or quote == '"':
        return '"' + "".join(map(_escape, text)) + '"'
    plain = _PLAIN_RE.fullmatch(text) and not _NUMBER_LIKE_RE.fullmatch(text) and not text.endswith(" ")
    if plain and not quote and isinstance(scalars.resolve(text), str):
        return text
    return "'" + text.replace("'", "''") + "'"


def _escape(char: str) -> str:
    if char in _ESCAPES or char.isprintable():
        return _ESCAPES.get(char, char)
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"  # noqa: PLR2004  what \u holds


def _item(value: object, style: Style) -> list[str]:
    first, *rest = render_block(value, style)
    return ["- " + first, *_indented(rest, 2)]


def _indented(lines: list[str], columns: int) -> list[str]:
    return [" " * columns + line for line in lines]
