"""A lock between processes that the system lets go of when its holder ends, however it ends."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from gto.exceptions import MirrorBusy

_WAIT = 0.02  # seconds between two tries


@contextmanager
def hold(path: str, seconds: float) -> Iterator[bool]:
    """Hold the lock on the file `path`; yields whether another process held it first. MirrorBusy after `seconds`."""
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
        yield waited
    finally:
        os.close(handle)  # which lets go of it


if sys.platform == "win32":
    import msvcrt

    def _try(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
