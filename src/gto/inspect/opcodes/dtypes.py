"""What a pickle says of NumPy's data types and shapes; where its parts disagree, NumPy would take bytes for objects."""

import re
from typing import Final

from gto.inspect.model_file import UnreadableModel
from gto.inspect.opcodes.records import Entries, Global, PickledObject

DTYPE: Final = Global("numpy", "dtype")
_DTYPE_RE: Final = re.compile(r"[<>|=]?([biufcSUVOMm?])(\d{0,9})")
_STATE: Final = {3, 4}  # versions of what numpy's dtype pickles
_ELSIZE, _FLAGS = 5, 7  # where in it
_FLEXIBLE: Final = {"S": 1, "U": 4, "V": 1}  # bytes of one unit, where the state tells the size
_HAS_OBJECTS = 1
_DEPTH = 8


def has_objects(dtype: PickledObject) -> bool:
    """Return whether the elements of a data type are objects; one that GTO does not know is an error."""
    return element_of(dtype)[1]


def element_of(dtype: object) -> tuple[int, bool]:
    """Return how many bytes an element has, and whether the elements are objects."""
    return _element(dtype, _DEPTH)


def shape_of(shape: object) -> tuple[int, ...]:
    """Return a shape that NumPy accepts."""
    if isinstance(shape, tuple) and len(shape) <= 64 and all(type(one) is int and one >= 0 for one in shape):  # noqa: PLR2004  as many axes as numpy has
        return shape
    raise UnreadableModel("an array in it has no shape")


def _element(dtype: object, depth: int) -> tuple[int, bool]:
    """Return how many bytes an element has, and whether the elements are objects."""
    match dtype:
        case PickledObject(maker=Global() as maker, args=(str(text), *_), states=[tuple() as state]) if maker == DTYPE:
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
