"""torch.export's `.pt2`: a program in JSON, weights as bytes or pickles, and sample inputs, which are a pickle."""

import math
from collections.abc import Mapping
from typing import Any, Final

from gto.inspect.bounded import number
from gto.inspect.facts import CodeOnLoad, ModelFacts
from gto.inspect.file_tree import FileTree, zip_tree
from gto.inspect.formats._exported_program import read_program, shape_of_meta, tell_program
from gto.inspect.formats._torch_pickle import directory_of, follow_archive, is_weights_only
from gto.inspect.json_parts import parse_object
from gto.inspect.opcodes.pickle_imports import Imports

_FORMAT: Final = "archive_format"
_LARGEST_PROGRAM: Final = 64 << 20
_CONFIGS: Final = ("data/weights/", "data/constants/")
_BEFORE: Final = "serialized_exported_program.json"


def can_read_tree(tree: FileTree) -> bool:
    """Return whether the archive says that it is one of torch.export, or has the member that old ones have."""
    return f"{directory_of(tree)}{_FORMAT}" in tree.paths or _BEFORE in tree.paths


def read_tree(tree: FileTree, facts: ModelFacts) -> None:
    """Fill in version, operator set, inputs and outputs, parameters; prove what loading would unpickle."""
    facts.format, facts.loader, facts.framework = "torch-export", "torch.export.load", "torch"
    imports = Imports()
    with imports.telling(facts):
        weights = _follow(tree, imports, facts)
    facts.details["weights_only"] = is_weights_only(imports)
    if facts.code_on_load == CodeOnLoad.PICKLE and not weights and is_weights_only(imports):
        facts.code_on_load = CodeOnLoad.TRUSTED_TYPES  # sample inputs alone are pickled, and loaded as weights only


def _follow(tree: FileTree, imports: Imports, facts: ModelFacts) -> int:
    """Read all that torch.export.load reads; return how many weights are pickles."""
    directory = directory_of(tree)
    if not directory:
        imports.doubt("it is of a release before 2.8, of which GTO does not read the pickles")
        tell_program("model", read_program(tree.read(_BEFORE, _LARGEST_PROGRAM), imports), facts)
        return 0
    paths = sorted(path.removeprefix(directory) for path in tree.paths)
    pickled = 0
    for path in paths:
        if path.startswith("models/") and path.endswith(".json"):
            program = read_program(tree.read(directory + path, _LARGEST_PROGRAM), imports)
            tell_program(path.removeprefix("models/").removesuffix(".json"), program, facts)
        elif path.startswith("data/sample_inputs/"):
            follow_archive(zip_tree(tree.open(directory + path)), imports)
        elif path.startswith(_CONFIGS) and path.endswith("_config.json"):
            pickled += _follow_config(tree, directory + path, imports, facts)
        elif path.startswith(("models/", "data/aotinductor/", "data/executorch/")):
            imports.doubt("it has compiled code, or a program that is no JSON")
    return pickled


def _follow_config(tree: FileTree, path: str, imports: Imports, facts: ModelFacts) -> int:
    """Read which weights are pickles, and follow these; count the parameters of the others."""
    config = parse_object(tree.read(path, _LARGEST_PROGRAM), f"'{path}'").get("config")
    pickled = 0
    for entry in config.values() if isinstance(config, dict) else ():
        meta = entry.get("tensor_meta") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or entry.get("use_pickle") is not False:
            pickled += 1
            _follow_weight(tree, path, entry, imports)
        elif isinstance(meta, dict) and entry.get("is_param") is True:
            facts.parameter_count = number((facts.parameter_count or 0) + _numbers(meta))
    return pickled


def _follow_weight(tree: FileTree, config: str, entry: object, imports: Imports) -> None:
    name = entry.get("path_name") if isinstance(entry, dict) else None
    path = f"{config.rpartition('/')[0]}/{name}"
    if path not in tree.paths or not str(name).startswith(("weight_", "tensor_")):
        imports.doubt("it has objects that are no tensors")
        return
    follow_archive(zip_tree(tree.open(path)), imports)


def _numbers(meta: Mapping[str, Any]) -> int:
    shape = shape_of_meta(meta)
    return math.prod(shape) if all(one >= 0 for one in shape) else 0
