"""Who synchronises while pages are read: one thread, which is asked, or looks by itself from time to time."""

import ctypes
import gc
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Thread

from sqlalchemy.exc import SQLAlchemyError

from gto.catalog.parallel import Way, each
from gto.catalog.repositories import CatalogRepository, Failure
from gto.registry.registry import Registry
from gto.studio.index.database import Database, reason_of
from gto.studio.index.repository_rows import SyncProgress
from gto.studio.sync.index_keeper import Asked, Ended, IndexKeeper
from gto.studio.sync.repository import sync_rest

_ROUND = ""


def _silent(_done: int, _wanted: int) -> None:
    """Tell nobody how far the work is."""


class Worker(IndexKeeper):
    """Keeps the index of one process up to date, round by round."""

    def __init__(
        self,
        database: Database,
        places: Sequence[CatalogRepository],
        way: Way,
        tell: Callable[[int, int], None] = _silent,
        every: float = 60.0,
    ) -> None:
        """`tell` is called with how many versions are read, and of how many, in the first round.

        `every` says after how many seconds without being asked all repositories are read again.
        """
        super().__init__(database, places, way)
        self._tell_all = tell
        self._every = every
        self._asked: set[str] | None = set()
        self._again: set[str] = set()
        self._rounds = 0
        self._has_tags = False
        self._is_damaged = False
        self._progress: dict[str, SyncProgress] = {}
        self._thread = Thread(target=self._work, name="studio-sync", daemon=True)
        try:
            self.enter()
        except SQLAlchemyError as error:
            if not database.is_damage(error):
                raise
            self._is_damaged = True
            self._make_anew()

    def start(self) -> None:
        """Begin, with all repositories."""
        self.ask()
        self._thread.start()

    def ask(self, *names: str, again: bool = False) -> Asked:
        """Ask for these repositories, all without names; the round will have read them whose number is returned."""
        with self._changed:
            self._again |= set(names or (one.name for one in self.places)) if again else set()
            if not names or self._asked is None:
                self._asked = None
            else:
                self._asked |= set(names)
            self._changed.notify_all()
            return {_ROUND: self._rounds + 1}

    def wait(self, asked: Asked, seconds: float) -> bool:
        """Wait until a round is over; false where that takes too long."""
        with self._changed:
            return self._changed.wait_for(lambda: self._rounds >= asked[_ROUND] or self._is_closing, seconds)

    def wait_for_tags(self, seconds: float) -> bool:
        """Wait until the tags of all repositories were read once; false where that takes too long."""
        with self._changed:
            return self._changed.wait_for(lambda: self._has_tags or self._is_closing, seconds)

    def progress(self) -> dict[str, SyncProgress]:
        """Return how far the repositories are whose versions are being read."""
        with self._changed:
            return {name: one for name, one in self._progress.items() if one.done < one.wanted}

    def join(self, seconds: float) -> None:
        """Wait for the thread, which close() ends, for so long."""
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_closing or self._asked != set(), self._every)
                if self._is_closing:
                    return
                asked, self._asked = self._asked, set()
                again, self._again = self._again, set()
            self._round(asked, again)
            if any(one.wanted for one in self._progress.values()):
                give_back_memory()
            with self._changed:
                self._rounds += 1
                self._progress = {}
                self._changed.notify_all()

    def _round(self, asked: set[str] | None, again: set[str]) -> None:
        """Read the tags of all, then the facts: those may take as long as they need, each git process its seconds."""
        places = tuple(one for one in self.places if not asked or one.name in asked)
        self._trouble = ""
        if self._is_damaged:
            self._make_anew()
        found = dict(zip(places, each(places, self._read_tags, self._way), strict=True))
        for answer in found.values():
            if isinstance(answer, Failure):  # the thread that should have written it down is stuck
                self.note(answer)
        with self._changed:
            self._has_tags = True
            self._changed.notify_all()
        read = {place: one for place, one in found.items() if isinstance(one, Registry)}

        def read_rest(place: CatalogRepository) -> None:
            name = place.name
            self.guarded(place, lambda: sync_rest(self.database, name, read[place], self._tell, again=name in again))

        each(tuple(read), read_rest, self._way._replace(seconds=float("inf")))

    def _make_anew(self) -> None:
        try:
            self.database.make_anew()
            self.enter()
        except (OSError, SQLAlchemyError) as error:
            self._trouble = reason_of(error)
        else:
            self._is_damaged = False

    def _read_tags(self, place: CatalogRepository) -> Registry | None:
        return self.guarded(place, lambda: self.read_tags(place))

    def complain(self, error: Exception) -> None:
        """Tell on every page what is wrong with the file of the index; a damaged one is made anew."""
        with self._changed:
            super().complain(error)
            if self.database.is_damage(error) and not self._is_damaged:
                self._is_damaged = True
                self._asked = None

    def _tell(self, name: str, done: int, wanted: int) -> None:
        if done:
            gc.collect()  # circles hold what was read: its memory serves for what comes next
        with self._changed:
            if self._is_closing:
                raise Ended
            self._progress[name] = SyncProgress(done, wanted)
            numbers = self._progress.values() if not self._rounds else ()
            all_done, all_wanted = sum(one.done for one in numbers), sum(one.wanted for one in numbers)
            self._changed.notify_all()
        self._tell_all(all_done, all_wanted)


def give_back_memory() -> None:
    """Return memory to the system that reading took: a fifth of the process's, which the C library would keep."""
    gc.collect()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # not every C library has it
            ctypes.CDLL(None).malloc_trim(0)
