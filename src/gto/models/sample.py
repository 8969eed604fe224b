"""Sample data as a schema: which columns or arrays there are, of which datatypes and shapes."""

from collections.abc import Mapping, Sequence
from typing import Any

from gto.inspect.facts import Json, Schema, Tensor

_DATATYPES = {
    "bool": "BOOL",
    **{f"{sign}int{bits}": f"{sign.upper()}INT{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "float16": "FP16",
    "float32": "FP32",
    "float64": "FP64",
    "bfloat16": "BF16",
}
_KINDS = ("category", "datetime64", "timedelta64")
_TEXT = "BYTES"  # text, categories, dates: whatever is no number
_JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
_MOST_COLUMNS = 10_000


def schema_of(data: Any, name: str, *, rows: int | None = None) -> Schema:  # noqa: ANN401  whatever a model takes
    """Return the schema of data; `name` is that of an array, which has none of its own.

    The first axis is free, and the other axes of an array are as long as they are; with `rows`, the first is free only
    where it is that long. What is neither a table nor an array is described by a JSON Schema.
    """
    if _is_table(data):
        columns = list(data.columns)[:_MOST_COLUMNS]
        return Schema(tuple(_column(str(one), data[one].dtype) for one in columns), "pd")
    if type(data).__module__.partition(".")[0] == "pandas" and hasattr(data, "dtype"):
        return Schema((_column(str(data.name or name), data.dtype),), "pd")
    if hasattr(data, "dtype") and hasattr(data, "shape"):
        return Schema((Tensor(name, _datatype(data.dtype), _shape(data.shape, rows)),), "np")
    if isinstance(data, str | bytes):
        return Schema((Tensor(name, _TEXT, ()),), "str")
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


def _column(name: str, dtype: object) -> Tensor:
    kind = str(dtype)
    found = _datatype(dtype)
    return Tensor(name, found, kind=kind if found == _TEXT and kind.startswith(_KINDS) else "")


def _datatype(dtype: object) -> str:
    """Return the datatype; pandas' `Int64` and torch's `torch.int64` are the same as NumPy's."""
    return _DATATYPES.get(str(dtype).rpartition(".")[2].lower(), _TEXT)
