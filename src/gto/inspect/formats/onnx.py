"""ONNX: one message of Protocol Buffers (onnx.proto, IR 3 to 13), of which the weights are skipped."""

from collections.abc import Iterator, Mapping, Sequence

from gto.inspect.bounded import MOST, names, number, words
from gto.inspect.facts import CodeOnLoad, Json, Method, ModelFacts, Schema, Tensor
from gto.inspect.formats._onnx_graph import DEFAULT_DOMAIN, GraphContents, read_function, read_graphs, read_pair
from gto.inspect.formats._onnx_tail import GraphEnds, read_ends
from gto.inspect.formats._onnx_types import ValueType
from gto.inspect.model_file import Allowance, ModelFile, UnreadableModel
from gto.inspect.protobuf_wire import Field, Message, whole

_NUMBERS = frozenset({1, 5})
_PAYLOADS = frozenset({2, 3, 4, 6, 7, 8, 14, 20, 25, 26})
_TEXTS = frozenset({2, 3, 4})
_NEWEST_IR = 99
_WEIGHTS_ARE_INPUTS = 3  # and in all versions before
_GRAPH = 7
_FEWEST_FIELDS = 2
# Of the standard, and of what onnxruntime brings itself; "" is the standard's own name for the first.
_KNOWN_DOMAINS = frozenset(
    {DEFAULT_DOMAIN, "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview", "ai.onnx.preview.training", "com.microsoft"}
)
_MOST_NAMED = 3  # in a note


def can_read(head: bytes) -> bool:
    """Return whether a file begins with the IR's version, and goes on with fields that a model has."""
    if not head.startswith(b"\x08"):
        return False
    found = 0
    for number_, is_bytes, value, text in _first_fields(head):
        allowed = _PAYLOADS if is_bytes else _NUMBERS
        if number_ not in allowed or (found == 0 and not 0 < value <= _NEWEST_IR) or not text.isprintable():
            return False
        found += 1
    return found >= _FEWEST_FIELDS


def _first_fields(head: bytes) -> Iterator[tuple[int, bool, int, str]]:
    file = ModelFile("", len(head), lambda at, count: head[at : at + count], Allowance(len(head) * 2, 0))
    message = Message(file, 0, 1 << 62)
    try:
        for field in message.fields():
            text = message.text(field) if field.number in _TEXTS and field.is_bytes else ""
            yield field.number, field.is_bytes, field.value, text
    except UnreadableModel:  # the head ends within a field
        return


def read(file: ModelFile, facts: ModelFacts) -> None:
    """Fill in inputs, outputs, operator sets, producer, operators and parameters."""
    facts.format, facts.loader, facts.framework = "onnx", "onnxruntime.InferenceSession", "onnx"
    found, opsets = GraphContents(), dict[str, int]()
    ends: GraphEnds | None = None
    try:
        model = whole(file)
        large = list(_read_small(model, opsets, facts.details))
        ends = _look_ahead(model, large, facts.details)
        for field in large:
            read_part = read_graphs if field.number == _GRAPH else read_function
            read_part(model.message(field), found)
        facts.code_on_load, ends = CodeOnLoad.NONE, None
    finally:
        if ends:
            found.inputs, found.outputs = ends
            facts.notes.append("its inputs and outputs are as its end has them: what is before was not read to the end")
        _fill_in(found, opsets, facts)


def _read_small(model: Message, opsets: dict[str, int], details: dict[str, Json]) -> Iterator[Field]:
    """Note what stands around the graph, and yield the fields of the graph and of functions, which may be large."""
    properties: dict[object, object] = {}
    for field in model.fields():
        match field.number:
            case 1:
                details["ir_version"] = number(field.value)
            case 2 | 3 | 4:
                key = {2: "producer", 3: "producer_version", 4: "domain"}[field.number]
                details[key] = model.text(field)
            case 8 if len(opsets) < MOST:
                _read_opset(model.message(field), opsets)
            case 14 if len(properties) < MOST:
                properties.update([read_pair(model.message(field))])
            case 7 | 25:
                yield field
            case _:
                pass
    if properties:
        details["metadata"] = words(properties)


def _look_ahead(model: Message, large: Sequence[Field], details: Mapping[str, Json]) -> GraphEnds | None:
    """Return what the end of the graph says; of IR 3 nothing, which has the weights among the inputs."""
    match [field for field in large if field.number == _GRAPH], details.get("ir_version"):
        case [graph], int(version) if version > _WEIGHTS_ARE_INPUTS:
            return read_ends(model.message(graph))
        case _:
            return None


def _read_opset(opset: Message, opsets: dict[str, int]) -> None:
    domain, version = "", 0
    for field in opset.fields():
        if field.number == 1:
            domain = opset.text(field)
        elif field.number == 2:
            version = number(field.value)
    opsets[domain or DEFAULT_DOMAIN] = version


def _fill_in(found: GraphContents, opsets: Mapping[str, int], facts: ModelFacts) -> None:
    inputs = {name: one for name, one in found.inputs.items() if name not in found.initializers}
    if inputs or found.outputs:
        facts.methods["predict"] = Method(_schema(inputs), _schema(found.outputs))
    if found.datatypes:
        facts.parameter_count = number(found.datatypes.total())
    facts.details["opsets"] = dict(sorted(opsets.items()))
    facts.details["operators"] = dict(found.operators.most_common())
    values = {**inputs, **found.outputs}
    more: dict[str, Json] = {
        "datatypes": {name: number(count) for name, count in found.datatypes.items()},
        "axes": {name: list(one.axes) for name, one in values.items() if any(one.axes)},
        "no_tensors": {name: one.other for name, one in values.items() if one.other},
        "external_data": names(found.outside),
    }
    facts.details.update({key: value for key, value in more.items() if value})
    _note(found, opsets, facts)


def _schema(values: Mapping[str, ValueType]) -> Schema:
    tensors = [Tensor(name, one.datatype, one.shape) for name, one in values.items() if not one.other]
    return Schema(tuple(tensors), "np")


def _note(found: GraphContents, opsets: Mapping[str, int], facts: ModelFacts) -> None:
    """Note what loading needs beside the file."""
    foreign = sorted({domain for domain in opsets if domain not in _KNOWN_DOMAINS | found.own_domains})
    for domain in foreign[:_MOST_NAMED]:
        facts.notes.append(f"it needs operators of '{domain}', which the one who loads it must register")
    if found.outside:
        places = ", ".join(map(str, names(found.outside, _MOST_NAMED)))
        facts.notes.append(f"its weights are in other files, beside it: {places}")
    if any(place.startswith(("/", "\\")) or ".." in place for place in found.outside):
        facts.notes.append("some of its weights are not in its own directory: loaders refuse that, or read other files")
