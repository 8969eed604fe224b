"""Who synchronises while pages are read: one thread, which is asked, or looks by itself from time to time."""

from collections.abc import Sequence
from threading import Condition, Thread
from typing import NamedTuple

from sqlalchemy import delete, insert, select, update

from gto.catalog.parallel import Way, each
from gto.catalog.repositories import CatalogRepository
from gto.studio.index.database import Database
from gto.studio.index.schema import repository
from gto.studio.sync.repository import Synced, sync


class Progress(NamedTuple):
    """How far the reading of one repository's versions is."""

    done: int
    wanted: int


class Worker:
    """Keeps the index up to date with these repositories."""

    def __init__(self, database: Database, places: Sequence[CatalogRepository], way: Way, every: float = 60.0) -> None:
        """`every` says after how many seconds without being asked all repositories are read again."""
        self.database = database
        self.places = tuple(places)
        self._way = way
        self._every = every
        self._asked: set[str] | None = set()
        self._changed = Condition()
        self._is_closing = False
        self._rounds = 0
        self._progress: dict[str, Progress] = {}
        self._thread = Thread(target=self._work, name="studio-sync", daemon=True)
        enter(database, self.places)

    def start(self) -> None:
        """Begin, with all repositories."""
        self.ask()
        self._thread.start()

    def ask(self, *names: str) -> int:
        """Ask for these repositories, all without names; return the number of the round that will have read them."""
        with self._changed:
            if not names or self._asked is None:
                self._asked = None
            else:
                self._asked |= set(names)
            self._changed.notify_all()
            return self._rounds + 1

    def wait(self, number: int, seconds: float) -> bool:
        """Wait until a round is over; false where that takes too long."""
        with self._changed:
            return self._changed.wait_for(lambda: self._rounds >= number or self._is_closing, seconds)

    def progress(self) -> dict[str, Progress]:
        """Return how far the repositories are whose versions are being read."""
        with self._changed:
            return dict(self._progress)

    def stop(self, seconds: float = 10.0) -> None:
        """End after the transaction at hand."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_closing or self._asked != set(), self._every)
                if self._is_closing:
                    return
                asked, self._asked = self._asked, set()
            places = tuple(one for one in self.places if not asked or one.name in asked)
            each(places, self._sync, self._way)
            with self._changed:
                self._rounds += 1
                self._progress = {}
                self._changed.notify_all()

    def _sync(self, place: CatalogRepository) -> Synced:
        return sync(self.database, place, self._way, self._tell)

    def _tell(self, name: str, done: int, wanted: int) -> None:
        with self._changed:
            self._progress[name] = Progress(done, wanted)
            self._changed.notify_all()


def enter(database: Database, places: Sequence[CatalogRepository]) -> None:
    """Have a row for each of these repositories, and none for others; what was read of them stays."""
    with database.write() as connection:
        known = {row.name: row.id for row in connection.execute(select(repository.c.name, repository.c.id))}
        for number, place in enumerate(places):
            values = {
                "address": place.address,
                "is_remote": place.is_remote,
                "branch": place.entry.branch,
                "groups": list(place.entry.groups),
                "position": number,
            }
            if place.name in known:
                same = repository.c.id == known[place.name]
                connection.execute(update(repository).where(same).values(values))
            else:
                connection.execute(insert(repository).values(name=place.name, **values))
        gone = known.keys() - {place.name for place in places}
        connection.execute(delete(repository).where(repository.c.name.in_(gone)))
