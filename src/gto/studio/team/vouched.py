"""People for whom another system vouches: a provider of OpenID Connect, or a proxy."""

import re
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from gto.exceptions import UsageError
from gto.studio.index.database import Database
from gto.studio.team import accounts
from gto.studio.team.oidc import LoginRefused, VouchedPerson
from gto.studio.team.team_tables import person

_NO_NAME_RE = re.compile(r"[^a-z0-9._@+-]+")
_MOST_NAMES = 1000


def recognise(database: Database, identity: VouchedPerson) -> Row[Any]:
    """Do as sign_in() does, for somebody who is vouched for with each request: written is only what is new."""
    with database.engine.connect() as connection:
        row = connection.execute(select(person).where(_same(identity))).first()
    if row is not None and row.is_active and row.claimed == list(identity.groups):
        return row
    with database.record() as connection:
        return sign_in(database, connection, identity)


def sign_in(database: Database, connection: Connection, identity: VouchedPerson) -> Row[Any]:
    """Return the row of whom a provider vouches for; it is made where there is none, and never that of another login.

    The groups that the provider names are written down: roles rest on them until the next login.
    """
    database.wait_for_turn(connection, "vouched")  # a browser asks for several things at once
    found = connection.execute(select(person).where(_same(identity))).first()
    if found is None:
        who = accounts.parse_who(_free_name(connection, identity.name), *_named(identity))
        accounts.add(connection, who, issuer=identity.issuer, subject=identity.subject, claimed=list(identity.groups))
    else:
        accounts.change(connection, found.id, claimed=list(identity.groups))
    row = connection.execute(select(person).where(_same(identity))).one()
    if not row.is_active:
        raise LoginRefused("This account was deactivated", "ask an admin of this Studio")
    return row


def _named(identity: VouchedPerson) -> tuple[str, str]:
    """Return full name and e-mail address; a tag needs both, so that the name stands for what the provider lacks."""
    full_name = re.sub(r"[\x00-\x1f\x7f<>]", " ", identity.full_name or identity.name)
    try:
        return full_name, accounts.parse_who("a", full_name, identity.email).email
    except UsageError:
        return full_name, f"{_plain(identity.name).replace('@', '.')}@localhost"


def _plain(name: str) -> str:
    return _NO_NAME_RE.sub("-", name.lower()).strip("-._@+")[:60] or "person"


def _free_name(connection: Connection, wish: str) -> str:
    """Return the name, or one like it that nobody has."""
    name = _plain(wish)
    tried = [name, *(f"{name[:55]}-{number}" for number in range(2, _MOST_NAMES))]
    taken = set(connection.execute(select(person.c.name).where(person.c.name.in_(tried))).scalars())
    return next(one for one in tried if one not in taken)


def _same(identity: VouchedPerson) -> ColumnElement[bool]:
    return (person.c.issuer == identity.issuer) & (person.c.subject == identity.subject)
