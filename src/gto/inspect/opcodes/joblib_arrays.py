"""The arrays that joblib puts between opcodes: how many bytes stand behind its wrapper of one.

A file that lies here would make GTO read other opcodes than joblib does. So whatever joblib does not write itself is an
error: another way to make the wrapper, other attributes, a data type whose parts disagree.
"""

import math
from typing import Final

from gto.inspect.model_file import UnreadableModel
from gto.inspect.opcodes.dtypes import element_of, shape_of
from gto.inspect.opcodes.machine import Machine
from gto.inspect.opcodes.pickle_imports import Imports
from gto.inspect.opcodes.records import Entries, PickledObject, RawArray
from gto.inspect.opcodes.steps import follow

_ATTRIBUTES: Final = {"subclass", "shape", "order", "dtype", "allow_mmap", "numpy_array_alignment_bytes"}


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
        size, has_objects = element_of(told.get("dtype"))
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
