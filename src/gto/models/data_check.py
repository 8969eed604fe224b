"""Whether data are what a model takes: each column there, of its datatype, and nothing else."""

from collections.abc import Collection, Iterable
from typing import Any

from gto.exceptions import WrongData
from gto.inspect.datatypes import datatype_of, of_arrow
from gto.inspect.facts import Schema, Tensor

_WITHOUT_GAPS = ("BOOL", "INT", "UINT")
"""Beginnings of the datatypes that have no value for a missing one."""
_MOST_NAMED = 10


def check_columns(names: Iterable[str], schema: Schema, kept: Collection[str] = ()) -> None:
    """Raise WrongData where a column is missing, there twice, or none that the model takes; `kept` may be beside."""
    there = list(names)
    wanted = [one.name for one in schema.tensors]
    missing = [name for name in wanted if name not in there]
    if missing:
        raise WrongData(f"the column '{missing[0]}' is missing", f"the model takes {_named(wanted)}")
    twice = [name for name in there if there.count(name) > 1]
    if twice:
        raise WrongData(f"the column '{twice[0]}' is there twice", "leave one of them out")
    lacking = [name for name in kept if name not in there]
    if lacking:
        raise WrongData(f"the column '{lacking[0]}' is to be kept, and is not there", f"there are {_named(there)}")
    extra = [name for name in there if name not in wanted and name not in kept]
    if extra:
        hint = f"the model takes {_named(wanted)}; `--keep {extra[0]}` copies it to the output"
        raise WrongData(f"the model does not take the column '{extra[0]}'", hint)


def check_batch(batch: Any, schema: Schema, row: int) -> None:  # noqa: ANN401  pyarrow's RecordBatch
    """Raise WrongData where a column is of another datatype, or lacks a value; `row` is how many rows came before."""
    for one in schema.tensors:
        column = batch.column(one.name)
        found = of_arrow(column.type)
        if found != one.datatype:
            hint = "its datatype is part of the model's schema: write the data in that datatype"
            raise WrongData(f"the column '{one.name}' holds {found}, and the model takes {one.datatype}", hint)
        if column.null_count and one.datatype.startswith(_WITHOUT_GAPS):
            at = row + column.is_null().index(True).as_py() + 1
            raise WrongData(f"the column '{one.name}' has no value in row {at}", f"{one.datatype} has none for a gap")


def check_array(dtype: str, shape: tuple[int, ...], tensor: Tensor) -> None:
    """Raise WrongData where an array is of another datatype or shape; an axis of -1 may have any length."""
    found = datatype_of(dtype)
    if found != tensor.datatype:
        raise WrongData(f"the array holds {found}, and the model takes {tensor.datatype}", "convert it before")
    fits = len(shape) == len(tensor.shape) and all(
        want in {-1, have} for have, want in zip(shape, tensor.shape, strict=True)
    )
    if not fits:
        raise WrongData(f"the array has the shape {list(shape)}, and the model takes {list(tensor.shape)}", "-1: any")


def check_length(found: Any, rows: int, method: str) -> None:  # noqa: ANN401  whatever a model gives
    """Raise WrongData where a model did not give one output for each row."""
    given = len(found) if getattr(found, "ndim", 1) else 1
    if given != rows:
        raise WrongData(f"{method}() gave {given} rows for {rows}", "it must give one for each")


def _named(names: list[str]) -> str:
    rest = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
