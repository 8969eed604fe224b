"""The stages that one entry of a `dvc.yaml` stands for: itself, or one for each member of its foreach or matrix."""

from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import NamedTuple

from gto.dvc.interpolation import Interpolation, Unresolved, only_expression, to_text
from gto.dvc.variables import Variables

MOST = 10_000
"""Stages that one entry may stand for; those beyond are left out."""

Definition = Mapping[object, object]
_Member = tuple[str, Variables, Mapping[str, str]]


class Instance(NamedTuple):
    """A stage before its `${...}` are filled in, and the variables that only it has."""

    name: str
    fields: Definition
    variables: Mapping[str, object]
    origins: Mapping[str, str] = {}
    """Of `item`, or its parts, the variables of the file that they were taken from: `item`, `regions[0]`."""


def expand(name: str, fields: Definition, fill: Interpolation) -> Iterator[Instance]:
    """Yield at most MOST instances, or raise Unresolved."""
    body = body_of(fields)
    if body is None:
        yield Instance(name, fields, {})
        return
    written = fields["foreach"] if "foreach" in fields else fields["matrix"]
    members = _foreach_members if "foreach" in fields else _matrix_members
    for key, variables, origins in islice(members(fill.resolve_all(written), written), MOST):
        yield Instance(f"{name}@{key}", body, variables, origins)


def body_of(fields: Definition) -> Definition | None:
    """Return the stage that an entry repeats; None for one that stands for itself."""
    if "foreach" in fields:
        body = fields.get("do")
        return body if isinstance(body, dict) else None
    return {key: value for key, value in fields.items() if key != "matrix"} if "matrix" in fields else None


def _foreach_members(data: object, written: object) -> Iterator[_Member]:
    """Yield the key of each member, and the variables `item` and, for those of a mapping, `key`."""
    match data:
        case dict():
            for key, item in data.items():
                word = to_text(key)
                yield word, {"item": item, "key": word}, _origin("item", written, key)
        case list():
            is_nested = any(isinstance(item, dict | list) for item in data)
            for place, item in enumerate(data):
                yield str(place) if is_nested else to_text(item), {"item": item}, _origin("item", written, place)
        case _:
            raise Unresolved("'foreach' takes a list or a mapping")


def _matrix_members(data: object, written: object) -> Iterator[_Member]:
    """Yield the key of each combination, and the variables `item` and `key`."""
    if not isinstance(data, dict) or not all(isinstance(values, list | dict) for values in data.values()):
        raise Unresolved("'matrix' takes a mapping of lists")
    axes = {to_text(name): list(enumerate(values)) for name, values in data.items()}  # of a mapping, its keys
    sources = written if isinstance(written, dict) else {}
    for chosen in product(*axes.values()):
        words, item = [], {}
        origins: dict[str, str] = {}
        for axis, (place, value) in zip(axes, chosen, strict=True):
            words.append(f"{axis}{place}" if isinstance(value, dict | list) else to_text(value))
            item[axis] = value
            if isinstance(data.get(axis), list):
                origins |= _origin(f"item.{axis}", sources.get(axis), place)
        key = "-".join(words)
        yield key, {"item": item, "key": key}, origins


def _origin(name: str, written: object, key: object) -> dict[str, str]:
    """Return from where a member was taken that stands at a key of what is written; empty where it stands there."""
    match written:
        case str():
            whole = only_expression(written)
            return {} if whole is None else {name: f"{whole}[{key}]"}
        case list() if isinstance(key, int):
            part = written[key]
        case dict():
            part = written.get(key)
        case _:
            return {}
    only = only_expression(part) if isinstance(part, str) else None
    return {} if only is None else {name: only}
