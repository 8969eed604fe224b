"""TensorFlow's SavedModel: a directory of which `saved_model.pb` has graphs, signatures and the variables' shapes."""

from collections import Counter
from collections.abc import Iterator

from gto.inspect.bounded import MOST, names, number
from gto.inspect.facts import Method, ModelFacts, Schema, Tensor
from gto.inspect.file_tree import FileTree
from gto.inspect.model_file import UnreadableModel
from gto.inspect.protobuf_wire import Field, Message, whole

_FILE, _KERAS = "saved_model.pb", "keras_metadata.pb"
_INIT = "__saved_model_init_op"  # a signature only in name
_MOST_AXES = 64
_OUTSIDE = frozenset(
    {"EagerPyFunc", "MatchingFiles", "PyFunc", "PyFuncStateless", "ReadFile", "WriteFile", "PrintV2", "ReaderReadV2"}
)
_NAMES = {
    1: "FP32", 2: "FP64", 3: "INT32", 4: "UINT8", 5: "INT16", 6: "INT8", 7: "BYTES", 8: "COMPLEX64", 9: "INT64",
    10: "BOOL", 14: "BF16", 17: "UINT16", 18: "COMPLEX128", 19: "FP16", 22: "UINT32", 23: "UINT64",
}  # fmt: skip


def can_read_tree(tree: FileTree) -> bool:
    """Return whether a directory has the file of the graphs."""
    return _FILE in tree.paths


def read_tree(tree: FileTree, facts: ModelFacts) -> None:
    """Fill in signatures, tags, version, operators and parameters."""
    facts.format, facts.loader, facts.framework = "tensorflow-savedmodel", "tf.saved_model.load", "tensorflow"
    operators: Counter[str] = Counter()
    model = whole(tree.open(_FILE))
    graphs = 0
    for field in model.fields():
        if field.number == 2:
            graphs += 1
            _read_graph(model.message(field), operators, facts)
    if not graphs:
        raise UnreadableModel(f"'{_FILE}' has no graph")
    facts.details["graphs"] = graphs
    facts.details["operators"] = dict(operators.most_common(MOST))
    if _KERAS in tree.paths:
        facts.notes.append(f"Keras 2 would build layers from {_KERAS}, which may hold Python code, and was not read")
    facts.notes.append("TensorFlow runs graphs of the file when it loads it, and a graph may write files")
    facts.unlisted = sorted(_OUTSIDE & operators.keys())
    if facts.unlisted:
        facts.notes.append("it has operators that work on files, or call Python: see `unlisted`")


def _read_graph(graph: Message, operators: Counter[str], facts: ModelFacts) -> None:
    for field in graph.fields():
        match field.number:
            case 1:
                _read_info(graph.message(field), facts)
            case 2:
                _read_nodes(graph.message(field), operators)
            case 5 if len(facts.methods) < _MOST_AXES:
                _read_signature(graph.message(field), facts)
            case 7:
                _read_objects(graph.message(field), facts)
            case _:
                pass


def _read_info(info: Message, facts: ModelFacts) -> None:
    tags = []
    for field in info.fields():
        if field.number == 4:
            tags.append(info.text(field))
        elif field.number == 5:
            facts.framework_version = info.text(field)
    facts.details["tags"] = names(tags)


def _read_nodes(graph: Message, operators: Counter[str]) -> None:
    """Count the operators of a graph and of the functions in its library; functions hold no library of their own."""
    for field in graph.fields():
        if field.number == 1:
            _read_node(graph.message(field), operators)
        elif field.number == 2:
            library = graph.message(field)
            for one in library.fields():
                function = library.message(one) if one.number == 1 else None
                for node in function.fields() if function else ():
                    if function and node.number == 3:
                        _read_node(function.message(node), operators)


def _read_node(node: Message, operators: Counter[str]) -> None:
    operator = ""
    for field in node.fields():
        if field.number == 2:
            operator = node.text(field)
    if operator in operators or len(operators) < MOST:
        operators[operator] += 1


def _read_signature(entry: Message, facts: ModelFacts) -> None:
    """Make a method of a signature, of the name by which it is called."""
    name, sides = "", {1: list[Tensor](), 2: list[Tensor]()}
    for field in entry.fields():
        if field.number == 1:
            name = entry.text(field)
        elif field.number == 2:
            signature = entry.message(field)
            for one in signature.fields():
                if one.number in sides and len(sides[one.number]) < MOST:
                    sides[one.number].append(_tensor(signature.message(one)))
    if name != _INIT:
        # The map's order is none, so that of the names is taken.
        inputs, outputs = (Schema(tuple(sorted(side)), "np") for side in sides.values())
        facts.methods[name] = Method(inputs, outputs)


def _tensor(entry: Message) -> Tensor:
    name, datatype, shape = "", 0, (-1,)  # type: tuple[str, int, tuple[int, ...]]
    for field in entry.fields():
        if field.number == 1:
            name = entry.text(field)
        elif field.number == 2:
            info = entry.message(field)
            for one in info.fields():
                if one.number == 2:
                    datatype = one.value
                elif one.number == 3:
                    shape = _shape(info, one)
    return Tensor(name, _NAMES.get(datatype, f"TYPE{datatype}"), shape)


def _shape(above: Message, field: Field) -> tuple[int, ...]:
    shape = above.message(field)
    axes = []
    for one in shape.fields():
        if one.number == 2:
            axis = shape.message(one)
            sizes = [size.value for size in axis.fields() if size.number == 1]
            axes.append(number(sizes[-1]) if sizes and sizes[-1] < 1 << 63 else -1 if sizes else 0)
    if len(axes) > _MOST_AXES:
        raise UnreadableModel(f"a tensor has {len(axes):,} axes")
    return tuple(axes)


def _read_objects(objects: Message, facts: ModelFacts) -> None:
    """Count the numbers of the variables that were trained: of those in use, as Keras writes each one twice."""
    trained, used = dict[int, int](), set[int]()
    place = 0
    for field in objects.fields():
        found = objects.message(field)
        if field.number == 1:
            for one in found.fields():
                if one.number == 7 and (count := _variable(found.message(one))):
                    trained[place] = count
            place += 1
        elif field.number == 2:
            used.update(_bound_inputs(found))
    counts = [count for place, count in trained.items() if place in used] or trained.values()
    facts.parameter_count = number((facts.parameter_count or 0) + sum(counts))


def _bound_inputs(entry: Message) -> Iterator[int]:
    """Yield the places of the objects that a function works with."""
    for field in entry.fields():
        if field.number == 2:
            function = entry.message(field)
            for one in function.fields():
                if one.number == 2:
                    yield from function.numbers(one)


def _variable(variable: Message) -> int:
    count, is_trained = 1, False
    for field in variable.fields():
        if field.number == 2:
            for length in _shape(variable, field):
                count = number(count * max(length, 0))
        elif field.number == 3:
            is_trained = bool(field.value)
    return count if is_trained else 0
