"""XGBoost: JSON, or the same values as UBJSON (schema of 1.0 to 3.x); of large files the trees are not read."""

import json
import re
from collections.abc import Mapping
from typing import Any

from gto.inspect import json_parts, ubjson
from gto.inspect.bounded import short, simple
from gto.inspect.byte_cursor import ByteCursor
from gto.inspect.facts import CodeOnLoad, Method, ModelFacts
from gto.inspect.formats._columns import array, output, table
from gto.inspect.json_parts import mapping_at
from gto.inspect.model_file import ModelFile, UnreadableModel

_JSON_RE = re.compile(rb'\s*\{\s*"(learner|version)"\s*:')
_BOOSTER_RE = re.compile(rb'(?s)(?:"name"\s*:\s*"|\x04nameSL\0{7}.)(gbtree|gblinear|dart)')
_UBJSON = b"{L\0\0\0\0\0\0\0\7learner{"
_LAST = b"L\0\0\0\0\0\0\0\x13learner_model_param{"
_LARGE = 1 << 18
_TAIL = 1 << 14
_HEAD_KEYS = ("attributes", "feature_names", "feature_types", "gbtree_model_param")
_TAIL_KEYS = ("learner_model_param", "objective", "version")
_MOST_VALUES = 200_000
_DATATYPES = {"int": "INT64", "i": "BOOL", "c": "BYTES"}
_CLASSES = {"classifier": "XGBClassifier", "regressor": "XGBRegressor", "ranker": "XGBRanker"}


def can_read(head: bytes) -> bool:
    """Return whether a file begins with a learner, in JSON or UBJSON."""
    return head.startswith(_UBJSON) or (bool(_JSON_RE.match(head)) and b'"learner"' in head)


def read(file: ModelFile, facts: ModelFacts) -> None:
    """Fill in objective, columns, classes, trees and version."""
    facts.framework, facts.loader = "xgboost", "xgboost.Booster.load_model"
    if file.head(len(_UBJSON)) == _UBJSON:
        facts.format = "xgboost-ubj"
        model = _of_ubjson(file)
    else:
        facts.format = "xgboost-json"
        model = _of_json(file)
    learner = mapping_at(model, "learner")
    if not learner:
        raise UnreadableModel("it has no learner")
    _fill_in(learner, facts)
    facts.framework_version = ".".join(str(simple(one)) for one in _list(model, "version")[:4])
    facts.code_on_load = CodeOnLoad.NONE


def _of_json(file: ModelFile) -> dict[str, Any]:
    if file.size <= _LARGE:
        return json_parts.parse_object(file.read(0, file.size), "it")
    head = json_parts.head_members(file, _HEAD_KEYS, 1 << 20)
    tail = json_parts.tail_members(file, _TAIL_KEYS, _TAIL)
    json_parts.check_end(file)
    if "learner_model_param" not in tail:
        raise UnreadableModel("its end is not that of a model")
    booster = {"model": head, "name": _booster(file)}
    return {"learner": {**head, **tail, "gradient_booster": booster}, "version": tail.get("version")}


def _of_ubjson(file: ModelFile) -> dict[str, Any]:
    found: dict[str, Any] = {}
    large = file.size > _LARGE
    for count, (path, value) in enumerate(ubjson.walk(ByteCursor(file))):
        if large and "trees" in path:
            break
        _put(found, path, value, count)
    if large:
        tail = file.read(file.size - _TAIL, _TAIL)
        at = tail.rfind(_LAST)
        if at < 0:
            raise UnreadableModel("its end is not that of a model")
        for path, value in ubjson.walk(ByteCursor(file, file.size - _TAIL + at), objects=2):
            _put(found, ("learner", *path[1:]) if path[0] == -1 else path, value, 0)
        _put(found, ("learner", "gradient_booster", "name"), _booster(file), 0)
    return found


def _booster(file: ModelFile) -> str:
    """Return the name of a large file's booster, which stands behind its trees."""
    found = _BOOSTER_RE.findall(file.read(file.size - _TAIL, _TAIL))
    return found[-1].decode() if found else ""


def _put(found: dict[str, Any], path: ubjson.Path, value: object, count: int) -> None:
    """Keep a value below its path, but none of the trees'."""
    if "trees" in path or count > _MOST_VALUES:
        return
    below: Any = found
    for key in path[:-1]:
        below = below.setdefault(str(key), {})
        if not isinstance(below, dict):
            return
    below[str(path[-1])] = value


def _fill_in(learner: Mapping[str, Any], facts: ModelFacts) -> None:
    booster = mapping_at(learner, "gradient_booster")
    params = mapping_at(learner, "learner_model_param")
    objective = str(mapping_at(learner, "objective").get("name", ""))
    # dart keeps the trees one floor further down
    model = mapping_at(booster, "model") or mapping_at(mapping_at(booster, "gbtree"), "model")
    trees = _number(mapping_at(model, "gbtree_model_param"), "num_trees")
    facts.params = {
        "booster": short(booster.get("name", "")),
        "objective": short(objective),
        **{key: short(value) for key, value in list(params.items())[:20]},
    }
    if trees:
        facts.details["trees"] = trees
    kind = _estimator(learner)
    facts.class_name = f"xgboost.sklearn.{kind}" if kind else "xgboost.core.Booster"
    _fill_in_methods(learner, facts, objective, kind)


def _fill_in_methods(learner: Mapping[str, Any], facts: ModelFacts, objective: str, kind: str) -> None:
    params = mapping_at(learner, "learner_model_param")
    names = [str(one) for one in _list(learner, "feature_names")]
    types = [_DATATYPES.get(str(one), "FP32") for one in _list(learner, "feature_types")]
    inputs = (
        table(names, types or ["FP32"] * len(names), facts) if names else array(_number(params, "num_feature"), "FP32")
    )
    classes, targets = _number(params, "num_class"), _number(params, "num_target")
    width = classes if objective == "multi:softprob" else targets if targets > 1 else 0
    if kind == "XGBClassifier":
        facts.methods["predict"] = Method(inputs, output("INT64"))
        facts.methods["predict_proba"] = Method(inputs, output("FP32", classes or 2))
    else:
        facts.methods["predict"] = Method(inputs, output("FP32", width))


def _estimator(learner: Mapping[str, Any]) -> str:
    """Return the name of scikit-learn's class, where one of XGBoost's wrote the file."""
    try:
        found = json.loads(str(mapping_at(learner, "attributes").get("scikit_learn", "")))
    except (ValueError, RecursionError):
        return ""
    return _CLASSES.get(str(found.get("_estimator_type")), "") if isinstance(found, dict) else ""


def _list(of: Mapping[str, Any], key: str) -> list[Any]:
    """Return an array; of UBJSON it is a mapping by places."""
    found = of.get(key)
    return list(found.values()) if isinstance(found, dict) else found if isinstance(found, list) else []


def _number(of: Mapping[str, Any], key: str) -> int:
    """Return a number that the file has as a text; 0 where it is none."""
    text = str(of.get(key, ""))
    return int(text) if text.isdecimal() and len(text) < 10 else 0
