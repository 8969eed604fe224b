"""Cursors: where a page of answers ended, as a word that only this API reads."""

import base64
import binascii
import json

from gto.exceptions import UsageError

_LONGEST = 2000


def encode(values: list[str | int]) -> str:
    """Return the cursor of the last row of a page."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def decode(cursor: str, kinds: tuple[type, ...]) -> list[str | int] | None:
    """Return the values of a cursor, of these kinds; None for the empty one. UsageError where it is none of ours."""
    if not cursor:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor[:_LONGEST] + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        values = None
    if not isinstance(values, list) or [type(value) for value in values] != list(kinds):
        raise UsageError("The cursor is none of this API's", "leave it out to begin with the first page")
    return values
