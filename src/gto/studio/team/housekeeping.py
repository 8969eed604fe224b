"""What a team's Studio forgets: what has expired, and entries of the audit log that were kept for long enough."""

import time
from typing import NamedTuple

from sqlalchemy import delete

from gto.studio.index.database import Database
from gto.studio.live import live_store
from gto.studio.team import audit, login_limits
from gto.studio.team.audit import RequestOrigin
from gto.studio.team.team_tables import device_login, invitation, login_attempt, login_failure, session
from gto.studio.visitor import NOBODY


class Forgotten(NamedTuple):
    """How many rows were removed of each kind."""

    sessions: int
    invitations: int
    login_attempts: int
    login_failures: int
    audit: int


def forget(database: Database, audit_days: float) -> Forgotten:
    """Remove what serves nothing any more; the audit log tells that a part of it is gone."""
    now = time.time()
    with database.record() as connection:
        ended, unused, left = (
            connection.execute(delete(one).where(one.c.expires_at < now)).rowcount
            for one in (session, invitation, login_attempt)
        )
        connection.execute(delete(device_login).where(device_login.c.expires_at < now))
        live_store.forget(connection, now)
        failures = connection.execute(delete(login_failure).where(login_failure.c.at < now - login_limits.LONGEST))
        entries = audit.forget(connection, audit_days)
        if entries:
            origin = RequestOrigin(by="housekeeping")
            audit.note(connection, NOBODY, origin, "forget audit", entries=entries, older_than_days=audit_days)
    return Forgotten(ended, unused, left, failures.rowcount, entries)
