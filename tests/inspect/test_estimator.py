"""Estimators as facts: whatever format describes one, its parts, parameters and methods are told alike."""

import json
from collections.abc import Mapping

from gto.inspect.estimator import EstimatorPart, describe
from gto.inspect.facts import ModelFacts, Step

LINEAR = "sklearn.linear_model._logistic.LogisticRegression"
SCALER = "sklearn.preprocessing._data.StandardScaler"


def part(class_name: str, **attributes: object) -> EstimatorPart:
    return EstimatorPart(class_name, attributes)


def described(root: EstimatorPart) -> ModelFacts:
    facts = ModelFacts()
    describe(root, facts)
    return facts


def pipeline(*steps: tuple[str, object]) -> EstimatorPart:
    return part("sklearn.pipeline.Pipeline", steps=list(steps), verbose=False)


def test_parts_bear_the_names_that_get_params_gives_them() -> None:
    columns = part(
        "sklearn.compose._column_transformer.ColumnTransformer",
        transformers=[("numbers", pipeline(("scale", part(SCALER, copy=True))), ["a"]), ("rest", "drop", ["b"])],
    )
    facts = described(
        pipeline(("columns", columns), ("classify", part(LINEAR, C=0.5, coef_=[1.0], _sklearn_version="1.9")))
    )
    assert [one.name for one in facts.steps] == ["columns", "columns__numbers", "columns__numbers__scale", "classify"]
    assert facts.steps[-1] == Step("classify", LINEAR, {"C": 0.5})
    assert facts.params == {"verbose": False}
    assert (facts.framework, facts.framework_version) == ("scikit-learn", "1.9")
    assert list(facts.methods) == ["predict", "predict_proba", "predict_log_proba", "decision_function"]


def test_a_search_is_described_by_what_it_found() -> None:
    found = part(LINEAR, C=2.0, n_features_in_=3, feature_names_in_=["a", "b", "c"])
    facts = described(
        part("sklearn.model_selection._search.GridSearchCV", estimator=part(LINEAR, C=1.0), best_estimator_=found)
    )
    assert facts.steps == [Step("best_estimator_", LINEAR, {"C": 2.0})]
    assert "predict_proba" in facts.methods
    assert facts.details == {"features": ["a", "b", "c"], "n_features": 3}


def test_what_a_forest_builds_on_is_no_parameter_of_it() -> None:
    tree = part("sklearn.tree._classes.DecisionTreeClassifier", max_depth=None)
    forest = part(
        "sklearn.ensemble._forest.RandomForestClassifier", estimator=tree, estimator_params=["a"], max_depth=2
    )
    assert described(forest).params == {"max_depth": 2}
    assert described(forest).steps == []


def test_methods_are_told_of_classes_alone_that_have_them_whatever_their_parameters_are() -> None:
    assert list(described(part("sklearn.svm._classes.SVC", probability=True)).methods) == [
        "predict",
        "decision_function",
    ]
    assert described(part("my.Model", depth=3)).methods == {}
    assert described(pipeline(("scale", part(SCALER, copy=True)), ("last", "passthrough"))).methods == {}


def test_parameters_are_json_and_few() -> None:
    class Endless(Mapping[str, object]):
        def __getitem__(self, name: str) -> object:
            return {"key " * 100: [name * 100] * 100, "nan": float("nan"), "large": 1 << 100, "object": object()}

        def __iter__(self):  # type: ignore[no-untyped-def]  # noqa: ANN204  a stranger's attributes
            return (f"name_{number}" for number in range(1_000_000))

        def __len__(self) -> int:
            return 1_000_000

    round_ = part("a.B", name=1)
    circle = EstimatorPart("a.B", {"inner": round_, "steps": [("self", round_)] * 100_000})
    for root in (EstimatorPart("my.Model", Endless()), circle, part("a.B", steps=[("x", circle)] * 100_000)):
        assert len(json.dumps(described(root).as_dict(), allow_nan=False)) < 1 << 20
