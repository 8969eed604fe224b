"""A lock between processes that the system lets go of when its holder ends, however it ends."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from gto.exceptions import MirrorBusy

_WAIT = 0.02  # seconds between two tries


class Held(NamedTuple):
    """A lock that this process holds."""

    handle: int
    """The descriptor of its file. A child that gets it goes on holding the lock where this process is killed."""
    waited: bool
    """Whether another process held it first."""


@contextmanager
def hold(path: str, seconds: float) -> Iterator[bool]:
    """Hold the lock on the file `path`; yields whether another process held it first. MirrorBusy after `seconds`."""
    with take(path, seconds) as held:
        yield held.waited


@contextmanager
def take(path: str, seconds: float) -> Iterator[Held]:
    """Do as hold(), and yield what can be handed to a child."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        waited = False
        until = time.monotonic() + seconds
        while not _try(handle):
            waited = True
            if time.monotonic() > until:
                raise MirrorBusy(path, seconds)
            time.sleep(_WAIT)
        try:
            yield Held(handle, waited)
        finally:
            _free(handle)
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _try(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _free(handle: int) -> None:
        """Closing it lets go of it."""

else:
    import fcntl

    def _try(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _free(handle: int) -> None:
        """Let go of it, even where a child holds a copy of the descriptor."""
        fcntl.flock(handle, fcntl.LOCK_UN)
