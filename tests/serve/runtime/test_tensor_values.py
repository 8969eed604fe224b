from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gto.exceptions import WrongData
from gto.inspect.facts import Tensor
from gto.serve.runtime.infer_request import read_request
from gto.serve.runtime.method_outputs import OutputTensor, encode
from gto.serve.runtime.tensor_values import DATATYPES, dtype_of

ENDS = {
    **{f"INT{bits}": (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) for bits in (8, 16, 32, 64)},
    **{f"UINT{bits}": (0, (1 << bits) - 1) for bits in (8, 16, 32, 64)},
}
WIDTHS = {"FP16": 16, "BF16": 16, "FP32": 32, "FP64": 64}


def values_of(datatype: str) -> st.SearchStrategy[Any]:
    if datatype in ENDS:
        return st.integers(*ENDS[datatype])
    if datatype == "BOOL":
        return st.booleans()
    if datatype == "BYTES":
        return st.text(st.characters(exclude_categories=["Cs"]))
    return st.floats(width=WIDTHS[datatype], allow_nan=False, allow_infinity=False)  # type: ignore[arg-type]  # 16, 32 or 64


@st.composite
def tensors(draw: st.DrawFn) -> tuple[str, list[int], list[Any]]:
    datatype = draw(st.sampled_from(sorted(DATATYPES - {"BF16"})))
    shape = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
    count = math.prod(shape)
    return datatype, shape, draw(st.lists(values_of(datatype), min_size=count, max_size=count))


def as_array(values: Any, datatype: str, shape: list[int]) -> Any:  # noqa: ANN401  NumPy's
    return np.array(values, dtype=object if datatype == "BYTES" else dtype_of(datatype)).reshape(shape)


@pytest.mark.parametrize("form", ["bytes", "JSON"])
@given(st.lists(tensors(), min_size=1, max_size=3))
def test_tensors_come_back_as_they_went(form: str, given_tensors: list[tuple[str, list[int], list[Any]]]) -> None:
    outputs = [
        OutputTensor(f"t{place}", as_array(values, datatype, shape))
        for place, (datatype, shape, values) in enumerate(given_tensors)
    ]
    if form == "bytes":
        pairs = [one.as_bytes() for one in outputs]
        head = encode({"inputs": [head for head, _ in pairs]}).encode()
        request = read_request(b"".join((head, *(data for _, data in pairs))), len(head))
    else:
        request = read_request(encode({"inputs": [one.as_dict() for one in outputs]}).encode())
    for one, (datatype, shape, _) in zip(outputs, given_tensors, strict=True):
        found = request.inputs[one.name]
        assert (found.datatype, found.shape) == (datatype, shape)
        again = as_array(found.values(Tensor(one.name, datatype), "the input"), datatype, shape)
        assert again.dtype == one.array.dtype
        assert np.array_equal(again, one.array)


@given(tensors())
def test_nested_data_are_the_same_as_flat(one: tuple[str, list[int], list[Any]]) -> None:
    datatype, shape, values = one
    nested = as_array(values, datatype, shape).tolist()
    bodies = [
        {"inputs": [{"name": "a", "datatype": datatype, "shape": shape, "data": data}]} for data in (nested, values)
    ]
    tensor = Tensor("a", datatype)
    found = [read_request(json.dumps(body).encode()).inputs["a"].values(tensor, "the input") for body in bodies]
    assert list(found[0]) == list(found[1])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(DATATYPES)), st.lists(JSON, max_size=5))
def test_whatever_comes_is_of_the_datatype_or_refused(datatype: str, data: list[Any]) -> None:
    body = json.dumps({"inputs": [{"name": "a", "datatype": datatype, "shape": [len(data)], "data": data}]})
    try:
        found = read_request(body.encode()).inputs["a"].values(Tensor("a", datatype), "the input")
    except WrongData:
        return
    if datatype != "BYTES":
        assert (len(found), str(found.dtype)) == (len(data), dtype_of(datatype))


def test_bf16_is_the_upper_half_of_fp32() -> None:
    array = np.array([1.5, -2.0, 0.0], "float32")
    halves = (array.view("uint32") >> 16).astype("<u2").tobytes()
    head = b'{"inputs":[{"name":"a","datatype":"BF16","shape":[3],"parameters":{"binary_data_size":6}}]}'
    found = read_request(head + halves, len(head)).inputs["a"].values(Tensor("a", "BF16"), "the input")
    assert found.tolist() == array.tolist()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x02\x00\x00\x00ab\x09\x00\x00\x00c", "end within a value"),
        (b"\x01\x00", "end within a value"),
        (b"\x01\x00\x00\x00\xff", "is no UTF-8"),
        (b"\x01\x00\x00\x00a", "contradict its shape"),
    ],
)
def test_bytes_of_text_are_whole(data: bytes, said: str) -> None:
    head = b'{"inputs":[{"name":"a","datatype":"BYTES","shape":[2],"parameters":{"binary_data_size":%d}}]}' % len(data)
    request = read_request(head + data, len(head))
    with pytest.raises(WrongData, match=said):
        request.inputs["a"].values(Tensor("a", "BYTES"), "the input")
