"""A fitted estimator as facts: what pickles and skops say of one, which differ only in how they write objects."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from gto.inspect.bounded import short
from gto.inspect.facts import Json, Method, ModelFacts, Step

_FRAMEWORKS = {
    "catboost": "catboost",
    "category_encoders": "category_encoders",
    "imblearn": "imbalanced-learn",
    "keras": "keras",
    "lightgbm": "lightgbm",
    "lifelines": "lifelines",
    "sklearn": "scikit-learn",
    "statsmodels": "statsmodels",
    "torch": "torch",
    "xgboost": "xgboost",
}
_PLAIN = {"builtins", "collections", "copyreg", "numpy", "pandas", "scipy"}  # their objects are values, no estimators
_LISTS = ("steps", "transformers", "transformer_list", "estimators")  # of parts with names, as scikit-learn has them
_FOUND = "best_estimator_"  # by a search
_WITHIN = (*_LISTS, _FOUND, "estimator", "regressor", "estimators_", "estimator_", "regressor_")
_DELEGATES = (_FOUND, "estimator")  # whose methods a search has
_AS_INNER = "..."  # in the file of methods: as the last step, or the model within
_METHODS_FILE = "estimator_methods.txt"
_MOST_STEPS = 200
_MOST_FEATURES = 1000
_MOST_VALUES = 2000  # of all parameters together: a stranger's file must not make a megabyte of facts
_ITEMS = 20  # of a list or mapping
_DEPTH = 3
_LARGEST = 1 << 63  # larger integers are no JSON for many readers


@dataclass(frozen=True, slots=True, eq=False)
class EstimatorPart:
    """An object as its file describes it."""

    class_name: str
    """Module and name."""
    attributes: Mapping[str, object]
    """Values: None, bool, int, float, str, list, tuple, mapping with text keys, a part; others count as not told."""


def describe(root: EstimatorPart, facts: ModelFacts) -> None:
    """Fill in class, framework, version, parameters, steps, methods and features of a model."""
    facts.class_name = short(root.class_name)
    facts.framework = framework_of(root.class_name)
    budget = _ParamWriter()
    facts.params = budget.params(root)
    parts = list(_parts(root))
    facts.steps = [Step(short(name), short(part.class_name), budget.params(part)) for name, part in parts]
    version = _first_text("_sklearn_version", (root, *(part for _, part in parts)))
    if version and facts.framework == "scikit-learn":
        facts.framework_version = version
    elif version:
        facts.details["scikit-learn"] = version
    facts.methods = {name: Method() for name in _methods(root)}
    _tell_features(root, facts)


def framework_of(class_name: str) -> str:
    """Return the distribution that a class comes with; empty where GTO does not know it."""
    return _FRAMEWORKS.get(class_name.partition(".")[0], "")


def _tell_features(root: EstimatorPart, facts: ModelFacts) -> None:
    """Tell names and number of the columns that it was fitted on, which the outer or the first inner part knows."""
    for part in _outer_to_first(root):
        names = part.attributes.get("feature_names_in_")
        count = part.attributes.get("n_features_in_", part.attributes.get("_n_features_in"))
        if isinstance(names, list | tuple) and names and all(isinstance(one, str) for one in names):
            facts.details.setdefault("features", [short(str(one)) for one in names[:_MOST_FEATURES]])
            facts.details.setdefault("n_features", len(names))
        if type(count) is int:
            facts.details.setdefault("n_features", count)
            return


def _outer_to_first(root: EstimatorPart) -> Iterator[EstimatorPart]:
    part: EstimatorPart | None = root
    for _ in range(_ITEMS):
        if part is None:
            return
        yield part
        part = next((inner for name in _WITHIN for _, inner in _named(name, part.attributes.get(name))), None)


def _parts(root: EstimatorPart) -> Iterator[tuple[str, EstimatorPart]]:
    """Yield the parts below a part with the names that scikit-learn's get_params gives them, outer before inner."""
    waiting = list(reversed(list(_children("", root))))
    seen = {id(root)}
    for _ in range(_MOST_STEPS):
        if not waiting:
            return
        name, part = waiting.pop()
        yield name, part
        if id(part) not in seen:
            seen.add(id(part))
            waiting += reversed(list(_children(f"{name}__", part)))


def _children(prefix: str, part: EstimatorPart) -> Iterator[tuple[str, EstimatorPart]]:
    for attribute in list(part.attributes)[:_MOST_STEPS]:
        if attribute == _FOUND or (_is_param(attribute) and not _is_inherited(attribute, part)):
            for name, inner in _named(attribute, part.attributes[attribute]):
                yield prefix + name, inner


def _named(attribute: str, value: object) -> Iterator[tuple[str, EstimatorPart]]:
    """Yield the estimators that an attribute holds: itself one, or a list of them with or without names."""
    if _is_estimator(value):
        yield attribute, value
    elif isinstance(value, list | tuple):
        for one in value[:_MOST_STEPS]:
            match one:
                case (str(name), inner, *_) if _is_estimator(inner):
                    yield name, inner
                case inner if attribute.endswith("_") and _is_estimator(inner):
                    yield attribute, inner
                case _:
                    pass


def _is_estimator(value: object) -> TypeGuard[EstimatorPart]:
    return (
        isinstance(value, EstimatorPart)
        and value.class_name.partition(".")[0] not in _PLAIN
        and value.class_name.rpartition(".")[2][:1].isupper()
        and bool(value.attributes)
    )


def _is_param(attribute: str) -> bool:
    """Return whether an attribute is a hyper-parameter: fitted ones end with `_`, private ones begin with it."""
    return not attribute.startswith("_") and not attribute.endswith("_")


def _is_inherited(attribute: str, part: EstimatorPart) -> bool:
    """Return whether an attribute is none of the class itself: what forests build on; what a search began with."""
    if attribute == "estimator":
        return _FOUND in part.attributes or "estimator_params" in part.attributes
    return attribute == "estimator_params"


def _methods(root: EstimatorPart) -> Sequence[str]:
    """Return the methods that a model is known to have by its class; of pipelines and searches, by the inner class."""
    known = _known_methods()
    part: EstimatorPart | None = root
    for _ in range(_ITEMS):
        found = known.get(part.class_name, ()) if part else ()
        if part is None or found != (_AS_INNER,):
            return found
        part = _inner(part)
    return ()


def _inner(part: EstimatorPart) -> EstimatorPart | None:
    """Return the part whose methods a pipeline or a search has: the last step, or the model that was searched for."""
    match part.attributes.get("steps"):
        case [*_, (str(), last)]:
            return last if _is_estimator(last) else None
        case _:
            return next((one for name in _DELEGATES for _, one in _named(name, part.attributes.get(name))), None)


def _known_methods() -> Mapping[str, tuple[str, ...]]:
    with open(os.path.join(os.path.dirname(__file__), _METHODS_FILE), encoding="utf-8") as file:
        lines = [line.split() for line in file if not line.startswith("#")]
    return {name: tuple(methods) for name, *methods in filter(None, lines)}


def _first_text(attribute: str, parts: Sequence[EstimatorPart]) -> str:
    for part in parts:
        found = part.attributes.get(attribute)
        if isinstance(found, str):
            return short(found)
    return ""


class _ParamWriter:
    """Parameters in the form of JSON, as many as facts have room for."""

    def __init__(self) -> None:
        self._left = _MOST_VALUES

    def params(self, part: EstimatorPart) -> dict[str, Json]:
        """Return the hyper-parameters of a part without those that are parts themselves: they are steps."""
        found: dict[str, Json] = {}
        for name in part.attributes:
            if self._left <= 0:
                break
            if _is_param(name) and not _is_inherited(name, part):
                value = part.attributes[name]
                if not any(_named(name, value)):
                    found[short(name)] = self.json(value, _DEPTH)
        return found

    def json(self, value: object, depth: int) -> Json:
        """Return a value as JSON has it; what JSON has not by its class's name or as text."""
        self._left -= 1
        match value:
            case str():
                return short(value)
            case EstimatorPart():
                return short(value.class_name)
            case list() | tuple() if depth and self._left > 0:
                return [self.json(one, depth - 1) for one in value[:_ITEMS]] + ["..."] * (len(value) > _ITEMS)
            case Mapping() if depth and self._left > 0:
                return {short(str(key)): self.json(one, depth - 1) for key, one in list(value.items())[:_ITEMS]}
            case _:
                return _scalar(value)


def _scalar(value: object) -> Json:
    match value:
        case None | bool():
            return value
        case int():
            return value if abs(value) < _LARGEST else "a large number"
        case float():
            return value if math.isfinite(value) else str(value)
        case _:
            return "..."
