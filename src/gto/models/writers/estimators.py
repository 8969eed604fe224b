"""scikit-learn's estimators and what follows their interface, models of ONNX, and plain functions."""

from collections.abc import Sequence
from typing import Any

from gto.inspect.opcodes.known import read_known
from gto.models.canonical import skops_members, write_members
from gto.models.dependencies import imported

_TYPES = {
    "tensor(bool)": "bool",
    "tensor(double)": "float64",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(string)": "object",
}


class ScikitLearn:
    """scikit-learn: skops, which builds known types only; joblib and cloudpickle, which run code; ONNX as an export."""

    formats = {".skops": "skops", ".joblib": "joblib", ".cloudpickle": "cloudpickle", ".onnx": "onnx"}  # noqa: RUF012  nobody changes it
    on_demand = frozenset({"onnx"})
    framework = "scikit-learn"
    methods = ("predict", "predict_proba", "transform")

    def can_save(self, model: object, modules: frozenset[str]) -> bool:  # noqa: ARG002  see Writer
        """Return whether a class is, or builds upon, one of scikit-learn's."""
        return "sklearn" in modules

    def write(self, model: Any, path: str, file_format: str, sample: Any) -> Sequence[str]:  # noqa: ANN401  see Writer
        """Write an estimator."""
        if file_format == "joblib":
            imported("joblib").dump(model, path)
            return ("joblib",)
        if file_format == "cloudpickle":
            return Function().write(model, path, file_format, sample)
        if file_format == "onnx":
            return _export(model, path, sample)
        write_members(path, skops_members(imported("skops.io").dumps(model)))
        return ("skops",)

    def load(self, path: str, file_format: str, *, trusted: bool) -> Any:  # noqa: ANN401  see Writer
        """Return the estimator; of skops only types of GTO's list are built, where the file is not trusted."""
        if file_format == "onnx":
            return Onnx().load(path, file_format, trusted=trusted)
        if file_format == "joblib":
            return imported("joblib").load(path)
        if file_format == "cloudpickle":
            return Function().load(path, file_format, trusted=trusted)
        skops = imported("skops.io")
        asked = skops.get_untrusted_types(file=path)
        known = {str(one) for one in read_known()}
        return skops.load(path, trusted=[one for one in asked if trusted or one in known])


def _export(model: Any, path: str, sample: Any) -> Sequence[str]:  # noqa: ANN401  of any library
    """Write an estimator as a graph of ONNX, which needs no scikit-learn."""
    if sample is None:
        raise ValueError("sample_data are needed, to tell the inputs of the graph")
    options = {id(model): {"zipmap": False}} if hasattr(model, "predict_proba") else None
    made = imported("skl2onnx").to_onnx(model, sample, options=options)
    with open(path, "wb") as file:
        file.write(made.SerializeToString(deterministic=True))
    return ("onnxruntime", "numpy")


class Function:
    """Plain functions: cloudpickle, which runs code."""

    formats = {".cloudpickle": "cloudpickle", ".pkl": "pickle"}  # noqa: RUF012  nobody changes it
    on_demand = frozenset({"pickle"})
    framework = ""
    methods = ("__call__",)

    def can_save(self, model: object, modules: frozenset[str]) -> bool:
        """Return whether it is a function."""
        return modules == {"builtins"} and callable(model)

    def write(self, model: Any, path: str, file_format: str, sample: Any) -> Sequence[str]:  # noqa: ANN401, ARG002  see Writer
        """Write a function with all that it uses of `__main__`; a closure over a set differs between two processes."""
        with open(path, "wb") as file:
            imported("cloudpickle").dump(model, file, protocol=5)
        return ("cloudpickle",)

    def load(self, path: str, file_format: str, *, trusted: bool) -> Any:  # noqa: ANN401, ARG002  see Writer
        """Return the function; who calls this trusts the file."""
        with open(path, "rb") as file:
            return imported("cloudpickle").load(file)


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
    found = imported("numpy").asarray(values).astype(_TYPES.get(kind, "float32"))
    return found.reshape(-1, 1) if found.ndim == 1 else found


class Onnx:
    """Models of ONNX."""

    formats = {".onnx": "onnx"}  # noqa: RUF012  nobody changes it
    on_demand: frozenset[str] = frozenset()
    framework = "onnx"
    methods = ("predict",)

    def can_save(self, model: object, modules: frozenset[str]) -> bool:
        """Return whether it is a model of ONNX."""
        return "onnx" in modules or isinstance(model, OnnxModel)

    def write(self, model: Any, path: str, file_format: str, sample: Any) -> Sequence[str]:  # noqa: ANN401, ARG002  see Writer
        """Write a model of ONNX."""
        data = model.data if isinstance(model, OnnxModel) else model.SerializeToString(deterministic=True)
        with open(path, "wb") as file:
            file.write(data)
        return ("onnxruntime", "numpy")

    def load(self, path: str, file_format: str, *, trusted: bool) -> Any:  # noqa: ANN401, ARG002  see Writer
        """Return the model, with predict() and predict_proba()."""
        with open(path, "rb") as file:
            return OnnxModel(file.read())
