"""What a watcher tells of its work: how each try to hand an event on ended, and notes."""

from collections.abc import Callable
from typing import NamedTuple

from gto.ci.watch.notice import Pending
from gto.ci.watch.outcome import Outcome


class Settled(NamedTuple):
    """How the last try to hand an event on ended."""

    pending: Pending
    outcome: Outcome
    tries: int

    def as_dict(self) -> dict[str, object]:
        """Return what is published of it."""
        event = self.pending.event
        return {
            "result": self.outcome.verdict.value,
            "event": event.kind.noun,
            "name": event.artifact,
            "ref": f"refs/tags/{event.ref}",
            "key": self.pending.key,
            "tries": self.tries,
            "reason": self.outcome.reason,
        }


class Listener(NamedTuple):
    """Who is told what happens; by several threads at once."""

    settled: Callable[[Settled], None]
    note: Callable[[str], None]
