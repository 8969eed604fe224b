"""How an attempt to hand an event on ended."""

from enum import Enum
from typing import NamedTuple


class Verdict(Enum):
    """What is to be done next."""

    DONE = "delivered"
    AGAIN = "retry"
    """It may go well a moment later."""
    NEVER = "dead"
    """To try again is of no use."""


class Outcome(NamedTuple):
    """The end of an attempt."""

    verdict: Verdict
    reason: str = ""
    """Why it did not go well."""
    after: float = 0.0
    """Seconds that the receiver asks to be left alone."""


DONE = Outcome(Verdict.DONE)
