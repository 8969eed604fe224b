"""What the engines have in common: the models, and requests decoded without a check."""

import os
from typing import Any

import numpy as np
import pandas as pd

import gto

MODEL = gto.load(os.environ["BENCH_MODEL"])
IS_TABLE = os.environ["BENCH_KIND"] == "table"
PORT = int(os.environ["BENCH_PORT"])


def answer(body: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a request of the Open Inference Protocol."""
    inputs = body["inputs"]
    data = pd.DataFrame({one["name"]: one["data"] for one in inputs}) if IS_TABLE else _array(inputs[0])
    found = MODEL.predict(data)
    output = {"name": "output", "datatype": "INT64", "shape": list(found.shape), "data": found.tolist()}
    return {"model_name": "model", "model_version": "v1.0.0", "outputs": [output]}


def _array(tensor: dict[str, Any]) -> Any:  # noqa: ANN401  NumPy's
    return np.array(tensor["data"]).reshape(tensor["shape"])
