"""The machine of pickles: containers, imports, calls and states, made on a stack of records."""

from collections.abc import Callable
from typing import Final

from gto.inspect.model_file import UnreadableModel
from gto.inspect.opcodes.calls import doubt_of_state
from gto.inspect.opcodes.literals import U8
from gto.inspect.opcodes.pickle_imports import ARRAY_WRAPPER, Imports
from gto.inspect.opcodes.records import Entries, Global, NotInPickle, Payload, Persistent, PickledObject
from gto.inspect.opcodes.stack import LoaderStops, Stack
from gto.inspect.opcodes.stream import ByteStream

_NEWEST_PROTOCOL: Final = 5
_SETTERS: Final = {Global("cloudpickle.cloudpickle", f"_{kind}_setstate") for kind in ("function", "class")}
_TEXTS: Final = {Global("builtins", "str"), Global("__builtin__", "str"), Global("__builtin__", "unicode")}

Arrays = Callable[["Machine", PickledObject], object]
"""Passes over the bytes that follow joblib's wrapper of an array, and returns what stands for the array."""

Lookup = Callable[[object], object]
"""Returns what stands for a value that the loader looks up elsewhere by a key."""


class Machine(Stack):
    """One pickle, followed from where the stream stands to its STOP."""

    def __init__(
        self, stream: ByteStream, imports: Imports, arrays: Arrays | None = None, lookup: Lookup | None = None
    ) -> None:
        """Begin with an empty stack; with `arrays` it reads as joblib does, which puts arrays between opcodes."""
        super().__init__()
        self.stream = stream
        self.imports = imports
        self.protocol = 0
        self.frame_end = 0
        self._arrays = arrays
        self._lookup = lookup

    # Containers

    def extend(self, values: list[object]) -> None:
        """Add values to the list, set or object below them."""
        match self.stack[-1]:
            case list() as target:
                target += values
            case PickledObject() as target:
                target.items += values
            case _:
                self.imports.doubt("it appends to what is no list")

    def append(self) -> None:
        """Add the last value to what stands below it."""
        self.extend([self.stack.pop()])

    def set_items(self, values: list[object]) -> None:
        """Add keys and values, which alternate, to the dictionary or object below them."""
        if len(values) % 2:
            raise UnreadableModel("a key in it has no value")
        pairs = zip(values[::2], values[1::2], strict=True)
        match self.stack[-1]:
            case Entries() | PickledObject() as target:
                target.pairs += pairs
            case _:
                self.imports.doubt("it sets items of what is no dictionary")

    def set_item(self) -> None:
        """Add the last key and value to what stands below them."""
        value, key = self.stack.pop(), self.stack.pop()
        self.set_items([key, value])

    def dictionary(self) -> None:
        """Push a dictionary of what was pushed since the mark."""
        values = self.marked()
        self.stack.append(Entries())
        self.set_items(values)

    # Imports, calls and state

    def find(self, module: object, name: object) -> Global | NotInPickle:
        """Note an import; one whose name only running the pickle would tell is a doubt."""
        if type(module) is str and type(name) is str:
            found = Global(module, name)
            self.imports.add(found)
            return found
        if _is_no_text(module) or _is_no_text(name):
            raise LoaderStops("it imports what is named by no text")
        self.imports.doubt("it imports what it names by values that GTO cannot follow")
        return NotInPickle("import")

    def stack_global(self) -> None:
        """Push an import whose module and name stand on the stack."""
        name, module = self.stack.pop(), self.stack.pop()
        self.push(self.find(module, name))

    def line_key(self) -> int:
        """Return a number that stands in a line."""
        line = self.stream.line()
        try:
            return int(line)
        except ValueError as error:
            raise LoaderStops("it numbers a value with what is no number") from error

    def line_global(self) -> Global | NotInPickle:
        """Return an import whose module and name stand in two lines."""
        module, name = self.stream.line(), self.stream.line()
        try:
            return self.find(module.decode(), name.decode())
        except UnicodeDecodeError as error:
            raise LoaderStops("it imports what is no text") from error

    def extension(self, code: int) -> None:
        """Push an import that has a number in the loader's registry."""
        self.imports.doubt(f"it imports what the loader's registry of extensions has as number {code}")
        self.stack.append(NotInPickle("extension"))

    def make(self, maker: object, args: object, kwargs: object = None, *, is_object: bool = False) -> None:
        """Push what calling something would give."""
        if type(maker) is not Global:
            self.imports.doubt("it calls what it has made itself")
        if not is_object or args != () or kwargs is not None:
            self.imports.called(maker, args, kwargs)
        self.stack.append(PickledObject(maker, args, kwargs, is_object=is_object))

    def reduce(self) -> None:
        """Push the call of what stands below its arguments."""
        args, maker = self.stack.pop(), self.stack.pop()
        if type(maker) is Global and maker in _SETTERS:
            _set_state(args)
        self.make(maker, args)

    def new_object(self) -> None:
        """Push an object of a class that stands below its arguments."""
        args, maker = self.stack.pop(), self.stack.pop()
        if maker == ARRAY_WRAPPER and args == ():
            self.wrappers -= 1
        self.make(maker, args, is_object=True)

    def new_object_with_names(self) -> None:
        """The same with arguments that have names."""
        kwargs, args, maker = self.stack.pop(), self.stack.pop(), self.stack.pop()
        self.make(maker, args, kwargs)

    def marked_object(self) -> None:
        """Push an object of the class that stands behind the mark."""
        maker, *args = self.marked() or [None]
        self.make(maker, tuple(args))

    def instance(self) -> None:
        """Push an object of a class that two lines name."""
        maker = self.line_global()
        if maker == ARRAY_WRAPPER:
            self.wrappers += 1
        self.make(maker, tuple(self.marked()))

    def build(self) -> None:
        """Note the state of the object below it; behind a wrapper of joblib stands an array."""
        state, target = self.stack.pop(), self.stack[-1]
        if not isinstance(target, PickledObject):
            self.imports.doubt("it sets the state of what it has not made")
            return
        target.states.append(state)
        if doubt := doubt_of_state(target, state):
            self.imports.doubt(doubt)
        if self._arrays is not None and target.maker == ARRAY_WRAPPER:
            self.stack[-1] = self._arrays(self, target)

    # What stands outside

    def persistent(self, key: object) -> None:
        """Push what the loader would look up elsewhere."""
        if self._lookup is None:
            self.imports.doubt("it refers to values outside of it, which only a loader of its own looks up")
            self.stack.append(Persistent(key))
        else:
            self.stack.append(self._lookup(key))

    def buffer(self) -> None:
        """Push bytes that stand beside the pickle."""
        self.stack.append(NotInPickle("buffer"))

    def set_protocol(self) -> None:
        """Read the number of the protocol."""
        self.protocol = self.stream.byte()
        if self.protocol > _NEWEST_PROTOCOL:
            raise LoaderStops(f"protocol {self.protocol} of pickle is not known")

    def frame(self) -> None:
        """Note where a frame ends; frames change nothing for who reads on."""
        size = self.stream.number(U8)
        self.stream.check(size)
        self.frame_end = self.stream.at + size


def _is_no_text(value: object) -> bool:
    """Return whether a value is sure to be no text: an object of another class, or another literal."""
    if isinstance(value, PickledObject):
        return value.is_object and type(value.maker) is Global and value.maker not in _TEXTS
    return not isinstance(value, str | Payload | Persistent | NotInPickle)


def _set_state(args: object) -> None:
    """Note the state that cloudpickle sets by calling a function instead of BUILD."""
    match args:
        case (PickledObject() as target, state):
            target.states.append(state)
        case _:
            pass
