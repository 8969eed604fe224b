"""The sessions of people who logged in: rows of the database, so that one that is taken back is dead at once."""

import secrets
import time
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, insert, select, update

from gto.studio.team.secrets_box import SecretsBox, digest
from gto.studio.team.team_tables import person, session

_BYTES = 32
_FRESH = 60.0  # seconds between two notes that a session was used


class SessionLimits(NamedTuple):
    """How long a session lasts, in seconds."""

    unused: float = 8 * 3600.0
    longest: float = 7 * 86400.0


class TeamForms(NamedTuple):
    """Ties forms to sessions by the server's secret, so that any of its processes knows them."""

    box: SecretsBox

    def form_token(self, cookie: str) -> str:
        """Return what a form of this session must carry."""
        return self.box.sign("form", cookie)

    def is_form_of(self, cookie: str, token: str) -> bool:
        """Tell whether a form is of this session."""
        return self.box.is_signed("form", cookie, token)


def begin(connection: Connection, person_id: int, limits: SessionLimits, address: str, agent: str) -> str:
    """Begin a session, and return its cookie; those that have ended are forgotten."""
    now = time.time()
    connection.execute(delete(session).where(session.c.expires_at < now))
    cookie = secrets.token_urlsafe(_BYTES)
    values = {"digest": digest(cookie), "person_id": person_id, "created_at": now, "used_at": now}
    told = {"expires_at": now + limits.unused, "address": address[:100], "agent": agent[:200]}
    connection.execute(insert(session).values({**values, **told}))
    return cookie


def find(connection: Connection, cookie: str) -> Row[Any] | None:
    """Return the person of a session and when it was used last; None where it is over, or they may not log in."""
    query = (
        select(person, session.c.digest, session.c.used_at, session.c.created_at.label("begun_at"))
        .join(person, person.c.id == session.c.person_id)
        .where(session.c.digest == digest(cookie), session.c.expires_at > time.time(), person.c.is_active)
    )
    return connection.execute(query).first()


def is_to_be_noted(row: Row[Any]) -> bool:
    """Tell whether the use of a session is to be written down: seldom, as a write costs more than a page."""
    return bool(row.used_at < time.time() - _FRESH)


def note_use(connection: Connection, row: Row[Any], limits: SessionLimits) -> None:
    """Write down that a session was used: it lasts on, but not for ever."""
    now = time.time()
    until = min(now + limits.unused, row.begun_at + limits.longest)
    connection.execute(update(session).where(session.c.digest == row.digest).values(used_at=now, expires_at=until))
    connection.execute(update(person).where(person.c.id == row.id).values(seen_at=now))


def end(connection: Connection, cookie: str) -> None:
    """End a session."""
    connection.execute(delete(session).where(session.c.digest == digest(cookie)))


def end_all(connection: Connection, person_id: int, but: str = "") -> None:
    """End all sessions of a person, but the one of this cookie."""
    theirs = (session.c.person_id == person_id) & (session.c.digest != digest(but))
    connection.execute(delete(session).where(theirs))
