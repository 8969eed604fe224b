"""Writes small models of MLflow into the directory that is its argument: `python -P scripts/model_files/... DIR`."""

import os
import shutil
import sys
from importlib.metadata import version

import mlflow.onnx
import mlflow.pyfunc
import mlflow.xgboost
import numpy as np
import pandas as pd
import xgboost
from mlflow.models import infer_signature
from mlflow.pyfunc.utils import data_validation
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression

TABLE = pd.DataFrame({"tenure": [1, 2, 3, 4], "charges": [0.1, 0.2, 0.3, 0.4], "contract": list("mymy")})
LABELS = np.array([0, 1, 0, 1])


class Doubles(mlflow.pyfunc.PythonModel):
    """A model that is Python code."""

    def predict(self, context, model_input, params=None):  # noqa: ANN001, ANN201, ARG002  as MLflow has it
        """Return the rows, doubled."""
        return model_input * 2


def main(directory: str) -> None:
    """Write a booster of a table, ONNX of arrays, and code."""
    numbers = TABLE[["tenure", "charges"]]
    booster = xgboost.XGBClassifier(n_estimators=2, max_depth=2).fit(numbers, LABELS)
    path = os.path.join(directory, "xgboost")
    mlflow.xgboost.save_model(
        booster, path, signature=infer_signature(numbers, LABELS), pip_requirements=["xgboost-cpu==3.2.0"]
    )
    rows = numbers.to_numpy(np.float32)
    model = to_onnx(LogisticRegression().fit(rows, LABELS), rows[:1], options={"zipmap": False})
    signature = infer_signature(rows, LABELS)
    mlflow.onnx.save_model(model, os.path.join(directory, "onnx"), signature=signature, pip_requirements=["onnx"])
    code = Doubles.predict.__code__
    Doubles.predict.__code__ = code.replace(co_filename="doubles.py")  # no path of this machine in the pickle
    del globals()["__file__"]  # cloudpickle keeps it, and that of MLflow's wrapper
    data_validation.__file__ = "data_validation.py"
    path = os.path.join(directory, "code")
    mlflow.pyfunc.save_model(path, python_model=Doubles(), pip_requirements=["cloudpickle"])


if __name__ == "__main__":
    for name in ("xgboost", "onnx", "code"):
        shutil.rmtree(os.path.join(sys.argv[1], name), ignore_errors=True)
    os.makedirs(sys.argv[1], exist_ok=True)
    main(sys.argv[1])
    print({name: version(name) for name in ("mlflow-skinny", "xgboost-cpu", "onnx", "skl2onnx")})
