"""The values of a YAML file that a stranger wrote."""

import math
from collections.abc import Callable, Iterator
from datetime import date
from functools import cached_property

from gto.exceptions import BadFile
from gto.yamldoc import scalars
from gto.yamldoc.nodes import Alias, Mapping, Node, Scalar, Sequence
from gto.yamldoc.parser import parse
from gto.yamldoc.simple_lines import NotSimple
from gto.yamldoc.simple_text import KeptParts, read_simple

Keys = tuple[str, ...]

_CORE = "tag:yaml.org,2002:"
_AS_WRITTEN = {None, *(_CORE + kind for kind in ("bool", "int", "float", "null"))}
_AS_TEXT = {"!", _CORE + "str", _CORE + "timestamp"}
_DEEPEST_LINE = 3  # section, entry, field
_DIRECTIVES_END = 4096  # characters: directives stand before all else
_MERGE = {None, _CORE + "merge"}


class Document:
    """A YAML file: its value, and where each part of it stands."""

    def __init__(self, file: str, text: str, value: object) -> None:
        self.file = file
        self.value = value
        self._text = text
        self._lines: dict[Keys, int] = {}

    @cached_property
    def root(self) -> Node | None:
        """The nodes, made when somebody asks for places."""
        return parse(self._text, self.file)

    def line(self, *keys: object) -> int | None:
        """Return the line of what at most three `keys` lead to, or of the last found on the way; lists count from 0."""
        if not self._lines:  # once for all: a file may hold thousands of entries with a problem each
            self._lines.update(_lines(self.root, ()))
        for count in range(len(keys), 0, -1):
            line = self._lines.get(tuple(map(str, keys[:count])))
            if line:
                return line
        return None


def _lines(node: Node | None, above: Keys) -> Iterator[tuple[Keys, int]]:
    if len(above) >= _DEEPEST_LINE:
        return
    if isinstance(node, Mapping):
        for pair in node.pairs:
            keys = (*above, pair.key.text)
            yield keys, pair.key.place.line
            yield from _lines(pair.value, keys)
    elif isinstance(node, Sequence):
        for place, item in enumerate(node.items):
            keys = (*above, str(place))
            yield keys, item.place.line
            yield from _lines(item, keys)


def load(data: bytes, file: str, parts: KeptParts | None = None) -> Document:
    """Read a file of UTF-8, or raise BadFile, whatever the bytes are; who read them says how many may be.

    Of values that come from `parts`, those of several files may be one object: nobody changes them.
    """
    return load_text(decode(data, file), file, parts)


def decode(data: bytes, file: str) -> str:
    """Return the text of UTF-8, without a byte order mark."""
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise BadFile(file, "not UTF-8", data.count(b"\n", 0, error.start) + 1) from None


def load_text(text: str, file: str, parts: KeptParts | None = None) -> Document:
    """Read a text, or raise BadFile."""
    try:
        return Document(file, text, read_simple(text, parts))
    except NotSimple:
        return load_nodes(text, file)


def load_nodes(text: str, file: str) -> Document:
    """Read a text by its nodes, which any text needs that is not simple, or raise BadFile."""
    root = parse(text, file)
    values = _Values(file, scalars.resolve_1_1 if _asks_for_1_1(text) else scalars.resolve)
    found = Document(file, text, None if root is None else values.of(root))
    found.root = root
    return found


def _asks_for_1_1(text: str) -> bool:
    """Tell whether a text begins with the directive `%YAML 1.1`."""
    if "%YAML" not in text[:_DIRECTIVES_END]:
        return False
    for line in text[:_DIRECTIVES_END].splitlines():
        if line.startswith("%YAML"):
            return line.split()[1:2] == ["1.1"]
        if line.strip() and not line.lstrip().startswith(("#", "%")):
            return False
    return False


class _Values:
    """The values of the nodes of one file."""

    def __init__(self, file: str, resolve: Callable[[str], scalars.Scalar]) -> None:
        self.file = file
        self.resolve = resolve

    def of(self, node: Node) -> object:
        match node:
            case Scalar():
                return self.scalar(node)
            case Alias():
                return self.of(node.target)
            case Sequence():
                return [self.of(item) for item in node.items]
            case _:
                return self.mapping(node)

    def scalar(self, node: Scalar) -> scalars.Scalar:
        if node.tag in _AS_TEXT:
            return node.text
        if node.tag not in _AS_WRITTEN:
            raise BadFile(self.file, f"tag '{node.tag}' is not supported", node.place.line)
        return self.resolve(node.text)

    def mapping(self, node: Mapping) -> dict[object, object]:
        own: dict[object, object] = {}
        merged: dict[object, object] = {}
        for pair in node.pairs:
            if pair.key.text == "<<" and pair.key.tag in _MERGE:
                for part in self.merged(pair.value):
                    merged = part | merged  # the first of several wins
                continue
            key = self.scalar(pair.key)
            if key in own:
                raise BadFile(self.file, f"key '{pair.key.text}' stands twice", pair.key.place.line)
            own[key] = self.of(pair.value)
        return {**merged, **own}

    def merged(self, node: Node) -> Iterator[dict[object, object]]:
        value = self.of(node)
        for part in value if isinstance(value, list) else [value]:
            if not isinstance(part, dict):
                raise BadFile(self.file, "'<<' takes a mapping or a list of mappings", node.place.line)
            yield part


def kind(value: object) -> str:
    """Return the word that YAML's users know for what a value is."""
    match value:
        case None:
            return "empty"
        case bool():
            return "true or false"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case str():
            return "text"
        case _:
            return "a number"


def to_json(value: object) -> object:
    """Return `value` with text in place of keys and values that JSON does not know."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else _infinite(value)
        case date():
            return value.isoformat()
        case dict():
            return {_key(key): to_json(part) for key, part in value.items()}
        case list() | tuple():
            return [to_json(part) for part in value]
        case _:
            return str(value)


def _key(key: object) -> str:
    match key:
        case None:
            return "null"
        case bool():
            return "true" if key else "false"
        case _:
            return str(to_json(key))


def _infinite(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    return ".inf" if value > 0 else "-.inf"
