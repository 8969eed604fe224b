"""What SQLite and PostgreSQL do not share: types of columns that mean the same on both, values that both can hold."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy
from sqlalchemy.dialects import postgresql

Text = sqlalchemy.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Compared and sorted by its bytes, as Python and SQLite do it, whatever the language of the database."""

Integer = sqlalchemy.BigInteger().with_variant(sqlalchemy.Integer(), "sqlite")
"""Of 64 bits: seconds after 2038, bytes of large files, counters."""

_NUL_RE = re.compile(r"(\\\\)|\\u0000")


def storable(text: str) -> str:
    """Return a text as Unicode: names that are not UTF-8, and half characters, come as escapes."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", r"\x00")


def storable_row(row: Mapping[str, object] | Sequence[object]) -> Mapping[str, object] | Sequence[object]:
    """Return values, named or in order, whose texts can be stored."""
    if isinstance(row, Mapping):
        return {key: storable(one) if isinstance(one, str) else one for key, one in row.items()}
    return tuple(storable(one) if isinstance(one, str) else one for one in row)


def storable_json(value: object) -> str:
    """Return JSON in which half characters are question marks, as `--json` prints them."""
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
    return _NUL_RE.sub(lambda found: found[1] or r"\\x00", text) if r"\u0000" in text else text


def make_storable(*given: Any) -> tuple[str, Any]:  # noqa: ANN401  whatever SQLAlchemy gives
    """Return a statement and its values as they can be stored: for SQLAlchemy's `before_cursor_execute`."""
    _, _, statement, values, _, is_many = given
    return statement, [storable_row(row) for row in values] if is_many else storable_row(values)
