"""PyTorch's archive since 1.6: a pickle, and each storage of tensors as a member."""

from gto.inspect.facts import ModelFacts
from gto.inspect.file_tree import FileTree
from gto.inspect.formats._torch_pickle import describe_torch, directory_of, follow_archive
from gto.inspect.opcodes.pickle_imports import Imports


def can_read_tree(tree: FileTree) -> bool:
    """Return whether there is the pickle that torch.save writes, and none of TorchScript's."""
    directory = directory_of(tree)
    return bool(directory) and f"{directory}data.pkl" in tree.paths and f"{directory}constants.pkl" not in tree.paths


def read_tree(tree: FileTree, facts: ModelFacts) -> None:
    """Fill in class, keys, shapes, datatypes, parameters and imports."""
    facts.format, facts.loader = "torch", "torch.load"
    imports = Imports()
    with imports.telling(facts):
        root = follow_archive(tree, imports)
    describe_torch(root, imports, facts)
