"""The values of one tensor as raw bytes, as the binary extension of the protocol has them: little-endian, in rows."""

from __future__ import annotations

import struct
from math import prod
from typing import TYPE_CHECKING, Any

from gto.exceptions import WrongData
from gto.inspect.datatypes import BYTES, numpy_name
from gto.models.dependencies import imported

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LENGTH = struct.Struct("<I")


def from_bytes(data: memoryview, datatype: str, shape: Sequence[int], name: str) -> Any:  # noqa: ANN401  NumPy's array, or a list of text
    """Return the values; WrongData where there are more or fewer than the shape says, or text is no UTF-8."""
    if datatype == BYTES:
        found = _texts(data, name)
        if len(found) != prod(shape):
            raise _contradicts(name, shape)
        return found
    np = imported("numpy")
    kind = np.dtype("uint16" if datatype == "BF16" else numpy_name(datatype)).newbyteorder("<")
    if len(data) != prod(shape) * kind.itemsize:
        raise _contradicts(name, shape)
    array = np.frombuffer(data, kind)
    if datatype == "BF16":  # the upper half of FP32
        return (array.astype("uint32") << 16).view("float32")
    if datatype == "BOOL" and (array.view("uint8") > 1).any():
        raise WrongData(f"the data of '{name}' are no BOOL: each is a byte, 0 or 1")
    return array.astype(kind.newbyteorder("="))  # a copy: the model may write to it, and the request's bytes go


def _contradicts(name: str, shape: Sequence[int]) -> WrongData:
    return WrongData(f"the bytes of '{name}' contradict its shape {list(shape)}")


def _texts(data: memoryview, name: str) -> list[str]:
    found = []
    at = 0
    while at < len(data):
        (length,) = _LENGTH.unpack_from(data, at) if at + _LENGTH.size <= len(data) else (len(data),)
        at += _LENGTH.size + length
        if at > len(data):
            raise WrongData(f"the bytes of '{name}' end within a value")
        try:
            found.append(str(data[at - length : at], "utf-8"))
        except UnicodeDecodeError:
            raise WrongData(f"the value at {len(found) + 1} of '{name}' is no UTF-8") from None
    return found


def to_bytes(array: Any, datatype: str) -> bytes:  # noqa: ANN401  NumPy's array
    """Return an array's values."""
    if datatype == BYTES:
        return b"".join(_prefixed(array.ravel().tolist()))
    found: bytes = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    return found


def _prefixed(values: Iterable[object]) -> Iterable[bytes]:
    for one in values:
        data = one if isinstance(one, bytes) else ("" if one is None else str(one)).encode("utf-8", "replace")
        yield _LENGTH.pack(len(data)) + data
