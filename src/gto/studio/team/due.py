"""The table of due work: which repositories are to be read, since when, by whom, and what that is to answer."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, case, delete, insert, select, update

from gto.backoff import Backoff
from gto.studio.index.database import Database
from gto.studio.index.repository_rows import SyncProgress
from gto.studio.sync.index_keeper import Ended
from gto.studio.team.team_tables import due

HOUSEKEEPING = ""
"""What is due once an hour and no repository: those have names."""
HOUR = 3600.0

_HEAD_START = 60.0  # seconds by which what is asked for goes before what is due by itself; what waits longer goes first
_BACKOFF = Backoff(5.0, HOUR)


def enter(connection: Connection, names: Iterable[str]) -> None:
    """Have a row for each of these repositories, and none for others; those that are new are due at once."""
    wanted = {HOUSEKEEPING, *names}
    known = set(connection.scalars(select(due.c.repository)))
    if new := sorted(wanted - known):
        connection.execute(insert(due), [{"repository": name, "not_before": time.time()} for name in new])
    if gone := known - wanted:
        connection.execute(delete(due).where(due.c.repository.in_(gone)))


def hasten(connection: Connection, every: float) -> None:
    """Have nothing wait for longer than it would, were it read now: who wrote down its time may have waited longer."""
    now = time.time()
    latest = case((due.c.tries == 0, now + every), else_=now + max(every, HOUR))
    late = (due.c.repository != HOUSEKEEPING) & (due.c.not_before > latest)
    query = select(due.c.repository).where(late).order_by(due.c.repository).with_for_update()  # in order, as in ask()
    if names := list(connection.scalars(query)):
        connection.execute(update(due).where(due.c.repository.in_(names)).values(not_before=latest))


class Begun(NamedTuple):
    """A reading that began."""

    name: str
    reader: str
    """The row says so until it ends, or somebody else begins: nobody is called so twice."""
    asked: int
    """The number of the last question that it answers."""
    again: bool
    """Whether what could not be reached is to be tried once more."""


def ask(connection: Connection, names: Sequence[str] = (), *, again: bool = False) -> dict[str, int]:
    """Have repositories read soon, all without names; return of each the number that is to be done then."""
    wanted = due.c.repository.in_(names) if names else due.c.repository != HOUSEKEEPING
    # In one order, so that two who ask for many do not wait for each other.
    query = select(due.c.repository, due.c.asked).where(wanted).order_by(due.c.repository).with_for_update()
    found = {row.repository: row.asked + 1 for row in connection.execute(query)}
    soon = time.time() - _HEAD_START
    first = case((due.c.not_before < soon, due.c.not_before), else_=soon)
    told = {"asked": due.c.asked + 1, "not_before": first} | ({"again": True} if again else {})
    connection.execute(update(due).where(wanted).values(told))
    return found


def is_done(connection: Connection, asked: Mapping[str, int]) -> bool:
    """Tell whether readings that began after it was asked for have ended; of what is gone nothing is waited for."""
    query = select(due.c.repository, due.c.done).where(due.c.repository.in_(asked))
    return all(row.done >= asked[row.repository] for row in connection.execute(query))


def find_due(connection: Connection) -> list[str]:
    """Return what is due, that first which has waited longest."""
    query = select(due.c.repository).where(due.c.not_before <= time.time())
    return list(connection.scalars(query.order_by(due.c.not_before, due.c.repository)))


def begin(connection: Connection, name: str, who: str) -> Begun | None:
    """Note who begins to read, after the claim; None where it is not due.

    It counts as a failure until it ends: what makes the process end each time is tried more and more seldom.
    """
    row = connection.execute(select(due).where(due.c.repository == name).with_for_update()).one_or_none()
    if row is None or row.not_before > time.time():
        return None
    tries = row.tries + 1
    told = {"worker": who, "tries": tries, "not_before": time.time() + _BACKOFF.wait(tries), "facts_wanted": None}
    connection.execute(update(due).where(due.c.repository == name).values(told))
    return Begun(name, who, row.asked, row.again)


def finish(connection: Connection, begun: Begun, every: float, *, is_fine: bool) -> None:
    """Note that a reading ended that covers what was asked for, and when the next one is due."""
    row = connection.execute(select(due).where(_is_of(begun)).with_for_update()).one_or_none()
    if row is None:
        return
    later = time.time() + (every if is_fine else max(every, _BACKOFF.wait(row.tries)))
    told: dict[str, Any] = {"worker": None, "done": begun.asked, "facts_wanted": None}
    told["tries"] = 0 if is_fine else row.tries
    if row.asked == begun.asked:  # else it is due again already
        told |= {"not_before": later, "again": False}
    connection.execute(update(due).where(_is_of(begun)).values(told))


def put_off(connection: Connection, begun: Begun) -> None:
    """Note that a reading ended before it was whole: it is due again, after all that waits already."""
    told = {"worker": None, "tries": 0, "not_before": time.time(), "facts_wanted": None}
    connection.execute(update(due).where(_is_of(begun)).values(told))


def tell(connection: Connection, begun: Begun, done: int, wanted: int) -> None:
    """Note how far the reading of a repository's versions is."""
    connection.execute(update(due).where(_is_of(begun)).values(facts_done=done, facts_wanted=wanted))


def _is_of(begun: Begun) -> ColumnElement[bool]:
    return (due.c.repository == begun.name) & (due.c.worker == begun.reader)


class IndexOfReader(NamedTuple):
    """The index as a reading writes it: nothing of it lasts that it wrote after somebody else began to read."""

    database: Database
    begun: Begun

    def read(self) -> AbstractContextManager[Connection]:
        """Yield a connection that sees one state of the index."""
        return self.database.read()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection in a transaction, whose end raises Ended where another reading began."""
        with self.database.write() as connection:
            yield connection
            # In the end, as the row is locked from here on: nobody else begins before all of this is written.
            query = select(due.c.repository).where(_is_of(self.begun)).with_for_update(read=True)
            if connection.execute(query).one_or_none() is None:
                raise Ended


def progress(connection: Connection) -> dict[str, SyncProgress]:
    """Return how far the repositories are whose versions are being read."""
    query = select(due.c.repository, due.c.facts_done, due.c.facts_wanted).where(due.c.facts_done < due.c.facts_wanted)
    return {row.repository: SyncProgress(row.facts_done, row.facts_wanted) for row in connection.execute(query)}
