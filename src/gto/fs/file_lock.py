"""A lock between processes that the system lets go of when its holder ends, however it ends."""

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from gto.exceptions import LockHeld

_WAIT = 0.02  # seconds between two tries
_HELD = {errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK}
_LACKING = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL, errno.EBADF}


class HeldLock(NamedTuple):
    """A lock that this process holds."""

    handle: int
    """The descriptor of its file. A child that gets it goes on holding the lock where this process is killed."""
    waited: bool
    """Whether another process held it first."""


@contextmanager
def hold(path: str, seconds: float) -> Iterator[bool]:
    """Hold the lock on the file `path`; yields whether another process held it first. LockHeld after `seconds`."""
    with take(path, seconds) as held:
        yield held.waited


@contextmanager
def take(path: str, seconds: float) -> Iterator[HeldLock]:
    """Do as hold(), and yield what can be handed to a child."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        waited = False
        until = time.monotonic() + seconds
        while not try_lock(handle):
            waited = True
            if time.monotonic() > until:
                raise LockHeld(path, seconds)
            time.sleep(_WAIT)
        try:
            yield HeldLock(handle, waited)
        finally:
            free(handle)
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def try_lock(handle: int, *, shared: bool = False) -> bool:  # noqa: ARG001  it has no lock that is shared
        """Lock an open file, if nobody else holds it."""
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def free(handle: int) -> None:
        """Closing it lets go of it."""

else:
    import fcntl

    def try_lock(handle: int, *, shared: bool = False) -> bool:
        """Lock an open file or directory, if nobody else holds it; a shared lock, if nobody holds it alone.

        Where the file system has no flock (Lustre, NFS without lockd), a POSIX lock serves; where it has none either,
        nothing keeps two processes apart, and git's own locks alone keep its files whole.
        """
        for lock in (fcntl.flock, fcntl.lockf):
            try:
                lock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno in _HELD:
                    return False
                if error.errno not in _LACKING:
                    raise
            else:
                return True
        return True

    def free(handle: int) -> None:
        """Let go of it, even where a child holds a copy of the descriptor."""
        for lock in (fcntl.flock, fcntl.lockf):
            with suppress(OSError):  # it has only one of them, or none
                lock(handle, fcntl.LOCK_UN)


def lock_now(handle: int) -> None:
    """Lock an open file or directory; BlockingIOError where another process holds it."""
    if not try_lock(handle):
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
