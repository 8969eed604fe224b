"""ONNX, as an export of scikit-learn's estimators, and the models that it holds."""

from collections.abc import Sequence
from typing import Any

from gto.models.extras import imported

FORMATS = {".onnx": "onnx"}
ON_DEMAND: frozenset[str] = frozenset()
FRAMEWORK = "onnx"
METHODS = ("predict",)


_TYPES = {
    "tensor(bool)": "bool",
    "tensor(double)": "float64",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(string)": "object",
}


class OnnxModel:
    """A model in ONNX with the methods of an estimator."""

    def __init__(self, data: bytes) -> None:
        """`data` is the model as ONNX has it."""
        self.data = data
        self._session = imported("onnxruntime").InferenceSession(data)

    def predict(self, data: Any) -> Any:  # noqa: ANN401  tables and arrays
        """Return the first output."""
        return self.run(data)[0]

    def predict_proba(self, data: Any) -> Any:  # noqa: ANN401  as above
        """Return the second output, which classifiers have."""
        return self.run(data)[1]

    def run(self, data: Any) -> list[Any]:  # noqa: ANN401  as above
        """Return all outputs; each column of a table is an input of its name."""
        inputs = self._session.get_inputs()
        if hasattr(data, "columns"):
            given = {one.name: _column(data[one.name].to_numpy(), one.type) for one in inputs}
        else:
            given = {inputs[0].name: _column(data, inputs[0].type)}
        found: list[Any] = self._session.run(None, given)
        return found


def _column(values: Any, kind: str) -> Any:  # noqa: ANN401  NumPy's
    np = imported("numpy", "models")
    found = np.asarray(values).astype(_TYPES.get(kind, "float32"))
    return found.reshape(-1, 1) if found.ndim == 1 else found


def can_save(model: object, modules: frozenset[str]) -> bool:  # noqa: ARG001  see Writer
    """Return whether it is a model of ONNX."""
    return "onnx" in modules or any(one.startswith("gto.models") for one in modules)


def write(model: Any, path: str, file_format: str, sample: Any) -> Sequence[str]:  # noqa: ANN401, ARG001  see Writer
    """Write a model of ONNX."""
    data = model.data if isinstance(model, OnnxModel) else model.SerializeToString(deterministic=True)
    with open(path, "wb") as file:
        file.write(data)
    return ("onnxruntime", "numpy")


def load(path: str, file_format: str) -> Any:  # noqa: ANN401, ARG001  see Writer
    """Return the model, with predict() and predict_proba()."""
    with open(path, "rb") as file:
        return OnnxModel(file.read())
