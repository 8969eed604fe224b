"""How often a password may be tried: counted in the database, so that all processes count together."""

import time

from sqlalchemy import Connection, delete, func, insert, select

from gto.studio.index.database import Database
from gto.studio.team.team_tables import login_failure

_SPAN = 900.0  # seconds in which failures are counted
_MOST_OF_NAME = 5
_MOST_OF_ADDRESS = 50  # behind one address there may be a whole office


def wait(database: Database, name: str, address: str) -> float:
    """Return how many seconds to wait before the next try; 0 for none. It is the same for names that nobody has."""
    since = time.time() - _SPAN
    longest = 0.0
    with database.engine.connect() as connection:
        for subject, most in _subjects(name, address):
            found = login_failure.c.subject == subject
            query = select(func.count(), func.min(login_failure.c.at)).where(found, login_failure.c.at > since)
            count, first = connection.execute(query).one()
            if count >= most:
                longest = max(longest, first - since)
    return longest


def note_failure(connection: Connection, name: str, address: str) -> None:
    """Count a failure; old ones are forgotten."""
    now = time.time()
    connection.execute(delete(login_failure).where(login_failure.c.at < now - _SPAN))
    rows = [{"subject": subject, "at": now} for subject, _ in _subjects(name, address)]
    connection.execute(insert(login_failure), rows)


def forget(connection: Connection, name: str) -> None:
    """Count from none again for a name: its password was known."""
    connection.execute(delete(login_failure).where(login_failure.c.subject == f"name {name}"))


def _subjects(name: str, address: str) -> tuple[tuple[str, int], ...]:
    return (f"name {name}", _MOST_OF_NAME), (f"address {address}", _MOST_OF_ADDRESS)
