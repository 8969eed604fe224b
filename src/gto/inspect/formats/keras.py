"""Keras: `.keras`, an archive of a configuration and weights, and the legacy `.h5`, which has both in HDF5."""

from gto.inspect.bounded import short
from gto.inspect.facts import CodeOnLoad, ModelFacts
from gto.inspect.file_tree import FileTree
from gto.inspect.formats import _keras_config
from gto.inspect.hdf5 import MAGIC, Hdf5Missing, open_hdf5
from gto.inspect.json_parts import parse_object
from gto.inspect.model_file import ModelFile, UnreadableModel

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_NO_WEIGHTS = ("optimizer", "seed_generator", "metrics", "loss")
_LAMBDA = "Lambda"


def can_read_tree(tree: FileTree) -> bool:
    """Return whether an archive has a configuration, and the metadata that Keras writes beside it."""
    return {_CONFIG, _METADATA} <= tree.paths and any(path.startswith("model.weights") for path in tree.paths)


def read_tree(tree: FileTree, facts: ModelFacts) -> None:
    """Fill in class, layers, inputs, version and parameters."""
    facts.format, facts.loader, facts.framework = "keras", "keras.models.load_model", "keras"
    metadata = parse_object(tree.read(_METADATA), f"'{_METADATA}'")
    facts.framework_version = short(metadata.get("keras_version", ""))
    config = parse_object(tree.read(_CONFIG), f"'{_CONFIG}'")
    _keras_config.fill_in(config, facts)
    if _WEIGHTS in tree.paths:
        _count(tree.open(_WEIGHTS), facts)
    else:
        facts.code_on_load = CodeOnLoad.UNKNOWN
        facts.notes.append("its weights are not in HDF5: older releases unpickle the other form that Keras knows")


def can_read(head: bytes) -> bool:
    """Return whether a file begins as HDF5 does."""
    return head.startswith(MAGIC)


def read(file: ModelFile, facts: ModelFacts) -> None:
    """Fill in what a legacy file says; HDF5 of others has no `model_config`."""
    facts.format = "hdf5"
    with open_hdf5(file) as opened:
        texts = opened.texts()
        facts.parameter_count = opened.count(lambda path: not path.startswith("optimizer_weights") and _counts(path))
    if "keras_version" not in texts and "model_config" not in texts:
        raise UnreadableModel("it is HDF5 without a model of Keras")
    facts.format, facts.loader, facts.framework = "keras-h5", "keras.models.load_model", "keras"
    facts.framework_version = short(texts.get("keras_version", ""))
    facts.details["backend"] = short(texts.get("backend", ""))
    if "model_config" not in texts:
        raise UnreadableModel("it has weights, and no configuration of the model that they are for")
    _keras_config.fill_in(parse_object(texts["model_config"].encode(), "its model_config"), facts)
    if any(one.rpartition(".")[2] == _LAMBDA for one in facts.imports):
        raise UnreadableModel("releases of Keras before 3.11.3 run a Lambda of HDF5 without being asked")


def _count(weights: ModelFile, facts: ModelFacts) -> None:
    """Count the weights, where h5py is here; without it a note says how to get it."""
    try:
        with open_hdf5(weights) as opened:
            facts.parameter_count = opened.count(_counts)
    except Hdf5Missing as error:
        facts.notes.append(f"parameters were not counted: {error}")


def _counts(path: str) -> bool:
    parts = path.split("/")
    return parts[0] not in _NO_WEIGHTS and _NO_WEIGHTS[1] not in parts
