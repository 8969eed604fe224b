"""Sample data as a schema, and other data checked against it: columns or arrays, their datatypes and shapes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from gto.exceptions import WrongData
from gto.inspect.datatypes import BYTES, column, datatype_of, of_arrow
from gto.inspect.facts import Json, Schema, Tensor

_WITHOUT_GAPS = ("BOOL", "INT", "UINT")
"""Beginnings of the datatypes that have no value for a missing one."""
_MOST_NAMED = 10
_JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
MOST_COLUMNS = 10_000
"""Of a schema; what is beyond is left out."""


def schema_of(data: Any, name: str, *, rows: int | None = None) -> Schema:  # noqa: ANN401  whatever a model takes
    """Return the schema of data; `name` is that of an array, which has none of its own.

    The first axis is free, and the other axes of an array are as long as they are; with `rows`, the first is free only
    where it is that long. What is neither a table nor an array is described by a JSON Schema.
    """
    if _is_table(data):
        columns = list(data.columns)[:MOST_COLUMNS]
        return Schema(tuple(column(str(one), data[one].dtype) for one in columns), "pd")
    if type(data).__module__.partition(".")[0] == "pandas" and hasattr(data, "dtype"):
        return Schema((column(str(data.name or name), data.dtype),), "pd")
    if hasattr(data, "dtype") and hasattr(data, "shape"):
        return Schema((Tensor(name, datatype_of(data.dtype), _shape(data.shape, rows)),), "np")
    if isinstance(data, str | bytes):
        return Schema((Tensor(name, BYTES, ()),), "str")
    if isinstance(data, Mapping) and data and all(hasattr(one, "dtype") for one in data.values()):
        return Schema(tuple(schema_of(one, str(key), rows=rows).tensors[0] for key, one in data.items()), "np")
    return Schema((), "json", json_schema(data))


def json_schema(data: object) -> Mapping[str, Json]:
    """Return a JSON Schema (draft 2020-12) of data; of a list its first value speaks for all."""
    if type(data) in _JSON_TYPES:
        return {"type": _JSON_TYPES[type(data)]}
    if isinstance(data, Mapping):
        properties = {str(key): json_schema(value) for key, value in data.items()}
        return {"type": "object", "properties": properties, "required": list(properties)}
    if isinstance(data, Sequence):
        return {"type": "array", **({"items": json_schema(data[0])} if data else {})}
    raise TypeError(f"data of type {type(data).__name__} have no schema: give a table, an array, or what JSON holds")


def first_rows(data: Any, count: int) -> Any:  # noqa: ANN401  as above
    """Return so many rows of data; of less data, repeated ones."""
    if isinstance(data, Mapping):
        return {key: first_rows(value, count) for key, value in data.items()}
    rows = [number % len(data) for number in range(count)]
    if hasattr(data, "iloc"):
        return data.iloc[rows]
    return data[rows] if hasattr(data, "shape") else [data[number] for number in rows]


def row_count(data: Any) -> int | None:  # noqa: ANN401  as above
    """Return how many rows data have; None where they have none."""
    if isinstance(data, str | bytes):
        return None
    if isinstance(data, Mapping):
        return next((row_count(value) for value in data.values() if hasattr(value, "shape")), None)
    shape = getattr(data, "shape", None)
    if shape is not None:
        return int(shape[0]) if len(shape) else None
    return len(data) if isinstance(data, Sequence) else None


def _is_table(data: object) -> bool:
    return hasattr(data, "columns") and hasattr(data, "iloc")


def _shape(shape: Sequence[int], rows: int | None) -> tuple[int, ...]:
    first = (-1 if rows is None or int(shape[0]) == rows else int(shape[0]),) if len(shape) else ()
    return (*first, *map(int, shape[1:]))


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
