"""Tokens of programs that ask in a person's name: known by their digest, limited by scopes and an end."""

import secrets
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update
from starlette.datastructures import Headers

from gto.studio.team.secrets_box import digest
from gto.studio.team.team_tables import person, token

PREFIX = "gto_"
"""By which scanners of secrets know them."""

_BYTES = 30
_SHOWN = 8  # characters that are kept to know it again
_FRESH = 60.0  # seconds between two notes that a token was used
_SCHEMES = ("bearer ", "token ")


def make(
    connection: Connection, person_id: int, name: str, scopes: Sequence[str], expires_at: float | None = None
) -> str:
    """Make a token, and return it: nobody can read it again."""
    made = PREFIX + secrets.token_urlsafe(_BYTES)
    values = {"person_id": person_id, "name": name, "prefix": made[:_SHOWN], "digest": digest(made)}
    told = {"scopes": list(scopes), "created_at": time.time(), "expires_at": expires_at}
    connection.execute(insert(token).values({**values, **told}))
    return made


def read_header(headers: Headers) -> str:
    """Return the token of a request, as `Authorization: Bearer ...` or `token ...` has it; empty for none."""
    given = headers.get("authorization", "")
    return next((given[len(one) :].strip() for one in _SCHEMES if given.lower().startswith(one)), "")


def find(connection: Connection, given: str) -> Row[Any] | None:
    """Return the person of a token, and what is known of it; None where it counts no more."""
    lasts = or_(token.c.expires_at.is_(None), token.c.expires_at > time.time())
    query = (
        select(person, token.c.id.label("token_id"), token.c.name.label("token_name"), token.c.scopes, token.c.used_at)
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
