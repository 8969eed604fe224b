"""How much of a stranger's file the facts repeat: what is longer is cut, and says so."""

import math
from collections.abc import Iterable, Mapping
from itertools import islice

from gto.inspect.facts import Json

LONGEST = 200
"""Characters of a name or a value."""
MOST = 2000
"""Entries of a list: columns, layers, steps."""
_FEW = 64
"""Entries of a mapping of a file's own words."""


def short(value: object, longest: int = LONGEST) -> str:
    """Return a text as it is, or its beginning with an ellipsis."""
    text = str(value)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def text(data: bytes, longest: int = LONGEST) -> str:
    """Return bytes as a text that every place can show."""
    return short(data[: 4 * longest].decode("utf-8", "replace"), longest)


def words(mapping: Mapping[object, object], most: int = _FEW) -> dict[str, Json]:
    """Return a mapping of texts, with `…` where there were more."""
    found: dict[str, Json] = {short(key): short(value) for key, value in islice(mapping.items(), most)}
    return found if len(mapping) <= most else {**found, "…": f"{len(mapping) - most:,} more"}


def names(values: Iterable[object], most: int = _FEW) -> list[Json]:
    """Return a list of texts, with `…` where there were more."""
    found: list[Json] = [short(value) for value in islice(values, most + 1)]
    return found if len(found) <= most else [*found[:most], "…"]


def number(value: int) -> int:
    """Return a number as it is, the largest of 64 bits where it is larger: what multiplies may have no end."""
    return min(value, (1 << 63) - 1)


def simple(value: object) -> Json:
    """Return a value that stands in JSON as it is; of a list or an object, its short text."""
    if value is None or isinstance(value, bool) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return number(value) if isinstance(value, int) else short(value)
