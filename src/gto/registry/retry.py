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
_OLD = 30.0
"""Seconds after which a writer lets nobody go first any more: until then the longer it waited, the sooner it tries."""
_MOST = 4.0  # seconds that a new writer lets pass where many write the same artifact
_Made = TypeVar("_Made")


def persist(action: Callable[[], _Made], between: Callable[[], object] = lambda: None) -> _Made:
    """Return what the action returns; where another writer was first, do what is due in between, and try again."""
    start = time.monotonic()
    for attempt in itertools.count():
        try:
            return action()
        except (Raced, TooSoon, ClockBehind) as error:
            waited = time.monotonic() - start
            if waited > PATIENCE or not _waits(error, attempt, max(0.0, 1 - waited / _OLD)):
                raise
            between()
    raise AssertionError  # count() has no end


def _waits(error: GTOException, attempt: int, youth: float) -> bool:
    """Wait until another attempt may end well; false where waiting is no use. `youth` falls from 1 to 0 as it waits."""
    import random  # only where writers meet: they wait for different times

    match error:
        case TooSoon():  # only one can have each second: who came first should
            late = random.uniform(0, youth * min(_MOST, attempt))  # noqa: S311  no secret
            time.sleep(1 - time.time() % 1 + late)
        case ClockBehind(seconds=seconds):  # by a little: the clocks of two machines are never quite the same
            if seconds > SKEW or "GIT_COMMITTER_DATE" in os.environ:
                return False
            time.sleep(seconds)
        case _:
            time.sleep(random.uniform(0, min(0.2 + 0.8 * youth, 0.02 * 2**attempt)))  # noqa: S311  no secret
    return True
