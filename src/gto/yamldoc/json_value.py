"""Metadata in the form that JSON can hold."""

import math
from datetime import date


def to_json(value: object) -> object:
    """Return `value` with text in place of keys and values that JSON does not know."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else _infinite(value)
        case date():
            return value.isoformat()
        case dict():
            return {_key(key): to_json(part) for key, part in value.items()}
        case list() | tuple():
            return [to_json(part) for part in value]
        case _:
            return str(value)


def _key(key: object) -> str:
    match key:
        case None:
            return "null"
        case bool():
            return "true" if key else "false"
        case _:
            return str(to_json(key))


def _infinite(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    return ".inf" if value > 0 else "-.inf"
