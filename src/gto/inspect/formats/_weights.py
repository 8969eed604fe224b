"""The weights in a directory: one file, or shards by an index, each read by its own format; their facts as one."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from gto.inspect import formats
from gto.inspect.bounded import MOST, names, number, short
from gto.inspect.facts import CodeOnLoad, Json, ModelFacts
from gto.inspect.file_tree import FileTree
from gto.inspect.json_parts import parse_object
from gto.inspect.model_file import UnreadableModel

INDEX = ".safetensors.index.json"
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_WEIGHTS = (".safetensors", ".gguf", ".onnx", ".h5", ".keras", ".msgpack", *_PICKLES)
_MOST_FILES = 1000
_BEST_FIRST = (CodeOnLoad.NONE, CodeOnLoad.TRUSTED_TYPES, CodeOnLoad.PICKLE, CodeOnLoad.UNKNOWN)


def parse_index(data: bytes, facts: ModelFacts) -> list[str]:
    """Return the shards of an index, and fill in what it says of them."""
    index = parse_object(data, "the index")
    weight_map = index.get("weight_map")
    if not isinstance(weight_map, dict) or not all(isinstance(one, str) for one in weight_map.values()):
        raise UnreadableModel("the index has no weight_map")
    facts.details["tensors"] = len(weight_map)
    metadata = index.get("metadata")
    for key in ("total_size", "total_parameters"):
        if isinstance(metadata, dict) and isinstance(total := metadata.get(key), int) and total >= 0:
            facts.details[key] = number(total)
    shards: list[str] = sorted(set(weight_map.values()))
    facts.details["shards"] = len(shards)
    return shards


def read_weights(tree: FileTree, facts: ModelFacts, preferred: Collection[str] = ()) -> None:
    """Add to the facts what the weights say.

    Pickles are not read where one of the `preferred` files is there, which the loader takes instead.
    """
    top = sorted(path for path in tree.paths if "/" not in path)
    indexes = [path for path in top if path.endswith(INDEX)]
    index = next((path for path in indexes if path in preferred), next(iter(indexes), ""))
    kind = next((one for one in _WEIGHTS if any(path.endswith(one) for path in top)), "")
    paths = _shards(tree, index, facts) if index else [path for path in top if kind and path.endswith(kind)]
    pickles = [path for path in top if path.endswith(_PICKLES) and path not in paths]
    if not any(path in preferred for path in top):
        paths, pickles = paths + pickles, []
    _read_all(tree, paths, facts)
    if pickles:
        facts.notes.append(f"it holds pickles too, which were not read: {', '.join(map(str, names(pickles, 5)))}")


def _shards(tree: FileTree, index: str, facts: ModelFacts) -> list[str]:
    """Return the shards of an index that are there; what is missing gives no good verdict."""
    shards = parse_index(tree.read(index), facts)
    missing = [path for path in shards if path not in tree.paths]
    if missing:
        facts.notes.append(f"shards that are not here: {', '.join(map(str, names(missing, 5)))}")
        _worsen(facts, CodeOnLoad.UNKNOWN)
    return [path for path in shards if path in tree.paths]


def _read_all(tree: FileTree, paths: list[str], facts: ModelFacts) -> None:
    if len(paths) > _MOST_FILES:
        raise UnreadableModel(f"it has {len(paths):,} files of weights, and GTO reads {_MOST_FILES:,}")
    if not paths:
        facts.notes.append("it has no weights that GTO reads")
        _worsen(facts, CodeOnLoad.UNKNOWN)
    for path in paths:
        one = ModelFacts()
        try:
            formats.read_file(tree.open(path), one)
        except UnreadableModel as error:
            one.code_on_load = CodeOnLoad.UNKNOWN
            one.notes.append(str(error))
        merge(one, facts, path)


def merge(one: ModelFacts, facts: ModelFacts, path: str) -> None:
    """Add the facts of a file to those of the directory that it is in; the worse verdict stands."""
    _worsen(facts, one.code_on_load)
    facts.imports = _joined(facts.imports, one.imports)
    facts.unlisted = _joined(facts.unlisted, one.unlisted)
    if one.parameter_count is not None:
        facts.parameter_count = number((facts.parameter_count or 0) + one.parameter_count)
    facts.framework = facts.framework or one.framework
    facts.notes.extend(f"{short(path)}: {note}" for note in one.notes[: max(20 - len(facts.notes), 0)])
    facts.details["weights"] = one.format or "unknown"
    if isinstance(counts := one.details.get("datatypes"), Mapping):
        facts.details["datatypes"] = _added(facts.details.get("datatypes"), counts)


def _worsen(facts: ModelFacts, verdict: CodeOnLoad) -> None:
    facts.code_on_load = max(facts.code_on_load, verdict, key=_BEST_FIRST.index)


def _joined(ours: Iterable[str], theirs: Iterable[str]) -> list[str]:
    return sorted({*ours, *theirs})[:MOST]


def _added(ours: Any, theirs: Mapping[str, Json]) -> dict[str, Json]:  # noqa: ANN401  JSON
    found = dict(ours) if isinstance(ours, Mapping) else {}
    for name, count in theirs.items():
        found[name] = number(int(found.get(name, 0)) + (count if isinstance(count, int) else 0))
    return found
