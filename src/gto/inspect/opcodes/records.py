"""What the machine makes where a loader would make objects: inert records of what the pickle says."""

from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Global:
    """A class or function that the loader would import."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(slots=True, eq=False, repr=False)
class PickledObject:
    """What calling something would give, and what would be done with it afterwards."""

    maker: object
    args: object
    """A tuple in all pickles that a loader accepts."""
    kwargs: object = None
    states: list[object] = field(default_factory=list)
    items: list[object] = field(default_factory=list)
    pairs: list[tuple[object, object]] = field(default_factory=list)
    is_object: bool = False
    """Whether the maker is a class of which it makes a new object, and no function that may return anything."""


@dataclass(slots=True, eq=False, repr=False)
class Entries:
    """A dictionary; keys may come twice, and the last one counts."""

    pairs: list[tuple[object, object]] = field(default_factory=list)

    def named(self) -> dict[str, object]:
        """Return the entries whose keys are texts."""
        return {key: value for key, value in self.pairs if isinstance(key, str)}


class Payload(NamedTuple):
    """Bytes or text that were too long to keep."""

    kind: str
    start: int
    size: int


class Persistent(NamedTuple):
    """What a loader would look up elsewhere."""

    key: object


class NotInPickle(NamedTuple):
    """A value that only the loader's process knows: an extension's code, a buffer beside the pickle."""

    what: str


class RawArray(NamedTuple):
    """A NumPy array whose bytes follow joblib's wrapper."""

    dtype: object
    shape: tuple[int, ...]
    start: int
    size: int
