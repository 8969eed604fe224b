"""People for whom another system vouches: a provider of OpenID Connect, or a proxy."""

import re
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from gto.exceptions import UsageError
from gto.studio.index.database import Database
from gto.studio.team import accounts
from gto.studio.team.oidc_answers import LoginRefused
from gto.studio.team.team_tables import person
from gto.studio.team.vouched_person import VouchedPerson

_NO_TEXT_RE = re.compile(r"[\x00-\x1f\x7f<>]")
_NO_NAME_RE = re.compile(r"[^a-z0-9._@+-]+")
_MOST_NAMES = 1000


def recognise(database: Database, identity: VouchedPerson, noreply: str) -> Row[Any]:
    """Do as sign_in() does, for somebody who is vouched for with each request: written is only what is new."""
    with database.engine.connect() as connection:
        row = connection.execute(select(person).where(_same(identity))).first()
    if row is not None and row.is_active and _is_known(row, _told(identity, row.name, noreply)):
        return row
    with database.record() as connection:
        return sign_in(database, connection, identity, noreply)


def sign_in(database: Database, connection: Connection, identity: VouchedPerson, noreply: str) -> Row[Any]:
    """Return the row of whom a provider vouches for; it is made where there is none, and never that of another login.

    Name, address and groups are what the provider says now: roles rest on the groups until the next login. `noreply`
    is the domain of the address of who has none.
    """
    database.wait_for_turn(connection, "vouched")  # a browser asks for several things at once
    found = connection.execute(select(person).where(_same(identity))).first()
    if found is None:
        who, claimed = _told(identity, _free_name(connection, identity.name), noreply)
        accounts.add(connection, who, issuer=identity.issuer, subject=identity.subject, claimed=claimed)
    else:
        who, claimed = _told(identity, found.name, noreply)
        accounts.change(connection, found.id, full_name=who.full_name, email=who.email, claimed=claimed)
    row = connection.execute(select(person).where(_same(identity))).one()
    if not row.is_active:
        raise LoginRefused("This account was deactivated", "ask an admin of this Studio")
    return row


def _told(identity: VouchedPerson, name: str, noreply: str) -> tuple[accounts.Who, list[str]]:
    """Return who this name is by what a provider says, and their groups.

    A tag needs full name and address: the name here stands for what the provider lacks.
    """
    own = f"{name.replace('@', '=')}@{noreply}"  # no name holds `=`: nobody else has the same
    full_name = _NO_TEXT_RE.sub(" ", identity.full_name or identity.name).strip() or name
    try:
        who = accounts.parse_who(name, full_name, identity.email)
    except UsageError:
        who = accounts.parse_who(name, full_name, own)
    is_given_here = accounts.is_of(who.email, noreply)
    return (who._replace(email=own) if is_given_here else who), list(identity.groups)


def _is_known(row: Row[Any], told: tuple[accounts.Who, list[str]]) -> bool:
    return (accounts.Who(row.name, row.full_name, row.email), row.claimed) == told


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
