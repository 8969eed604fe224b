"""CatBoost: `cbm`, a FlatBuffer of which only the description is read, and the same facts in JSON."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from gto.inspect import json_parts
from gto.inspect.bounded import names, short, simple
from gto.inspect.facts import CodeOnLoad, Method, ModelFacts, Schema
from gto.inspect.flatbuffer import FlatTable
from gto.inspect.formats._columns import array, output, table
from gto.inspect.json_parts import mapping_at
from gto.inspect.model_file import ModelFile, UnreadableModel

_MAGIC = b"CBM1"
_JSON_RE = re.compile(
    rb'\s*\{\s*"(cat_features_hash|ctr_data|features_info|model_info|oblivious_trees|scale_and_bias)"'
)
_VERSION_RE = re.compile(r"tags/v(\d[\w.]*)|CatBoost release (\d+(?:\.\d+)*)")
_LARGE = 1 << 20
_MOST_FEATURES = 1_000_000
_LABELS = {"Integer": "INT64", "Float": "FP64", "String": "BYTES"}
_RANKING = ("YetiRank", "PairLogit", "QueryRMSE", "QuerySoftMax", "QueryCrossEntropy", "LambdaMart", "StochasticRank")


class _Feature(NamedTuple):
    place: int
    name: str
    datatype: str


def can_read(head: bytes) -> bool:
    """Return whether a file begins as CatBoost's binary does, or with a key of its JSON."""
    return head.startswith(_MAGIC) or bool(_JSON_RE.match(head))


def read(file: ModelFile, facts: ModelFacts) -> None:
    """Fill in loss function, columns, classes, trees and version."""
    facts.framework, facts.loader = "catboost", "catboost.CatBoost.load_model"
    if file.head(len(_MAGIC)) == _MAGIC:
        facts.format = "catboost-cbm"
        _read_binary(file, facts)
    else:
        facts.format = "catboost-json"
        _read_json(file, facts)
    facts.code_on_load = CodeOnLoad.NONE


def _read_binary(file: ModelFile, facts: ModelFacts) -> None:
    size = int.from_bytes(file.read(len(_MAGIC), 4), "little")
    model = FlatTable.root(file.window("model", len(_MAGIC) + 4, size))
    trees = model.table(1)
    facts.details["trees"] = trees.length(2)
    info: dict[str, Any] = {}
    for entry in islice(model.tables(2), 1000):
        key = entry.text(0)
        if key in {"params", "class_params"}:
            info[key] = json_parts.parse_object(entry.bytes(1), f"its {key}")
        elif key == "catboost_version_info":
            info[key] = entry.bytes(1).decode("utf-8", "replace")
    kinds = ((4, 1, 2, "BYTES"), (5, 2, 4, "FP32"), (12, 1, 2, "BYTES"))
    features = (
        _Feature(one.number(place, -1), one.text(name), datatype)
        for kind, place, name, datatype in kinds
        for one in trees.tables(kind)
    )
    _fill_in(features, info, max(trees.number(0), 1), facts)


def _read_json(file: ModelFile, facts: ModelFacts) -> None:
    if file.size <= _LARGE:
        model = json_parts.parse_object(file.read(0, file.size), "it")
    else:
        json_parts.check_end(file)
        model = json_parts.head_members(file, ("features_info", "model_info"))
    info, features = mapping_at(model, "model_info"), mapping_at(model, "features_info")
    if not info:
        raise UnreadableModel("it has no model_info")
    trees = model.get("oblivious_trees", model.get("trees"))
    if isinstance(trees, list):
        facts.details["trees"] = len(trees)
    classes = mapping_at(info, "class_params").get("class_names")
    many = len(classes) if isinstance(classes, list) and len(classes) > 2 else 1
    _fill_in(_features(features), info, many, facts)


def _features(info: Mapping[str, Any]) -> Iterator[_Feature]:
    for kind, datatype in (("categorical_features", "BYTES"), ("float_features", "FP32"), ("text_features", "BYTES")):
        found = info.get(kind)
        for one in found if isinstance(found, list) else ():
            match one:
                case {"flat_feature_index": int(place), "feature_id": str(name)}:
                    yield _Feature(place, name, datatype)
                case _:
                    raise UnreadableModel(f"one of its {kind} is no feature")


def _fill_in(features: Iterable[_Feature], info: Mapping[str, Any], width: int, facts: ModelFacts) -> None:
    found = _VERSION_RE.search(str(info.get("catboost_version_info", "")))
    facts.framework_version = short(found[1] or found[2]) if found else ""
    params = mapping_at(info, "params")
    loss = short(mapping_at(params, "loss_function").get("type", ""))
    facts.params = {short(key): simple(value) for key, value in islice(mapping_at(params, "flat_params").items(), 64)}
    facts.params["loss_function"] = loss
    inputs = _inputs(sorted(islice(features, _MOST_FEATURES)), facts)
    classes = mapping_at(info, "class_params")
    if classes:
        facts.class_name = "catboost.core.CatBoostClassifier"
        labels = classes.get("class_names")
        labels = labels if isinstance(labels, list) else []
        facts.details["classes"] = names(labels)
        datatype = _LABELS.get(str(classes.get("class_label_type")), "BYTES")
        facts.methods["predict"] = Method(inputs, output(datatype, 1 if width > 1 else 0))
        facts.methods["predict_proba"] = Method(inputs, output("FP64", max(len(labels), 2)))
    else:
        facts.class_name = f"catboost.core.CatBoost{'Ranker' if loss.startswith(_RANKING) else 'Regressor'}"
        facts.methods["predict"] = Method(inputs, output("FP64", width if width > 1 else 0))


def _inputs(features: list[_Feature], facts: ModelFacts) -> Schema:
    if all(not one.name and one.datatype == "FP32" for one in features):
        return array(len(features), "FP32")
    return table([one.name or str(one.place) for one in features], [one.datatype for one in features], facts)
