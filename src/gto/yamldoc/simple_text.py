"""A long text of simple lines, cut into its entries: what it has in common with the one before is not read again."""

import re
from bisect import bisect_left, bisect_right
from itertools import islice, pairwise
from typing import NamedTuple, Protocol, TypeVar

from gto.yamldoc.scalars import Scalar, resolve
from gto.yamldoc.simple_lines import HEAD, Collection, NotSimple, check_characters, read_lines

_CUTS = tuple(f"\n{' ' * column}(?=[A-Za-z0-9_])" for column in range(5))
_NO_COMMENT = "(?m)^ *[^ #\n]"
_FIRST = "(?: *(?:#.*)?\n)*( *)[A-Za-z0-9_]"
_LONG = 1000  # characters
_MOST_NODES = 200_000
_NODES = 6  # of a line, beside what its commas part

Value = TypeVar("Value")


class Kept(Protocol[Value]):
    """Values by texts, as many as there is room for."""

    def get(self, key: str) -> Value | None:
        """Return what is kept."""

    def keep(self, key: str, value: Value, weight: int) -> None:
        """Keep a value."""


class Block(NamedTuple):
    """A mapping over many lines, with a key an entry."""

    text: str
    cuts: tuple[int, ...]
    """Where each entry begins; the end of the text comes last."""
    value: dict[Scalar, object]


class KeptParts(NamedTuple):
    """What was read of texts before; nobody changes the values."""

    entries: Kept[Collection]
    """By their text."""
    blocks: Kept[Block]
    """By the column, and the line above: the one that was read last."""


def read_simple(text: str, parts: KeptParts | None = None) -> Collection:
    """Return the value of a text that is a mapping or a list, as the parser would, or raise NotSimple.

    A long text can be cut into the entries of its mappings; those that `parts` keeps are not read again.
    """
    if _NODES * text.count("\n") + 2 * text.count(",") > _MOST_NODES:
        raise NotSimple
    text = text.removeprefix("---\n")
    return read_lines(text) if parts is None else _joined(text, 0, parts, "", 0)


def _joined(text: str, column: int, parts: KeptParts, head: str, depth: int) -> Collection:
    """Read a block of lines that stand in a column or to its right, entry by entry where it is long."""
    if len(text) <= _LONG:
        return read_lines(text, column)
    place = f"{column} {head}"
    block = _block(text, column, parts, parts.blocks.get(place) or _none(), depth)
    if not block.value:
        return read_lines(text, column)
    parts.blocks.keep(place, block, len(text) + len(head))
    return block.value


def _block(text: str, column: int, parts: KeptParts, old: Block, depth: int) -> Block:
    """Read the entries between what a text begins with, as another does, and what both end with."""
    begin = _equal(old.text, text)
    end = _equal_end(old.text, text, min(len(old.text), len(text)) - begin)
    # The lines at which entries begin are the same up to the key's first character, or from the line break on.
    first = bisect_left(old.cuts, begin - column)
    last = min(bisect_right(old.cuts, len(old.text) - end), len(old.cuts) - 1)
    shift = len(text) - len(old.text)
    found = _cuts(text, column, max(0, begin - column), len(text) - end)
    cuts = [*old.cuts[:first], *found, *[cut + shift for cut in old.cuts[last:]]]
    if len(cuts) == 1:
        return _none()
    check_characters(text[: cuts[0]])
    if re.search(_NO_COMMENT, text[: cuts[0]]):
        raise NotSimple
    kept = max(0, first - 1)
    value = dict(islice(old.value.items(), kept))
    for start, stop in pairwise(cuts[kept : first + len(found) + 1]):
        one = _entry(text[start:stop], column, parts, depth)
        if not isinstance(one, dict):
            raise NotSimple
        value |= one
    value |= islice(old.value.items(), last, None)
    if len(value) != len(cuts) - 1:  # a key stands twice
        raise NotSimple
    return Block(text, tuple(cuts), value)


def _none() -> Block:
    return Block("", (0,), {})


def _cuts(text: str, column: int, begin: int, end: int) -> list[int]:
    """Return where entries begin that do so from one place to another."""
    before = text[begin - 1] if begin else "\n"
    piece = before + text[begin : end + column + 1]
    return [begin + match.start() for match in re.finditer(_CUTS[column], piece)]


def _equal(one: str, other: str) -> int:
    """Return how many characters two texts have in common from the start."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _equal_end(one: str, other: str, most: int) -> int:
    """Return how many characters two texts have in common at the end, `most` at most."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if one[len(one) - middle : len(one) - low] == other[len(other) - middle : len(other) - low]:
            low = middle
        else:
            high = middle - 1
    return low


def _entry(text: str, column: int, parts: KeptParts, depth: int) -> Collection:
    """Read one entry: a line with a key, and what belongs to it."""
    head, _, rest = text.partition("\n")
    if len(text) > _LONG and depth <= 1:
        match, key = re.match(_FIRST, rest), re.fullmatch(HEAD, head)
        deeper = len(match[1]) if match else 0
        if key is not None and column < deeper < len(_CUTS):
            check_characters(head)
            return {resolve(key[1]): _joined(rest, deeper, parts, head, depth + 1)}
    found = parts.entries.get(text)
    if found is None:
        found = read_lines(text, column)
        parts.entries.keep(text, found, len(text))
    return found
