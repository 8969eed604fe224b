"""The stages that one entry of a `dvc.yaml` stands for: itself, or one for each of its foreach or matrix."""

from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import NamedTuple

from gto.annotations.interpolation import Interpolation, Unresolved, to_text

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
        found = _foreach(name, body, fill.resolve_all(fields["foreach"]))
    elif "matrix" in fields:
        rest = {key: value for key, value in fields.items() if key != "matrix"}
        found = _matrix(name, rest, fill.resolve_all(fields["matrix"]))
    else:
        found = iter([Instance(name, fields, {})])
    return islice(found, MOST)


def _foreach(name: str, body: Mapping[object, object], data: object) -> Iterator[Instance]:
    match data:
        case dict():
            for key, item in data.items():
                word = to_text(key)
                yield Instance(f"{name}@{word}", body, {"item": item, "key": word})
        case list():
            numbered = any(isinstance(item, dict | list) for item in data)
            for place, item in enumerate(data):
                yield Instance(f"{name}@{place if numbered else to_text(item)}", body, {"item": item})
        case _:
            raise Unresolved("'foreach' takes a list or a mapping")


def _matrix(name: str, body: Mapping[object, object], data: object) -> Iterator[Instance]:
    if not isinstance(data, dict) or not all(isinstance(values, list) for values in data.values()):
        raise Unresolved("'matrix' takes a mapping of lists")
    axes = {to_text(key): list(enumerate(values)) for key, values in data.items()}
    for chosen in product(*axes.values()):
        words = [_word(axis, *pair) for axis, pair in zip(axes, chosen, strict=True)]
        item = {axis: value for axis, (_, value) in zip(axes, chosen, strict=True)}
        key = "-".join(words)
        yield Instance(f"{name}@{key}", body, {"item": item, "key": key})


def _word(axis: str, place: int, value: object) -> str:
    return f"{axis}{place}" if isinstance(value, dict | list) else to_text(value)
