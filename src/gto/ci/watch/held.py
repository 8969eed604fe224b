"""A line of a watcher's journal: what became of a tag."""

import json
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple


class Mark(Enum):
    """What became of a tag."""

    DONE = "done"
    """It was delivered, or is no event to deliver."""
    PASSED = "passed"
    """It was there before the watcher, or no filter took it."""
    DEAD = "dead"
    """It could not be delivered."""
    TRY = "try"
    """It is to be delivered, or is being tried."""
    GONE = "gone"
    """It is not there any more; what became of it before is still known."""


class Held(NamedTuple):
    """A tag, and what became of it."""

    mark: Mark
    oid: str
    """The tag object's id."""
    ref: str
    """The tag's name."""
    tries: int = 0
    """How many there were, with one that is going on; 0 of a tag that is only waiting."""
    reason: str = ""
    """What went wrong the last time; empty while a try is going on."""
    time: int = 0
    """When it was given up, in seconds since 1970."""

    @property
    def was_cut(self) -> bool:
        """Whether the watcher ended during the last try, as a journal that is read at its start tells."""
        return self.mark is Mark.TRY and self.tries > 0 and not self.reason

    def line(self) -> bytes:
        """Write it as it stands in a journal."""
        return json.dumps([self.mark.value, *self[1:]]).encode() + b"\n"


def parse(line: bytes) -> Held:
    """Read a line of a journal; ValueError or TypeError where it is none."""
    mark, *rest = json.loads(line)
    return Held(Mark(mark), *rest)


def held(tags: Mapping[str, str], mark: Mark) -> list[Held]:
    """Return tags, object ids by name, with what became of them."""
    return [Held(mark, oid, ref) for ref, oid in tags.items()]
