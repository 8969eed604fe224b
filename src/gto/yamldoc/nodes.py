"""The nodes of a YAML text with their places in it."""

from typing import NamedTuple


class Span(NamedTuple):
    """Where a node stands in its text: offsets in characters, the end before trailing blanks and comments."""

    start: int
    end: int
    line: int
    """Counts from 1."""


class Scalar(NamedTuple):
    """A value without parts, as written."""

    place: Span
    text: str
    tag: str | None
    """None for plain text, whose form gives its meaning; `!` for text in quotes or in a block."""
    style: str = ""
    """A quotation mark, `|`, `>`, or nothing."""
    size: int = 1
    """How many nodes it stands for, aliases counted as what they name."""
    height: int = 0
    """How many levels are below it."""


class Sequence(NamedTuple):
    """A list."""

    place: Span
    items: tuple["Node", ...]
    flow: bool
    """Whether it is written in brackets."""
    size: int
    height: int


class Pair(NamedTuple):
    """A key with its value."""

    key: Scalar
    value: "Node"


class Mapping(NamedTuple):
    """Keys and values in the order of the text."""

    place: Span
    pairs: tuple[Pair, ...]
    flow: bool
    """Whether it is written in braces."""
    size: int
    height: int


class Alias(NamedTuple):
    """A reference to a node that stands earlier in the text."""

    place: Span
    target: Scalar | Sequence | Mapping
    size: int
    height: int


Node = Scalar | Sequence | Mapping | Alias


def find(node: Node | None, key: str) -> Pair | None:
    """Return the pair of a mapping that holds `key`, not looking through aliases and merged mappings."""
    if isinstance(node, Mapping):
        for pair in node.pairs:
            if pair.key.text == key:
                return pair
    return None
