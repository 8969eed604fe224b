"""From YAML text to nodes, within limits that keep a stranger's file from doing harm."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from gto.exceptions import BadFile
from gto.yamldoc.nodes import Alias, Mapping, Node, Pair, Scalar, Sequence, Span

if TYPE_CHECKING:
    from yaml import Mark, MarkedYAMLError
    from yaml.events import AliasEvent, CollectionStartEvent, Event, NodeEvent, ScalarEvent

MAX_DEPTH = 64
MAX_NODES = 200_000  # an alias counts as all that it names
MAX_ALIASES = 100
MAX_DIRECTIVES = 16  # libyaml compares each with each: 60,000 take 4 s before the first event

_CORE = "tag:yaml.org,2002:"
_COLLECTION_TAGS = {None, "!", _CORE + "map", _CORE + "seq"}
_UNPRINTABLE = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
_UNPRINTABLE_ASCII_RE = re.compile("[^\t\n\r\x20-\x7e]")
_SURROGATE = "[\ud800-\udfff]"
_DIRECTIVE_RE = re.compile("^%", re.MULTILINE)


def parse(text: str, file: str) -> Node | None:
    """Return the root of the one document in `text`, None where it holds none, or raise BadFile."""
    _check_text(text, file)
    import yaml

    # Events stream, so that depth is checked before anything recurses: the C composer dies on deep brackets.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Builder(text, file, yaml.parse(text, Loader=loader)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadFile(file, _reason(text, error), mark.line + 1 if mark else None) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # the latter: "\UFFFFFFFF", without C
        raise BadFile(file, f"no YAML: {error}") from None


def _check_text(text: str, file: str) -> None:
    # Patterns of all that Unicode has take milliseconds to compile, and most files are ASCII.
    wrong = _UNPRINTABLE_ASCII_RE.search(text) if text.isascii() else re.search(_UNPRINTABLE, text)
    if wrong:
        reason = f"a character that YAML does not allow: U+{ord(wrong[0]):04X}"
        raise BadFile(file, reason, text.count("\n", 0, wrong.start()) + 1)
    if len(_DIRECTIVE_RE.findall(text)) > MAX_DIRECTIVES:
        raise BadFile(file, f"more than {MAX_DIRECTIVES} lines that begin with '%'")


def _reason(text: str, error: "MarkedYAMLError") -> str:
    mark = error.problem_mark
    if mark and text[mark.index : mark.index + 1] == "\t":
        return "a tab cannot indent YAML"
    return ", ".join(part for part in (error.problem, error.context) if part)


class _Builder:
    """Takes the events of one text one by one."""

    def __init__(self, text: str, file: str, events: Iterator["Event"]) -> None:
        self.text = text
        self.file = file
        self.events = events
        self.anchors: dict[str, Scalar | Sequence | Mapping | None] = {}
        self.aliases = 0
        self.nodes = 0

    def document(self) -> Node | None:
        from yaml.events import DocumentStartEvent, StreamEndEvent

        next(self.events)
        if isinstance(next(self.events), StreamEndEvent):
            return None
        root = self.node(next(self.events), 0)
        next(self.events)
        more = next(self.events)
        if isinstance(more, DocumentStartEvent):
            raise BadFile(self.file, "more than one YAML document", _place(more).line)
        return root

    def node(self, event: "Event", depth: int) -> Node:
        from yaml.events import AliasEvent, ScalarEvent, SequenceStartEvent

        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise BadFile(self.file, f"more than {MAX_NODES} values", _place(event).line)
        if depth > MAX_DEPTH:
            raise BadFile(self.file, f"nested deeper than {MAX_DEPTH} levels", _place(event).line)
        if isinstance(event, AliasEvent):
            return self.alias(event)
        node: Scalar | Sequence | Mapping
        if isinstance(event, ScalarEvent):
            node = self.scalar(event)
        elif isinstance(event, SequenceStartEvent):
            node = self.sequence(event, depth)
        else:
            node = self.mapping(cast("CollectionStartEvent", event), depth)
        anchor = cast("NodeEvent", event).anchor
        if anchor:
            self.anchors[anchor] = node
        return node

    def alias(self, event: "AliasEvent") -> Alias:
        place = _place(event)
        target = self.anchors.get(event.anchor or "")
        if target is None:
            raise BadFile(self.file, f"'*{event.anchor}' stands for nothing before it", place.line)
        self.aliases += 1
        if self.aliases > MAX_ALIASES:
            raise BadFile(self.file, f"more than {MAX_ALIASES} aliases", place.line)
        return Alias(place, target, target.size, target.height)

    def scalar(self, event: "ScalarEvent") -> Scalar:
        place = _place(event)
        if not event.value.isascii() and re.search(_SURROGATE, event.value):
            raise BadFile(self.file, "half of a surrogate pair is no text", place.line)
        written = self.text[place.start : place.end]
        style = event.style or ""
        # The parser ends a block scalar behind the blank lines after it; only with `+` are they part of it.
        if style in {"|", ">"} and "+" not in written.split("\n", 1)[0]:
            place = Span(place.start, place.start + len(written.rstrip()), place.line)
        tag = event.tag or (None if event.implicit[0] else "!")
        return Scalar(place, event.value, tag, style)

    def sequence(self, event: "CollectionStartEvent", depth: int) -> Sequence:
        from yaml.events import SequenceEndEvent

        self.open(event)
        items: list[Node] = []
        while not isinstance(following := next(self.events), SequenceEndEvent):
            items.append(self.node(following, depth + 1))
        place = self.close(event, following, items)
        return Sequence(place, tuple(items), bool(event.flow_style), *self.measure(items, place.line))

    def mapping(self, event: "CollectionStartEvent", depth: int) -> Mapping:
        from yaml.events import MappingEndEvent

        self.open(event)
        pairs: list[Pair] = []
        while not isinstance(following := next(self.events), MappingEndEvent):
            key = self.node(following, depth + 1)
            if not isinstance(key, Scalar):
                raise BadFile(self.file, "a key must be one word or text", key.place.line)
            pairs.append(Pair(key, self.node(next(self.events), depth + 1)))
        values = [pair.value for pair in pairs]
        place = self.close(event, following, values)
        return Mapping(place, tuple(pairs), bool(event.flow_style), *self.measure(values, place.line))

    def open(self, event: "CollectionStartEvent") -> None:
        if event.tag not in _COLLECTION_TAGS:
            raise BadFile(self.file, f"tag '{event.tag}' is not supported", _place(event).line)
        if event.anchor:
            self.anchors[event.anchor] = None  # an alias inside would make a circle

    def close(self, event: "CollectionStartEvent", end: "Event", parts: list[Node]) -> Span:
        place = _place(event)
        return Span(place.start, _place(end).end if event.flow_style else parts[-1].place.end, place.line)

    def measure(self, parts: list[Node], line: int) -> tuple[int, int]:
        size = 1 + sum(part.size for part in parts)
        height = 1 + max((part.height for part in parts), default=0)
        if size > MAX_NODES:
            raise BadFile(self.file, f"more than {MAX_NODES} values", line)
        if height > MAX_DEPTH:
            raise BadFile(self.file, f"nested deeper than {MAX_DEPTH} levels", line)
        return size, height


def _place(event: "Event") -> Span:
    start, end = cast("Mark", event.start_mark), cast("Mark", event.end_mark)
    return Span(start.index, end.index, start.line + 1)
