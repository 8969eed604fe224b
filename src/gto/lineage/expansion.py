"""The stages that one entry of a `dvc.yaml` stands for: itself, or one for each of its foreach or matrix."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from gto.annotations.expansion import foreach_members, matrix_members
from gto.annotations.interpolation import Interpolation

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
