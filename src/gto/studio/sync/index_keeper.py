"""Who keeps an index up to date: what pages ask of it, and what the reading of one repository has in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from threading import BoundedSemaphore, Condition
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from gto.catalog.parallel import Way, failed, open_place
from gto.catalog.repositories import CatalogRepository, Failure, Search
from gto.exceptions import GTOException
from gto.registry.registry import Registry
from gto.studio.deployments.report_store import find_reports
from gto.studio.index.database import Database, IndexWriter, reason_of
from gto.studio.index.repository_rows import SyncProgress
from gto.studio.sync.repository import Announce, WithNews, sync_tags
from gto.studio.sync.repository_row import enter, note_failure

T = TypeVar("T")

Asked = Mapping[str, int]
"""What was asked for: of each repository, or of all, the number of the reading that will do."""


class Ended(Exception):
    """Nothing more is to be read."""


class IndexKeeper(ABC):
    """Keeps the index up to date with these repositories."""

    def __init__(
        self, database: Database, places: Sequence[CatalogRepository], way: Way, announce: Announce | None = None
    ) -> None:
        """`announce` is called in the transaction that brings news into the index."""
        self.database = database
        self.places = tuple(places)
        self.failures: tuple[Failure, ...] = ()
        """Entries of the catalogue that lead to no repository."""
        self.for_strangers = BoundedSemaphore(1)
        """Held by who reads Git for somebody without a name: one at a time, so that pages have threads left."""
        self._way = way
        self._announce = announce
        self._changed = Condition()
        self._is_closing = False
        self._trouble = ""

    @abstractmethod
    def start(self) -> None:
        """Begin, with all repositories."""

    @abstractmethod
    def ask(self, *names: str, again: bool = False) -> Asked:
        """Ask for these repositories, all without names.

        `again` has what could not be reached tried once more, however short ago that was.
        """

    @abstractmethod
    def wait(self, asked: Asked, seconds: float) -> bool:
        """Wait until what was asked for is read; false where that takes too long."""

    @abstractmethod
    def wait_for_tags(self, seconds: float) -> bool:
        """Wait until the tags of all repositories were read once; false where that takes too long."""

    @abstractmethod
    def progress(self) -> dict[str, SyncProgress]:
        """Return how far the repositories are whose versions are being read."""

    @abstractmethod
    def join(self, seconds: float) -> None:
        """Wait, after close(), for what is being read, for so long."""

    @property
    def trouble(self) -> str:
        """What is wrong with the index; empty where nothing is."""
        return self._trouble

    def take_up(self, found: Search) -> None:
        """Go on with these repositories; those that are new are read at once."""
        with self._changed:
            known = set(self.places)
            self.places, self.failures = found.places, found.failures
            self.enter()
        new = [one.name for one in found.places if one not in known]
        if new:
            self.ask(*new)

    def enter(self) -> None:
        """Have the database know these repositories, and no others."""
        enter(self.database, self.places)

    def close(self) -> None:
        """Begin nothing any more; what is being read ends at its next step."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()

    def read_tags(self, place: CatalogRepository, way: Way | None = None, index: IndexWriter | None = None) -> Registry:
        """Bring what the tags of a repository say into the index now."""
        registry = open_place(place, way or self._way)
        sync_tags(index or self.database, place.name, registry, self.beside(place))
        return registry

    def beside(self, place: CatalogRepository) -> WithNews:
        """Return what is done beside the reading of a repository's news."""
        return WithNews(lambda: find_reports(self.database.lasting, self.lasting_name(place)), self._announce)

    def lasting_name(self, place: CatalogRepository) -> str:
        """Return the name by which what lasts knows a repository.

        A team's is that of its catalogue, which stays where the repository moves. What one person keeps is of all
        their catalogues, in which one name may stand for several.
        """
        return place.name if self.database.is_lasting else place.address

    def guarded(self, place: CatalogRepository, work: Callable[[], T], index: IndexWriter | None = None) -> T | None:
        """Do it; what goes wrong costs this repository one reading, and is told on the pages."""
        try:
            return work()
        except Ended:
            return None
        except SQLAlchemyError as error:
            if place in self.places:  # else its rows are gone, while it was read
                self.complain(error)
        except (GTOException, OSError) as error:
            self.note(failed(place, error), index)
        except Exception as error:  # noqa: BLE001  a fault of ours must not end the thread
            self.note(Failure(place.name, f"{type(error).__name__}: {error}"), index)
        return None

    def note(self, why: Failure, index: IndexWriter | None = None) -> None:
        """Write down why a repository cannot be read."""
        if self._is_closing:  # git was ended too
            return
        try:
            note_failure(index or self.database, why)
        except Ended:
            pass  # somebody else reads it now, and notes what comes of that
        except SQLAlchemyError as error:
            self.complain(error)

    def complain(self, error: Exception) -> None:
        """Tell on every page what is wrong with the index."""
        with self._changed:
            self._trouble = reason_of(error)
            self._changed.notify_all()
