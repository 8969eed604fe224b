from __future__ import annotations

import dataclasses
import json
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

from gto.exceptions import MalformedRequest, NotFound, UsageError, WrongData
from gto.inspect.facts import CodeOnLoad, Method, ModelFacts, Schema, Tensor
from gto.serve.build.model_trial import try_schema
from gto.serve.runtime.infer_request import read_request
from gto.serve.runtime.method_inputs import MethodInputs, inputs_of
from gto.serve.runtime.method_outputs import rows_of, tensors_of
from gto.serve.runtime.served_model import LiveModel, Served
from gto.serve.runtime.tensor_bytes import to_bytes
from gto.serve.server.model_repository import ModelRepository
from gto.serve.server.openapi import document


def asked(inputs: MethodInputs, *tensors: tuple[str, str, list[int], list[Any]]) -> Any:  # noqa: ANN401  what a model takes
    keys = ("name", "datatype", "shape", "data")
    body = {"inputs": [dict(zip(keys, one, strict=True)) for one in tensors]}
    return inputs.from_tensors(read_request(json.dumps(body).encode()).inputs)


def test_several_arrays_are_given_by_name() -> None:
    schema = Schema((Tensor("ids", "INT64", (-1, 2)), Tensor("mask", "BOOL", (-1,))), "np")
    inputs = inputs_of(schema)
    found = asked(inputs, ("mask", "BOOL", [1], [True]), ("ids", "INT64", [1, 2], [3, 4]))
    assert {name: one.tolist() for name, one in found.items()} == {"ids": [[3, 4]], "mask": [True]}
    rows = inputs.from_rows({"ids": [[3, 4]], "mask": [True]})
    assert rows["ids"].tolist() == [[3, 4]]
    for wrong in ([[3, 4]], {"ids": [[3, 4]]}, {"ids": [[3, 4, 5]], "mask": [True]}, {"ids": [3], "mask": [True]}):
        with pytest.raises(WrongData):
            inputs.from_rows(wrong)


def test_a_text_is_one_value() -> None:
    inputs = inputs_of(Schema((Tensor("input", "BYTES", ()),), "str"))
    assert asked(inputs, ("input", "BYTES", [1], ["hello"])) == "hello"
    assert inputs.from_rows("hello") == "hello"
    with pytest.raises(WrongData, match="2 values"):
        asked(inputs, ("input", "BYTES", [2], ["a", "b"]))
    with pytest.raises(WrongData, match="one text"):
        inputs.from_rows(3)


JSON_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"words": {"type": "array", "items": {"type": "string"}}, "count": {"type": ["integer", "null"]}},
    "required": ["words"],
}


def test_json_is_checked_by_its_schema() -> None:
    inputs = inputs_of(Schema((), "json", JSON_SCHEMA))
    good = {"words": ["a", "b"], "count": None}
    assert inputs.from_rows(good) == asked(inputs, ("input", "BYTES", [1], [json.dumps(good)])) == good
    for wrong, said in (
        ([], "the value is of another type than the model takes: object"),
        ({}, "the value lacks 'words'"),
        ({"words": ["a", 1]}, r"the value at 'words\[1\]' is of another type than the model takes: string"),
        ({"words": [], "count": True}, "the value at 'count' is of another type"),
        ({"words": [], "more": 1}, "has 'more', which the model does not take"),
    ):
        with pytest.raises(WrongData, match=said):
            inputs.from_rows(wrong)


def test_without_a_schema_a_request_says_itself_what_it_is() -> None:
    inputs = inputs_of(None)
    assert asked(inputs, ("x", "FP32", [2, 1], [1, 2])).dtype == np.float32
    assert inputs.from_rows([[1, 2], [3, 4]]).shape == (2, 2)
    with pytest.raises(WrongData, match="each of the rows has other columns"):
        inputs.from_rows([{f"c{number}": 1} for number in range(3000)])
    assert inputs.from_rows("whatever") == "whatever"
    with pytest.raises(WrongData):
        asked(inputs, ("x", "INT8", [1], [300]))


def test_what_a_model_gives_becomes_tensors_and_rows() -> None:
    named = Schema((Tensor("score", "FP64"), Tensor("label", "BYTES")), "np")
    pair = [np.array([0.5, np.nan]), np.array(["a", None], object)]
    tensors = [one.as_dict() for one in tensors_of(pair, named)]
    assert [(one["name"], one["datatype"], one["data"]) for one in tensors] == [
        ("score", "FP64", [0.5, None]),
        ("label", "BYTES", ["a", None]),
    ]
    assert rows_of(pair) == [[0.5, None], ["a", None]]
    (made,) = tensors_of({"answer": np.int64(3)} | {"list": [1]}, None)
    assert made.as_dict()["parameters"] == {"content_type": "json"}
    assert json.loads(made.array[0]) == {"answer": 3, "list": [1]}
    assert rows_of({"a": float("inf")}) == {"a": None}
    assert rows_of(np.array(["2024-01-01"], "datetime64[D]")) == ["2024-01-01"]
    assert [one.content_type for one in tensors_of("text", None)] == ["str"]


class Doubling:
    def __call__(self, data: Any) -> Any:  # noqa: ANN401  an array
        return data * 2


def test_a_model_without_a_recorded_method_is_asked_as_models_are() -> None:
    model = LiveModel(Served("twice", "v1", "twice"), Doubling(), ModelFacts())
    assert (model.default, model.is_described) == ("__call__", False)
    assert json.loads(model.answer(model.read_rows(b"[[1, 2]]")).body)["rows"] == [[2, 4]]
    with pytest.raises(NotFound, match="no method 'predict'"):
        model.read_rows(b"[[1, 2]]", "predict")
    with pytest.raises(UsageError, match="no method"):
        LiveModel(Served("none", "v1", "none"), object(), ModelFacts())
    known = ModelFacts(methods={"predict": Method(Schema((Tensor("x", "FP64"),), "np"))})
    with pytest.raises(UsageError):  # it is known, and the model has it not
        LiveModel(Served("none", "v1", "none"), Doubling(), known)


class Saving(Doubling):
    def save_model(self, path: str) -> None:
        raise AssertionError(path)


def test_a_side_car_has_nothing_called_that_writes_files_unless_it_is_trusted() -> None:
    text = Method(Schema((Tensor("path", "BYTES", ()),), "str"))
    facts = ModelFacts(methods={"__call__": text, "save_model": text, "__setattr__": text})
    facts.code_on_load = CodeOnLoad.NONE
    assert list(LiveModel(Served("x", "v1", "x"), Saving(), facts).methods) == ["__call__"]
    assert try_schema(Saving(), dataclasses.replace(facts, methods={"save_model": text}))["called"] == []
    facts.methods.pop("__call__")
    with pytest.raises(UsageError, match="no method"):
        LiveModel(Served("x", "v1", "x"), Saving(), facts)
    facts.code_on_load = CodeOnLoad.PICKLE
    assert "save_model" in LiveModel(Served("x", "v1", "x"), Saving(), facts).methods


def test_a_name_that_no_header_can_hold_is_encoded_there() -> None:
    assert Served("team/churn", "v1.0.0+gpu", "").header == "team/churn@v1.0.0+gpu"
    assert Served("模\r\nSet-Cookie: x", "file", "").header == "%E6%A8%A1%0D%0ASet-Cookie:%20x@file"


def test_text_that_is_no_unicode_is_refused_or_replaced_and_a_huge_axis_contradicts_its_data() -> None:
    with pytest.raises(MalformedRequest, match="no JSON"):
        asked(inputs_of(Schema((), "json", {"type": "string"})), ("input", "BYTES", [1], ['"\ud800"']))
    assert to_bytes(np.array(["\ud800"], object), "BYTES") == b"\1\0\0\0?"
    with pytest.raises(WrongData, match="contradict its shape"):
        asked(inputs_of(None), ("x", "FP32", [1, 0, 1 << 70], []))


@pytest.mark.parametrize(
    "words",
    [{"type": 5}, {"type": [{}]}, {"required": 5}, {"required": [[]]}, {"properties": [1]}, {"properties": {"x": True}},
     {"type": "array", "items": True}],
)  # fmt: skip
def test_what_is_no_schema_asks_for_nothing_and_can_be_told(words: dict[str, Any]) -> None:
    facts = ModelFacts(methods={"__call__": Method(Schema((), "json", words))})
    model = LiveModel(Served("x", "v1", "x"), Doubling(), facts)
    repository = ModelRepository()
    repository.put(model)
    document(repository)
    for body in (b'{"x": 1}', b"[1]", b'"text"'):
        with suppress(WrongData):
            model.read_rows(body)
