"""Sharded safetensors: an index that says which tensor is in which file, alone or in the directory of the shards."""

import re

from gto.inspect.facts import CodeOnLoad, ModelFacts
from gto.inspect.file_tree import FileTree
from gto.inspect.formats._weights import INDEX, parse_index, read_weights
from gto.inspect.model_file import ModelFile

_HEAD_RE = re.compile(rb'\s*\{\s*"(metadata|weight_map)"\s*:\s*\{')
_LARGEST = 64 << 20


def can_read(head: bytes) -> bool:
    """Return whether a file begins as an index does."""
    return bool(_HEAD_RE.match(head)) and b'"weight_map"' in head


def read(file: ModelFile, facts: ModelFacts) -> None:
    """Fill in what the index says; its shards are other files, and what they run is not known."""
    facts.format, facts.loader = "safetensors-index", "safetensors"
    shards = parse_index(file.head(_LARGEST), facts)
    total = facts.details.get("total_parameters")
    facts.parameter_count = total if isinstance(total, int) else None
    own = all(shard.endswith(".safetensors") for shard in shards)
    facts.notes.append(f"its {len(shards):,} shards were not read" if own else "its shards are no safetensors")


def can_read_tree(tree: FileTree) -> bool:
    """Return whether a directory has an index, or weights as safetensors."""
    return any(path.endswith((INDEX, ".safetensors")) and "/" not in path for path in tree.paths)


def read_tree(tree: FileTree, facts: ModelFacts) -> None:
    """Fill in the facts of all shards."""
    facts.format, facts.loader, facts.code_on_load = "safetensors-index", "safetensors", CodeOnLoad.NONE
    read_weights(tree, facts, preferred=tree.paths)
