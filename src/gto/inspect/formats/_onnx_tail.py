"""The end of ONNX's main graph, where its inputs and outputs stand: read before the nodes and weights are walked.

Writers put a message's fields in the order of their numbers, so that behind hundreds of megabytes of weights stand
inputs (11), outputs (12), and what is known of values between nodes (13, 14, 16). Which bytes begin a field can be told
for certain only by walking from the graph's begin. From its end, a chain of fields is taken only where it is the single
one that reaches the end, each of its messages is whole, and their order is the writers'. It may still be wrong where
the last weight itself ends with such messages: what the walk finds stands above it.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from gto.inspect.formats._onnx_types import Values, ValueType, read_value
from gto.inspect.model_file import UnreadableModel, file_of_bytes
from gto.inspect.protobuf_wire import Field, Message, whole

_SIZES = (1 << 12, 1 << 14, 56 << 10)
"""How much of the end is read, until the chain begins within: of 64 KB the last leaves 8 for the file's own ends."""
_BEFORE = 1 << 11
"""So many bytes before the chain must hold nothing that would go on with it: a longer input would be missed."""
_MOST_TRIED = 4  # times that a byte may lie in a field that is tried
_INPUT, _OUTPUT = 11, 12
_VALUES = frozenset({_INPUT, _OUTPUT, 13})
_KEYS = re.compile(rb"[Zbjr]|\x82\x01")  # what fields 11, 12, 13, 14 and 16 begin with
_PARTS = frozenset({1, 2, 3, 4})  # of the messages in them


class GraphEnds(NamedTuple):
    """What goes into a graph, and what comes out of it."""

    inputs: Values
    outputs: Values


def read_ends(graph: Message) -> GraphEnds | None:
    """Return inputs and outputs as the end of a large graph has them; None where that cannot be told."""
    end = graph.start + graph.size
    if graph.size <= _SIZES[-1] or end > graph.file.size:
        return None
    data = b""
    for size in _SIZES:
        data = graph.file.read(end - size, size - len(data)) + data
        tail = whole(file_of_bytes("the end of the graph", data))
        found = _fields_to_end(tail, data)
        first = min(found, default=0)
        if first >= _BEFORE and found[first].number in {_INPUT, _OUTPUT}:
            return _ends(tail, found)
    return None


def _fields_to_end(tail: Message, data: bytes) -> dict[int, Field]:
    """Return each field from which others follow to the end, by where it begins; none where too many lie in others."""
    found, left = dict[int, Field](), _MOST_TRIED * len(data)
    for key in reversed(list(_KEYS.finditer(data))):
        for field in _field_at(tail, key.start()):
            end = field.start + field.size
            if end in found or end == len(data):
                left -= field.size
                if left < 0:
                    return {}
                if _is_whole(tail, field):
                    found[key.start()] = field
    return found


def _field_at(tail: Message, at: int) -> Iterator[Field]:
    """Yield the field that begins at a byte, if one does."""
    try:
        yield next(Message(tail.file, at, tail.size - at).fields())
    except UnreadableModel:
        return


def _is_whole(tail: Message, field: Field) -> bool:
    """Return whether a field holds a message as the format has it there."""
    try:
        message = tail.message(field)
        parts = list(message.fields())
        if field.number in _VALUES:
            name, described = read_value(message)
            if not name.isprintable() or not name or described.other == "unknown" or described == ValueType():
                return False
        return bool(parts) and all(part.is_bytes and part.number in _PARTS for part in parts)
    except UnreadableModel:
        return False


def _ends(tail: Message, found: dict[int, Field]) -> GraphEnds | None:
    """Return what the fields say, where they are one chain in the writers' order."""
    chain = [found[start] for start in sorted(found)]
    starts = [*sorted(found), tail.size]
    is_one = all(field.start + field.size == after for field, after in zip(chain, starts[1:], strict=True))
    if not is_one or any(one.number > after.number for one, after in pairwise(chain)):
        return None
    inputs, outputs = (
        dict(read_value(tail.message(field)) for field in chain if field.number == number)
        for number in (_INPUT, _OUTPUT)
    )
    return GraphEnds(inputs, outputs) if outputs else None
