"""The values of a YAML file that a stranger wrote."""

from collections.abc import Iterator

from gto.exceptions import BadFile
from gto.yamldoc import scalars
from gto.yamldoc.nodes import Alias, Mapping, Node, Scalar, Sequence
from gto.yamldoc.parser import parse

Keys = tuple[str, ...]

_CORE = "tag:yaml.org,2002:"
_AS_WRITTEN = {None, *(_CORE + kind for kind in ("bool", "int", "float", "null"))}
_AS_TEXT = {"!", _CORE + "str", _CORE + "timestamp"}
_DEEPEST_LINE = 3  # section, entry, field
_MERGE = {None, _CORE + "merge"}


class Document:
    """A YAML file: its value, and where each part of it stands."""

    def __init__(self, file: str, root: Node | None, value: object) -> None:
        self.file = file
        self.root = root
        self.value = value
        self._lines: dict[Keys, int] = {}

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


def load(data: bytes, file: str) -> Document:
    """Read a file of UTF-8, or raise BadFile, whatever the bytes are; who read them says how many may be."""
    return load_text(decode(data, file), file)


def decode(data: bytes, file: str) -> str:
    """Return the text of UTF-8, without a byte order mark."""
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise BadFile(file, "not UTF-8", data.count(b"\n", 0, error.start) + 1) from None


def load_text(text: str, file: str) -> Document:
    """Read a text, or raise BadFile."""
    root = parse(text, file)
    return Document(file, root, None if root is None else _value(root, file))


def _value(node: Node, file: str) -> object:
    match node:
        case Scalar():
            return _scalar(node, file)
        case Alias():
            return _value(node.target, file)
        case Sequence():
            return [_value(item, file) for item in node.items]
        case _:
            return _mapping(node, file)


def _scalar(node: Scalar, file: str) -> scalars.Scalar:
    if node.tag in _AS_TEXT:
        return node.text
    if node.tag not in _AS_WRITTEN:
        raise BadFile(file, f"tag '{node.tag}' is not supported", node.place.line)
    return scalars.resolve(node.text)


def _mapping(node: Mapping, file: str) -> dict[object, object]:
    own: dict[object, object] = {}
    merged: dict[object, object] = {}
    for pair in node.pairs:
        if pair.key.text == "<<" and pair.key.tag in _MERGE:
            for part in _merged(pair.value, file):
                merged = part | merged  # the first of several wins
            continue
        key = _scalar(pair.key, file)
        if key in own:
            raise BadFile(file, f"key '{pair.key.text}' stands twice", pair.key.place.line)
        own[key] = _value(pair.value, file)
    return {**merged, **own}


def _merged(node: Node, file: str) -> Iterator[dict[object, object]]:
    value = _value(node, file)
    for part in value if isinstance(value, list) else [value]:
        if not isinstance(part, dict):
            raise BadFile(file, "'<<' takes a mapping or a list of mappings", node.place.line)
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
