"""Doing a thing again where another writer was first, for a bounded time."""

import itertools
import os
import time
from collections.abc import Callable
from typing import TypeVar

from gto.exceptions import ClockBehind, GTOException, Raced, TooSoon

PATIENCE = 120.0
"""Seconds after which a writer who was second again and again gives up."""
SKEW = 5
"""Seconds by which the clock of a machine may be behind that of another; a writer waits for so long."""
_Made = TypeVar("_Made")


def persist(action: Callable[[], _Made], between: Callable[[], object] = lambda: None) -> _Made:
    """Return what the action returns; where another writer was first, do what is due in between, and try again."""
    until = time.monotonic() + PATIENCE
    for attempt in itertools.count():
        try:
            return action()
        except (Raced, TooSoon, ClockBehind) as error:
            if time.monotonic() > until or not _waits(error, attempt):
                raise
            between()
    raise AssertionError  # count() has no end


def _waits(error: GTOException, attempt: int) -> bool:
    """Wait until another attempt may end well; false where waiting is no use."""
    match error:
        case TooSoon():
            time.sleep(1 - time.time() % 1)
        case ClockBehind(seconds=seconds):  # by a little: the clocks of two machines are never quite the same
            if seconds > SKEW or "GIT_COMMITTER_DATE" in os.environ:
                return False
            time.sleep(seconds)
        case _:
            import random  # only where writers meet: they wait for different times

            time.sleep(random.uniform(0, min(1.0, 0.02 * 2**attempt)))  # noqa: S311  no secret
    return True
