"""The lines, columns and style of a YAML text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from gto.yamldoc.document import load_text
from gto.yamldoc.dump import Style
from gto.yamldoc.nodes import Mapping, Node, Pair, Sequence, find

_BREAK = "\r\n|[\n\r\x85\u2028\u2029]"
_BREAK_RE = re.compile(_BREAK)
_COMMENT_LINE_RE = re.compile(f"(?: *(?:{_BREAK}))*( *)#.*?(?:{_BREAK}|$)")


@dataclass(frozen=True, slots=True)
class YamlSource:
    """A text that is about to be edited, with its nodes."""

    text: str
    file: str
    root: Node | None

    @classmethod
    def of(cls, text: str, file: str) -> "YamlSource":
        """Read a text, or raise BadFile."""
        return cls(text, file, load_text(text, file).root)

    def find(self, keys: tuple[str, ...]) -> Node | None:
        """Return the node that `keys` lead to."""
        node = self.root
        for key in keys:
            pair = find(node, key)
            node = pair.value if pair else None
        return node

    def line_start(self, offset: int) -> int:
        """Return where the line of `offset` begins."""
        return max(self.text.rfind(char, 0, offset) for char in "\n\r\x85\u2028\u2029") + 1

    def column(self, offset: int) -> int:
        """Return how many characters of its line stand before `offset`."""
        return offset - self.line_start(offset)

    def line_end(self, offset: int) -> int:
        """Return where the line after a node's end begins; a block's end may be there already."""
        if offset and self.line_start(offset) == offset:
            return offset
        end = _BREAK_RE.search(self.text, offset)
        return end.end() if end else len(self.text)

    def skip_comments(self, offset: int, column: int) -> int:
        """Return the offset behind the comments that follow `offset` and stand right of `column`."""
        while (line := _COMMENT_LINE_RE.match(self.text, offset)) and len(line[1]) > column:
            offset = line.end()
        return offset

    def insert_lines(self, offset: int, lines: list[str], column: int) -> str:
        """Return the text with lines put in where a line begins, or at the end."""
        newline = self.newline()
        head, tail = self.text[:offset], self.text[offset:]
        block = newline.join(" " * column + line for line in lines)
        if head and not _BREAK_RE.fullmatch(head[-1]):
            return head + newline + block
        return head + block + newline + tail

    def newline(self) -> str:
        """Return the line ending that the text uses first."""
        first = _BREAK_RE.search(self.text)
        return first[0] if first else "\n"

    def style(self, near: Node | None) -> Style:
        """Return the layout that nested mappings and lists show, those in `near` before all others."""
        steps = chain(self._steps(near), self._steps(self.root), [2])
        dashes = chain(self._dashes(near), self._dashes(self.root), [0])
        return Style(self.newline(), next(steps), next(dashes))

    def _steps(self, node: Node | None) -> Iterator[int]:
        for pair in _pairs(node):
            if isinstance(pair.value, Mapping) and not pair.value.flow:
                yield self.column(pair.value.pairs[0].key.place.start) - self.column(pair.key.place.start)

    def _dashes(self, node: Node | None) -> Iterator[int]:
        for pair in _pairs(node):
            if isinstance(pair.value, Sequence) and not pair.value.flow:
                item = pair.value.items[0].place.start
                before = self.text[self.line_start(item) : item]
                yield max(len(before) - len(before.lstrip(" ")) - self.column(pair.key.place.start), 0)


def _pairs(node: Node | None) -> Iterator[Pair]:
    match node:
        case Mapping():
            for pair in node.pairs:
                yield pair
                yield from _pairs(pair.value)
        case Sequence():
            for item in node.items:
                yield from _pairs(item)
        case _:
            return
