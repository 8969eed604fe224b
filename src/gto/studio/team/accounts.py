"""The people of a team, and their roles."""

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from gto.exceptions import NotFound, UsageError
from gto.git.acting import is_kept
from gto.studio.team.team_tables import person, role_grant
from gto.studio.visitor import EVERY, Role, Visitor, parse_role

_NAME_RE = re.compile(r"(?!.*\.json$)[a-z0-9][a-z0-9._@+-]{0,63}")
_NO_TEXT_RE = re.compile(r"[\x00-\x1f\x7f<>]")  # what the line of a tagger cannot hold
_EMAIL_RE = re.compile(r"[^\s@<>]+@[^\s@<>]+")
_LONGEST = 200
LEADS = (role_grant.c.role == str(Role.ADMIN), role_grant.c.repositories == EVERY)
"""What a grant says that makes somebody admin of everything."""


class PersonNotFound(NotFound):
    """Nobody has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Nobody is called '{name}' here", "`/people` lists them")


class LoginWays(NamedTuple):
    """How people log in to a Studio as it was started."""

    has_passwords: bool
    issuers: frozenset[str]
    """Who vouches for people."""

    def let_in(self, row: Row[Any]) -> bool:
        """Tell whether a person can log in; who has no password and nobody who vouches for them is given a link."""
        return bool(self.has_passwords and (row.password or not row.issuer)) or row.issuer in self.issuers


class Who(NamedTuple):
    """A person, as a tagger is named."""

    name: str
    full_name: str
    email: str


def parse_who(name: str, full_name: str, email: str) -> Who:
    """Return who a person is; UsageError where it cannot stand so in a tag."""
    told = Who(name.strip().lower(), " ".join(full_name.split()), email.strip())
    if not _NAME_RE.fullmatch(told.name):
        hint = "letters of ASCII, digits, '.', '_', '@', '+' and '-' are allowed, a letter or a digit first"
        raise UsageError(f"'{name}' cannot be the name of a person", hint)
    if not told.full_name or len(told.full_name) > _LONGEST or _NO_TEXT_RE.search(told.full_name):
        raise UsageError("A full name is a text of up to 200 characters, without '<' and '>'", "it names the tagger")
    if (
        len(told.email) > _LONGEST
        or not _EMAIL_RE.fullmatch(told.email)
        or _NO_TEXT_RE.search(told.email)
        or not is_kept(told.email)
    ):
        raise UsageError(f"'{email}' is no e-mail address", "it names the tagger beside the full name")
    return told


def parse_invited(name: str, full_name: str, email: str) -> Who:
    """Return who is invited, who may say the rest themselves; UsageError where it cannot stand so in a tag."""
    told = parse_who(name, full_name or name, email or "nobody@example.com")
    return told._replace(full_name=full_name and told.full_name, email=email and told.email)


def add(connection: Connection, who: Who, password: str | None = None, **told: object) -> int:
    """Add a person, and return their number; UsageError where the name is taken. `password` is a hash."""
    if connection.execute(select(person.c.id).where(person.c.name == who.name)).first() is not None:
        raise UsageError(f"Somebody is called '{who.name}' already", "choose another name")
    values = {**who._asdict(), "password": password, "claimed": [], "created_at": time.time(), **told}
    made = connection.execute(insert(person).values(values)).inserted_primary_key
    assert made is not None  # noqa: S101  one row was put in
    return int(made[0])


def is_of(email: str, domain: str) -> bool:
    """Tell whether an address is of a domain."""
    return email.lower().endswith(f"@{domain}")


def require_free(connection: Connection, email: str, noreply: str, person_id: int | None = None) -> None:
    """Raise UsageError where an address is another person's, or of the domain for who has none.

    What they write would look as if others had.
    """
    if is_of(email, noreply):
        raise UsageError(f"The e-mail address '{email}' is one that Studio gives", "it names the tagger: give your own")
    query = select(person.c.id).where(func.lower(person.c.email) == email.lower(), person.c.id != (person_id or 0))
    if connection.execute(query).first() is not None:
        raise UsageError(f"The e-mail address '{email}' is somebody else's", "it names the tagger: give your own")


def require_own_words(row: Row[Any]) -> None:
    """Raise UsageError where an issuer says who somebody is, and not they themselves."""
    if row.issuer:
        raise UsageError("Your name and address are what your provider says", "change them there")


def find_or_none(connection: Connection, name: str) -> Row[Any] | None:
    """Return the row of a person; None where nobody has this name."""
    return connection.execute(select(person).where(person.c.name == name)).first()


def find(connection: Connection, name: str) -> Row[Any]:
    """Return the row of a person, or raise PersonNotFound."""
    found = find_or_none(connection, name)
    if found is None:
        raise PersonNotFound(name)
    return found


def set_roles(connection: Connection, of: int | str, roles: Mapping[str, Role]) -> None:
    """Give a person, by number, or a group of the issuer's, by name, these roles by group of repositories alone."""
    key = role_grant.c.person_id if isinstance(of, int) else role_grant.c.claim
    connection.execute(delete(role_grant).where(key == of))
    rows = [{key.name: of, "repositories": group, "role": str(role)} for group, role in sorted(roles.items())]
    if rows:
        connection.execute(insert(role_grant), rows)


def roles_of_claim(connection: Connection, claim: str) -> dict[str, Role]:
    """Return the roles that a group of the issuer's has by group of repositories."""
    chosen = select(role_grant.c.repositories, role_grant.c.role).where(role_grant.c.claim == claim)
    return {group: role for group, text in connection.execute(chosen) if (role := parse_role(text)) is not None}


def roles_of(connection: Connection, person_id: int, claimed: Sequence[str]) -> dict[str, Role]:
    """Return the highest role of a person in each group of repositories, their own and those of the issuer's groups."""
    theirs = or_(role_grant.c.person_id == person_id, role_grant.c.claim.in_(claimed))
    found: dict[str, Role] = {}
    for row in connection.execute(select(role_grant.c.repositories, role_grant.c.role).where(theirs)):
        role = parse_role(row.role)
        if role is not None:
            found[row.repositories] = max(role, found.get(row.repositories, role))
    return found


def visitor_of(
    connection: Connection, row: Row[Any], *, session: str = "", scopes: frozenset[str] | None = None
) -> Visitor:
    """Return a person, whose row this is, as who asks."""
    roles = roles_of(connection, row.id, row.claimed)
    return Visitor(roles, row.id, row.name, row.full_name, row.email, scopes, session)


def has_admin(connection: Connection, ways: LoginWays | None = None, *, by_name: bool = False) -> bool:
    """Tell whether somebody who can log in is admin of everything; without `ways`, who is not deactivated can.

    `by_name` are those with the role themselves; else who was in a group with it at their last login is one, too.
    """
    leading = connection.execute(select(role_grant.c.person_id, role_grant.c.claim).where(*LEADS)).all()
    named, claims = {row.person_id for row in leading}, {row.claim for row in leading if row.claim and not by_name}
    return any(
        (ways is None or ways.let_in(row)) and (row.id in named or not claims.isdisjoint(row.claimed))
        for row in connection.execute(select(person).where(person.c.is_active))
    )


def expects_admin(connection: Connection, ways: LoginWays | None = None) -> bool:
    """Tell whether somebody is admin of everything, or will be once who is in a group of the issuer's logs in."""
    is_vouched = ways is None or bool(ways.issuers)
    of_claims = select(role_grant.c.id).where(*LEADS, role_grant.c.claim.is_not(None))
    return has_admin(connection, ways) or (is_vouched and connection.execute(of_claims).first() is not None)


def visitor(connection: Connection, person_id: int) -> Visitor:
    """Return a person, by number, as who asks."""
    return visitor_of(connection, connection.execute(select(person).where(person.c.id == person_id)).one())


def change(connection: Connection, person_id: int, **values: object) -> None:
    """Change a person, who was just here."""
    connection.execute(update(person).where(person.c.id == person_id).values(seen_at=time.time(), **values))
