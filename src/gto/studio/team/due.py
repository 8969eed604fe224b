"""The table of due work: which repositories are to be read, since when, by whom, and what that is to answer."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, case, delete, insert, select, update

from gto.backoff import Backoff
from gto.studio.index.repository_rows import SyncProgress
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


class Begun(NamedTuple):
    """A reading that began."""

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
    return Begun(row.asked, row.again)


def finish(connection: Connection, name: str, asked: int, every: float, *, is_fine: bool) -> None:
    """Note that a reading ended that covers what was asked for, and when the next one is due."""
    row = connection.execute(select(due).where(due.c.repository == name).with_for_update()).one_or_none()
    if row is None:
        return
    later = time.time() + (every if is_fine else max(every, _BACKOFF.wait(row.tries)))
    told: dict[str, Any] = {"worker": None, "done": asked, "facts_wanted": None, "tries": 0 if is_fine else row.tries}
    if row.asked == asked:  # else it is due again already
        told |= {"not_before": later, "again": False}
    connection.execute(update(due).where(due.c.repository == name).values(told))


def put_off(connection: Connection, name: str) -> None:
    """Note that a reading ended before it was whole: it is due again, after all that waits already."""
    told = {"worker": None, "tries": 0, "not_before": time.time(), "facts_wanted": None}
    connection.execute(update(due).where(due.c.repository == name).values(told))


def tell(connection: Connection, name: str, done: int, wanted: int) -> None:
    """Note how far the reading of a repository's versions is."""
    connection.execute(update(due).where(due.c.repository == name).values(facts_done=done, facts_wanted=wanted))


def progress(connection: Connection) -> dict[str, SyncProgress]:
    """Return how far the repositories are whose versions are being read."""
    query = select(due.c.repository, due.c.facts_done, due.c.facts_wanted).where(due.c.facts_done < due.c.facts_wanted)
    return {row.repository: SyncProgress(row.facts_done, row.facts_wanted) for row in connection.execute(query)}
