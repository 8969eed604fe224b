"""Who did what: every write, login, download link and change of rights, kept for as long as the team says."""

import time
from typing import NamedTuple, cast

from fastapi import Request
from sqlalchemy import Connection, delete, insert

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
    told = {"subject": subject[:_LONGEST], "detail": detail, "address": origin.address, "by": origin.by}
    connection.execute(insert(audit).values({**values, **told}))


def forget(connection: Connection, days: float) -> int:
    """Remove entries that are older than so many days; return how many."""
    return connection.execute(delete(audit).where(audit.c.at < time.time() - days * 86400.0)).rowcount
