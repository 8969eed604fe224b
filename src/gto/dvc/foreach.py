"""The stages that one entry of a `dvc.yaml` stands for: itself, or one for each member of its foreach or matrix."""

from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import NamedTuple

from gto.dvc.interpolation import Interpolation, Unresolved, to_text
from gto.dvc.variables import Variables

MOST = 10_000
"""Stages that one entry may stand for; those beyond are left out."""

Definition = Mapping[object, object]


class Instance(NamedTuple):
    """A stage before its `${...}` are filled in, and the variables that only it has."""

    name: str
    fields: Definition
    variables: Mapping[str, object]


def expand(name: str, fields: Definition, fill: Interpolation) -> Iterator[Instance]:
    """Yield at most MOST instances, or raise Unresolved."""
    body = body_of(fields)
    if body is None:
        yield Instance(name, fields, {})
        return
    if "foreach" in fields:
        members = _foreach_members(fill.resolve_all(fields["foreach"]))
    else:
        members = _matrix_members(fill.resolve_all(fields["matrix"]))
    for key, variables in islice(members, MOST):
        yield Instance(f"{name}@{key}", body, variables)


def body_of(fields: Definition) -> Definition | None:
    """Return the stage that an entry repeats; None for one that stands for itself."""
    if "foreach" in fields:
        body = fields.get("do")
        return body if isinstance(body, dict) else None
    return {key: value for key, value in fields.items() if key != "matrix"} if "matrix" in fields else None


def _foreach_members(data: object) -> Iterator[tuple[str, Variables]]:
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


def _matrix_members(data: object) -> Iterator[tuple[str, Variables]]:
    """Yield the key of each combination, and the variables `item` and `key`."""
    if not isinstance(data, dict) or not all(isinstance(values, list | dict) for values in data.values()):
        raise Unresolved("'matrix' takes a mapping of lists")
    axes = {to_text(name): list(enumerate(values)) for name, values in data.items()}  # of a mapping, its keys
    for chosen in product(*axes.values()):
        words = [
            f"{axis}{place}" if isinstance(value, dict | list) else to_text(value)
            for axis, (place, value) in zip(axes, chosen, strict=True)
        ]
        item = {axis: value for axis, (_, value) in zip(axes, chosen, strict=True)}
        key = "-".join(words)
        yield key, {"item": item, "key": key}
