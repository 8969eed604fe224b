"""What is said of a model that was tried with made-up rows, or with a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gto.inspect.facts import Method, ModelFacts, Schema, Tensor
from gto.serve.build.model_trial import made_up, try_sample, try_schema

if TYPE_CHECKING:
    from collections.abc import Callable

INPUTS = Schema((Tensor("x", "FP32", (-1, 3)),), "np")
FACTS = ModelFacts(methods={"predict": Method(INPUTS, Schema((Tensor("output", "FP64", (-1,)),), "np"))})


class Model:
    def __init__(self, predict: Callable[[Any], Any]) -> None:
        self.predict = predict


def test_made_up_rows_are_as_the_schema_has_them() -> None:
    assert made_up(INPUTS).dtype == np.float32
    assert made_up(INPUTS).shape == (2, 3)
    assert made_up(Schema((Tensor("t", "BYTES", ()),), "str")) == ""
    several = made_up(Schema((Tensor("a", "INT64"), Tensor("b", "BYTES")), "np"))
    assert {name: one.tolist() for name, one in several.items()} == {"a": [0, 0], "b": ["", ""]}
    assert made_up(Schema(content_type="json", json_schema={"type": "array"})) is None


def test_outputs_must_be_as_the_schema_says_and_a_refusal_of_made_up_rows_is_a_note() -> None:
    assert try_schema(Model(lambda x: x.sum(axis=1, dtype="float64")), FACTS) == {"called": ["predict"], "notes": []}
    wrong = try_schema(Model(lambda x: x), FACTS)
    assert wrong == {"error": "predict() gives FP32 [-1, 3], and its schema says FP64 [-1]"}
    said = try_schema(Model(lambda x: 1 / 0), FACTS)  # noqa: ARG005  called with one
    assert said["called"] == []
    assert "only loading was tried: ZeroDivisionError" in str(said["notes"])


def test_a_sample_must_be_answered_and_so_must_its_outputs() -> None:
    model = Model(lambda x: x.sum(axis=1))
    rows = [[1, 2, 3.5]]
    assert try_sample(model, FACTS, rows) == {"called": ["predict"], "notes": []}
    assert try_sample(model, FACTS, {"rows": rows, "outputs": [6.5]})["called"] == ["predict"]
    wrong = try_sample(model, FACTS, {"rows": rows, "outputs": [6.4]})
    assert wrong == {"error": "predict() gives other outputs for the sample"}
    assert "does not answer the sample" in str(try_sample(model, FACTS, [[1, 2]])["error"])
