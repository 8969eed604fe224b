"""Which events are news: those that count, and that were not told before, whatever became of the index meanwhile."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, exists, insert, select, update

from gto.studio.index.schema import event, repository
from gto.studio.team.team_tables import announced, announced_repository

Tell = Callable[[Connection, str, Sequence[Row[Any]]], None]
"""Called with the name of a repository and the rows of its new events, the oldest first."""

_AT_ONCE = 1000  # rows that are written together


class Announcer:
    """Calls somebody with new events, in the transaction that brings them into the index; each once.

    What a repository holds when it is read for the first time, or at another address, is no news, and neither is a tag
    that came back as it was. A tag that was made anew under a name that was told is news.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def __call__(self, connection: Connection, repository_id: int, name: str) -> None:
        """Find what is new in a repository, and tell of it."""
        known = (announced.c.repository == name) & (announced.c.ref == event.c.ref) & (announced.c.oid == event.c.oid)
        query = select(event).where(event.c.repository_id == repository_id, event.c.counts, ~exists().where(known))
        order = (event.c.time, event.c.counter, event.c.kind, event.c.ref)
        new = connection.execute(query.order_by(*order)).all()
        rows = [{"repository": name, "ref": one.ref, "oid": one.oid} for one in new]
        for first in range(0, len(rows), _AT_ONCE):
            connection.execute(insert(announced), rows[first : first + _AT_ONCE])
        if self._has_met(connection, repository_id, name) and new:
            self._tell(connection, name, new)

    def _has_met(self, connection: Connection, repository_id: int, name: str) -> bool:
        """Tell whether a repository was read before, and note that it was."""
        address = connection.execute(select(repository.c.address).where(repository.c.id == repository_id)).scalar_one()
        row = announced_repository.c.repository == name
        known = connection.execute(select(announced_repository.c.address).where(row)).scalar_one_or_none()
        if known is None:
            values = {"repository": name, "address": address, "since": time.time()}
            connection.execute(insert(announced_repository).values(values))
        elif known != address:
            connection.execute(update(announced_repository).where(row).values(address=address, since=time.time()))
        return bool(known == address)
