"""Doing a thing again where another writer was first, for a bounded time."""

import itertools
import os
import time
from collections.abc import Callable
from typing import TypeVar

from gto.backoff import Backoff
from gto.exceptions import ClockBehind, GTOException, Raced, TooSoon
from gto.git import command

PATIENCE = 300.0
"""Seconds after which a writer who was second again and again gives up."""
SKEW = 5
"""Seconds by which the clock of a machine may be behind that of another; a writer waits for so long."""
_OLD = 90.0
"""Seconds after which a writer lets nobody go first any more."""
_LEAST, _MOST = 0.1, 24.0  # seconds that a writer may let pass, from the first time on and at most
_Made = TypeVar("_Made")


def persist(action: Callable[[], _Made], between: Callable[[], object] = lambda: None) -> _Made:
    """Return what the action returns; where another writer was first, do what is due in between, and try again."""
    start = time.monotonic()
    for tries in itertools.count(1):
        began = time.monotonic()
        try:
            return action()
        except (Raced, TooSoon, ClockBehind) as error:
            now = time.monotonic()
            late = _late(tries, now - began, now - start)
            if now - start > PATIENCE or not _waits(error, late):
                raise
            between()
    raise AssertionError  # count() has no end


def _late(tries: int, took: float, age: float) -> float:
    """Return for how many seconds a writer lets others go first.

    If all tried again at once, they would keep the machine from letting any of them end. So each waits for a random
    time: longer the longer an attempt takes, and three times as long after each, but shorter as the writer gets old.
    """
    youth = max(0.0, 1 - age / _OLD)
    return Backoff(max(_LEAST, youth * took), max(_LEAST, youth * _MOST), factor=3.0, steady=0.0).wait(tries)


def _waits(error: GTOException, late: float) -> bool:
    """Wait until another attempt may end well; false where waiting is no use."""
    match error:
        case TooSoon():  # only one can have each second
            seconds = 1 - time.time() % 1 + late
        case ClockBehind(seconds=behind):  # by a little: the clocks of two machines are never quite the same
            if behind > SKEW or "GIT_COMMITTER_DATE" in os.environ:
                return False
            seconds = behind
        case _:
            seconds = late
    command.tell("others write here too: waiting for a turn")
    time.sleep(seconds)
    command.tell("")
    return True
