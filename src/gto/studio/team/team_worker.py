"""Who synchronises for a team: so many repositories at once, beside any number of other processes that do the same."""

import logging
import os
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from functools import partial
from threading import Thread

from sqlalchemy import Connection, and_, select
from sqlalchemy.exc import SQLAlchemyError

from gto.catalog.parallel import LATE, Way
from gto.catalog.repositories import CatalogRepository, Failure, Search
from gto.git import command
from gto.git.command import masked
from gto.studio.index.database import Claim, Database, reason_of
from gto.studio.index.repository_rows import SyncProgress
from gto.studio.index.schema import repository
from gto.studio.sync.index_keeper import Asked, Ended, IndexKeeper
from gto.studio.sync.repository import Announce, sync_rest
from gto.studio.sync.worker import give_back_memory
from gto.studio.team import due
from gto.studio.team.serve_options import WorkerSettings
from gto.studio.team.watched_catalogue import WatchedCatalogue

LOG = logging.getLogger("gto.studio")

_LOOK = 0.25  # seconds between two looks at the table of due work
_POLL = 0.05  # seconds between two looks of a page that waits
_FRESH = 1.0  # seconds for which it is known how far readings are
_GRACE = 2.0  # seconds in which git is ended, before a repository is given up

Housekeeping = Callable[[Database], object]
"""Called once an hour, by one of all the processes."""


class TeamWorker(IndexKeeper):
    """Keeps the index of a team up to date, together with those of other processes."""

    def __init__(
        self,
        database: Database,
        catalogue: WatchedCatalogue,
        way: Way,
        settings: WorkerSettings,
        *,
        announce: Announce | None = None,
        housekeeping: Sequence[Housekeeping] = (),
    ) -> None:
        super().__init__(database, catalogue.found.places, way, announce)
        self.failures = catalogue.found.failures
        self.catalogue = catalogue
        self._settings = settings
        self._housekeeping = tuple(housekeeping)
        self._who = f"{socket.gethostname()}:{os.getpid()}"
        self._jobs: list[_DueReading] = []
        self._news: Search | None = None
        self._seen: tuple[float, dict[str, SyncProgress]] = (0.0, {})
        self.thread = Thread(target=self._work, name="studio-sync", daemon=True)
        self.enter()

    def enter(self) -> None:
        """Have the index and the table of due work know these repositories, and no others."""
        super().enter()
        with self.database.record() as connection:
            self.database.wait_for_turn(connection, "due")
            due.enter(connection, [one.name for one in self.places])
            if self._settings.jobs:  # else others read, as often as they were told
                due.hasten(connection, self._settings.every)

    def start(self) -> None:
        """Begin with what is due."""
        self.thread.start()

    def ask(self, *names: str, again: bool = False) -> Asked:
        """Have these repositories read soon, all without names, by whichever process is first."""
        with self.database.record() as connection:
            found = due.ask(connection, names, again=again)
        with self._changed:
            self._changed.notify_all()
        return found

    def wait(self, asked: Asked, seconds: float) -> bool:
        """Wait until what was asked for is read, by whichever process; false where that takes too long."""

        def is_done() -> bool:
            with self.database.engine.connect() as connection:
                return due.is_done(connection, asked)

        return self._wait_for(is_done, seconds)

    def wait_for_tags(self, seconds: float) -> bool:
        """Wait until the tags of all repositories were read once; false where that takes too long."""
        unread = select(repository.c.id).where(and_(repository.c.read_at.is_(None), repository.c.error.is_(None)))

        def is_done() -> bool:
            with self.database.read() as connection:
                return connection.execute(unread.limit(1)).first() is None

        return self._wait_for(is_done, seconds)

    def _wait_for(self, is_done: Callable[[], bool], seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not (done := is_done()) and time.monotonic() < end and not self._is_closing:
            with self._changed:
                self._changed.wait(_POLL)
        return done

    def progress(self) -> dict[str, SyncProgress]:
        """Return how far the repositories are whose versions are being read, by whichever process.

        It stands on each page: one of them asks the database in a while, for all.
        """
        until, found = self._seen
        if time.monotonic() >= until:
            with self.database.engine.connect() as connection:
                found = due.progress(connection)
            self._seen = (time.monotonic() + _FRESH, found)
        return found

    def has_ended(self) -> bool:
        """Tell whether the thread has ended though nobody closed this: a fault of ours."""
        return self.thread.ident is not None and not self.thread.is_alive() and not self._is_closing

    def join(self, seconds: float) -> None:
        """Wait for what is being read, which close() ends, for so long."""
        end = time.monotonic() + seconds
        if self.thread.is_alive():
            self.thread.join(seconds)
        for job in self._jobs:
            job.thread.join(max(0.0, end - time.monotonic()))

    def _work(self) -> None:
        while not self._is_closing:
            try:
                self._look()
            except Exception as error:  # noqa: BLE001  whatever it is, nothing is read once this thread has ended
                self.complain(error)
            with self._changed:
                if not self._is_closing:
                    self._changed.wait(_LOOK)

    def _look(self) -> None:
        """Take up a catalogue that changed, and as much of what is due as this process reads at once."""
        self._jobs = [job for job in self._jobs if job.thread.is_alive()]
        self._news = self.catalogue.look() or self._news
        if self._news is not None:  # also what the database did not take the last time
            self.take_up(self._news)
            self._news = None
        places = {one.name: one for one in self.places}
        with self.database.engine.connect() as connection:
            names = due.find_due(connection)
        self._log(self.catalogue.trouble)
        self._trouble = self.catalogue.trouble
        for name in names:
            if self._is_full():
                return
            stuck = {job.begun.name for job in self._jobs if job.is_stuck}  # a second thread would be stuck too
            if (name == due.HOUSEKEEPING or name in places) and name not in stuck:
                self._take(name, places.get(name))

    def _is_full(self) -> bool:
        for job in self._jobs:
            if job.is_late(self._way.seconds + _GRACE):
                why = Failure(job.begun.name, f"no answer within {self._way.seconds:g} seconds", LATE)
                self.note(why, due.IndexOfReader(self.database, job.begun))
                job.claim.release()  # with its connection, of which there are so many
        return sum(not job.is_stuck for job in self._jobs) >= self._settings.jobs

    def _take(self, name: str, place: CatalogRepository | None) -> None:
        claim = self.database.claim(name)
        if claim is None:
            return
        try:
            with self.database.record() as connection:
                begun = due.begin(connection, name, f"{self._who} {secrets.token_hex(8)}")
        except BaseException:
            claim.release()
            raise
        if begun is None:  # somebody else was first, and is done
            claim.release()
            return
        job = _DueReading(self, claim, place, begun)
        try:
            job.thread.start()
        except BaseException:  # the system gives no thread now
            claim.release()
            raise
        self._jobs.append(job)

    def complain(self, error: Exception) -> None:
        """Tell on every page what is wrong, and in the log: `gto studio worker` has no pages."""
        self._log(reason_of(error))
        super().complain(error)

    def _log(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            LOG.warning("%s", masked(trouble))

    def read(self, job: "_DueReading") -> None:
        """Do what was taken, and note what came of it.

        Where the claim was lost, or the database went away, the table of due work stays as begin() left it, as after a
        process that was killed: nothing counts as done, and it is read again.
        """
        try:
            end = self._keep_house(job) if job.place is None else self._read(job, job.place)
            if end is not None and job.claim.is_held():
                with self.database.record() as connection:
                    end(connection)
        except SQLAlchemyError as error:
            self.complain(error)
        finally:
            job.claim.release()
            with self._changed:
                self._changed.notify_all()

    def _keep_house(self, job: "_DueReading") -> "_End":
        for work in self._housekeeping:
            work(self.database)
        return lambda connection: due.finish(connection, job.begun, due.HOUR, is_fine=True)

    def _read(self, job: "_DueReading", place: CatalogRepository) -> "_End | None":
        """Read tags, then the rest; of a repository that is new the rest comes after the tags of others.

        None where the reading was cut off.
        """
        index, was_cut = due.IndexOfReader(self.database, job.begun), False
        with self.database.read() as connection:
            query = select(repository.c.read_at).where(repository.c.name == place.name)
            is_new = connection.execute(query).scalar_one_or_none() is None

        def tell(_name: str, done: int, wanted: int) -> None:
            if self._is_closing or not job.claim.is_held():
                raise Ended
            job.has_facts |= wanted > 0
            with self.database.record() as connection:
                due.tell(connection, job.begun, done, wanted)

        def work() -> bool:
            nonlocal was_cut
            try:
                with command.within(self._way.seconds):
                    registry = self.read_tags(place, index=index)
                job.has_tags = True
                if not is_new:
                    sync_rest(index, place.name, registry, tell, again=job.begun.again)
            except (Ended, SQLAlchemyError):
                was_cut = True
                raise
            return True

        is_fine = bool(self.guarded(place, work, index))
        if job.has_facts:
            give_back_memory()
        if self._is_closing or (is_fine and is_new):
            return lambda connection: due.put_off(connection, job.begun)
        return None if was_cut else partial(due.finish, begun=job.begun, every=self._settings.every, is_fine=is_fine)


_End = Callable[[Connection], None]


class _DueReading:
    """What a thread of this process does."""

    def __init__(self, worker: TeamWorker, claim: Claim, place: CatalogRepository | None, begun: due.Begun) -> None:
        self.claim = claim
        self.place = place
        self.begun = begun
        self.has_tags = False
        self.has_facts = False
        self.is_stuck = False
        """Whether it counts no more among those that this process reads at once, and has no claim any more."""
        self._since = time.monotonic()
        self.thread = Thread(target=worker.read, args=(self,), name="studio-reading", daemon=True)

    def is_late(self, seconds: float) -> bool:
        """Tell, once, whether its tags take longer than that."""
        if self.place is None or self.is_stuck or self.has_tags or time.monotonic() - self._since < seconds:
            return False
        self.is_stuck = True
        return True
