"""Who did what: every write, login, download link and change of rights, kept for as long as the team says."""

import time
from typing import NamedTuple, cast

from fastapi import Request
from sqlalchemy import Connection, delete, insert

from gto.studio.index.database import Database
from gto.studio.team.team_tables import audit
from gto.studio.visitor import Visitor

_LONGEST = 500  # characters of a text


class RequestOrigin(NamedTuple):
    """From where something is done."""

    address: str = ""
    by: str = "command line"


def origin_of(request: Request) -> RequestOrigin:
    """Return from where a request came, as the guard found it."""
    return cast("RequestOrigin", request.scope["state"]["origin"])


def note(
    connection: Connection,
    visitor: Visitor,
    origin: RequestOrigin,
    action: str,
    subject: str = "",
    *,
    repository: str = "",
    **detail: object,
) -> None:
    """Write an entry, in the transaction that does what it tells."""
    values = {"at": time.time(), "person": visitor.name, "action": action, "repository": repository[:_LONGEST]}
    told = {
        "subject": subject[:_LONGEST],
        "detail": {key: _cut(one) for key, one in detail.items()},
        "address": origin.address,
        "by": origin.by,
    }
    connection.execute(insert(audit).values({**values, **told}))


def _cut(value: object) -> object:
    return value[:_LONGEST] if isinstance(value, str) else value


class AuditRecorder(NamedTuple):
    """Writes down what a visitor did outside of the database, as soon as it is done."""

    database: Database
    visitor: Visitor
    origin: RequestOrigin

    def __call__(self, action: str, subject: str, *, repository: str = "", **detail: object) -> None:
        """Write an entry in a transaction of its own."""
        with self.database.record() as connection:
            note(connection, self.visitor, self.origin, action, subject, repository=repository, **detail)


def forget(connection: Connection, days: float) -> int:
    """Remove entries that are older than so many days; return how many."""
    return connection.execute(delete(audit).where(audit.c.at < time.time() - days * 86400.0)).rowcount
