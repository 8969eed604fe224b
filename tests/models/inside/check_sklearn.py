"""scikit-learn: skops where it keeps a model whole, else joblib or cloudpickle; ONNX where it is asked for."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from trips import trip

import gto
from gto.exceptions import CannotSave, InvalidName, UsageError, WrongData
from gto.inspect.facts import CodeOnLoad, Tensor
from gto.models.apply import Job, apply_model

X, Y = load_iris(return_X_y=True)
TABLE = pd.DataFrame({"tenure": [1, 2, 3, 4] * 5, "plan": pd.Categorical(list("abca") * 5), "note": list("xyzx") * 5})
LEFT = [0, 1, 0, 1] * 5


def pipeline() -> Pipeline:
    numbers, words = ("numbers", StandardScaler(), ["tenure"]), ("words", OneHotEncoder(), ["plan", "note"])
    steps = [("columns", ColumnTransformer([numbers, words])), ("model", LogisticRegression())]
    return Pipeline(steps).fit(TABLE, LEFT)


def test_a_pipeline_on_a_table(tmp_path: Path) -> None:
    facts = trip(pipeline(), tmp_path / "churn", TABLE, runs_code=False)
    assert (facts.format, facts.code_on_load) == ("skops", CodeOnLoad.TRUSTED_TYPES)
    assert facts.class_name == "sklearn.pipeline.Pipeline"
    assert next(one.name for one in facts.steps) == "columns"
    inputs, outputs = facts.methods["predict"].inputs, facts.methods["predict"].outputs
    assert inputs is not None
    assert outputs is not None
    assert inputs.tensors == (
        Tensor("tenure", "INT64"),
        Tensor("plan", "BYTES", kind="category"),
        Tensor("note", "BYTES"),
    )
    assert outputs.tensors == (Tensor("output", "INT64"),)
    assert facts.methods["predict_proba"].outputs is not None
    assert facts.methods["predict_proba"].outputs.tensors == (Tensor("output", "FP64", (-1, 2), columns=("0", "1")),)
    names = [one.partition("==")[0] for one in facts.requirements]
    assert {"pandas", "scikit-learn", "skops"} <= set(names)
    assert "pyarrow" not in names  # which only keeps text of the sample, where it is installed


@pytest.mark.parametrize("suffix", [".joblib", ".cloudpickle"])
def test_formats_that_run_code_are_written_where_the_name_asks_for_them(tmp_path: Path, suffix: str) -> None:
    facts = trip(pipeline(), tmp_path / f"churn{suffix}", TABLE, runs_code=True)
    assert facts.format in {suffix[1:], "pickle"}
    assert facts.framework_version


@pytest.mark.parametrize(
    "model", [RandomForestClassifier(3, random_state=0), HistGradientBoostingClassifier(max_iter=3)]
)
def test_trees(tmp_path: Path, model: object) -> None:
    facts = trip(model.fit(X, Y), tmp_path / "trees", X, runs_code=False)  # type: ignore[attr-defined]
    assert facts.code_on_load is CodeOnLoad.TRUSTED_TYPES


def test_what_skops_does_not_keep_whole_is_saved_otherwise_and_said(tmp_path: Path) -> None:
    model = make_pipeline(FunctionTransformer(lambda data: data * 2), LogisticRegression()).fit(X, Y)
    saved = gto.save(model, str(tmp_path / "own"), X)
    assert saved.path.endswith(".cloudpickle")
    assert [one.partition(" ")[0] for one in saved.notes][:2] == ["skops", "joblib"]
    with pytest.raises(CannotSave):
        gto.save(model, str(tmp_path / "own.skops"), X)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own.cloudpickle", "own.cloudpickle.model.yaml"]


def test_an_export_to_onnx_gives_the_same(tmp_path: Path) -> None:
    names = np.array(["setosa", "versicolor", "virginica"])
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, names[Y])
    sample = X.astype("float32")
    saved = gto.save(model, str(tmp_path / "iris.onnx"), sample)
    assert saved.facts.code_on_load is CodeOnLoad.NONE
    assert (saved.facts.framework, saved.facts.framework_version) == ("onnx", "")  # and not scikit-learn's
    loaded = gto.load(saved.path)
    assert (loaded.predict(sample) == model.predict(sample)).all()
    assert np.allclose(loaded.predict_proba(sample), model.predict_proba(sample), atol=1e-4)
    np.save(tmp_path / "data.npy", sample)
    job = Job("predict_proba", (str(tmp_path / "data.npy"),), str(tmp_path / "out.csv"))
    apply_model(loaded, saved.facts, job)  # which knows no classes
    assert list(pd.read_csv(job.output).columns) == [f"predict_proba_{name}" for name in names]


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "import sys, gto, check_sklearn as one; "
        "print(gto.save(one.pipeline(), sys.argv[1], one.TABLE).facts.code_on_load)"
    )
    for number in ("1", "2"):
        place = str(tmp_path / number / "churn")
        subprocess.run([sys.executable, "-c", code, place], check=True, capture_output=True)
    first, second = (sorted((tmp_path / number).iterdir()) for number in ("1", "2"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_mistakes_are_said_before_anything_is_written(tmp_path: Path) -> None:
    place = str(tmp_path / "model")
    for error, path, data, options in (
        (WrongData, place, TABLE[["tenure"]], {}),
        (UsageError, place, TABLE, {"methods": ["transmogrify"]}),
        (UsageError, place, TABLE, {"name": "churn", "labels": "tabular"}),
        (UsageError, f"{place}.pkl", TABLE, {}),
        (InvalidName, place, TABLE, {"name": "My Churn"}),
    ):
        with pytest.raises(error):
            gto.save(pipeline(), path, data, **options)
    assert not list(tmp_path.iterdir())


def test_a_notebook_completes_save_and_shows_paths_alone(tmp_path: Path) -> None:
    assert {"save", "load"} <= set(dir(gto))
    saved = gto.save(pipeline(), str(tmp_path / "model"), TABLE)
    assert repr(saved) == f"SavedModel(path={saved.path!r}, side_car={saved.side_car!r})"


def test_a_model_of_no_known_library_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no models of"):
        gto.save(object(), str(tmp_path / "what"))
    assert not list(tmp_path.iterdir())
