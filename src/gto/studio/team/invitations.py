"""Links that serve once: with one, somebody new becomes a person here, or one who is chooses a new password."""

import secrets
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, insert, select

from gto.output.published import Published
from gto.studio.team.secrets_box import digest
from gto.studio.team.team_tables import invitation
from gto.studio.visitor import Role

DAYS = 7.0
"""How long a link serves."""
LONGEST = 90.0
PATH = "/invitation/"
"""What the secret of a link stands behind: no log may hold what follows."""

_BYTES = 32
_SHOWN = 16  # characters of a digest by which a page names a link


class Invited(NamedTuple):
    """Whom a link is for."""

    name: str
    full_name: str = ""
    email: str = ""
    roles: Mapping[str, Role] = MappingProxyType({})
    person_id: int | None = None
    """None for somebody new."""


class OpenInvitation(NamedTuple):
    """A link that nobody used yet."""

    key: str
    """By which a page names it: it opens nothing."""
    name: str
    roles: Mapping[str, str]
    is_reset: bool
    created_by: str
    created_at: float
    expires_at: float

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {**self._asdict(), "roles": dict(self.roles), "created_by": self.created_by or None}


def make(connection: Connection, invited: Invited, by: str, days: float = DAYS) -> str:
    """Make a link's secret, and return it: nobody can read it again. One for a new password takes back those before."""
    if invited.person_id is not None:
        connection.execute(delete(invitation).where(invitation.c.person_id == invited.person_id))
    made, now = secrets.token_urlsafe(_BYTES), time.time()
    roles = {group: str(role) for group, role in invited.roles.items()}
    told = {"digest": digest(made), "created_by": by, "created_at": now, "expires_at": now + days * 86400.0}
    connection.execute(insert(invitation).values({**invited._asdict(), **told, "roles": roles}))
    return made


def find(connection: Connection, secret: str) -> Row[Any] | None:
    """Return what a link is for; None where it was used, has expired, or never was."""
    query = select(invitation).where(invitation.c.digest == digest(secret), invitation.c.expires_at > time.time())
    return connection.execute(query).first()


def use(connection: Connection, secret: str) -> bool:
    """Use a link, in the transaction that does what it is for; false where somebody was first."""
    lasts = (invitation.c.digest == digest(secret)) & (invitation.c.expires_at > time.time())
    return connection.execute(delete(invitation).where(lasts)).rowcount == 1


def find_open(connection: Connection) -> tuple[OpenInvitation, ...]:
    """Return the links that nobody used yet, the newest first."""
    query = select(invitation).where(invitation.c.expires_at > time.time()).order_by(invitation.c.created_at.desc())
    return tuple(
        OpenInvitation(
            row.digest[:_SHOWN], row.name, row.roles, row.person_id is not None, row.created_by, row.created_at,
            row.expires_at,
        )
        for row in connection.execute(query)
    )  # fmt: skip


def withdraw(connection: Connection, key: str) -> str:
    """Take back a link, by the name that a page has for it; return for whom it was, empty where there is none."""
    mine = invitation.c.digest.startswith(key, autoescape=True)
    found = connection.execute(select(invitation.c.name, invitation.c.digest).where(mine)).all()
    if len(key) != _SHOWN or len(found) != 1:
        return ""
    connection.execute(delete(invitation).where(invitation.c.digest == found[0].digest))
    return str(found[0].name)


def withdraw_all(connection: Connection, name: str, person_id: int) -> None:
    """Take back the links that somebody made, and those for them: their rights are other ones now."""
    theirs = (invitation.c.created_by == name) | (invitation.c.person_id == person_id)
    connection.execute(delete(invitation).where(theirs))
