"""The turns of pushes to a server: each lasts from the judgement in a hook until git has set the refs."""

import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from gto.exceptions import Conflict
from gto.fs.file_lock import free, try_lock

_PATIENCE = 90.0  # seconds for which a push waits for those before it
_LONGEST = 60.0  # seconds for which those behind it wait for git to set the refs of one that was let through
_WAIT = 0.02
_MOST = 256  # descriptors that a hook may have got from the server


@contextmanager
def turn(directory: str) -> Iterator[int]:
    """Wait until no other push has its turn; yield the descriptor that holds it, for hand_over().

    It is a lock on the directory, which every copy of the descriptor keeps: there is no file that could be left behind,
    or that another user could not open.
    """
    handle = os.open(directory, os.O_RDONLY)
    try:
        if not _take(handle):
            raise Conflict("Other pushes are not done yet", "push again")
        yield handle
    finally:
        os.close(handle)


def _take(handle: int) -> bool:
    """Wait for the turn; False where it does not come."""
    until = time.monotonic() + _PATIENCE
    while not try_lock(handle):
        if time.monotonic() > until:
            return False
        time.sleep(_WAIT)
    return True


if sys.platform == "win32":

    def hand_over(handle: int, is_done: Callable[[], bool], settle: Callable[[], None]) -> None:
        """Do nothing: there is no fork, and the turn ends with the hook."""

else:

    def hand_over(handle: int, is_done: Callable[[], bool], settle: Callable[[], None]) -> None:
        """Leave the turn to a process of its own, until `is_done`, or git has given refs up, or for a minute.

        A hook ends before git sets the refs, so it cannot hold the lock itself for long enough. What git sets of a part
        only, or when others have had their turns, as its client reads no answer, is settled once git has ended.
        """
        server = _find_server()
        if os.fork() == 0:
            try:
                _detach({handle, server})
                is_in_time = _wait(server, is_done)
                if not is_in_time and server is not None:
                    free(handle)
                    select.select([server], [], [])
                    _take(handle)
                if not (is_in_time and is_done()):
                    settle()
            finally:
                os._exit(0)
        if server is not None:
            os.close(server)


def _find_server() -> int | None:
    """Open the process of git that started the hook, to learn when it ends; None where the system does not tell."""
    pid = os.getppid()
    with suppress(OSError, ValueError, IndexError):
        while sys.platform == "linux" and pid > 1:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read()
            if os.path.basename(words.partition(b"\0")[0]).startswith(b"git") and b"receive-pack" in words:
                return os.pidfd_open(pid)
            with open(f"/proc/{pid}/stat", "rb") as file:  # a hook that calls another stands between
                pid = int(file.read().rpartition(b")")[2].split()[1])
    return None


def _detach(kept: set[int | None]) -> None:
    """Hold nothing of the server's but what is kept: git waits until nobody has its pipes."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)
    for number in set(range(3, _MOST)) - kept:
        with suppress(OSError):
            os.close(number)


def _wait(server: int | None, is_done: Callable[[], bool]) -> bool:
    """Wait until `is_done` or git has ended; return whether that came in time."""
    until = time.monotonic() + _LONGEST
    while not is_done():
        if time.monotonic() > until:
            return False
        if server is None:
            time.sleep(_WAIT)
        elif select.select([server], [], [], _WAIT)[0]:
            break
    return True
