"""The sessions of people who logged in: rows of the database, so that one that is taken back is dead at once."""

import secrets
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, insert, select, update

from gto.output.published import Published
from gto.studio.team.secrets_box import SecretsBox, digest
from gto.studio.team.serve_options import SessionLimits
from gto.studio.team.team_tables import person, session

_BYTES = 32
_SHOWN = 16  # characters of a digest by which a page names a session
# By the first of these words: each says also what others are, for the sake of old pages.
_BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrom": "Chrome", "Safari/": "Safari"}
_SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "iOS",
    "iPad": "iOS",
    "Mac OS": "macOS",
    "Linux": "Linux",
}
_MOST_COOKIES = 100  # that are looked up
_FRESH = 60.0  # seconds between two notes that a session was used


class TeamForms(NamedTuple):
    """Ties forms to sessions by the server's secret, so that any of its processes knows them."""

    box: SecretsBox

    def form_token(self, cookie: str) -> str:
        """Return what a form of this session must carry."""
        return self.box.sign("form", cookie)

    def is_form_of(self, cookie: str, token: str) -> bool:
        """Tell whether a form is of this session."""
        return self.box.is_signed("form", cookie, token)

    def sign(self, purpose: str, text: str) -> str:
        """Return the signature of a text for one purpose."""
        return self.box.sign(purpose, text)

    def is_signed(self, purpose: str, text: str, signature: str) -> bool:
        """Tell whether a signature is of this text and purpose."""
        return self.box.is_signed(purpose, text, signature)


def begin(connection: Connection, person_id: int, limits: SessionLimits, address: str, agent: str) -> str:
    """Begin a session, and return its cookie; those that have ended are forgotten."""
    now = time.time()
    connection.execute(delete(session).where(session.c.expires_at < now))
    cookie = secrets.token_urlsafe(_BYTES)
    values = {"digest": digest(cookie), "person_id": person_id, "created_at": now, "used_at": now}
    told = {"expires_at": now + min(limits), "address": address[:100], "agent": agent[:200]}
    connection.execute(insert(session).values({**values, **told}))
    return cookie


def find(connection: Connection, cookies: Sequence[str]) -> Row[Any] | None:
    """Return the person of a session and when it was used last; None where it is over, or they may not log in.

    A browser sends one cookie. Where there are several, as another site of the domain put some beside it, those that
    open nothing do not count; where they are of several people, nobody knows who asks.
    """
    known = [digest(one) for one in cookies[:_MOST_COOKIES]]
    query = (
        select(person, session.c.digest, session.c.used_at, session.c.created_at.label("begun_at"))
        .join(person, person.c.id == session.c.person_id)
        .where(session.c.digest.in_(known), session.c.expires_at > time.time(), person.c.is_active)
    )
    found = connection.execute(query).all() if known else []
    return found[0] if len({row.id for row in found}) == 1 else None


def is_to_be_noted(row: Row[Any]) -> bool:
    """Tell whether the use of a session is to be written down: seldom, as a write costs more than a page."""
    return bool(row.used_at < time.time() - _FRESH)


def note_use(connection: Connection, row: Row[Any], limits: SessionLimits) -> None:
    """Write down that a session was used: it lasts on, but not for ever."""
    now = time.time()
    until = min(now + limits.unused, row.begun_at + limits.longest)
    connection.execute(update(session).where(session.c.digest == row.digest).values(used_at=now, expires_at=until))
    connection.execute(update(person).where(person.c.id == row.id).values(seen_at=now))


class ListedSession(NamedTuple):
    """A session that lasts."""

    key: str
    """By which a page names it: it opens nothing."""
    created_at: float
    used_at: float
    expires_at: float
    address: str
    browser: str
    is_this: bool
    """Whether it is the one that asks."""

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return self._asdict()


def find_all(connection: Connection, person_id: int, this: str = "") -> tuple[ListedSession, ...]:
    """Return the sessions of a person, that used last first; `this` is the digest of the one that asks."""
    mine = (session.c.person_id == person_id) & (session.c.expires_at > time.time())
    return tuple(
        ListedSession(
            row.digest[:_SHOWN], row.created_at, row.used_at, row.expires_at, row.address, browser_of(row.agent),
            row.digest == this,
        )
        for row in connection.execute(select(session).where(mine).order_by(session.c.used_at.desc()))
    )  # fmt: skip


def browser_of(agent: str) -> str:
    """Return in words what a browser says of itself: `Firefox on Linux`."""
    browser = next((name for word, name in _BROWSERS.items() if word in agent), "")
    system = next((name for word, name in _SYSTEMS.items() if word in agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or agent.partition("/")[0][:40] or "unknown"


def end(connection: Connection, cookie: str) -> None:
    """End a session."""
    connection.execute(delete(session).where(session.c.digest == digest(cookie)))


def end_by_key(connection: Connection, person_id: int, key: str) -> bool:
    """End a session of a person by the name that a page has for it; false where there is none."""
    mine = (session.c.person_id == person_id) & session.c.digest.startswith(key, autoescape=True)
    return len(key) == _SHOWN and connection.execute(delete(session).where(mine)).rowcount > 0


def end_all(connection: Connection, person_id: int, but: str = "") -> bool:
    """End all sessions of a person, but the one of this cookie; false where there is none."""
    theirs = (session.c.person_id == person_id) & (session.c.digest != digest(but))
    return connection.execute(delete(session).where(theirs)).rowcount > 0
