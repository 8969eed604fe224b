"""Tokens of programs that ask in a person's name: known by their digest, limited by scopes and an end."""

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update
from starlette.datastructures import Headers

from gto.exceptions import UsageError
from gto.output.published import Published
from gto.studio.authorization_header import PREFIX, read_token
from gto.studio.team import audit
from gto.studio.team.audit import RequestOrigin
from gto.studio.team.secrets_box import digest
from gto.studio.team.team_tables import person, token
from gto.studio.visitor import Visitor
from gto.studio.words import iso

SCOPES = ("read", "experiments", "write", "admin")
"""What a token may be limited to."""
_ALLOWS: Mapping[str, frozenset[str]] = {
    "read": frozenset({"read", "notify"}),
    "experiments": frozenset({"experiments", "notify"}),
    "write": frozenset({"read", "notify", "experiments", "write"}),
    "admin": frozenset({"read", "notify", "experiments", "write", "admin"}),
}
"""What routes may ask for that each of them allows; `notify` is to have a repository looked at."""

_BYTES = 30
_SHOWN = 8  # characters that are kept to know it again
_MOST = 100  # of one person
_LONGEST_NAME = 100
_LONGEST_DAYS = 3660
_FRESH = 60.0  # seconds between two notes that a token was used


class NewToken(NamedTuple):
    """What somebody asks for."""

    name: str
    scopes: tuple[str, ...]
    days: float | None
    """None where it lasts until it is taken back."""

    @property
    def expires_at(self) -> float | None:
        """When it counts no more."""
        return None if self.days is None else time.time() + self.days * 86400.0


class ListedToken(NamedTuple):
    """A token, without what it opens."""

    id: int
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: float
    used_at: float | None
    expires_at: float | None

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {**self._asdict(), "scopes": list(self.scopes)}


def parse_new(name: str, scopes: Sequence[str], days: float | None) -> NewToken:
    """Return what somebody asks for; UsageError where it is not to be had."""
    told = " ".join(name.split())
    if not told or len(told) > _LONGEST_NAME:
        raise UsageError(f"A token has a name of up to {_LONGEST_NAME} characters", "say what it is for")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise UsageError("A token has a scope", f"choose one or more of {', '.join(SCOPES)}")
    if days is not None and not 0 < days <= _LONGEST_DAYS:
        raise UsageError(f"A token expires within {_LONGEST_DAYS} days, or not at all", "choose another number of days")
    return NewToken(told, tuple(one for one in SCOPES if one in scopes), days)


def allows(scopes: Iterable[str], wanted: str) -> bool:
    """Tell whether scopes allow what a route asks for."""
    return any(wanted in _ALLOWS.get(one, ()) for one in scopes)


def find_all(connection: Connection, person_id: int) -> tuple[ListedToken, ...]:
    """Return the tokens of a person, the newest first."""
    columns = [token.c[name] for name in ListedToken._fields]
    found = connection.execute(select(*columns).where(token.c.person_id == person_id).order_by(token.c.id.desc()))
    return tuple(ListedToken(*row)._replace(scopes=tuple(row.scopes)) for row in found)


def make_for(connection: Connection, person_id: int, wanted: NewToken, headers: Headers) -> str:
    """Make what somebody asks for, and return it; UsageError where they have as many as one may have.

    One that is asked for with a token, in the headers, does not outlast that.
    """
    asks = find(connection, read_token(headers))
    ends = [one for one in (wanted.expires_at, asks and asks.expires_at) if one is not None]
    count = select(func.count()).where(token.c.person_id == person_id)
    if connection.execute(count).scalar_one() >= _MOST:
        raise UsageError(f"Nobody has more than {_MOST} tokens", "take one back first")
    return make(connection, person_id, wanted.name, wanted.scopes, min(ends, default=None))


def make(
    connection: Connection, person_id: int, name: str, scopes: Sequence[str], expires_at: float | None = None
) -> str:
    """Make a token, and return it: nobody can read it again."""
    made = PREFIX + secrets.token_urlsafe(_BYTES)
    values = {"person_id": person_id, "name": name, "prefix": made[:_SHOWN], "digest": digest(made)}
    told = {"scopes": list(scopes), "created_at": time.time(), "expires_at": expires_at}
    connection.execute(insert(token).values({**values, **told}))
    return made


def note_made(connection: Connection, visitor: Visitor, origin: RequestOrigin, made: ListedToken) -> None:
    """Write down that a token was made, in the transaction that made it."""
    scopes, until = list(made.scopes), iso(made.expires_at) if made.expires_at else None
    audit.note(connection, visitor, origin, "make token", made.name, prefix=made.prefix, scopes=scopes, until=until)


def find(connection: Connection, given: str) -> Row[Any] | None:
    """Return the person of a token, and what is known of it; None where it counts no more."""
    lasts = or_(token.c.expires_at.is_(None), token.c.expires_at > time.time())
    query = (
        select(
            person,
            token.c.id.label("token_id"),
            token.c.name.label("token_name"),
            token.c.scopes,
            token.c.used_at,
            token.c.expires_at,
        )
        .join(person, person.c.id == token.c.person_id)
        .where(token.c.digest == digest(given), lasts, person.c.is_active)
    )
    return connection.execute(query).first()


def is_to_be_noted(row: Row[Any]) -> bool:
    """Tell whether the use of a token is to be written down."""
    return (row.used_at or 0.0) < time.time() - _FRESH


def note_use(connection: Connection, row: Row[Any]) -> None:
    """Write down that a token was used."""
    connection.execute(update(token).where(token.c.id == row.token_id).values(used_at=time.time()))


def take_back(connection: Connection, person_id: int, token_id: int) -> bool:
    """Remove a token of a person; false where there is none."""
    mine = (token.c.id == token_id) & (token.c.person_id == person_id)
    return connection.execute(delete(token).where(mine)).rowcount > 0
