"""Schemas in the words of others, and data that are checked by them: by the code of MLflow, of jsonschema, and ours."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
from mlflow.models import ModelSignature
from mlflow.models.utils import _enforce_schema

import gto
from gto.exceptions import GTOException, WrongData
from gto.inspect.facts import Method, ModelFacts, Schema, Tensor
from gto.inspect.schema_formats import mlflow_signature, rows_schema
from gto.models.apply import Job, apply_model
from gto.models.data_schema import schema_of
from gto.models.fresh_environment import dump

TABLE = pd.DataFrame({"tenure": [1, 2], "plan": ["a", "b"], "score": [0.5, float("nan")], "new": [True, False]})
METHOD = Method(schema_of(TABLE, "input"), schema_of(np.zeros((2, 2)), "output"))
ROWS = json.loads(TABLE.to_json(orient="records"))


def test_json_schema_takes_the_sample_and_refuses_wrong_columns() -> None:
    schema = rows_schema(METHOD.inputs)
    jsonschema.validate(ROWS, schema)
    one = ROWS[0]
    wrong = [{**one, "more": 1}, {key: one[key] for key in one if key != "plan"}, {**one, "tenure": 1.5}]
    for row in wrong:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate([row], schema)


def test_mlflow_takes_the_sample_and_refuses_wrong_columns() -> None:
    inputs = ModelSignature.from_dict(mlflow_signature(METHOD)).inputs
    _enforce_schema(TABLE, inputs)
    for wrong in (TABLE.drop(columns="plan"), TABLE.assign(tenure=TABLE["plan"])):
        with pytest.raises(Exception, match=r"plan|tenure"):
            _enforce_schema(wrong, inputs)


def test_arrays_have_shapes() -> None:
    array = np.zeros((2, 4), "float32")
    method = Method(schema_of(array, "input"), schema_of(array, "output"))
    jsonschema.validate(array.tolist(), rows_schema(method.inputs))
    inputs = ModelSignature.from_dict(mlflow_signature(method)).inputs
    _enforce_schema(array, inputs)
    with pytest.raises(Exception, match="shape"):
        _enforce_schema(np.zeros((2, 5), "float32"), inputs)


def test_a_table_with_text_is_taken_to_where_there_is_no_pyarrow(tmp_path: Path) -> None:
    table = TABLE.assign(kind=pd.Categorical(["u", "v"]), old=pd.array(["a", None], dtype="string"))
    with (tmp_path / "table").open("wb") as file:
        dump({"table": table, "dtype": table["plan"].dtype}, file)
    code = "import sys; sys.modules['pyarrow'] = None; import pickle; t = pickle.load(open('table', 'rb'))['table']; "
    code += "assert t.dtypes.plan.storage == 'python'; print(t.to_json(orient='split'), t.dtypes.kind, t.dtypes.old)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.stdout == f"{table.to_json(orient='split')} category string\n", done.stderr


def test_a_column_of_texts_is_a_sample_and_needs_no_arrow(tmp_path: Path) -> None:
    saved = gto.save(shout, str(tmp_path / "shout"), TABLE["plan"])
    assert [one.partition("==")[0] for one in saved.facts.requirements] == ["cloudpickle", "pandas"]
    saved = gto.save(shout, str(tmp_path / "shout"), TABLE["plan"].astype(pd.ArrowDtype(pyarrow.string())))
    assert [one.partition("==")[0] for one in saved.facts.requirements] == ["cloudpickle", "pandas", "pyarrow"]


def shout(texts: pd.Series) -> list[str]:
    return [text.upper() for text in texts]


class Doubler:
    """A model that wants its categories as pandas has them."""

    def predict(self, table: pd.DataFrame) -> pd.Series:
        assert str(table["plan"].dtype) == "category"
        return table["tenure"] * 2

    def predict_proba(self, table: pd.DataFrame) -> np.ndarray:
        return np.column_stack([table["tenure"], -table["tenure"]])


SCHEMA = Schema((Tensor("tenure", "INT64"), Tensor("plan", "BYTES", kind="category")), "pd")
FACTS = ModelFacts(methods={"predict": Method(SCHEMA), "predict_proba": Method(SCHEMA)})
DATA = pd.DataFrame({"id": range(5), "tenure": [1, 2, 3, 4, 5], "plan": list("abcab")})


def written(place: Path, kind: str, data: pd.DataFrame = DATA) -> str:
    path = place / f"data.{kind}"
    match kind:
        case "csv":
            data.to_csv(path, index=False)
        case "jsonl":
            data.to_json(path, orient="records", lines=True)
        case _:
            data.to_parquet(path)
    return str(path)


def read(path: Path) -> pd.DataFrame:
    match path.suffix:
        case ".csv":
            return pd.read_csv(path)
        case ".jsonl":
            return pd.read_json(path, lines=True)
        case _:
            return pd.read_parquet(path)


@pytest.mark.parametrize("source", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("target", ["csv", "jsonl", "parquet"])
def test_each_kind_of_file_is_read_and_written(tmp_path: Path, source: str, target: str) -> None:
    out = tmp_path / f"out.{target}"
    count = apply_model(Doubler(), FACTS, Job("predict", (written(tmp_path, source),), str(out), ("id",), rows=2))
    found = read(out)
    assert count.rows == len(found) == 5
    assert (list(found["predict"]), list(found["id"])) == ([2, 4, 6, 8, 10], [0, 1, 2, 3, 4])


def test_several_outputs_of_a_row_are_several_columns(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    apply_model(Doubler(), FACTS, Job("predict_proba", (written(tmp_path, "csv"),), str(out), ("id",)))
    assert list(read(out).columns) == ["id", "predict_proba_0", "predict_proba_1"]
    model = Doubler()
    model.classes_ = np.array(["no", "yes"])  # type: ignore[attr-defined]
    apply_model(model, FACTS, Job("predict_proba", (written(tmp_path, "csv"),), str(out), ("id",)))
    assert list(read(out).columns) == ["id", "predict_proba_no", "predict_proba_yes"]


WRONG = {
    "a column that is missing": (DATA.drop(columns="plan"), "plan"),
    "a column too many": (DATA.assign(more=1), "more"),
    "text where a number is due": (DATA.assign(tenure=list("12x45")), r"'tenure'(, row 3: .*'x'| holds BYTES)"),
    "a number with a fraction": (DATA.assign(tenure=[1, 2, 3.5, 4, 5]), r"'tenure'(, row \d: .*\d\.\d| holds FP64)"),
    "a gap in whole numbers": (
        DATA.assign(tenure=[1, 2, None, 4, 5]),
        r"'tenure'(, row \d: | has no value in row 3| holds FP64)",
    ),
    "no rows": (DATA[:0], "rows"),
}


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("case", WRONG)
def test_wrong_data_name_the_column_and_write_nothing(tmp_path: Path, case: str, kind: str) -> None:
    data, word = WRONG[case]
    out = tmp_path / "out.csv"
    out.write_text("what was there")
    with pytest.raises(GTOException, match=word):
        apply_model(Doubler(), FACTS, Job("predict", (written(tmp_path, kind, data),), str(out), ("id",)))
    assert out.read_text() == "what was there"
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"data.{kind}", "out.csv"]


def test_a_row_is_counted_over_the_blocks_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    rows = [f'{{"tenure": {number}, "plan": "a"}}\n' for number in range(60_000)]
    rows[50_000] = '{"tenure": "x", "plan": "a"}\n'
    path.write_text("".join(rows))
    with pytest.raises(WrongData, match=r"the column 'tenure' changed from number to string in row 50,001$"):
        apply_model(Doubler(), FACTS, Job("predict", (str(path),), str(tmp_path / "out.csv")))


def test_what_a_model_raises_is_said_of_the_rows(tmp_path: Path) -> None:
    class Picky(Doubler):
        def predict(self, table: pd.DataFrame) -> pd.Series:
            if "b" in set(table["plan"]):
                raise ValueError("Found unknown\ncategories ['b']")
            return table["tenure"]

    job = Job("predict", (written(tmp_path, "csv"),), str(tmp_path / "out.csv"), ("id",), rows=1)
    with pytest.raises(WrongData, match=r"predict\(\) fails on rows 2 to 2: ValueError: Found unknown categories"):
        apply_model(Picky(), FACTS, job)
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


def test_columns_to_keep_and_directories_that_are_not_there_are_named(tmp_path: Path) -> None:
    source = written(tmp_path, "csv")
    with pytest.raises(WrongData, match="'idd' is to be kept"):
        apply_model(Doubler(), FACTS, Job("predict", (source,), str(tmp_path / "out.csv"), ("idd",)))
    with pytest.raises(GTOException, match=r"there is no directory '.*/no'"):
        apply_model(Doubler(), FACTS, Job("predict", (source,), str(tmp_path / "no" / "out.csv"), ("id",)))


def test_arrays_are_read_where_they_are(tmp_path: Path) -> None:
    class Sum:
        def predict(self, rows: np.ndarray) -> np.ndarray:
            return rows.sum(1)

    facts = ModelFacts(methods={"predict": Method(Schema((Tensor("input", "FP32", (-1, 3)),), "np"))})
    np.save(tmp_path / "data.npy", np.ones((5, 3), "float32"))
    job = Job("predict", (str(tmp_path / "data.npy"),), str(tmp_path / "out.npy"), rows=2)
    assert apply_model(Sum(), facts, job).rows == 5
    assert np.load(tmp_path / "out.npy").tolist() == [3.0] * 5
    np.save(tmp_path / "data.npy", np.ones((5, 4), "float32"))
    with pytest.raises(WrongData, match="shape"):
        apply_model(Sum(), facts, job)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    rows = 500_000
    part = pd.DataFrame({"tenure": range(rows), "plan": ["a"] * rows})
    table = pyarrow.Table.from_pandas(part)
    path = str(tmp_path / "data.parquet")
    with pyarrow.parquet.ParquetWriter(path, table.schema) as writer:
        for _ in range(8):
            writer.write_table(table, row_group_size=50_000)
    del part, table
    job = Job("predict", (path,), str(tmp_path / "out.parquet"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert apply_model(Doubler(), FACTS, job).rows == 8 * rows
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KiB


@pytest.mark.parametrize("given", [lambda rows: rows.sum(1) > 3, lambda rows: rows[:1].sum(1)])
def test_outputs_that_do_not_fit_together_are_refused(tmp_path: Path, given: object) -> None:
    class Other:
        def predict(self, rows: np.ndarray) -> np.ndarray:
            return rows.sum(1) if rows[0, 0] == 0 else given(rows)  # type: ignore[operator]

    facts = ModelFacts(methods={"predict": Method(Schema((Tensor("input", "FP32", (-1, 3)),), "np"))})
    data = np.ones((6, 3), "float32")
    data[:2] = 0
    np.save(tmp_path / "data.npy", data)
    with pytest.raises(WrongData, match=r"gave"):
        apply_model(Other(), facts, Job("predict", (str(tmp_path / "data.npy"),), str(tmp_path / "out.npy"), rows=2))
    assert not (tmp_path / "out.npy").exists()
