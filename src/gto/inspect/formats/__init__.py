"""The formats that GTO reads, one module each, and which of them a file is in."""

from collections.abc import Iterator
from importlib import import_module
from typing import Protocol, cast

from gto.inspect.facts import CodeOnLoad, ModelFacts
from gto.inspect.file_tree import FileTree, is_zip, zip_tree
from gto.inspect.model_file import ModelFile

HEAD = 4096
"""How many of a file's first bytes `can_read` is given; fewer where the file is shorter."""
ENTRY_POINTS = "gto.model_formats"
"""The group of entry points under which other distributions offer formats."""

_OF_FILES = (
    "safetensors", "gguf", "keras", "onnx", "xgboost", "lightgbm", "catboost", "safetensors_index", "mlem",
    "torch_legacy", "pickled",
)  # fmt: skip
_OF_TREES = (
    "mlflow", "savedmodel", "keras", "skops", "torch_export", "torch_script", "torch_zip", "huggingface",
    "safetensors_index",
)  # fmt: skip

KNOWN = (
    "pickle, joblib, cloudpickle, skops, PyTorch (also TorchScript and .pt2), safetensors, ONNX, Keras, XGBoost, "
    "LightGBM, CatBoost, GGUF; directories of MLflow, Hugging Face, and TensorFlow's SavedModel"
)
"""The formats in words, for who brings another."""


class FileFormat(Protocol):
    """A format of one file. Modules of this package, and objects at entry points of other distributions."""

    def can_read(self, head: bytes) -> bool:
        """Return whether a file that begins like this is in the format."""

    def read(self, file: ModelFile, facts: ModelFacts) -> None:
        """Fill in what the file says; UnreadableModel ends the reading, and what was filled in stands."""


class TreeFormat(Protocol):
    """A format of several files: a directory, or an archive that other loaders than ZIP's own open."""

    def can_read_tree(self, tree: FileTree) -> bool:
        """Return whether files of these names are in the format; few bytes may be read to find out."""

    def read_tree(self, tree: FileTree, facts: ModelFacts) -> None:
        """Fill in what the files say, as FileFormat.read does."""


def read_file(file: ModelFile, facts: ModelFacts) -> None:
    """Fill in what a file says, by the first format that knows it; without one nothing is filled in."""
    head = file.head(HEAD)
    if is_zip(head):
        _read_archive(zip_tree(file), facts)
        return
    for format_ in _file_formats():
        if format_.can_read(head):
            format_.read(file, facts)
            if facts.code_on_load in {CodeOnLoad.NONE, CodeOnLoad.TRUSTED_TYPES}:
                _doubt_other_reading(file, facts)
            return
    facts.notes.append(f"no reader knows this format: GTO reads {KNOWN}")


def read_tree(tree: FileTree, facts: ModelFacts) -> None:
    """Fill in what a directory or an archive says, by the first format that knows it."""
    for format_ in _tree_formats():
        if format_.can_read_tree(tree):
            format_.read_tree(tree, facts)
            return
    facts.notes.append(f"no reader knows this directory or archive: GTO reads {KNOWN}")


def _read_archive(tree: FileTree, facts: ModelFacts) -> None:
    """Fill in what an archive says; one that several formats know gets no good verdict."""
    found = [one for one in _tree_formats() if one.can_read_tree(tree)]
    for format_ in found[:1]:
        format_.read_tree(tree, facts)
    if len(found) > 1:
        facts.code_on_load = CodeOnLoad.UNKNOWN
        facts.notes.append("it is an archive of more than one format: another loader would load something else of it")


def _doubt_other_reading(file: ModelFile, facts: ModelFacts) -> None:
    """Take back the verdict where the file is a pickle too: pickles need no magic number, and run at any name."""
    from gto.inspect.formats.pickled import doubt_other_reading

    doubt_other_reading(file, facts)


def _file_formats() -> Iterator[FileFormat]:
    for name in _OF_FILES:
        yield cast("FileFormat", import_module(f"{__name__}.{name}"))
    for one in _offered("can_read"):
        yield cast("FileFormat", one)


def _tree_formats() -> Iterator[TreeFormat]:
    for name in _OF_TREES:
        yield cast("TreeFormat", import_module(f"{__name__}.{name}"))
    for one in _offered("can_read_tree"):
        yield cast("TreeFormat", one)


def _offered(function: str) -> Iterator[object]:
    from importlib import metadata  # a third of the start of the child, and needed for no format of our own

    for entry in metadata.entry_points(group=ENTRY_POINTS):
        found = entry.load()
        if hasattr(found, function):
            yield found
