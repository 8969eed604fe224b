"""The members that `foreach` and `matrix` of a `dvc.yaml` give a stage: their keys, and the variables of each."""

from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import NamedTuple

from gto.dvc.interpolation import Interpolation, Unresolved, to_text
from gto.dvc.variables import Variables


def foreach_members(data: object) -> Iterator[tuple[str, Variables]]:
    """Yield the key of each member, and the variables `item` and, for those of a mapping, `key`."""
    match data:
        case dict():
            for key, item in data.items():
                word = to_text(key)
                yield word, {"item": item, "key": word}
        case list():
            is_nested = any(isinstance(item, dict | list) for item in data)
            for place, item in enumerate(data):
                yield str(place) if is_nested else to_text(item), {"item": item}
        case _:
            raise Unresolved("'foreach' takes a list or a mapping")


def matrix_members(data: object) -> Iterator[tuple[str, Variables]]:
    """Yield the key of each combination, and the variables `item` and `key`."""
    if not isinstance(data, dict) or not all(isinstance(values, list) for values in data.values()):
        raise Unresolved("'matrix' takes a mapping of lists")
    axes = {to_text(name): list(enumerate(values)) for name, values in data.items()}
    for chosen in product(*axes.values()):
        words = [
            f"{axis}{place}" if isinstance(value, dict | list) else to_text(value)
            for axis, (place, value) in zip(axes, chosen, strict=True)
        ]
        item = {axis: value for axis, (_, value) in zip(axes, chosen, strict=True)}
        key = "-".join(words)
        yield key, {"item": item, "key": key}


MOST = 1000
"""Stages that one entry may stand for; those beyond are left out."""


class Instance(NamedTuple):
    """A stage before its `${...}` are filled in, and the variables that only it has."""

    name: str
    fields: Mapping[object, object]
    variables: Mapping[str, object]


def expand(name: str, fields: Mapping[object, object], fill: Interpolation) -> Iterator[Instance]:
    """Yield at most MOST instances, or raise Unresolved."""
    body = fields.get("do")
    if "foreach" in fields and isinstance(body, dict):
        members = foreach_members(fill.resolve_all(fields["foreach"]))
    elif "matrix" in fields:
        body = {key: value for key, value in fields.items() if key != "matrix"}
        members = matrix_members(fill.resolve_all(fields["matrix"]))
    else:
        yield Instance(name, fields, {})
        return
    for key, variables in islice(members, MOST):
        yield Instance(f"{name}@{key}", body, variables)
