"""torch.export's `.pt2`: a program in JSON, weights as bytes or pickles, and sample inputs, which are a pickle."""

import math
from collections.abc import Mapping
from typing import Any, Final

from gto.inspect.bounded import number, short
from gto.inspect.facts import ModelFacts
from gto.inspect.file_tree import FileTree, zip_tree
from gto.inspect.formats._exported_program import read_program, shape_of_meta, tell_program
from gto.inspect.formats._torch_pickle import directory_of, follow_archive, is_weights_only
from gto.inspect.json_parts import parse_object
from gto.inspect.opcodes.pickle_imports import Imports

_FORMAT: Final = "archive_format"
_LARGEST_PROGRAM: Final = 64 << 20
_CONFIGS: Final = ("data/weights/", "data/constants/")
_READ: Final = ("models/", "data/")  # by PyTorch, to which large letters are the same
_TENSORS: Final = ("data/weights/weight_", "data/constants/tensor_")
_BEFORE: Final = "serialized_exported_program.json"


def can_read_tree(tree: FileTree) -> bool:
    """Return whether the archive says that it is one of torch.export, or has the member that old ones have."""
    return f"{directory_of(tree)}{_FORMAT}" in tree.paths or _BEFORE in tree.paths


def read_tree(tree: FileTree, facts: ModelFacts) -> None:
    """Fill in version, operator set, inputs and outputs, parameters; prove what loading would unpickle.

    The verdict is never better than `pickle`: PyTorch unpickles everything where it fails to unpickle weights only,
    evaluates sizes, and makes Python code of the program.
    """
    facts.format, facts.loader, facts.framework = "torch-export", "torch.export.load", "torch"
    imports = Imports()
    with imports.telling(facts):
        _follow(tree, imports, facts)
    facts.details["weights_only"] = is_weights_only(imports)


def _follow(tree: FileTree, imports: Imports, facts: ModelFacts) -> None:
    """Read all that torch.export.load reads."""
    directory = directory_of(tree)
    if not directory:
        imports.doubt("it is of a release before 2.8, of which GTO does not read the pickles")
        tell_program("model", read_program(tree.read(_BEFORE, _LARGEST_PROGRAM), imports), facts)
        return
    for path in sorted(path.removeprefix(directory) for path in tree.paths):
        if path.startswith("models/") and path.endswith(".json"):
            program = read_program(tree.read(directory + path, _LARGEST_PROGRAM), imports)
            tell_program(path.removeprefix("models/").removesuffix(".json"), program, facts)
        elif path.startswith("data/sample_inputs/"):
            follow_archive(zip_tree(tree.open(directory + path)), imports)
        elif path.startswith(_CONFIGS) and path.endswith("_config.json"):
            _follow_config(tree, directory + path, imports, facts)
        elif path.casefold().startswith(_READ) and not path.startswith(_TENSORS):
            imports.doubt(f"it has more than programs and tensors, as compiled code or objects: {short(path)}")


def _follow_config(tree: FileTree, path: str, imports: Imports, facts: ModelFacts) -> None:
    """Read which weights are pickles, and follow these; count the parameters of the others."""
    config = parse_object(tree.read(path, _LARGEST_PROGRAM), f"'{path}'").get("config")
    for entry in config.values() if isinstance(config, dict) else ():
        meta = entry.get("tensor_meta") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or entry.get("use_pickle") is not False:
            _follow_weight(tree, path, entry, imports)
        elif isinstance(meta, dict) and entry.get("is_param") is True:
            facts.parameter_count = number((facts.parameter_count or 0) + _numbers(meta))


def _follow_weight(tree: FileTree, config: str, entry: object, imports: Imports) -> None:
    name = entry.get("path_name") if isinstance(entry, dict) else None
    path = f"{config.rpartition('/')[0]}/{name}"
    if path not in tree.paths:
        imports.doubt("it has weights that are elsewhere")
        return
    follow_archive(zip_tree(tree.open(path)), imports)


def _numbers(meta: Mapping[str, Any]) -> int:
    shape = shape_of_meta(meta)
    return math.prod(shape) if all(one >= 0 for one in shape) else 0
