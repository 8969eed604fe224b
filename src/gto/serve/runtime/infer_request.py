"""A request of the Open Inference Protocol: from its bytes to tensors by name, whatever the model takes."""

from __future__ import annotations

import json
from json import JSONDecoder
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from gto.exceptions import MalformedRequest, WrongData
from gto.inspect.facts import Tensor
from gto.serve.runtime.tensor_bytes import from_bytes
from gto.serve.runtime.tensor_values import DATATYPES, flattened, read_values

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_AXES = 32
_LARGEST_AXIS = 1 << 40
_SIZE = "binary_data_size"
_MOST_PARTS = 1_000_000
"""Lists and objects of one JSON text: each takes up to 250 bytes of memory, for 3 of a request."""


def _refuse_constant(name: str) -> float:
    raise MalformedRequest(f"{name} is no JSON: null stands for a number that is missing")


_decode = JSONDecoder(parse_constant=_refuse_constant).decode


def read_json(body: bytes | memoryview) -> Any:  # noqa: ANN401  whatever JSON holds
    """Return the value of a JSON text; MalformedRequest where it is none."""
    try:
        text = str(body, "utf-8")
        if len(text) > _MOST_PARTS and text.count("[") + text.count("{") > _MOST_PARTS:
            raise MalformedRequest(f"the JSON holds more than {_MOST_PARTS:,} lists and objects")
        return _whole(_decode(text), text)
    except RecursionError:
        raise MalformedRequest("the JSON is nested too deeply") from None
    except ValueError as error:
        place = getattr(error, "lineno", 0)
        where = f": line {place}, column {getattr(error, 'colno', 0)}" if place else ""
        raise MalformedRequest(f"the body is no JSON in UTF-8{where}") from None


def _whole(found: Any, text: str) -> Any:  # noqa: ANN401  as above
    """Return what JSON holds; UnicodeEncodeError for half of a character, which is no text."""
    if "\\ud" in text or "\\uD" in text:
        json.dumps(found, ensure_ascii=False).encode()
    return found


class GivenTensor(NamedTuple):
    """An input as the request has it: its head was read, and its values were not."""

    name: str
    datatype: str
    shape: list[int]
    data: list[Any] | None
    """The values as JSON has them; None where they are bytes."""
    raw: memoryview | None = None

    def values(self, tensor: Tensor, what: str) -> Any:  # noqa: ANN401  NumPy's array, or a list of text
        """Return the values, in one row; WrongData where they are not as `tensor` has them, or the shape says."""
        if self.raw is not None:
            return from_bytes(self.raw, self.datatype, self.shape, self.name)
        return read_values(flattened(self.data or [], self.shape, self.name), tensor, what)

    @property
    def tensor(self) -> Tensor:
        """What the request says of itself, where nothing else says what the model takes."""
        return Tensor(self.name, self.datatype, tuple(self.shape))


class InferRequest(NamedTuple):
    """What a client asks."""

    inputs: Mapping[str, GivenTensor]
    outputs: Mapping[str, bool]
    """The outputs that are asked for, and whether as bytes; empty for all."""
    id: str = ""
    method: str = ""
    """Empty for the model's own first one."""
    is_binary: bool = False
    """Whether outputs go back as bytes where nothing else is said of one."""
    is_table: bool = False
    """Whether the request says that its inputs are columns of a table."""


def read_request(body: bytes, json_length: int | None = None) -> InferRequest:
    """Return the request in a body, whose first `json_length` bytes are JSON and whose rest are the tensors' bytes.

    MalformedRequest where it is not what the protocol says.
    """
    if json_length is not None and json_length > len(body):
        raise MalformedRequest("Inference-Header-Content-Length is larger than the body")
    data = read_json(body if json_length is None else memoryview(body)[:json_length])
    rest = memoryview(b"" if json_length is None else memoryview(body)[json_length:])
    if type(data) is not dict or type(data.get("inputs")) is not list or not data["inputs"]:
        raise MalformedRequest("the request has no 'inputs', a list of tensors")
    inputs = {}
    for one in data["inputs"]:
        tensor, rest = _read_input(one, rest)
        if tensor.name in inputs:
            raise WrongData(f"the input '{tensor.name}' is there twice")
        inputs[tensor.name] = tensor
    if rest:
        raise MalformedRequest(f"{len(rest)} bytes follow the inputs, and are of none of them")
    parameters = _mapping(data, "parameters")
    asked, method = data.get("id", ""), parameters.get("method") or ""
    if not isinstance(asked, str | int) or not isinstance(method, str):
        raise MalformedRequest("'id' and 'method' are texts")
    return InferRequest(
        inputs,
        _read_outputs(data, is_binary=parameters.get("binary_data_output") is True),
        str(asked),
        method,
        parameters.get("binary_data_output") is True,
        parameters.get("content_type") == "pd",
    )


def _read_input(one: Any, rest: memoryview) -> tuple[GivenTensor, memoryview]:  # noqa: ANN401  what JSON holds
    if type(one) is not dict or type(one.get("name")) is not str:
        raise MalformedRequest("an input has no 'name'")
    name, datatype, shape = one["name"], one.get("datatype"), one.get("shape")
    if type(datatype) is not str or datatype not in DATATYPES:
        raise MalformedRequest(f"the input '{name}' has no 'datatype' of the Open Inference Protocol")
    if type(shape) is not list or len(shape) > _MOST_AXES or not all(type(axis) is int and axis >= 0 for axis in shape):
        raise MalformedRequest(f"the input '{name}' has no 'shape', a list of lengths")
    if prod(shape) > _LARGEST_AXIS or max(shape, default=0) > _LARGEST_AXIS:
        raise WrongData(f"the data of '{name}' contradict its shape {shape}")
    data = one.get("data")
    if type(data) is list:
        return GivenTensor(name, datatype, shape, data), rest
    size = _mapping(one, "parameters").get(_SIZE)
    if type(size) is not int or not 0 <= size <= len(rest):
        raise MalformedRequest(f"the input '{name}' has neither 'data', a list, nor as many bytes as it says")
    return GivenTensor(name, datatype, shape, None, rest[:size]), rest[size:]


def _mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = data.get(key)
    if found is None:
        return {}
    if type(found) is not dict:
        raise MalformedRequest(f"'{key}' is no object")
    return found


def _read_outputs(data: Mapping[str, Any], *, is_binary: bool) -> Mapping[str, bool]:
    asked = data.get("outputs") or []
    if type(asked) is not list or not all(type(one) is dict and type(one.get("name")) is str for one in asked):
        raise MalformedRequest("'outputs' is no list of objects, each with a 'name'")
    return {one["name"]: _mapping(one, "parameters").get("binary_data", is_binary) is True for one in asked}
