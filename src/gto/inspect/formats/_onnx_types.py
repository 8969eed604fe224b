"""The types of ONNX's values: TypeProto, as tensors of the Open Inference Protocol where they are tensors."""

from typing import NamedTuple

from gto.inspect.bounded import number
from gto.inspect.model_file import UnreadableModel
from gto.inspect.protobuf_wire import Field, Message

# fmt: off
_NAMES = (
    "UNDEFINED", "FP32", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64",
    "BYTES", "BOOL", "FP16", "FP64", "UINT32", "UINT64", "COMPLEX64", "COMPLEX128",
    "BF16", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "UINT4", "INT4", "FLOAT4E2M1",
    "FLOAT8E8M0", "UINT2", "INT2",
)
# fmt: on
_MOST_AXES = 64
_DEEPEST = 8


class ValueType(NamedTuple):
    """What an input or an output is."""

    datatype: str = ""
    shape: tuple[int, ...] = (-1,)
    axes: tuple[str, ...] = ()
    """The names of the axes that are free; empty where an axis has none."""
    other: str = ""
    """In words, where it is no tensor: `sequence(map(INT64, FP32))`."""


Values = dict[str, ValueType]
"""Inputs or outputs, by their names."""


def read_value(value: Message) -> tuple[str, ValueType]:
    """Return the name and the type of an input, an output, or a value between nodes: a ValueInfoProto."""
    name, described = "", ValueType()
    for field in value.fields():
        if field.number == 1:
            name = value.text(field)
        elif field.number == 2:
            described = value_type(value.message(field))
    return name, described


def datatype_name(code: int) -> str:
    """Return the name of the Open Inference Protocol, or ONNX's own where that has none."""
    return _NAMES[code] if code < len(_NAMES) else f"TYPE{code}"


def value_type(proto: Message) -> ValueType:
    """Return the type that a TypeProto says."""
    for field in proto.fields():
        if field.number == 1:
            return _tensor(proto.message(field))
        if field.number in _WORDS:
            return ValueType(other=_in_words(proto, 0))
    return ValueType(other="unknown")


def _tensor(tensor: Message) -> ValueType:
    datatype, shape, axes = datatype_name(0), (-1,), ()  # type: tuple[str, tuple[int, ...], tuple[str, ...]]
    for field in tensor.fields():
        if field.number == 1:
            datatype = datatype_name(field.value)
        elif field.number == 2:
            shape, axes = _shape(tensor.message(field))
    return ValueType(datatype, shape, axes)


def _shape(shape: Message) -> tuple[tuple[int, ...], tuple[str, ...]]:
    found = [_axis(shape, field) for field in shape.fields() if field.number == 1]
    if len(found) > _MOST_AXES:
        raise UnreadableModel(f"a tensor has {len(found):,} axes")
    return tuple(length for length, _ in found), tuple(name for _, name in found)


def _axis(shape: Message, field: Field) -> tuple[int, str]:
    length, name = -1, ""
    axis = shape.message(field)
    for one in axis.fields():
        if one.number == 1 and one.value < 1 << 63:
            length = number(one.value)
        elif one.number == 2:
            name = axis.text(one)
    return length, name


_WORDS = {4: "sequence", 5: "map", 7: "opaque", 8: "sparse", 9: "optional"}


def _in_words(proto: Message, depth: int) -> str:
    if depth > _DEEPEST:
        raise UnreadableModel("a type is nested too deeply")
    for field in proto.fields():
        inner = proto.message(field) if field.is_bytes else proto
        if field.number == 1:
            return _tensor(inner).datatype
        if field.number in _WORDS:
            parts = [
                datatype_name(one.value) if not one.is_bytes else _in_words(inner.message(one), depth + 1)
                for one in inner.fields()
                if one.number in {1, 2} and _WORDS[field.number] in {"sequence", "map", "optional"}
            ]
            return f"{_WORDS[field.number]}({', '.join(parts[:2])})"
    return "unknown"
