"""Boosters within pickles: their state holds the library's own format, which says more than the pickle around it."""

from collections.abc import Callable, Mapping
from typing import Final

from gto.inspect.facts import Method, ModelFacts
from gto.inspect.formats import catboost, lightgbm, xgboost
from gto.inspect.model_file import ModelFile, UnreadableModel, file_of_bytes
from gto.inspect.object_graph import attributes
from gto.inspect.opcodes.records import Global, Payload, PickledObject

_HEAD: Final = 1 << 16
_XGBOOST_MODEL: Final = b"Model{L\0\0\0\0\0\0\0\7learner{"  # in what Booster pickles, behind its configuration
_DETAILS: Final = ("features", "n_features", "trees")
_ATTRIBUTES: Final = ("_Booster", "handle", "_handle", "__model")
"""From a wrapper to its booster, and from a booster to the library's format."""


def describe_booster(root: PickledObject, file: ModelFile | None, facts: ModelFacts) -> None:
    """Fill in version, columns and trees of a booster; without `file`, of one that is small enough to be kept."""
    read = _READERS.get(root.maker.module.partition(".")[0]) if isinstance(root.maker, Global) else None
    model = _model(root, file) if read else None
    if read is None or model is None:
        return
    found = ModelFacts()
    try:
        read(model, found)
    except UnreadableModel as error:
        facts.notes.append(f"the booster in it: {error}")
        return
    facts.framework_version = found.framework_version
    facts.details |= {key: value for key, value in found.details.items() if key in _DETAILS}
    inputs = next((one.inputs for one in found.methods.values() if one.inputs), None)
    if facts.class_name.endswith(".Booster"):
        facts.methods = found.methods
    else:  # outputs are those of the wrapper: labels, where the booster gives probabilities
        facts.methods = {name: Method(inputs) for name in facts.methods}


def _model(root: PickledObject, file: ModelFile | None) -> ModelFile | None:
    value: object = root
    for _ in _ATTRIBUTES:
        match value:
            case PickledObject(maker=Global(name="bytearray"), args=(inner, *_)):
                value = inner
            case PickledObject() as made:
                told = attributes(made)
                value = next((told[name] for name in _ATTRIBUTES if name in told), None)
            case Payload(_, start, size):
                return file.window("its booster", start, size) if file else None
            case str() | bytes():
                return file_of_bytes("its booster", value.encode() if isinstance(value, str) else value)
            case _:
                return None
    return None


def _read_xgboost(file: ModelFile, facts: ModelFacts) -> None:
    start = file.head(_HEAD).find(_XGBOOST_MODEL) + len("Model")
    xgboost.read(file.window(file.name, start, file.size - start), facts)


_READERS: Mapping[str, Callable[[ModelFile, ModelFacts], None]] = {
    "catboost": catboost.read,
    "lightgbm": lightgbm.read,
    "xgboost": _read_xgboost,
}
