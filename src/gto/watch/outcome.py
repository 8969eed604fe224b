"""How an attempt to hand an event on ended, and what is told of it."""

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from gto.watch.payload import Pending


class NextStep(Enum):
    """What is to be done next."""

    DONE = "delivered"
    AGAIN = "retry"
    """It may go well a moment later."""
    NEVER = "dead"
    """To try again is of no use."""


class AttemptResult(NamedTuple):
    """The end of an attempt."""

    verdict: NextStep
    reason: str = ""
    """Why it did not go well."""
    after: float = 0.0
    """Seconds that the receiver asks to be left alone."""


DONE = AttemptResult(NextStep.DONE)


class Settled(NamedTuple):
    """How the last try to hand an event on ended."""

    pending: Pending
    outcome: AttemptResult
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


class AttemptListener(NamedTuple):
    """Who is told what happens; by several threads at once."""

    settled: Callable[[Settled], None]
    note: Callable[[str], None]
