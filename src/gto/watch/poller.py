"""A repository that is looked at again and again: when, and read only where its tags changed."""

import os
import random
import time
from collections.abc import Callable
from threading import Event

from gto.exceptions import RemoteFailed
from gto.git import tag_reader
from gto.git.command import within
from gto.git.repo import Repo
from gto.registry.registry import Registry

_SECONDS = 60.0  # for the listing alone: a remote that hangs is noted, and asked again


class WatchedRepository:
    """A repository, and the tags that it had when all of them were handled."""

    def __init__(self, read: Callable[[], Registry]) -> None:
        """`read` opens the repository as it is now."""
        self.read = read
        self._registry: Registry | None = None
        self._handled: bytes | None = None
        self._found: bytes | None = None

    def look(self) -> Registry | None:
        """Return the repository as it is now; None where its tags are those that were handled."""
        now = None if self._registry is None else _list(self._registry)
        if now is not None and now == self._handled:
            return None
        self._registry = self.read()
        # The tags that were listed before it was read: what came in between is found by the next look.
        self._found = self._registry.listing.text if now is None else now
        return self._registry

    def done(self) -> None:
        """Remember that what the last look found is handled."""
        self._handled = self._found


def _list(registry: Registry) -> bytes | None:
    """List the tags as they are now, in the order and the form of a Listing; None where a mirror was removed."""
    return tag_reader.list_tags(registry.git).text if registry.repo.is_own else _list_remote(registry.repo)


def _list_remote(repo: Repo) -> bytes | None:
    if not os.path.isdir(repo.common_dir):  # `gto cache clear`, or another process made room
        return None
    args = ["ls-remote", "--quiet", "--refs", "--tags", "--", "origin"]
    with within(_SECONDS):
        out, status, err = repo.writer.ask(args)
    if status != 0:
        raise RemoteFailed(str(repo.address), args, status, err)
    return out.replace(b"\t", b" ")


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
