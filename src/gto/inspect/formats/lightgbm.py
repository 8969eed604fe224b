"""LightGBM: a text of lines (version v2 to v4), of which the head before the trees and the end are read."""

import json
import re
from collections.abc import Mapping

from gto.inspect.bounded import short
from gto.inspect.facts import CodeOnLoad, Method, ModelFacts, Schema
from gto.inspect.formats._columns import array, output, table
from gto.inspect.model_file import ModelFile, UnreadableModel

_MAGIC = b"tree\nversion="
_FIRST = 1 << 16
_LARGEST_HEAD = 16 << 20
_TAIL = 1 << 16
_LARGEST_TAIL = 4 << 20
_PARAMS = frozenset(  # of more than a hundred, those that people set
    {
        "bagging_fraction",
        "bagging_freq",
        "boosting",
        "feature_fraction",
        "lambda_l1",
        "lambda_l2",
        "learning_rate",
        "max_bin",
        "max_depth",
        "metric",
        "min_data_in_leaf",
        "num_iterations",
        "num_leaves",
        "seed",
    }
)
_UNNAMED_RE = re.compile(r"Column_\d+")
_PARAM_RE = re.compile(r"^\[(\w+): ([^\n]*)\]$", re.MULTILINE)
_DATATYPES: Mapping[type, str] = {int: "INT64", bool: "BOOL", float: "FP64"}


def can_read(head: bytes) -> bool:
    """Return whether a file begins as a model's text does."""
    return head.replace(b"\r\n", b"\n").startswith(_MAGIC)


def read(file: ModelFile, facts: ModelFacts) -> None:
    """Fill in objective, columns, classes, trees and hyper-parameters."""
    facts.format, facts.loader = "lightgbm", "lightgbm.Booster"
    facts.framework, facts.class_name = "lightgbm", "lightgbm.basic.Booster"
    head, end = _head(file), _end(file)
    facts.params = {name: short(value) for name, value in _PARAM_RE.findall(end) if name in _PARAMS}
    facts.params["objective"] = short(head.get("objective", ""))
    facts.details["format_version"] = short(head.get("version", ""))
    facts.details["trees"] = len(head.get("tree_sizes", "").split())
    categories = _categories(end)
    facts.methods["predict"] = Method(_inputs(head, categories, facts), output("FP64", _width(head)))
    facts.code_on_load = CodeOnLoad.NONE


def _head(file: ModelFile) -> dict[str, str]:
    """Return the lines before the first tree."""
    size = _FIRST
    while True:
        text = file.head(size).decode("utf-8", "replace").replace("\r\n", "\n")
        lines, blank, _ = text.partition("\n\n")
        if blank:
            return dict(line.partition("=")[::2] for line in lines.split("\n"))
        if size >= min(file.size, _LARGEST_HEAD):
            raise UnreadableModel("its head does not end before its trees")
        size *= 4


def _end(file: ModelFile) -> str:
    """Return what follows the trees, and the end of the trees."""
    for most in (_TAIL, _LARGEST_TAIL):
        size = min(most, file.size)
        end = file.read(file.size - size, size).decode("utf-8", "replace").replace("\r\n", "\n")
        if "\nend of trees" in end:
            return end
    raise UnreadableModel("it ends within its trees")


def _inputs(head: Mapping[str, str], categories: list[list[object]], facts: ModelFacts) -> Schema:
    names = head.get("feature_names", "").split(" ")
    if all(map(_UNNAMED_RE.fullmatch, names)):
        return array(len(names), "FP64")
    infos = [*head.get("feature_infos", "").split(" "), *[""] * len(names)]
    found = iter(categories)
    # `[0:1]` is the range of a number, `0:2:1` are the codes of categories, `none` was of no use
    datatypes = ["FP64" if info.startswith(("[", "none")) else _datatype(next(found, [])) for info in infos]
    return table(names, datatypes, facts)


def _datatype(categories: list[object]) -> str:
    """Return what the categories of a column are; without any, the column holds their codes."""
    kinds = {type(one) for one in categories} or {int}
    return _DATATYPES.get(kinds.pop(), "BYTES") if len(kinds) == 1 else "BYTES"


def _categories(end: str) -> list[list[object]]:
    """Return the categories of each column that has some, as pandas had them."""
    _, _, line = end.rpartition("\npandas_categorical:")
    try:
        found = json.loads(line.strip() or "null")
    except (ValueError, RecursionError) as error:
        raise UnreadableModel(f"its categories are no JSON: {error}") from error
    return [one for one in found if isinstance(one, list)] if isinstance(found, list) else []


def _width(head: Mapping[str, str]) -> int:
    """Return how many values a prediction has; 0 where it is one number."""
    classes = head.get("num_class", "")
    many = head.get("objective", "").startswith("multiclass") and classes.isdecimal() and len(classes) < 10
    return int(classes) if many else 0
