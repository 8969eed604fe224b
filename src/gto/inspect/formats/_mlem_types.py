"""The types of data in `.mlem` files, as schemas: as `gto.save` would write them for the same data."""

from collections.abc import Mapping
from typing import Any

from gto.inspect.bounded import MOST, number, short
from gto.inspect.datatypes import BYTES, column, datatype_of
from gto.inspect.facts import Json, Schema, Tensor
from gto.inspect.schema_formats import rows_schema

_ARRAYS = frozenset({"ndarray", "csr_matrix", "torch", "tensorflow", "tf_tensor", "number"})
_TABLES = frozenset({"dataframe", "series"})
_PRIMITIVES = {"bool": "boolean", "int": "integer", "float": "number", "str": "string", "NoneType": "null"}
_MOST_AXES = 64


def schema(said: object, name: str) -> Schema | None:
    """Return what a type says; `name` is that of an array, which has none of its own. None for what is not known."""
    if not isinstance(said, dict):
        return None
    inner = said.get("inner")  # of LightGBM's Dataset, around a table or an array
    said = inner if isinstance(inner, dict) else said
    kind = said.get("type")
    if kind in _TABLES:
        return Schema(tuple(_columns(said)), "pd")
    if kind in _ARRAYS:
        return Schema((_array(said, name),), "np")
    if kind == "primitive" and said.get("ptype") in {"str", "bytes"}:
        return Schema((Tensor(name, BYTES, ()),), "str")
    items = said.get("item_types")
    if kind == "dict" and isinstance(items, dict) and items and all(_is_array(one) for one in items.values()):
        return Schema(tuple(_array(one, short(key)) for key, one in list(items.items())[:MOST]), "np")
    found = _json(said)
    return Schema((), "json", found) if found is not None else None


def _is_array(said: object) -> bool:
    return isinstance(said, dict) and said.get("type") in _ARRAYS


def _columns(said: Mapping[str, Any]) -> list[Tensor]:
    """Return the columns without those of the index."""
    columns, dtypes, index = (said.get(key) for key in ("columns", "dtypes", "index_cols"))
    if not isinstance(columns, list) or not isinstance(dtypes, list):
        return []
    left_out = index if isinstance(index, list) else []
    pairs = [(one, dtype) for one, dtype in zip(columns[:MOST], dtypes, strict=False) if one not in left_out]
    return [column(short(one), short(dtype)) for one, dtype in pairs]


def _array(said: Mapping[str, Any], name: str) -> Tensor:
    """Return an array; its first axis is free, though sparse matrices have the sample's length there."""
    shape = said.get("shape")
    axes = (
        [number(one) if isinstance(one, int) else -1 for one in shape[:_MOST_AXES]] if isinstance(shape, list) else []
    )
    return Tensor(name, datatype_of(said.get("dtype")), (-1, *axes[1:]) if axes else ())


def _json(said: object) -> Mapping[str, Json] | None:
    """Return the JSON Schema of a type; YAML is nested 64 levels at most."""
    found: Mapping[str, Json] | None = None
    match said:
        case {"type": "primitive", "ptype": str(name)} if name in _PRIMITIVES:
            found = {"type": _PRIMITIVES[name]}
        case {"type": "array", "dtype": inner}:
            found = {"type": "array", "items": _json(inner) or {}}
        case {"type": "list" | "tuple", "items": list(items)}:
            found = {"type": "array", **_items([_json(one) or {} for one in items[:MOST]])}
        case {"type": "dict", "item_types": dict(items)}:
            properties = {short(key): _json(one) or {} for key, one in list(items.items())[:MOST]}
            found = {"type": "object", "properties": properties, "required": list(properties)}
        case {"type": "d_dict", "value_type": inner}:
            found = {"type": "object", "additionalProperties": _json(inner) or {}}
        case {"type": str(kind)} if kind in _TABLES | _ARRAYS:
            inside = schema(said, "")
            rows = rows_schema(inside) if inside is not None else {}
            found = {key: value for key, value in rows.items() if key != "$schema"}
    return found


def _items(found: list[Mapping[str, Json]]) -> dict[str, Json]:
    """Return what the values of a list are: one for all where they are the same."""
    same = bool(found) and all(one == found[0] for one in found)
    return {"items": found[0]} if same else {"prefixItems": found}
