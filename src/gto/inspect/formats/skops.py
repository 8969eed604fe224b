"""skops: an archive of `schema.json`, which says of which types the objects are, and of arrays (protocols 0 to 3)."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from gto.inspect.bounded import MOST, short
from gto.inspect.estimator import EstimatorPart, describe
from gto.inspect.facts import CodeOnLoad, ModelFacts
from gto.inspect.file_tree import FileTree
from gto.inspect.json_parts import parse_object
from gto.inspect.model_file import UnreadableModel
from gto.inspect.opcodes.known import read_called, read_known
from gto.inspect.opcodes.records import Global

_SCHEMA = "schema.json"
_LARGEST = 32 << 20
_DEEPEST = 60
# What skops builds from its own values alone. On GTO's list of pickles these are not: there they hide what is in them.
_CONTAINERS = frozenset({"builtins.NoneType", "builtins.tuple", "builtins.str", "builtins.type"})
# skops makes these from a bit generator of NumPy's own alone.
_GENERATORS = frozenset({"numpy.random._generator.Generator", "numpy.random.mtrand.RandomState"})
# Nodes that build an object of the type that they name; of any other kind the reader does not know what it does.
_BUILDERS = frozenset(
    {
        "BytearrayNode", "BytesNode", "CachedNode", "ConstructorFromReduceNode", "DTypeNode", "DefaultDictNode",
        "DictNode", "FunctionNode", "JsonNode", "ListNode", "LossNode", "MaskedArrayNode", "NdArrayNode", "ObjectNode",
        "QuantileForestNode", "RandomGeneratorNode", "RandomStateNode", "SetNode", "SliceNode", "SparseMatrixNode",
        "TreeNode", "TupleNode", "TypeNode",
    }
)  # fmt: skip
_CALL = "ConstructorFromReduceNode"  # with arguments of the file's
_CALLERS = frozenset({"MethodNode", "OperatorFuncNode", "PartialNode"})


def can_read_tree(tree: FileTree) -> bool:
    """Return whether an archive has the file of the types."""
    return _SCHEMA in tree.paths


def read_tree(tree: FileTree, facts: ModelFacts) -> None:
    """Fill in class, steps, parameters and the types that loading builds; the verdict is on all of them."""
    facts.format, facts.loader = "skops", "skops.io.load"
    schema = parse_object(tree.read(_SCHEMA, _LARGEST), f"'{_SCHEMA}'")
    if not _is_node(schema):
        raise UnreadableModel(f"'{_SCHEMA}' says of no object what it is")
    facts.details["skops_version"] = short(schema.get("_skops_version", ""))
    facts.details["protocol"] = short(schema.get("protocol", ""))
    root = _Objects().convert(schema, 0)
    if isinstance(root, EstimatorPart):
        describe(root, facts)
    _judge(schema, facts)


def _judge(schema: Mapping[str, Any], facts: ModelFacts) -> None:
    """Compare all types that loading would look up with GTO's list."""
    known = {str(one) for one in read_known()} | _CONTAINERS | _GENERATORS
    called = read_called()
    found = {name for node in _nodes(schema) for name in _looked_up(node, called)}
    if len(found) > MOST:
        raise UnreadableModel(f"it has objects of {len(found):,} types")
    facts.imports = sorted(map(short, found - _CONTAINERS))
    facts.unlisted = sorted(map(short, found - known))
    facts.code_on_load = CodeOnLoad.UNKNOWN if facts.unlisted else CodeOnLoad.TRUSTED_TYPES


def _looked_up(node: Mapping[str, Any], called: Collection[Global]) -> Iterator[str]:
    """Yield what loading one object looks up: its type, and what is called on it."""
    kind, module, name = node.get("__loader__"), node.get("__module__"), node.get("__class__")
    if not isinstance(module, str) or not isinstance(name, str) or "." in name:
        yield f"{module}.{name}"[:MOST] + " (a name with a dot)"
        return
    if kind in _CALLERS:
        content = node.get("content")
        function = content.get("func") if isinstance(content, dict) else None
        yield f"{module}.{name}" + (f".{function}" if isinstance(function, str) else "") + f" ({kind})"
    elif kind is not None and (kind not in _BUILDERS or (kind == _CALL and Global(module, name) not in called)):
        yield f"{module}.{name} ({short(kind)})"
    else:
        yield str(Global(module, name))


def _nodes(schema: object) -> Iterator[Mapping[str, Any]]:
    """Yield all that names a type, at any depth and in any place, and all that names a way of loading."""
    left = [schema]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            if _is_node(part):
                yield part
            left.extend(part.values())
        elif isinstance(part, list):
            left.extend(part)


def _is_node(part: object) -> bool:
    return isinstance(part, dict) and bool({"__class__", "__module__", "__loader__"} & part.keys())


class _Objects:
    """The values that a schema describes, each made once."""

    def __init__(self) -> None:
        self._made: dict[object, object] = {}

    def convert(self, node: object, depth: int) -> object:
        """Return a value; what is no plain value, or is too deep, by its type alone."""
        if not isinstance(node, dict) or not _is_node(node):
            return None
        kind, known = node.get("__loader__"), node.get("__id__")
        if kind == "CachedNode" and isinstance(known, int):
            return self._made.get(known)
        convert = _CONVERTERS.get(str(kind)) if depth < _DEEPEST else None
        value = convert(self, node, depth + 1) if convert else EstimatorPart(_type_name(node), {})
        if isinstance(known, int):
            self._made[known] = value
        return value

    def mapping(self, node: Mapping[str, Any], depth: int) -> dict[str, object]:
        """Return what an object of the schema has by its keys, which JSON made texts."""
        content = node.get("content")
        return {key: self.convert(one, depth) for key, one in content.items()} if isinstance(content, dict) else {}

    def items(self, node: Mapping[str, Any], depth: int) -> list[object]:
        """Return a list; of an array that is in a file of its own, nothing."""
        content = node.get("content")
        return [self.convert(one, depth) for one in content] if isinstance(content, list) else []

    def instance(self, node: Mapping[str, Any], depth: int) -> EstimatorPart:
        """Return an object with its attributes."""
        attributes = self.convert(node.get("content"), depth)
        return EstimatorPart(_type_name(node), attributes if isinstance(attributes, dict) else {})

    def scalar(self, node: Mapping[str, Any], _depth: int) -> object:
        """Return what the JSON in a schema says: null, a number, a text."""
        content = node.get("content")
        try:
            value = json.loads(content) if isinstance(content, str) else None
        except (ValueError, RecursionError) as error:
            raise UnreadableModel(f"'{_SCHEMA}' has a value that is no JSON") from error
        return None if isinstance(value, dict | list) else value


_CONVERTERS: Mapping[str, Callable[[_Objects, Mapping[str, Any], int], object]] = {
    "DictNode": _Objects.mapping,
    "ListNode": _Objects.items,
    "TupleNode": lambda objects, node, depth: tuple(objects.items(node, depth)),
    "NdArrayNode": _Objects.items,
    "ObjectNode": _Objects.instance,
    "JsonNode": _Objects.scalar,
}


def _type_name(node: Mapping[str, Any]) -> str:
    return short(f"{node.get('__module__')}.{node.get('__class__')}")
