"""The graphs of ONNX: what their nodes and weights are, walked node by node; graphs in nodes follow after."""

from collections import Counter

from gto.inspect.bounded import MOST, number
from gto.inspect.formats._onnx_types import Values, datatype_name, read_value
from gto.inspect.protobuf_wire import Message

DEFAULT_DOMAIN = "ai.onnx"
_HOLDS_GRAPHS = frozenset({"If", "Loop", "Scan", "SequenceMap"})
_MOST_OPERATORS = 1000


class GraphContents:
    """What the graphs of a model hold."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.operators: Counter[str] = Counter()
        self.datatypes: Counter[str] = Counter()
        self.initializers: set[str] = set()
        self.outside: dict[str, None] = {}
        self.inputs: Values = {}
        self.outputs: Values = {}
        self.own_domains: set[str] = set()


def read_function(function: Message, found: GraphContents) -> None:
    """Count the operators of a function that the file itself defines, and note that its domain is no other's."""
    graphs: list[Message] = []
    for field in function.fields():
        if field.number == 10:
            found.own_domains.add(function.text(field))
        elif field.number == 7:
            _read_node(function.message(field), found, graphs)
    for graph in graphs:
        read_graphs(graph, found, is_main=False)


def read_graphs(main: Message, found: GraphContents, *, is_main: bool = True) -> None:
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
                    _note_value(graph.message(field), found.inputs)
                case 12 if is_main:
                    _note_value(graph.message(field), found.outputs)
        is_main = False


def _read_node(node: Message, found: GraphContents, graphs: list[Message]) -> None:
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
    name = operator if domain in {"", DEFAULT_DOMAIN} else f"{domain}.{operator}"
    if name in found.operators or len(found.operators) < _MOST_OPERATORS:
        found.operators[name] += 1


def _read_tensor(tensor: Message, found: GraphContents) -> None:
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


def _read_sparse(sparse: Message, found: GraphContents) -> None:
    for field in sparse.fields():
        if field.number == 1:
            _read_tensor(sparse.message(field), found)


def _read_place(entry: Message, outside: dict[str, None]) -> None:
    key, value = read_pair(entry)
    if key == "location" and len(outside) < MOST:
        outside[value] = None


def read_pair(entry: Message) -> tuple[str, str]:
    """Return key and value of an entry of texts."""
    found = {field.number: entry.text(field) for field in entry.fields() if field.is_bytes}
    return found.get(1, ""), found.get(2, "")


def _note_value(value: Message, values: Values) -> None:
    if len(values) < MOST:
        name, values_type = read_value(value)
        values[name] = values_type
