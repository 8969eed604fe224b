"""Models of nine kinds, saved in a repository and beside it, with requests and what the models themselves say of them.

Run as a script in a directory that is a Git repository: it writes `models/` and `asked.json`.
"""

import json
from typing import Any

import catboost
import keras
import lightgbm
import numpy as np
import onnx.helper
import pandas as pd
import torch
import xgboost
from onnx import TensorProto
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

import gto

RNG = np.random.default_rng(0)
ARRAY = RNG.random((40, 3))
LABELS = (ARRAY[:, 0] > 0.5).astype("int64")
TABLE = pd.DataFrame(
    {
        "tenure": RNG.integers(0, 72, 40),
        "charges": np.where(ARRAY[:, 1] > 0.9, np.nan, ARRAY[:, 1]),
        "plan": pd.Categorical(RNG.choice(["basic", "full"], 40)),
        "since": pd.date_range("2024-01-01", periods=40, freq="36h"),
        "active": ARRAY[:, 2] > 0.5,
    }
)
ASKED = {}


def double(rows: list[int]) -> list[int]:
    return [row * 2 for row in rows]


def keep(
    model: Any, file: str, sample: Any, *, directory: str = "beside", method: str = "predict", name: str | None = None
) -> None:
    """Save a model, and note requests with what it says of them."""
    gto.save(model, f"{directory}/{file}", sample, name=name)
    some = sample[:3]
    said = getattr(model, method)(some)
    values = said.detach().numpy() if hasattr(said, "detach") else said
    ASKED[file] = {
        "rows": rows_of(some),
        "inputs": tensors_of(some),
        "said": getattr(values, "tolist", lambda: values)(),
    }


def rows_of(data: Any) -> Any:
    if isinstance(data, pd.DataFrame):
        return json.loads(data.to_json(orient="records", date_format="iso"))
    return data.tolist() if hasattr(data, "tolist") else data


def tensors_of(data: Any) -> list[dict[str, Any]]:
    if isinstance(data, pd.DataFrame):
        kinds = {"int64": "INT64", "float64": "FP64", "bool": "BOOL"}
        rows = rows_of(data)
        return [
            {
                "name": name,
                "datatype": kinds.get(str(data[name].dtype), "BYTES"),
                "shape": [len(rows)],
                "data": [row[name] for row in rows],
            }
            for name in data.columns
        ]
    if isinstance(data, list):
        return [{"name": "input", "datatype": "BYTES", "shape": [1], "data": [json.dumps(data)]}]
    datatype = {"float64": "FP64", "float32": "FP32"}[str(data.dtype).removeprefix("torch.")]
    return [{"name": "input", "datatype": datatype, "shape": list(data.shape), "data": data.tolist()}]


def days(table: pd.DataFrame) -> pd.DataFrame:
    return (table["since"] - pd.Timestamp("2024-01-01")).dt.days.to_frame()


columns = make_column_transformer(
    (OneHotEncoder(handle_unknown="ignore"), ["plan"]),
    (FunctionTransformer(days), ["since"]),
    (make_pipeline(SimpleImputer(), StandardScaler()), ["tenure", "charges", "active"]),
)
table_model = make_pipeline(columns, LogisticRegression()).fit(TABLE, LABELS)
array_model = make_pipeline(StandardScaler(), LogisticRegression()).fit(ARRAY, LABELS)
numbers = TABLE[["tenure", "charges", "active"]]
keep(table_model, "table.cloudpickle", TABLE, directory="models", name="table")
keep(array_model, "array.skops", ARRAY, directory="models", name="team/array")
keep(double, "double.cloudpickle", [1, 2, 3], method="__call__")
keep(xgboost.XGBClassifier(n_estimators=3).fit(numbers, LABELS), "boosted.ubj", numbers)
booster = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(TABLE.drop(columns="since"), LABELS).booster_
keep(booster, "leaves.txt", TABLE.drop(columns="since"))
cat = catboost.CatBoostClassifier(iterations=3, verbose=0, allow_writing_files=False).fit(numbers, LABELS)
keep(cat, "cat.cbm", numbers)
floats = ARRAY.astype("float32")
net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU()).eval()
keep(net, "net.pt2", torch.from_numpy(floats), method="__call__")
dense = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
keep(dense, "dense.keras", floats)
value = onnx.helper.make_tensor_value_info
graph = onnx.helper.make_graph(
    [onnx.helper.make_node("Neg", ["input"], ["output"])],
    "negative",
    [value("input", TensorProto.FLOAT, [None, 3])],
    [value("output", TensorProto.FLOAT, [None, 3])],
)
model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
with open("beside/graph.onnx", "wb") as file:
    file.write(model.SerializeToString())
ASKED["graph.onnx"] = {"rows": floats[:3].tolist(), "inputs": tensors_of(floats[:3]), "said": (-floats[:3]).tolist()}
with open("asked.json", "w", encoding="utf-8") as file:
    json.dump(ASKED, file)
