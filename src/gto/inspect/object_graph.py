"""What a pickle made, as the values and parts that estimators are described from."""

from collections.abc import Iterator, Mapping
from itertools import islice
from struct import Struct
from typing import Final

from gto.inspect.estimator import EstimatorPart
from gto.inspect.opcodes.records import Entries, Global, NotInPickle, PickledObject, RawArray

_MOST_ITEMS = 1000  # of one list or mapping
_MOST_VALUES = 100_000
_DEPTH = 8
_RECONSTRUCTORS: Final = {Global("copy_reg", "_reconstructor"), Global("copyreg", "_reconstructor")}
_MAPPINGS: Final = {Global("collections", "OrderedDict"), Global("collections", "defaultdict")}
_NUMPY: Final = {
    "numpy",
    "numpy.core.multiarray",
    "numpy._core.multiarray",
    "numpy.core.numeric",
    "numpy._core.numeric",
}
_SCALARS: Final = {
    **{f"i{size}": Struct(f"<{form}") for size, form in ((1, "b"), (2, "h"), (4, "i"), (8, "q"))},
    **{f"u{size}": Struct(f"<{form}") for size, form in ((1, "B"), (2, "H"), (4, "I"), (8, "Q"))},
    **{f"f{size}": Struct(f"<{form}") for size, form in ((2, "e"), (4, "f"), (8, "d"))},
    "b1": Struct("<?"),
}


class ObjectGraph:
    """Converts what is asked for, each thing once: graphs may have circles, and one part in a thousand places."""

    def __init__(self) -> None:
        """Begin with nothing converted."""
        self._parts: dict[int, EstimatorPart] = {}
        self._left = _MOST_VALUES

    def value(self, record: object, depth: int = _DEPTH) -> object:
        """Return a record as a value; what no value is, or lies too deep, as unresolved."""
        self._left -= 1
        if not depth or self._left < 0:
            return NotInPickle("too much")
        match record:
            case None | bool() | int() | float() | str():
                return record
            case list() | tuple() if type(record) in {list, tuple}:
                values = [self.value(one, depth - 1) for one in record[:_MOST_ITEMS]]
                return values if isinstance(record, list) else tuple(values)
            case Entries():
                pairs = islice(record.pairs, _MOST_ITEMS)
                return {key: self.value(one, depth - 1) for key, one in pairs if isinstance(key, str)}
            case PickledObject():
                return self._made(record, depth)
            case _:
                return _named(record)

    def _made(self, record: PickledObject, depth: int) -> object:
        if isinstance(record.maker, Global):
            if record.maker in _MAPPINGS:
                return self.value(Entries(record.pairs), depth)
            if record.maker.module in _NUMPY:
                return self._of_numpy(record, depth)
        if id(record) not in self._parts:
            self._parts[id(record)] = EstimatorPart(class_name(record), _Attributes(self, record))
        return self._parts[id(record)]

    def _of_numpy(self, record: PickledObject, depth: int) -> object:
        match record:
            case PickledObject(maker=Global(name="scalar"), args=(PickledObject(args=(str(kind), *_)), bytes(data))):
                form = _SCALARS.get(kind.lstrip("<|="))
                return form.unpack(data)[0] if form is not None and form.size == len(data) else NotInPickle("scalar")
            case PickledObject(maker=Global(name="_reconstruct"), states=[(_, _, _, _, list(items))]):
                return self.value(items, depth)
            case PickledObject(maker=Global(name="_reconstruct" | "_frombuffer")):
                return EstimatorPart("numpy.ndarray", {})
            case _:
                return EstimatorPart(str(record.maker), {})


def _named(record: object) -> object:
    match record:
        case Global():
            return EstimatorPart(str(record), {})
        case RawArray():
            return EstimatorPart("numpy.ndarray", {})
        case _:
            return NotInPickle("value")


class _Attributes(Mapping[str, object]):
    """The attributes of an object; each is converted when it is asked for."""

    def __init__(self, graph: ObjectGraph, record: PickledObject) -> None:
        self._graph = graph
        self._records = attributes(record)

    def __getitem__(self, name: str) -> object:
        return self._graph.value(self._records[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)


def attributes(record: PickledObject) -> dict[str, object]:
    """Return what the states of an object say of its attributes."""
    found: dict[str, object] = {}
    for state in record.states:
        for part in state if type(state) is tuple else (state,):
            if isinstance(part, Entries):
                found |= part.named()
    return found


def class_name(record: PickledObject) -> str:
    """Return module and name of an object's class; of a class that is itself in the file, what the file calls it."""
    match record.maker, record.args:
        case Global() as maker, (Global() as found, *_) if maker in _RECONSTRUCTORS:
            return str(found)
        case Global() as maker, _:
            return str(maker)
        case PickledObject(args=(_, str(name), _, Entries() as names, *_)), _:
            return f"{names.named().get('__module__', '')}.{name}".lstrip(".")
        case _:
            return ""
