"""The tensors of PyTorch's pickles: their names, shapes and datatypes; their numbers lie elsewhere."""

import math
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from gto.inspect.bounded import number
from gto.inspect.facts import Json, ModelFacts
from gto.inspect.opcodes.pickle_imports import Imports
from gto.inspect.opcodes.records import Entries, Global, Persistent, PickledObject

_STORAGES: Final = {
    "DoubleStorage": "F64",
    "FloatStorage": "F32",
    "HalfStorage": "F16",
    "BFloat16Storage": "BF16",
    "LongStorage": "I64",
    "IntStorage": "I32",
    "ShortStorage": "I16",
    "CharStorage": "I8",
    "ByteStorage": "U8",
    "BoolStorage": "BOOL",
    "ComplexFloatStorage": "C64",
    "ComplexDoubleStorage": "C128",
    "QInt8Storage": "QI8",
    "QUInt8Storage": "QU8",
    "QInt32Storage": "QI32",
}
_DTYPES: Final = {
    "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2",
    "uint16": "U16",
    "uint32": "U32",
    "uint64": "U64",
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "bfloat16": "BF16",
    "bool": "BOOL",
    **{f"int{bits}": f"I{bits}" for bits in (8, 16, 32, 64)},
}
_REBUILDS: Final = {"_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_qtensor"}
_PARAMETERS: Final = {"_rebuild_parameter", "_rebuild_parameter_with_state"}
_OF_MODULES: Final = ("_parameters", "_buffers", "_modules")
_SCRIPTED: Final = "__torch__"
_MOST_VISITED = 1_000_000
_MOST_TOLD = 200
_MOST_AXES = 64
_TEXT = 200


class Storage(NamedTuple):
    """Numbers that stand outside of the pickle."""

    datatype: str
    key: str


class NamedTensor(NamedTuple):
    """A tensor where the model has it."""

    name: str
    storage: Storage
    offset: int
    shape: tuple[int, ...]
    is_buffer: bool

    @property
    def numbers(self) -> int:
        """How many numbers it has."""
        return number(math.prod(self.shape))


class StorageKeys:
    """What stands for PyTorch's persistent ids: storages, and in old files classes with their source."""

    def __init__(self, imports: Imports) -> None:
        """Begin; other ids are doubts."""
        self._imports = imports

    def __call__(self, key: object) -> object:
        """Return the storage, or the class, that an id stands for."""
        match key:
            case ("storage", Global(name=kind), str(name), _, int(), *_):
                return Storage(_STORAGES.get(kind, kind), name[:_TEXT])
            case ("module", Global() as class_, *_):
                return class_
            case _:
                self._imports.doubt("it has a persistent id that PyTorch does not write")
                return Persistent(key)


def tell_tensors(root: object, facts: ModelFacts) -> None:
    """Fill in parameters, datatypes and shapes; a tensor with two names counts once."""
    tensors = list(_tensors(root))
    distinct = {(one.storage.key, one.offset, one.shape): one for one in tensors}.values()
    trained = [one for one in distinct if not one.is_buffer]
    datatypes: Counter[str] = Counter()
    for one in distinct:
        datatypes[one.storage.datatype] += one.numbers
    facts.parameter_count = number(sum(one.numbers for one in trained))
    facts.details["tensors"] = len(tensors)
    facts.details["datatypes"] = {name[:_TEXT]: number(count) for name, count in datatypes.items()}
    shapes: dict[str, Json] = {
        one.name[:_TEXT]: [one.storage.datatype[:_TEXT], *map(number, one.shape)] for one in tensors[:_MOST_TOLD]
    }
    facts.details["shapes"] = shapes


def _tensors(root: object) -> Iterator[NamedTensor]:
    waiting: list[tuple[str, object, bool]] = [("", root, False)]
    seen: set[int] = set()
    for _ in range(_MOST_VISITED):
        if not waiting:
            return
        name, value, is_buffer = waiting.pop()
        found = _tensor(name, value, is_buffer=is_buffer)
        if found is not None:
            yield found
        elif isinstance(value, Entries | PickledObject | list | tuple) and id(value) not in seen:
            seen.add(id(value))
            waiting += reversed(list(_within(name, value, is_buffer=is_buffer)))


def _within(name: str, value: object, *, is_buffer: bool) -> Iterator[tuple[str, object, bool]]:
    """Yield what a value holds with its name: names of modules have no word for how modules keep their parts."""
    prefix = f"{name}." if name else ""
    match value:
        case Entries(pairs=pairs):
            for key, inner in pairs:
                yield f"{prefix}{key}"[:_TEXT] if isinstance(key, str | int) else prefix, inner, is_buffer
        case PickledObject(maker=Global(name="OrderedDict"), pairs=pairs):
            yield name, Entries(pairs), is_buffer
        case PickledObject(maker=Global(module=module), states=[Entries() as state]):
            if module.startswith(_SCRIPTED):
                yield name, state, is_buffer
            else:
                yield from _of_module(name, state.named(), is_buffer=is_buffer)
        case list() | tuple():
            for place, inner in enumerate(value):
                yield f"{prefix}{place}"[:_TEXT], inner, is_buffer
        case _:
            pass


def _of_module(name: str, told: dict[str, object], *, is_buffer: bool) -> Iterator[tuple[str, object, bool]]:
    for part in _OF_MODULES:
        if part in told:
            yield name, told[part], is_buffer or part == "_buffers"


def _tensor(name: str, value: object, *, is_buffer: bool) -> NamedTensor | None:
    if isinstance(value, PickledObject) and isinstance(value.maker, Global) and value.maker.name in _PARAMETERS:
        value = value.args[0] if isinstance(value.args, tuple) and value.args else None
    match value:
        case PickledObject(maker=Global(name=maker), args=(Storage() as storage, int(offset), tuple(shape), *rest)) if (
            maker in _REBUILDS and len(shape) <= _MOST_AXES and all(type(one) is int and one >= 0 for one in shape)
        ):
            match rest:
                case [_, _, _, Global(name=dtype), *_] if maker == "_rebuild_tensor_v3":
                    storage = storage._replace(datatype=_DTYPES.get(dtype, dtype))
                case _:
                    pass
            return NamedTensor(name, storage, offset, shape, is_buffer)
        case _:
            return None
