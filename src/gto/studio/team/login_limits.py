"""How often a password may be tried: counted in the database, so that all processes count together.

Who tries from one address is counted by name and address, and by address; all who try one name together are counted
by the name, more seldom. A browser that somebody has logged in with before carries a mark, and is counted alone: so
nobody locks another out of the browser that is theirs, however often and from wherever they try.
"""

import secrets
import time
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from gto.studio.index.database import Database
from gto.studio.team.secrets_box import SecretsBox
from gto.studio.team.team_tables import login_failure

LONGEST = 3600.0
"""Seconds after which no failure counts."""
_BYTES = 16
_LONGEST_MARK = 200
_OF_ONE_NETWORK = 64  # bits of an address that belong to whoever has it


class Limit(NamedTuple):
    """So many failures within so many seconds."""

    subject: str
    most: int
    span: float = 900.0


class PasswordTry(NamedTuple):
    """One try of a password, which counts as a failure until it is known to be none."""

    at: float
    subjects: tuple[str, ...]
    wait: float = 0.0
    """Seconds to wait before the next one; 0 where this one may be made."""


def begin(database: Database, name: str, address: str, browser: str = "") -> PasswordTry:
    """Count a try before it is made, so that many processes at once try no more often than one.

    `browser` is the mark of one that the name was logged in with; empty for none. All is the same for a name that
    nobody has.
    """
    limits = _limits(name, network_of(address), browser)
    made = PasswordTry(time.time(), tuple(one.subject for one in limits))
    rows = [{"subject": one, "at": made.at} for one in made.subjects]
    with database.record() as connection:
        connection.execute(delete(login_failure).where(login_failure.c.at < made.at - LONGEST))
        connection.execute(insert(login_failure), rows)
    with database.engine.connect() as connection:  # after the end of the other, so that each sees all who try at once
        wait = max(_wait(connection, one, made.at) for one in limits)
    if wait:  # what was not made is no failure: else who goes on would keep others out for ever
        take_back(database, made)
    return made._replace(wait=wait)


def _wait(connection: Connection, limit: Limit, now: float) -> float:
    counted = (login_failure.c.subject == limit.subject) & (login_failure.c.at > now - limit.span)
    count, first = connection.execute(select(func.count(), func.min(login_failure.c.at)).where(counted)).one()
    return max(first + limit.span - now, 1.0) if count > limit.most else 0.0


def take_back(database: Database, made: PasswordTry) -> None:
    """Count a try no more."""
    mine = login_failure.c.subject.in_(made.subjects) & (login_failure.c.at == made.at)
    with database.record() as connection:
        connection.execute(delete(login_failure).where(mine))


def succeed(database: Database, made: PasswordTry) -> None:
    """Count from none again where the password was known; what was tried from elsewhere stays counted."""
    take_back(database, made)
    own = [one for one in made.subjects if one.startswith(("pair ", "browser "))]
    with database.record() as connection:
        connection.execute(delete(login_failure).where(login_failure.c.subject.in_(own)))


def forget(connection: Connection, name: str) -> None:
    """Count from none again for a name that has a new password."""
    pairs = login_failure.c.subject.startswith(f"pair {name} ", autoescape=True)
    connection.execute(delete(login_failure).where(pairs | (login_failure.c.subject == f"name {name}")))


def browser_mark(box: SecretsBox, name: str) -> str:
    """Return what a browser keeps that a name was logged in with: it opens nothing, and is only counted alone."""
    nonce = secrets.token_urlsafe(_BYTES)
    return f"{nonce}.{box.sign('browser', f'{nonce} {name}')}"


def known_browser(box: SecretsBox, name: str, mark: str) -> str:
    """Return what a browser is counted by that a name was logged in with; empty where the mark is not one of it."""
    nonce, _, signature = mark[:_LONGEST_MARK].partition(".")
    return nonce if signature and box.is_signed("browser", f"{nonce} {name}", signature) else ""


def _limits(name: str, address: str, browser: str) -> tuple[Limit, ...]:
    if browser:
        return (Limit(f"browser {browser}", 10),)
    return (
        Limit(f"pair {name} {address}", 5),
        Limit(f"address {address}", 50),  # behind one there may be a whole office
        Limit(f"name {name}", 50, LONGEST),
    )


def network_of(address: str) -> str:
    """Return what of an address is its owner's: of IPv6 they have 2^64."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:100]
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network((found, _OF_ONE_NETWORK), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)
