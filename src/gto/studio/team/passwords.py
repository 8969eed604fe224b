"""Passwords: kept as Argon2id hashes, and checked by few at a time, as each check takes memory."""

from collections.abc import Callable
from threading import BoundedSemaphore
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from gto.exceptions import UsageError

T = TypeVar("T")

SHORTEST = 12
"""Characters."""
_LONGEST = 1000
_AT_ONCE = 2
_TURNS: RunVar[CapacityLimiter] = RunVar("turns")  # of each event loop


class Passwords:
    """Hashes and checks passwords, as OWASP's cheat sheet on storing them has Argon2id: 19 MB, two passes."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._turn = BoundedSemaphore(_AT_ONCE)
        self._nobody = self.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        with self._turn:
            return self._hasher.hash(password)

    def check(self, kept: str | None, password: str) -> bool:
        """Tell whether it is the password; without one that is kept it takes as long, and is not."""
        with self._turn:
            try:
                self._hasher.verify(kept or self._nobody, password[:_LONGEST])
            except (VerifyMismatchError, InvalidHashError):
                return False
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Tell whether a hash was made with other settings, so that it is made anew when the password is known."""
        return self._hasher.check_needs_rehash(kept)


async def in_turn(work: Callable[[], T]) -> T:
    """Do what checks a password for whoever asks: who waits for a turn holds no thread that others need."""
    try:
        turns = _TURNS.get()
    except LookupError:
        turns = CapacityLimiter(_AT_ONCE)
        _TURNS.set(turns)
    return await run_sync(work, limiter=turns)


def check_new(password: str, name: str, again: str) -> None:
    """Raise UsageError where a password may not be chosen; `again` is what was typed the second time."""
    if len(password) < SHORTEST:
        raise UsageError(f"A password has at least {SHORTEST} characters", "a few words make a good one")
    if len(password) > _LONGEST:
        raise UsageError(f"A password has at most {_LONGEST} characters", "choose a shorter one")
    if name and name.casefold() in password.casefold():
        raise UsageError("The password holds the name", "choose another one")
    if password != again:
        raise UsageError("The two passwords are not the same", "type the new one twice")
