"""TorchScript: a pickle of tensors and attributes, and the code of classes in TorchScript's own language."""

import re

from gto.inspect.facts import Method, ModelFacts
from gto.inspect.file_tree import FileTree
from gto.inspect.formats._torch_pickle import directory_of, follow_pickle
from gto.inspect.opcodes.pickle_imports import Imports
from gto.inspect.opcodes.records import Global, PickledObject
from gto.inspect.opcodes.torch_tensors import tell_tensors

_LARGEST_CODE = 1 << 22
_FORWARD_RE = re.compile(r"  def forward\(self: [\w.]+,?\s*([^)]{0,2000}?),?\s*\) -> ([^:\n]{1,500}):")
_MANGLED_RE = re.compile(r"___torch_mangle_\d+\.")
_OWN = "__torch__"


def can_read_tree(tree: FileTree) -> bool:
    """Return whether there are the two pickles of TorchScript."""
    directory = directory_of(tree)
    return bool(directory) and {f"{directory}constants.pkl", f"{directory}data.pkl"} <= tree.paths


def read_tree(tree: FileTree, facts: ModelFacts) -> None:
    """Fill in class, signature of forward, shapes, datatypes and imports."""
    facts.format, facts.loader, facts.framework = "torchscript", "torch.jit.load", "torch"
    directory = directory_of(tree)
    imports = Imports(within=_OWN)
    with imports.telling(facts):
        follow_pickle(tree.open(f"{directory}constants.pkl"), imports)
        root = follow_pickle(tree.open(f"{directory}data.pkl"), imports)
    facts.notes.append("its own code is run by TorchScript's interpreter, some of it while it is loaded")
    tell_tensors(root, facts)
    if isinstance(root, PickledObject) and isinstance(root.maker, Global):
        facts.class_name = _MANGLED_RE.sub("", str(root.maker).removeprefix(f"{_OWN}."))[:200]
        _tell_forward(tree, f"{directory}code/{root.maker.module.replace('.', '/')}.py", root.maker.name, facts)


def _tell_forward(tree: FileTree, path: str, name: str, facts: ModelFacts) -> None:
    """Tell the signature that the code of the class has; it names types, not shapes."""
    if path not in tree.paths:
        return
    code = tree.read(path, _LARGEST_CODE).decode(errors="replace")
    _, _, body = code.partition(f"class {name}(Module):\n")
    found = _FORWARD_RE.search(body.partition("\nclass ")[0])
    if found:
        arguments, result = (" ".join(one.split()) for one in found.groups())
        facts.methods["forward"] = Method()
        facts.details["forward"] = f"({arguments}) -> {result}"
