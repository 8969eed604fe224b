"""ONNX: one message of Protocol Buffers (onnx.proto, IR 3 to 13), of which the weights are skipped."""

from collections import Counter
from collections.abc import Iterator, Mapping

from gto.inspect.bounded import MOST, names, number, words
from gto.inspect.facts import CodeOnLoad, Json, Method, ModelFacts, Schema, Tensor
from gto.inspect.formats._onnx_types import ValueType, datatype_name, value_type
from gto.inspect.model_file import Allowance, ModelFile, UnreadableModel
from gto.inspect.protobuf_wire import Message, whole

_NUMBERS = frozenset({1, 5})
_PAYLOADS = frozenset({2, 3, 4, 6, 7, 8, 14, 20, 25, 26})
_TEXTS = frozenset({2, 3, 4})
_NEWEST_IR = 99
_FEWEST_FIELDS = 2
_DEFAULT_DOMAIN = "ai.onnx"
# Of the standard, and of what onnxruntime brings itself; "" is the standard's own name for the first.
_KNOWN_DOMAINS = frozenset(
    {_DEFAULT_DOMAIN, "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview", "ai.onnx.preview.training", "com.microsoft"}
)
_HOLDS_GRAPHS = frozenset({"If", "Loop", "Scan", "SequenceMap"})
_MOST_OPERATORS = 1000


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
    found = _Found()
    try:
        _read_model(whole(file), found, facts.details)
        facts.code_on_load = CodeOnLoad.NONE
    finally:
        found.fill_in(facts)


class _Found:
    """What the graphs of a model hold."""

    def __init__(self) -> None:
        self.operators: Counter[str] = Counter()
        self.datatypes: Counter[str] = Counter()
        self.initializers: set[str] = set()
        self.outside: dict[str, None] = {}
        self.inputs: dict[str, ValueType] = {}
        self.outputs: dict[str, ValueType] = {}
        self.opsets: dict[str, int] = {}
        self.own_domains: set[str] = set()

    def fill_in(self, facts: ModelFacts) -> None:
        """Put what was found into the facts."""
        inputs = {name: one for name, one in self.inputs.items() if name not in self.initializers}
        if inputs or self.outputs:
            facts.methods["predict"] = Method(_schema(inputs), _schema(self.outputs))
        self._describe(facts.details, {**inputs, **self.outputs})
        if self.initializers or self.datatypes:
            facts.parameter_count = number(self.datatypes.total())
        foreign = {domain for domain in self.opsets if domain not in _KNOWN_DOMAINS | self.own_domains}
        for domain in sorted(foreign)[:_FEWEST_FIELDS]:
            facts.notes.append(f"it needs operators of '{domain}', which the one who loads it must register")
        if self.outside:
            facts.notes.append(
                "its weights are in other files, beside it: " + ", ".join(map(str, names(self.outside, 3)))
            )

    def _describe(self, details: dict[str, Json], values: Mapping[str, ValueType]) -> None:
        free: dict[str, Json] = {name: list(one.axes) for name, one in values.items() if any(one.axes)}
        other: dict[str, Json] = {name: one.other for name, one in values.items() if one.other}
        details.update(
            {
                "opsets": dict(sorted(self.opsets.items())),
                "operators": dict(self.operators.most_common()),
                **(
                    {"datatypes": {name: number(count) for name, count in self.datatypes.items()}}
                    if self.datatypes
                    else {}
                ),
                **({"axes": free} if free else {}),
                **({"no_tensors": other} if other else {}),
                **({"external_data": names(self.outside)} if self.outside else {}),
            }
        )


def _schema(values: Mapping[str, ValueType]) -> Schema:
    tensors = [Tensor(name, one.datatype, one.shape) for name, one in values.items() if not one.other]
    return Schema(tuple(tensors), "np")


def _read_model(model: Message, found: _Found, details: dict[str, Json]) -> None:
    properties: dict[object, object] = {}
    for field in model.fields():
        match field.number:
            case 1:
                details["ir_version"] = number(field.value)
            case 2 | 3 | 4:
                key = {2: "producer", 3: "producer_version", 4: "domain"}[field.number]
                details[key] = model.text(field)
            case 7:
                _read_graphs(model.message(field), found)
            case 8:
                _read_opset(model.message(field), found.opsets)
            case 14 if len(properties) < MOST:
                properties.update([_texts(model.message(field))])
            case 25:
                _read_function(model.message(field), found)
            case _:
                pass
    if properties:
        details["metadata"] = words(properties)


def _read_opset(opset: Message, opsets: dict[str, int]) -> None:
    domain, version = "", 0
    for field in opset.fields():
        if field.number == 1:
            domain = opset.text(field)
        elif field.number == 2:
            version = number(field.value)
    if len(opsets) < _MOST_OPERATORS:
        opsets[domain or _DEFAULT_DOMAIN] = version


def _read_function(function: Message, found: _Found) -> None:
    """Count the operators of a function that the file itself defines, and note that its domain is no other's."""
    graphs: list[Message] = []
    for field in function.fields():
        if field.number == 10:
            found.own_domains.add(function.text(field))
        elif field.number == 7:
            _read_node(function.message(field), found, graphs)
    for graph in graphs:
        _read_graphs(graph, found, is_main=False)


def _read_graphs(main: Message, found: _Found, *, is_main: bool = True) -> None:
    """Read a graph, and the graphs in its nodes after it, so that no depth of them is a depth of calls."""
    graphs = [main]
    while graphs:
        graph = graphs.pop()
        for field in graph.fields():
            match field.number:
                case 1:
                    _read_node(graph.message(field), found, graphs)
                case 5:
                    _read_tensor(graph.message(field), found)
                case 15:
                    _read_sparse(graph.message(field), found)
                case 11 if is_main:
                    _read_value(graph.message(field), found.inputs)
                case 12 if is_main:
                    _read_value(graph.message(field), found.outputs)
        is_main = False


def _read_node(node: Message, found: _Found, graphs: list[Message]) -> None:
    operator, domain, attributes = "", "", []
    for field in node.fields():
        match field.number:
            case 4:
                operator = node.text(field)
            case 7:
                domain = node.text(field)
            case 5:
                attributes.append(field)
            case _:
                pass
    for field in attributes if operator in _HOLDS_GRAPHS else ():
        attribute = node.message(field)
        graphs.extend(attribute.message(one) for one in attribute.fields() if one.number in {6, 11})
    name = operator if domain in {"", _DEFAULT_DOMAIN} else f"{domain}.{operator}"
    if name in found.operators or len(found.operators) < _MOST_OPERATORS:
        found.operators[name] += 1


def _read_tensor(tensor: Message, found: _Found) -> None:
    """Count a tensor's numbers by its shape, without them."""
    count, datatype, name = 1, 0, ""
    for field in tensor.fields():
        match field.number:
            case 1:
                for length in tensor.numbers(field):
                    count = number(count * length)
            case 2:
                datatype = field.value
            case 8:
                name = tensor.text(field)
            case 13:
                _read_place(tensor.message(field), found.outside)
            case _:
                pass
    found.initializers.add(name)
    found.datatypes[datatype_name(datatype)] += count


def _read_sparse(sparse: Message, found: _Found) -> None:
    for field in sparse.fields():
        if field.number == 1:
            _read_tensor(sparse.message(field), found)


def _read_place(entry: Message, outside: dict[str, None]) -> None:
    key, value = _texts(entry)
    if key == "location" and len(outside) < MOST:
        outside[value] = None


def _texts(entry: Message) -> tuple[str, str]:
    """Return key and value of an entry of texts."""
    found = {field.number: entry.text(field) for field in entry.fields() if field.is_bytes}
    return found.get(1, ""), found.get(2, "")


def _read_value(value: Message, values: dict[str, ValueType]) -> None:
    name, described = "", ValueType()
    for field in value.fields():
        if field.number == 1:
            name = value.text(field)
        elif field.number == 2:
            described = value_type(value.message(field))
    if len(values) < MOST:
        values[name] = described
