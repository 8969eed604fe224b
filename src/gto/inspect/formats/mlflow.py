"""MLflow's directories: `MLmodel` says flavors, signature and versions; the model's file is read by its own format."""

import json
import posixpath
from collections.abc import Mapping
from typing import Any

from gto.exceptions import BadFile
from gto.inspect import formats
from gto.inspect.bounded import MOST, names, number, short
from gto.inspect.facts import CodeOnLoad, Method, ModelFacts, Schema, Tensor
from gto.inspect.file_tree import FileTree
from gto.inspect.formats._weights import merge
from gto.inspect.json_parts import mapping_at
from gto.inspect.model_file import UnreadableModel
from gto.yamldoc import parse_yaml

_FILE = "MLmodel"
_REQUIREMENTS = "requirements.txt"
_LARGEST = 4 << 20
_PYFUNC = "python_function"
# Flavors of which MLflow's module only loads the file beside it, and the formats that it reads that file as: one in
# another format may be a pickle to it. Modules of other flavors import what the directory holds or names.
_PICKLES = frozenset({"pickle", "cloudpickle", "skops"})
_FLAVORS = {
    "sklearn": _PICKLES,
    "lightgbm": _PICKLES | {"lightgbm"},
    "xgboost": frozenset({"xgboost-json", "xgboost-ubj"}),
    "catboost": frozenset({"catboost-cbm", "catboost-json"}),
    "onnx": frozenset({"onnx"}),
}
# What `model_class` and `model_type` may name: MLflow imports and calls it.
_CLASSES = frozenset(
    {
        "CatBoost", "CatBoostClassifier", "CatBoostRegressor", "lightgbm.basic.Booster",
        "lightgbm.sklearn.LGBMClassifier", "lightgbm.sklearn.LGBMRanker", "lightgbm.sklearn.LGBMRegressor",
        "xgboost.core.Booster", "xgboost.sklearn.XGBClassifier", "xgboost.sklearn.XGBRanker",
        "xgboost.sklearn.XGBRegressor",
    }
)  # fmt: skip
_MOST_PATHS, _MOST_FILES = 4, 20
_PATHS = ("model_path", "pickled_model", "data", "model_data", "model_file", "model_binary", "python_model")
_DATATYPES = {
    "boolean": "BOOL", "integer": "INT32", "long": "INT64", "float": "FP32", "double": "FP64", "string": "BYTES",
    "binary": "BYTES", "datetime": "BYTES", "bool": "BOOL", "float16": "FP16", "float32": "FP32", "float64": "FP64",
    "object": "BYTES", "str": "BYTES",
    **{f"{sign}int{bits}": f"{sign.upper()}INT{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
}  # fmt: skip


def can_read_tree(tree: FileTree) -> bool:
    """Return whether a directory has the file that MLflow writes."""
    return _FILE in tree.paths


def read_tree(tree: FileTree, facts: ModelFacts) -> None:
    """Fill in flavors, signature, requirements and the facts of the model's file."""
    facts.format, facts.loader = "mlflow", "mlflow.pyfunc.load_model"
    model = _yaml(tree, _FILE)
    flavors = mapping_at(model, "flavors")
    pyfunc = mapping_at(flavors, _PYFUNC)
    facts.details["flavors"] = names(flavors)
    facts.details["mlflow_version"] = short(model.get("mlflow_version", ""))
    facts.python = short(pyfunc.get("python_version", ""))
    if _REQUIREMENTS in tree.paths:
        lines = tree.read(_REQUIREMENTS, _LARGEST).decode("utf-8", "replace").splitlines()
        facts.requirements = [str(one) for one in names((one for one in lines if one.strip()), 200)]
    facts.code_on_load = CodeOnLoad.NONE
    _read_file(tree, flavors, facts)
    _judge(flavors, facts)
    _read_signature(mapping_at(model, "signature"), facts)


def _yaml(tree: FileTree, path: str) -> Mapping[str, Any]:
    try:
        found = parse_yaml(tree.read(path, _LARGEST), path).value
    except BadFile as error:
        raise UnreadableModel(f"'{path}' is no YAML: {short(error)}") from error
    return found if isinstance(found, dict) else {}


def _read_file(tree: FileTree, flavors: Mapping[str, Any], facts: ModelFacts) -> None:
    """Read the file, or the directory, that the flavors name."""
    named = {str(mapping_at(flavors, one)[key]) for one in flavors for key in _PATHS if key in mapping_at(flavors, one)}
    if len(named) > _MOST_PATHS:
        raise UnreadableModel(f"its flavors name {len(named):,} files")
    for path in sorted(map(posixpath.normpath, named)):
        one = _facts_at(tree, path)
        facts.framework, facts.framework_version = one.framework, one.framework_version
        facts.class_name, facts.steps, facts.params = one.class_name, one.steps, one.params
        facts.methods = one.methods
        merge(one, facts, path)
        for flavor in flavors:
            if one.format not in _FLAVORS.get(flavor, {one.format}):
                facts.code_on_load = CodeOnLoad.UNKNOWN
                facts.notes.append(f"{short(path)} is {one.format or 'of no format that GTO knows'}, not of {flavor}")
    if not named:
        facts.code_on_load = CodeOnLoad.UNKNOWN
        facts.notes.append("its flavors name no file of a model that GTO reads")


def _facts_at(tree: FileTree, path: str) -> ModelFacts:
    """Return what a file says, or a directory, or the first file in it that a format knows."""
    facts, inside = ModelFacts(), tree.below(path)
    if path in tree.paths:
        formats.read_file(tree.open(path), facts)
        return facts
    formats.read_tree(inside, facts)
    for name in sorted(one for one in inside.paths if "/" not in one)[:_MOST_FILES]:
        if facts.format:
            return facts
        formats.read_file(inside.open(name), facts)
        facts.code_on_load = CodeOnLoad.UNKNOWN  # what else is there was not read
    if not inside.paths:
        facts.notes.append("it is not here")
    return facts


def _judge(flavors: Mapping[str, Any], facts: ModelFacts) -> None:
    """Note what loading would import: loaders that are not MLflow's own, code of the directory, classes by name."""
    loader = short(mapping_at(flavors, _PYFUNC).get("loader_module", ""))
    facts.details["loader_module"] = loader
    if loader:
        facts.imports = sorted({*facts.imports, loader})
    others = [one for one in flavors if one != _PYFUNC and one not in _FLAVORS]
    if loader not in {f"mlflow.{one}" for one in flavors if one in _FLAVORS}:
        others.append(loader or _PYFUNC)
    for one in others[:_MOST_PATHS]:
        _refuse(short(one), f"loading it runs {short(one)}, which is not on GTO's list", facts)
    for flavor in flavors:
        if flavor in _FLAVORS and not any(key in mapping_at(flavors, flavor) for key in _PATHS):
            _refuse(short(flavor), f"{flavor} names no file, and loads one by its own name", facts)
        for key, value in mapping_at(flavors, flavor).items():
            if key in {"code", "python_model", "model_code_path"} and value:
                _refuse(short(value), f"loading it runs code of the directory: {short(value)}", facts)
            elif key in {"model_class", "model_type"} and str(value) not in _CLASSES:
                _refuse(short(value), f"loading it imports {short(value)}, and calls it", facts)


def _refuse(name: str, note: str, facts: ModelFacts) -> None:
    facts.code_on_load = CodeOnLoad.UNKNOWN
    facts.unlisted = sorted({*facts.unlisted, name})[:MOST]
    if note not in facts.notes and len(facts.notes) < MOST:
        facts.notes.append(note)


def _read_signature(signature: Mapping[str, Any], facts: ModelFacts) -> None:
    """Take inputs and outputs of `predict` from the signature, which is what MLflow holds callers to."""
    sides = {side: _schema(signature.get(side), side[:-1]) for side in ("inputs", "outputs")}
    if any(sides.values()):
        known = facts.methods.get("predict", Method())
        facts.methods["predict"] = Method(sides["inputs"] or known.inputs, sides["outputs"] or known.outputs)
    if signature.get("params"):
        facts.details["signature_params"] = short(signature["params"])


def _schema(text: object, unnamed: str) -> Schema | None:
    if not isinstance(text, str):
        return None
    try:
        columns = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableModel("its signature is no JSON") from error
    if not isinstance(columns, list) or not columns:
        return None
    found = [_tensor(one, unnamed) for one in columns[:MOST] if isinstance(one, dict)]
    kind = "np" if any("tensor-spec" in one for one in columns if isinstance(one, dict)) else "pd"
    return Schema(tuple(found), kind)


def _tensor(column: Mapping[str, Any], unnamed: str) -> Tensor:
    """Return a column, or a tensor; of an object, an array or a map, text that holds JSON."""
    name, spec = short(column.get("name", unnamed)), mapping_at(column, "tensor-spec")
    if not spec:
        return Tensor(name, _DATATYPES.get(str(column.get("type")), "BYTES"))
    shape = spec.get("shape")
    axes = [number(one) if isinstance(one, int) else -1 for one in shape[:64]] if isinstance(shape, list) else [-1]
    return Tensor(name, _DATATYPES.get(str(spec.get("dtype")), short(spec.get("dtype"))), tuple(axes))
