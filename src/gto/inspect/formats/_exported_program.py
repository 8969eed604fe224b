"""The program that torch.export writes as JSON: its inputs and outputs, and whether reading it back runs what it says.

PyTorch gives sizes to sympy, which evaluates them as Python; looks operators up by their names; imports what trees of
arguments name; and writes the names of values and weights into Python code, which it runs. So what is not of the narrow
form that torch.export writes itself is a doubt.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from gto.inspect.bounded import short
from gto.inspect.facts import Method, ModelFacts, Schema, Tensor
from gto.inspect.json_parts import as_mapping, mapping_at
from gto.inspect.model_file import UnreadableModel
from gto.inspect.opcodes.pickle_imports import Imports

_DATATYPES: Final = {
    1: "UINT8",
    2: "INT8",
    3: "INT16",
    4: "INT32",
    5: "INT64",
    6: "FP16",
    7: "FP32",
    8: "FP64",
    12: "BOOL",
    13: "BF16",
    28: "UINT16",
    29: "FP8_E4M3",
    30: "FP8_E5M2",
}
_FREE: Final = -1
_MOST_TENSORS: Final = 1000
_SIZE_RE: Final = re.compile(r"[\w\s(),+\-*/=<>'.]{1,5000}", re.ASCII)
_WORD_RE: Final = re.compile(r"[A-Za-z_]\w*")
_SYMBOL_RE: Final = re.compile(r"(s|u|zf|zuf)\d+")
_ATTRIBUTE_RE: Final = re.compile(r"\.\s*[A-Za-z_(]")
_WORDS: Final = {
    *("Symbol", "Integer", "Rational", "Float", "Add", "Mul", "Pow", "Mod", "Max", "Min", "Eq", "Ne", "Lt", "Le", "Gt"),
    *(
        "Ge",
        "And",
        "Or",
        "Not",
        "FloorDiv",
        "CleanDiv",
        "CeilDiv",
        "PythonMod",
        "ModularIndexing",
        "Where",
        "Piecewise",
    ),
    *("IntTrueDiv", "FloatTrueDiv", "ToFloat", "FloorToInt", "CeilToInt", "TruncToInt", "RoundToInt", "Identity"),
    *("PowByNatural", "positive", "nonnegative", "nonzero", "integer", "real", "True", "False", "int_oo", "oo"),
}
_OPERATOR_RE: Final = re.compile(
    r"torch\.ops\.(aten|prims|quantized|quantized_decomposed|higher_order|_c10d_functional)\.\w+(\.\w+)?"
    r"|torch\.sym_(float|int|ite|max|min|not|sqrt|sum)|torch\._sym_sqrt|math\.(ceil|floor|trunc)"
    r"|_operator\.(add|and_|eq|floordiv|ge|getitem|gt|le|lt|mod|mul|ne|neg|not_|or_|pos|pow|sub|truediv)"
)
_NAMES: Final = ("name", "names", "fqn")
_NAME_RE: Final = re.compile(r"[\w.\-]{0,2000}", re.ASCII)
_TREES: Final = {None, "builtins.tuple", "builtins.list", "builtins.dict", "collections.OrderedDict"}
_CLASS_RE: Final = re.compile(r"L__self__,[^,]*,([\w.]{1,200})")


def read_program(text: bytes, imports: Imports) -> Mapping[str, Any]:
    """Return the program; what reading it back could run is doubted."""
    try:
        program = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableModel(f"its program is no JSON: {error}") from error
    if not isinstance(program, dict) or not isinstance(program.get("graph_module"), dict):
        raise UnreadableModel("its program has no graph")
    for key, value in _members(program):
        _check(key, value, imports)
    return program


def _check(key: str, value: object, imports: Imports) -> None:
    match key, value:
        case "expr_str", _ if not (isinstance(value, str) and _is_size(value)):
            imports.doubt("a size in it is an expression that PyTorch does not write, and evaluates")
        case "range_constraints", dict() if not all(_is_size(one) for one in value):
            imports.doubt("a size in it is an expression that PyTorch does not write, and evaluates")
        case "target" | "as_operator", _ if not (isinstance(value, str) and _OPERATOR_RE.fullmatch(value)):
            imports.doubt(f"an operator in it is none of PyTorch's own: {short(value)}")
        case "in_spec" | "out_spec", _ if not _is_plain_tree(value):
            imports.doubt("a tree of arguments in it names types that are imported")
        case _, _ if key.endswith(_NAMES) and not all(map(_is_name, value if isinstance(value, list) else [value])):
            imports.doubt("a name in it is none, and PyTorch writes names into code")
        case "guards_code", _ if value:
            imports.doubt("it has guards, which are Python code")
        case _:
            pass


def _members(root: object) -> Iterator[tuple[str, object]]:
    """Yield the keys and values of all objects within, without recursion."""
    waiting = [root]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from value.items()
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _is_size(text: str) -> bool:
    return (
        bool(_SIZE_RE.fullmatch(text))
        and not _ATTRIBUTE_RE.search(text)
        and all(word in _WORDS or _SYMBOL_RE.fullmatch(word) for word in _WORD_RE.findall(text))
    )


def _is_plain_tree(text: object) -> bool:
    if not isinstance(text, str):
        return text is None
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        return not text
    for key, value in _members(tree):
        if key == "type" and (not isinstance(value, str | None) or value not in _TREES):
            return False
        if key == "context" and not _is_plain_context(value):
            return False
    return True


def _is_plain_context(text: object) -> bool:
    """Return whether the context of a tree is the keys of a dictionary, or none: objects in it are imported."""
    if not isinstance(text, str):
        return text is None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return found is None or (isinstance(found, list) and not any(isinstance(one, list | dict) for one in found))


def _is_name(text: object) -> bool:
    return text is None or (isinstance(text, str) and bool(_NAME_RE.fullmatch(text)))


def tell_program(name: str, program: Mapping[str, Any], facts: ModelFacts) -> None:
    """Fill in version, operator sets, class, and the tensors that go in and come out."""
    facts.framework_version = short(program.get("torch_version", ""))
    opset = program.get("opset_version")
    facts.details["opset"] = {short(key): one for key, one in list(as_mapping(opset).items())[:20] if type(one) is int}
    graph_module = mapping_at(program, "graph_module")
    graph, signature = mapping_at(graph_module, "graph"), mapping_at(graph_module, "signature")
    known = mapping_at(graph, "tensor_values")
    sides = (_tensors(signature, side, known) for side in ("input", "output"))
    facts.methods["forward" if name == "model" else short(name)] = Method(*(Schema(one, "np") for one in sides))
    for node in _sequence(graph.get("nodes"))[:20]:
        found = _CLASS_RE.match(str(mapping_at(as_mapping(node), "metadata").get("nn_module_stack", "")))
        if found:
            facts.class_name = found[1]
            return


def _tensors(signature: Mapping[str, Any], side: str, known: Mapping[str, Any]) -> tuple[Tensor, ...]:
    found = []
    for spec in _sequence(signature.get(f"{side}_specs"))[:_MOST_TENSORS]:
        arg = mapping_at(mapping_at(as_mapping(spec), f"user_{side}"), "arg")
        name = mapping_at(arg, "as_tensor").get("name")
        if isinstance(name, str):
            meta = as_mapping(known.get(name))
            found.append(Tensor(short(name), _DATATYPES.get(meta.get("dtype", 0), ""), shape_of_meta(meta)))
    return tuple(one for one in found if one.datatype)


def shape_of_meta(meta: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the shape that the description of a tensor has; what is an expression is free."""
    sizes = [as_mapping(one).get("as_int") for one in _sequence(meta.get("sizes"))[:64]]
    return tuple(one if type(one) is int and one >= 0 else _FREE for one in sizes)


def _sequence(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
