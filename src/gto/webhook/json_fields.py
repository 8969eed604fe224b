"""The few texts that are read from a webhook's JSON, whoever wrote it and whatever else is in it."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

_MOST_VALUES = 1_000_000
"""In a body: each takes some hundred bytes of memory, however short it is written."""
_MOST_ITEMS = 16
"""Of a list, that are looked at."""
_LONGEST = 2_000
"""Characters of a text."""
_FORM = "application/x-www-form-urlencoded"


def parse_body(body: bytes, content_type: str) -> dict[str, Any] | None:
    """Return the object that a body is, or that a form has as its `payload`; None where it is none, or is too deep."""
    try:
        text = body.decode("utf-8-sig")
        if content_type.partition(";")[0].strip().lower() == _FORM:
            text = dict(parse_qsl(text, max_num_fields=8)).get("payload", "")
        if text.count(",") + text.count("[") + text.count("{") > _MOST_VALUES:
            return None
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def texts(value: object, path: Sequence[str]) -> Iterator[str]:
    """Yield the texts at the end of a path; a list on the way stands for its items, and what is no text for none."""
    if isinstance(value, list):
        for one in value[:_MOST_ITEMS]:
            if not isinstance(one, list):
                yield from texts(one, path)
    elif path:
        if isinstance(value, dict):
            yield from texts(value.get(path[0]), path[1:])
    elif isinstance(value, str) and value and len(value) <= _LONGEST and value.isprintable():
        yield value


def text(value: object, path: Sequence[str]) -> str:
    """Return the first of these texts; empty where there is none."""
    return next(texts(value, path), "")


def second(value: object, path: Sequence[str]) -> float | None:
    """Return the time at the end of a path, a number or in ISO form, in seconds since 1970; None where none is."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    if isinstance(value, str) and len(value) < len("2017-09-19T09:45:32.0000000000000000+10:00"):
        try:
            return datetime.fromisoformat(value).timestamp()
        except (ValueError, OverflowError):
            return None
    return float(value) if isinstance(value, int) and 0 < value < 1 << 40 else None
