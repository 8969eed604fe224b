"""scikit-learn's estimators: skops, which builds known types only; joblib and cloudpickle, which run code."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from gto.models.extras import imported
from gto.models.writers import function, onnx
from gto.models.zip_file import write_members

FORMATS = {".skops": "skops", ".joblib": "joblib", ".cloudpickle": "cloudpickle", ".onnx": "onnx"}
ON_DEMAND = frozenset({"onnx"})
FRAMEWORK = "scikit-learn"
METHODS = ("predict", "predict_proba", "transform")


def can_save(model: object, modules: frozenset[str]) -> bool:  # noqa: ARG001  see Writer
    """Return whether a class is, or builds upon, one of scikit-learn's."""
    return "sklearn" in modules


def write(model: Any, path: str, file_format: str, sample: Any) -> Sequence[str]:  # noqa: ANN401  see Writer
    """Write an estimator."""
    if file_format == "joblib":
        imported("joblib", "models").dump(model, path)
        return ("joblib",)
    if file_format == "cloudpickle":
        return function.write(model, path, file_format, sample)
    if file_format == "onnx":
        return _export(model, path, sample)
    write_members(path, canonical(imported("skops.io", "models").dumps(model)))
    return ("skops",)


def _export(model: Any, path: str, sample: Any) -> Sequence[str]:  # noqa: ANN401  see Writer
    """Write an estimator as a graph of ONNX, which needs no scikit-learn."""
    if sample is None:
        raise ValueError("sample_data are needed, to tell the inputs of the graph")
    options = {"zipmap": False} if hasattr(model, "predict_proba") else {}
    made = imported("skl2onnx").to_onnx(model, sample, options={id(model): options} if options else None)
    with open(path, "wb") as file:
        file.write(made.SerializeToString(deterministic=True))
    return ("onnxruntime", "numpy")


def load(path: str, file_format: str) -> Any:  # noqa: ANN401  see Writer
    """Return the estimator."""
    if file_format == "onnx":
        return onnx.load(path, file_format)
    if file_format == "joblib":
        return imported("joblib", "models").load(path)
    if file_format == "cloudpickle":
        return function.load(path, file_format)
    skops = imported("skops.io", "models")
    return skops.load(path, trusted=skops.get_untrusted_types(file=path))


def canonical(data: bytes) -> dict[str, bytes]:
    """Return the members of an archive of skops without what differs each time: addresses, by which it names objects.

    They are counted in the order of the schema.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    ids: dict[int, int] = {}
    names: dict[str, str] = {}
    schema = _renumbered(json.loads(members.pop("schema.json")), ids, names)
    return {**{new: members[old] for old, new in names.items()}, "schema.json": json.dumps(schema, indent=2).encode()}


def _renumbered(node: Any, ids: dict[int, int], names: dict[str, str]) -> Any:  # noqa: ANN401  JSON
    if isinstance(node, Mapping):
        if "__id__" in node:
            ids.setdefault(node["__id__"], len(ids))
        return {key: _value(key, value, ids, names) for key, value in node.items()}
    return [_renumbered(one, ids, names) for one in node] if isinstance(node, list) else node


def _value(key: str, value: Any, ids: dict[int, int], names: dict[str, str]) -> Any:  # noqa: ANN401  JSON
    if key == "__id__":
        return ids[value]
    if key == "file" and isinstance(value, str):
        return names.setdefault(value, f"{len(names)}.{value.rpartition('.')[2]}")
    return _renumbered(value, ids, names)
