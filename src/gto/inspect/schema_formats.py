"""The schema of a method in the words of others: JSON Schema of rows, MLflow's signature, Open Inference Protocol."""

import json
from collections.abc import Mapping
from typing import TypeVar

from gto.exceptions import NotFound
from gto.inspect.datatypes import numpy_name
from gto.inspect.facts import Json, Method, ModelFacts, Schema, Tensor

T = TypeVar("T")
FORMATS = ("json-schema", "mlflow", "oip")

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_BITS = (8, 16, 32, 64)
_RANGES: dict[str, tuple[int, int]] = {
    **{f"UINT{bits}": (0, (1 << bits) - 1) for bits in _BITS},
    **{f"INT{bits}": (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) for bits in _BITS},
}
_FLOATS, _TEXTS = ("FP16", "FP32", "FP64", "BF16"), ("BYTES",)
# MLflow has 32 and 64 bits with a sign: the smallest that holds every value is taken, and for UINT64 there is none.
_MLFLOW = {
    "BOOL": "boolean",
    **dict.fromkeys(("INT8", "INT16", "INT32", "UINT8", "UINT16"), "integer"),
    **dict.fromkeys(("INT64", "UINT32"), "long"),
    **dict.fromkeys(("FP16", "BF16", "FP32"), "float"),
    "FP64": "double",
    "BYTES": "string",
}


def find_schema(facts: ModelFacts, method: str) -> Method:
    """Return a method whose schema is known, or raise NotFound, which names those that there are."""
    return _known({name: one for name, one in facts.methods.items() if one != Method()}, method)


def find_inputs(facts: ModelFacts, method: str) -> Schema:
    """Return the columns or arrays that a method takes, or raise NotFound, which names the methods that are known."""
    schemas = {name: one.inputs for name, one in facts.methods.items() if one.inputs is not None and one.inputs.tensors}
    return _known(schemas, method)


def _known(methods: Mapping[str, T], method: str) -> T:
    if method not in methods:
        names = ", ".join(methods)
        hint = f"methods with a schema: {names}" if names else "`gto.save(..., sample_data=...)` records one"
        raise NotFound(f"nothing says what {method}() takes", hint)
    return methods[method]


def schema_text(method: Method, form: str) -> str:
    """Return the schema of a method's inputs and outputs as JSON text, in one of FORMATS."""
    match form:
        case "mlflow":
            found: Json = mlflow_signature(method)
        case "oip":
            found = {side: one.as_dict() for side, one in method._asdict().items() if one is not None}
        case _:
            found = {side: rows_schema(one) for side, one in method._asdict().items() if one is not None}
    return json.dumps(found, indent=2)


def rows_schema(schema: Schema) -> dict[str, Json]:
    """Return the JSON Schema of rows: a list of objects, or of lists for arrays; unknown columns are refused."""
    if schema.json_schema is not None:
        return {"$schema": _DRAFT, **schema.json_schema}
    if schema.content_type == "pd":
        row = _object({one.name: _value(one) for one in schema.tensors})
        return {"$schema": _DRAFT, "type": "array", "items": row}
    if len(schema.tensors) == 1:
        return {"$schema": _DRAFT, **_nested(schema.tensors[0], schema.tensors[0].shape)}
    arrays = {one.name: _nested(one, one.shape) for one in schema.tensors}
    return {"$schema": _DRAFT, **_object(arrays)}


def _object(properties: Mapping[str, Json]) -> dict[str, Json]:
    needed = list(properties)
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def _nested(tensor: Tensor, shape: tuple[int, ...]) -> dict[str, Json]:
    """Return the schema of lists in lists, each as long as its axis."""
    if not shape:
        return _value(tensor)
    length: dict[str, Json] = {} if shape[0] < 0 else {"minItems": shape[0], "maxItems": shape[0]}
    return {"type": "array", "items": _nested(tensor, shape[1:]), **length}


def _value(tensor: Tensor) -> dict[str, Json]:
    """Return the schema of one value; a missing number may be null where the datatype knows NaN."""
    datatype = tensor.datatype
    if datatype == "BOOL":
        return {"type": "boolean"}
    if datatype in _RANGES:
        least, most = _RANGES[datatype]
        return {"type": "integer", "minimum": least, "maximum": most}
    if datatype in _FLOATS:
        return {"type": ["number", "null"]}
    return {"type": ["string", "null"]} if datatype in _TEXTS else {}  # whoever wrote it knows what that is


def mlflow_signature(method: Method) -> dict[str, Json]:
    """Return what `mlflow.models.ModelSignature.from_dict` takes; a side that has no tensors is null."""
    return {side: _mlflow_side(schema) for side, schema in method._asdict().items()}


def _mlflow_side(schema: Schema | None) -> str | None:
    if schema is None or not schema.tensors:
        return None
    if schema.content_type == "pd":
        return json.dumps([{"type": _mlflow_type(one), "name": one.name, "required": True} for one in schema.tensors])
    is_one = len(schema.tensors) == 1
    return json.dumps([_tensor_spec(one, named=not is_one) for one in schema.tensors])


def _mlflow_type(tensor: Tensor) -> str:
    return "datetime" if tensor.kind.startswith("datetime") else _MLFLOW.get(tensor.datatype, "string")


def _tensor_spec(tensor: Tensor, *, named: bool) -> Mapping[str, Json]:
    dtype = numpy_name(tensor.datatype)
    found: dict[str, Json] = {"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": list(tensor.shape or (-1,))}}
    return {**found, "name": tensor.name} if named else found
