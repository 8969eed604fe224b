"""What PyTorch's formats share: a pickle whose tensors lie beside it."""

from typing import Final

from gto.inspect.facts import ModelFacts
from gto.inspect.file_tree import FileTree
from gto.inspect.formats.pickled import describe_root
from gto.inspect.model_file import ModelFile, UnreadableModel
from gto.inspect.opcodes.machine import Machine
from gto.inspect.opcodes.pickle_imports import Imports
from gto.inspect.opcodes.records import Entries, Global, PickledObject
from gto.inspect.opcodes.steps import follow
from gto.inspect.opcodes.stream import FileStream
from gto.inspect.opcodes.torch_tensors import StorageKeys, tell_tensors

_WEIGHTS_ONLY_MODULES: Final = {
    *("torch", "torch._tensor", "torch._utils", "torch.cuda", "torch.cuda.sparse", "torch.nn.parameter"),
    *("torch.serialization", "torch.sparse", "torch.storage"),
}
_WEIGHTS_ONLY: Final = {
    Global("_codecs", "encode"),
    *(Global(module, name) for module in ("__builtin__", "builtins") for name in ("bytearray", "complex", "set")),
    *(Global("collections", name) for name in ("Counter", "OrderedDict")),
}
_ORDERED: Final = Global("collections", "OrderedDict")
_MOST_KEYS = 100
_TEXT = 200


def directory_of(tree: FileTree) -> str:
    """Return the directory that all members of an archive of PyTorch lie in; empty where there is no such one."""
    tops = {path.partition("/")[0] for path in tree.paths}
    return f"{tops.pop()}/" if len(tops) == 1 else ""


def follow_pickle(file: ModelFile, imports: Imports) -> object:
    """Return what a pickle with tensors beside it holds."""
    stream = FileStream(file)
    root = follow(Machine(stream, imports, lookup=StorageKeys(imports)))
    if not stream.is_at_end():
        imports.doubt("bytes follow a pickle in it")
    return root


def follow_archive(tree: FileTree, imports: Imports) -> object:
    """Return what an archive of torch.save holds; one of TorchScript is none."""
    directory = directory_of(tree)
    if not directory or f"{directory}constants.pkl" in tree.paths:
        raise UnreadableModel(f"{tree.name} is no archive of torch.save")
    return follow_pickle(tree.open(f"{directory}data.pkl"), imports)


def describe_torch(root: object, imports: Imports, facts: ModelFacts) -> None:
    """Fill in the class, the tensors, the keys, and whether torch.load reads it with weights_only."""
    keys: list[tuple[object, object]] = []
    if isinstance(root, Entries) or (isinstance(root, PickledObject) and root.maker == _ORDERED):
        facts.class_name, keys = ("builtins.dict" if isinstance(root, Entries) else str(_ORDERED)), root.pairs
    else:
        describe_root(root, facts)
    facts.framework, facts.steps = "torch", []
    tell_tensors(root, facts)
    facts.details["weights_only"] = is_weights_only(imports)
    if keys:
        facts.details["keys"] = [key[:_TEXT] for key, _ in keys[:_MOST_KEYS] if isinstance(key, str)]


def is_weights_only(imports: Imports) -> bool:
    """Return whether torch.load imports all these names although it is told to load nothing but weights."""
    return not imports.has_doubts and all(
        one in _WEIGHTS_ONLY or (one.module in _WEIGHTS_ONLY_MODULES and imports.is_known(one)) for one in imports.names
    )
