"""The arrays that joblib puts between opcodes: how many bytes stand behind its wrapper of one.

A file that lies here would make GTO read other opcodes than joblib does. So whatever joblib does not write itself is an
error: another way to make the wrapper, other attributes, a data type whose parts disagree.
"""

import math
import re
from typing import Final

from gto.inspect.model_file import UnreadableModel
from gto.inspect.opcodes.machine import Machine
from gto.inspect.opcodes.pickle_imports import Imports
from gto.inspect.opcodes.records import Entries, Global, PickledObject, RawArray
from gto.inspect.opcodes.steps import follow

_DTYPE: Final = Global("numpy", "dtype")
_DTYPE_RE: Final = re.compile(r"[<>|=]?([biufcSUVOMm?])(\d{0,9})")
_ATTRIBUTES: Final = {"subclass", "shape", "order", "dtype", "allow_mmap", "numpy_array_alignment_bytes"}
_STATE: Final = {3, 4}  # versions of what numpy's dtype pickles
_ELSIZE, _FLAGS = 5, 7  # where in it
_FLEXIBLE: Final = {"S": 1, "U": 4, "V": 1}  # bytes of one unit, where the state tells the size
_HAS_OBJECTS = 1
_DEPTH = 8


class JoblibArrays:
    """Passes over arrays; knows afterwards whether there were any."""

    def __init__(self, imports: Imports) -> None:
        """Begin with none."""
        self._imports = imports
        self.count = 0

    def __call__(self, machine: Machine, wrapper: PickledObject) -> object:
        """Pass over the bytes of an array, or follow the pickle in them, and return what stands for the array."""
        self.count += 1
        told = _attributes(wrapper)
        stream = machine.stream
        if machine.frame_end > stream.at:
            raise UnreadableModel("an array begins within a frame, where joblib and GTO would look in different places")
        size, has_objects = _element(told.get("dtype"), _DEPTH)
        if has_objects:
            return follow(Machine(stream, self._imports))
        if told.get("numpy_array_alignment_bytes") is not None:
            stream.skip(stream.byte())
        shape = shape_of(told.get("shape"))
        total = math.prod(shape) * size
        stream.check(total)
        start = stream.at
        stream.skip(total)
        return RawArray(told["dtype"], shape, start, total)


def _attributes(wrapper: PickledObject) -> dict[str, object]:
    match wrapper:
        case PickledObject(args=(), kwargs=None, states=[Entries() as state], pairs=[], items=[]):
            told = state.named()
            if len(told) == len(state.pairs) and told.keys() <= _ATTRIBUTES:
                return told
        case _:
            pass
    raise UnreadableModel("it has an array's wrapper that joblib does not write")


def shape_of(shape: object) -> tuple[int, ...]:
    """Return a shape that NumPy accepts."""
    if isinstance(shape, tuple) and len(shape) <= 64 and all(type(one) is int and one >= 0 for one in shape):  # noqa: PLR2004  as many axes as numpy has
        return shape
    raise UnreadableModel("an array in it has no shape")


def _element(dtype: object, depth: int) -> tuple[int, bool]:
    """Return how many bytes an element has, and whether the elements are objects."""
    match dtype:
        case PickledObject(maker=Global() as maker, args=(str(text), *_), states=[tuple() as state]) if maker == _DTYPE:
            found = _DTYPE_RE.fullmatch(text)
            if found and depth and len(state) > _FLAGS and state[0] in _STATE and type(state[_FLAGS]) is int:
                kind, count = found.groups()
                has_objects = bool(state[_FLAGS] & _HAS_OBJECTS)
                size = int(count or 1) * _FLEXIBLE.get(kind, 1)
                told = state[_ELSIZE]
                if told == (size if kind in _FLEXIBLE else -1) and has_objects == _holds_objects(kind, state, depth):
                    return size, has_objects
        case _:
            pass
    raise UnreadableModel("an array in it has a data type that GTO does not know")


def _holds_objects(kind: str, state: tuple[object, ...], depth: int) -> bool:
    """Return what a data type itself, or its fields, say of objects; a state that says otherwise is a lie."""
    _, _, subarray, _, fields, *_ = state
    if subarray is not None or (kind != "V" and fields is not None):
        raise UnreadableModel("an array in it has a data type that GTO does not know")
    if not isinstance(fields, Entries):
        return kind == "O"
    return any(_element(field[0], depth - 1)[1] for _, field in fields.pairs if isinstance(field, tuple) and field)
