"""JSON of a stranger's file: whole, or the values of some keys near its beginning or its end."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from gto.inspect.model_file import ModelFile, UnreadableModel

LARGEST = 16 << 20
_FIRST = 1 << 16
_FEW = 64  # bytes: an object's end, and blanks behind it
_DECODER = json.JSONDecoder()


def parse(data: bytes, what: str) -> Any:  # noqa: ANN401  JSON
    """Return what bytes of JSON say; what is no JSON is an error that names `what`."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UnreadableModel(f"{what} is no JSON: {str(error)[:200]}") from error


def parse_object(data: bytes, what: str) -> dict[str, Any]:
    """Return an object of JSON."""
    found = parse(data, what)
    if not isinstance(found, dict):
        raise UnreadableModel(f"{what} is no object of JSON")
    return found


def as_mapping(value: object) -> Mapping[str, Any]:
    """Return a value that is an object, and an empty one for what is none."""
    return value if isinstance(value, dict) else {}


def mapping_at(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the object that stands under a key, or an empty one."""
    return as_mapping(of.get(key))


def head_members(file: ModelFile, keys: Iterable[str], most: int = LARGEST) -> dict[str, Any]:
    """Return the first values of keys, at any depth, reading on from the beginning until all are there."""
    size = _FIRST
    while True:
        data = file.head(min(size, most)).decode("utf-8", "replace")
        found = {key: value for key in keys for value in _value_after(data, key, data.find)}
        if len(found) == len(set(keys)) or size >= min(most, file.size):
            return found
        size *= 4


def tail_members(file: ModelFile, keys: Iterable[str], size: int = 1 << 14) -> dict[str, Any]:
    """Return the last values of keys in a file's last bytes."""
    size = min(size, file.size)
    data = file.read(file.size - size, size).decode("utf-8", "replace")
    return {key: value for key in keys for value in _value_after(data, key, data.rfind)}


def check_end(file: ModelFile) -> None:
    """Raise where a file of which only parts are read does not end as an object does: it was cut off."""
    size = min(_FEW, file.size)
    if not file.read(file.size - size, size).rstrip().endswith(b"}"):
        raise UnreadableModel("its end is not that of an object")


def _value_after(data: str, key: str, find: Any) -> list[Any]:  # noqa: ANN401  str.find or str.rfind
    """Return the value after a key, in a list that is empty where it is not there or not whole."""
    at = find(f'"{key}"')
    colon = re.compile(r"\s*:\s*").match(data, at + len(key) + 2) if at >= 0 else None
    if colon is None:
        return []
    try:
        return [_DECODER.raw_decode(data, colon.end())[0]]
    except (ValueError, RecursionError):
        return []
