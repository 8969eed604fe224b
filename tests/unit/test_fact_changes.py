"""What changed from one model to another, and what of it breaks its users."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gto.inspect.fact_changes import fact_changes
from gto.inspect.facts import CodeOnLoad, Method, ModelFacts, Schema, Step, Tensor

PROBABILITIES = Tensor("output", "FP64", (-1, 2), columns=("no", "yes"))


def predict(*inputs: Tensor, outputs: tuple[Tensor, ...] = (Tensor("output", "INT64"),)) -> dict[str, Method]:
    return {"predict": Method(Schema(inputs, "pd"), Schema(outputs, "np"))}


AGE, TENURE, PLAN = Tensor("age", "INT64"), Tensor("tenure", "FP64"), Tensor("plan", "BYTES")
SHORT = TENURE._replace(datatype="FP32")
FACTS = ModelFacts(
    format="skops",
    code_on_load=CodeOnLoad.TRUSTED_TYPES,
    framework="scikit-learn",
    framework_version="1.9.1",
    class_name="sklearn.pipeline.Pipeline",
    methods=predict(AGE, TENURE),
    imports=["sklearn.pipeline.Pipeline"],
    requirements=["numpy==2.5.5", "scikit-learn==1.9.1"],
    steps=[Step("scaler", "sklearn.StandardScaler"), Step("model", "sklearn.LogisticRegression", {"C": 0.5})],
    params={"verbose": False},
)

CHANGES = {
    "an input is new": (
        replace(FACTS, methods=predict(AGE, TENURE, PLAN)),
        "input",
        "predict.plan",
        True,
    ),
    "an input is gone": (replace(FACTS, methods=predict(AGE)), "input", "predict.tenure", True),
    "a datatype": (
        replace(FACTS, methods=predict(AGE, SHORT)),
        "input",
        "predict.tenure",
        True,
    ),
    "a shape": (replace(FACTS, methods=predict(AGE, TENURE._replace(shape=(-1, 2)))), "input", "predict.tenure", True),
    "an output is gone": (replace(FACTS, methods=predict(AGE, TENURE, outputs=())), "output", "predict.output", True),
    "an output is new": (
        replace(FACTS, methods=predict(AGE, TENURE, outputs=(Tensor("output", "INT64"), Tensor("p", "FP64")))),
        *("output", "predict.p", False),
    ),
    "a method is gone": (replace(FACTS, methods={"score": Method()}), "method", "predict", True),
    "a method is new": (replace(FACTS, methods={**FACTS.methods, "score": Method()}), "method", "score", False),
    "another framework": (replace(FACTS, framework="xgboost"), "framework", "", True),
    "a minor version": (replace(FACTS, framework_version="1.10.0"), "framework", "scikit-learn", False),
    "a major version": (replace(FACTS, framework_version="2.0.0"), "framework", "scikit-learn", True),
    "another format": (replace(FACTS, format="joblib"), "format", "", True),
    "code that runs": (replace(FACTS, code_on_load=CodeOnLoad.PICKLE), "code on load", "", True),
    "no code any more": (replace(FACTS, code_on_load=CodeOnLoad.NONE), "code on load", "", False),
    "a class": (replace(FACTS, class_name="sklearn.svm.SVC"), "class", "", False),
    "a requirement": (
        replace(FACTS, requirements=["numpy==2.6", FACTS.requirements[1]]),
        "requirement",
        "numpy",
        False,
    ),
    "a parameter": (replace(FACTS, params={"verbose": True}), "parameter", "verbose", False),
    "a parameter of a step": (
        replace(FACTS, steps=[FACTS.steps[0], FACTS.steps[1]._replace(params={"C": 1.5, "new": 1})]),
        *("parameter", "model.C", False),
    ),
    "a step of another class": (
        replace(FACTS, steps=[FACTS.steps[0], Step("model", "sklearn.SVC")]),
        *("step", "model", False),
    ),
    "a step is gone": (replace(FACTS, steps=FACTS.steps[1:]), "step", "scaler", False),
    "an import": (replace(FACTS, imports=[*FACTS.imports, "os.system"]), "import", "os.system", False),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_told_and_whether_it_breaks(name: str) -> None:
    new, fact, part, is_breaking = CHANGES[name]
    found = {(one.fact, one.name): one.is_breaking for one in fact_changes(FACTS, new)}
    assert found[fact, part] is is_breaking
    assert {key for key in found if key != (fact, part)} <= {("method", "score")}


def test_equal_facts_and_unknown_ones_are_no_change() -> None:
    assert fact_changes(FACTS, FACTS) == ()
    assert [one.fact for one in fact_changes(FACTS, ModelFacts(code_on_load=CodeOnLoad.TRUSTED_TYPES))] == []


def test_classes_in_another_order_break_callers_and_names_that_only_one_side_tells_are_no_change() -> None:
    with_names = replace(FACTS, methods=predict(AGE, outputs=(PROBABILITIES,)))
    turned = replace(FACTS, methods=predict(AGE, outputs=(PROBABILITIES._replace(columns=("yes", "no")),)))
    without = replace(FACTS, methods=predict(AGE, outputs=(PROBABILITIES._replace(columns=()),)))
    (found,) = fact_changes(with_names, turned)
    assert (found.old, found.new, found.is_breaking) == ("FP64 [-1, 2] no, yes", "FP64 [-1, 2] yes, no", True)
    assert fact_changes(without, with_names) == fact_changes(with_names, without) == ()
