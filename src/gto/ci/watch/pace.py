"""When a watcher looks next: after its interval, or as soon as somebody knocks, but not for every knock."""

import random
import time
from threading import Event

_EVENLY = 0.2  # of the interval, by which a wait may be longer or shorter: many watchers do not ask all at once
_LEAST = 1.0  # seconds from one look to the next, however many knock; less where the interval is shorter


class Pace:
    """The waits between looks."""

    def __init__(self, interval: float) -> None:
        """`interval` is in seconds."""
        self._interval = interval
        self._knock = Event()
        self._over = Event()
        self._began = time.monotonic()

    @property
    def is_over(self) -> bool:
        """Whether no look is to follow."""
        return self._over.is_set()

    def knock(self) -> None:
        """Have the next look come soon."""
        self._knock.set()

    def end(self) -> None:
        """Have no look follow."""
        self._over.set()
        self._knock.set()

    def begin(self) -> None:
        """Say that a look begins."""
        self._began = time.monotonic()

    def wait(self) -> None:
        """Wait until the next look is due, or none is to follow."""
        if self._knock.wait(self._interval * random.uniform(1 - _EVENLY, 1 + _EVENLY)):  # noqa: S311  no secret
            least = min(_LEAST, self._interval)
            self._over.wait(max(0.0, self._began + least - time.monotonic()))
        self._knock.clear()
