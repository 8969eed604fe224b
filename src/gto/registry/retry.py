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
_OLD = 90.0
"""Seconds after which a writer lets nobody go first any more."""
_STEP, _MOST = 6.0, 24.0  # seconds that a writer lets pass: more with each attempt, and up to so many
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
        case TooSoon():
            # Only one can have each second. If all tried at its beginning, they would keep the machine from letting
            # any of them end; and who came first should come first.
            late = random.uniform(0, youth * min(_MOST, 1 + _STEP * attempt))  # noqa: S311  no secret
            time.sleep(1 - time.time() % 1 + late)
        case ClockBehind(seconds=seconds):  # by a little: the clocks of two machines are never quite the same
            if seconds > SKEW or "GIT_COMMITTER_DATE" in os.environ:
                return False
            time.sleep(seconds)
        case _:
            time.sleep(random.uniform(0, min(1.0, 0.02 * 2**attempt)))  # noqa: S311  no secret
    return True
