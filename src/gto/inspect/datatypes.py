"""The datatypes of the Open Inference Protocol, and what NumPy, pandas, torch and Arrow call them."""

from gto.inspect.facts import Tensor

BYTES = "BYTES"
"""Text, bytes, categories, dates: whatever is no number."""
OF_NUMPY = {
    "bool": "BOOL",
    **{f"{sign}int{bits}": f"{sign.upper()}INT{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "float16": "FP16",
    "float32": "FP32",
    "float64": "FP64",
    "bfloat16": "BF16",
}

_TO_NUMPY = {datatype: name for name, datatype in OF_NUMPY.items()}
_OF_ARROW = {"halffloat": "FP16", "float": "FP32", "double": "FP64"}
_KINDS = ("category", "datetime64", "timedelta64")


def datatype_of(dtype: object) -> str:
    """Return the datatype of a dtype; pandas' `Int64` and torch's `torch.int64` are the same as NumPy's."""
    return OF_NUMPY.get(str(dtype).rpartition(".")[2].lower(), BYTES)


def of_arrow(arrow_type: object) -> str:
    """Return the datatype of a type of Arrow's."""
    name = str(arrow_type)
    return _OF_ARROW.get(name) or OF_NUMPY.get(name, BYTES)


def numpy_name(datatype: str) -> str:
    """Return NumPy's word for a datatype."""
    return _TO_NUMPY.get(datatype, "str")


def column(name: str, dtype: object) -> Tensor:
    """Return a column of a table; what pandas makes of text is kept where a model may need it."""
    kind, found = str(dtype), datatype_of(dtype)
    return Tensor(name, found, kind=kind if found == BYTES and kind.startswith(_KINDS) else "")
