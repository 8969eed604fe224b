"""The stack and the memo of pickles, which hold records that stand where a loader would have objects."""

from typing import Final

from gto.inspect.model_file import UnreadableModel
from gto.inspect.opcodes.pickle_imports import ARRAY_WRAPPER
from gto.inspect.opcodes.records import Entries, Global, PickledObject

_MOST_STACKED: Final = 1_000_000
_MOST_REMEMBERED: Final = 2_000_000


class LoaderStops(UnreadableModel):
    """No loader goes on from here: the opcode does not exist, or lacks what it needs."""


class Stack:
    """What was pushed since the last mark; the stacks below that mark; and what is remembered under numbers."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.stack: list[object] = []
        self.wrappers = 0
        """How often joblib's array wrapper was pushed without being made an object at once."""
        self._outer: list[list[object]] = []
        self._memo: dict[int, object] = {}

    def push(self, value: object) -> None:
        """Put a value on the stack."""
        self.stack.append(value)
        if type(value) is Global and value == ARRAY_WRAPPER:
            self.wrappers += 1

    def mark(self) -> None:
        """Begin a stack above this one."""
        if len(self._outer) >= _MOST_STACKED:
            raise UnreadableModel("it has more than a million open marks")
        self._outer.append(self.stack)
        self.stack = []

    def marked(self) -> list[object]:
        """Return what was pushed since the last mark, and take both away."""
        found, self.stack = self.stack, self._outer.pop()
        return found

    def take(self) -> object:
        """Return the last value, and take it away."""
        return self.stack.pop()

    def pop(self) -> None:
        """Drop the last value, or the mark where none stands above it."""
        if self.stack:
            self.stack.pop()
        else:
            self.marked()

    def duplicate(self) -> None:
        """Push the last value again."""
        self.push(self.stack[-1])

    def remember(self, key: int) -> None:
        """Keep the last value under a number."""
        if len(self._memo) >= _MOST_REMEMBERED:
            raise UnreadableModel("it remembers more than two million values")
        self._memo[key] = self.stack[-1]

    def recall(self, key: int) -> None:
        """Push the value that was kept under a number."""
        if key not in self._memo:
            raise LoaderStops("it refers to a value that it does not have")
        value = self._memo[key]
        if type(value) is Global:
            self.push(value)
        else:
            self.stack.append(value)

    def memoize(self) -> None:
        """Keep the last value under the next number."""
        memo = self._memo
        if len(memo) >= _MOST_REMEMBERED:
            raise UnreadableModel("it remembers more than two million values")
        memo[len(memo)] = self.stack[-1]

    def pack(self, count: int) -> None:
        """Replace the last values by a tuple of them."""
        if len(self.stack) < count:
            raise IndexError
        self.stack[-count:] = [tuple(self.stack[-count:])]

    def unfinished(self) -> object:
        """Return the outermost object as far as it was made: what a large model says of itself stands at its begin."""
        outermost, *inner = [*self._outer, self.stack]
        match outermost:
            case [PickledObject(states=[]) as root, Entries() as state, *values]:
                values = values or (inner[0] if inner else [])
                pairs = [*state.pairs, *zip(values[::2], values[1::2], strict=False)]
                return PickledObject(root.maker, root.args, states=[Entries(pairs)], is_object=root.is_object)
            case [root, *_]:
                return root
            case _:
                return None
