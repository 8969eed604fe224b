"""scikit-learn's estimators: skops, which builds known types only, and joblib, which runs code."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from gto.models.extras import imported

FORMATS = {".skops": "skops", ".joblib": "joblib"}
FRAMEWORK = "scikit-learn"
METHODS = ("predict", "predict_proba", "transform")

_DATE = (1980, 1, 1, 0, 0, 0)  # the first that ZIP knows


def can_save(modules: frozenset[str]) -> bool:
    """Return whether a class is, or builds upon, one of scikit-learn's."""
    return "sklearn" in modules


def write(model: Any, path: str, file_format: str, sample: Any) -> Sequence[str]:  # noqa: ANN401, ARG001  see Writer
    """Write an estimator."""
    if file_format == "joblib":
        imported("joblib", "models").dump(model, path)
        return ("joblib",)
    data = imported("skops.io", "models").dumps(model)
    with open(path, "wb") as file:
        file.write(canonical(data))
    return ("skops",)


def load(path: str, file_format: str) -> Any:  # noqa: ANN401  see Writer
    """Return the estimator."""
    if file_format != "skops":
        return imported("joblib", "models").load(path)
    skops = imported("skops.io", "models")
    return skops.load(path, trusted=skops.get_untrusted_types(file=path))


def canonical(data: bytes) -> bytes:
    """Return an archive of skops without what differs each time: the addresses of objects, by which it names them.

    They are counted in the order of the schema. Members are packed, and bear no date.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    ids: dict[int, int] = {}
    names: dict[str, str] = {}
    schema = _renumbered(json.loads(members.pop("schema.json")), ids, names)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for old, new in names.items():
            archive.writestr(_member(new), members[old])
        archive.writestr(_member("schema.json"), json.dumps(schema, indent=2))
    return packed.getvalue()


def _member(name: str) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name, _DATE)
    found.compress_type = zipfile.ZIP_DEFLATED
    return found


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
