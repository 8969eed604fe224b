"""The values of one tensor, between JSON and memory: datatype, range, shape and gaps checked, all values at a time."""

from __future__ import annotations

from itertools import chain
from math import prod
from typing import TYPE_CHECKING, Any

from gto.exceptions import WrongData
from gto.inspect.datatypes import BYTES, numpy_name
from gto.models.dependencies import imported

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gto.inspect.facts import Tensor

_NONE = type(None)
_INTEGERS = {
    f"{sign}INT{bits}": (0, (1 << bits) - 1) if sign else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    for sign in ("", "U")
    for bits in (8, 16, 32, 64)
}
_FLOATS = frozenset({"FP16", "BF16", "FP32", "FP64"})
DATATYPES = frozenset({"BOOL", BYTES, *_INTEGERS, *_FLOATS})
"""All that a request may declare."""
_TAKEN = {
    "BOOL": frozenset({bool}),
    BYTES: frozenset({str, _NONE}),
    **dict.fromkeys(_INTEGERS, frozenset({int})),
    **dict.fromkeys(_FLOATS, frozenset({int, float, _NONE})),
}
_WORDS = {bool: "true or false", int: "a whole number", float: "a number with a point", str: "text", _NONE: "null"}


def dtype_of(datatype: str) -> str:
    """Return the dtype in which values are held; NumPy has no BF16, whose values FP32 holds too."""
    return "float32" if datatype == "BF16" else numpy_name(datatype)


def read_values(flat: list[Any], tensor: Tensor, what: str) -> Any:  # noqa: ANN401  NumPy's array, or a list of text
    """Return the values of JSON in the datatype of a tensor; WrongData where one of them is not of it.

    Text stays a list. `what` begins the sentence: `the column`.
    """
    datatype = tensor.datatype
    if not _TAKEN[datatype].issuperset(map(type, flat)):
        raise _wrong_kind(flat, tensor, what)
    if datatype == BYTES:
        return flat
    if datatype in _INTEGERS:
        least, most = _INTEGERS[datatype]
        if flat and (min(flat) < least or max(flat) > most):
            at = next(place for place, one in enumerate(flat) if not least <= one <= most)
            raise _out_of_range(tensor, what, at)
        return imported("numpy").array(flat, dtype_of(datatype))
    return _floats(flat, tensor, what) if datatype in _FLOATS else imported("numpy").array(flat, "bool")


def _floats(flat: list[Any], tensor: Tensor, what: str) -> Any:  # noqa: ANN401  NumPy's array
    np = imported("numpy")
    try:
        found = np.array(flat, "float64")
    except OverflowError:
        at = next(place for place, one in enumerate(flat) if isinstance(one, int) and abs(one) >= 1 << 1024)
        raise _out_of_range(tensor, what, at) from None
    if tensor.datatype != "FP64":
        with np.errstate(over="ignore"):
            found = found.astype(dtype_of(tensor.datatype))
    if np.isinf(found).any():  # JSON has no infinity: the number is larger than the datatype holds
        raise _out_of_range(tensor, what, int(np.isinf(found).argmax()))
    return found


def _wrong_kind(flat: list[Any], tensor: Tensor, what: str) -> WrongData:
    taken = _TAKEN[tensor.datatype]
    at = next(place for place, one in enumerate(flat) if type(one) not in taken)
    kind, place = type(flat[at]), _place(what, at)
    if kind is _NONE:
        return WrongData(f"{what} '{tensor.name}' has no value {place}, and {tensor.datatype} has none for a gap")
    said = _WORDS.get(kind, "a list" if kind is list else "an object")
    return WrongData(f"{what} '{tensor.name}' holds {said} {place}, and the model takes {tensor.datatype}")


def _out_of_range(tensor: Tensor, what: str, at: int) -> WrongData:
    place = _place(what, at)
    return WrongData(f"{what} '{tensor.name}' holds a number {place} that is out of the range of {tensor.datatype}")


def _place(what: str, at: int) -> str:
    return f"in row {at + 1}" if what == "the column" else f"at {at + 1}"


def flattened(data: list[Any], shape: Sequence[int], name: str) -> list[Any]:
    """Return nested or flat data, in the order of rows, as one list; WrongData where the shape is another."""
    if data and type(data[0]) is list:
        for length in shape[1:]:
            if not all(type(one) is list and len(one) == length for one in data):
                raise _contradicts(name, shape)
            data = list(chain.from_iterable(data))
    if len(data) != prod(shape):
        raise _contradicts(name, shape)
    return data


def _contradicts(name: str, shape: Sequence[int]) -> WrongData:
    return WrongData(f"the data of '{name}' contradict its shape {list(shape)}")


def json_values(array: Any) -> list[Any]:  # noqa: ANN401  NumPy's array
    """Return an array's values as JSON has them, nested; what JSON has no number for, is null."""
    kind = array.dtype.kind
    if kind == "f" and not imported("numpy").isfinite(array).all():
        return _without_gaps(array.astype(object), array)
    if kind in "biuf":
        found: list[Any] = array.tolist()
        return found
    return [_text(one) for one in array.ravel().tolist()] if array.ndim == 1 else [json_values(one) for one in array]


def _without_gaps(objects: Any, array: Any) -> list[Any]:  # noqa: ANN401  NumPy's arrays
    objects[~imported("numpy").isfinite(array)] = None
    found: list[Any] = objects.tolist()
    return found


def _text(value: object) -> str | None:
    if value is None or value != value:  # noqa: PLR0124  NaN is not itself
        return None
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
