"""The row of a repository in the index: there is one for each that is listed, and it says what went wrong."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, delete, insert, select, update

from gto.catalog.repositories import CatalogRepository, Failure
from gto.studio.index.database import Database
from gto.studio.index.schema import repository

_STEP = 2000  # commits of each branch that are read more at a time
_MOST = 20_000


def enter(database: Database, places: Sequence[CatalogRepository]) -> None:
    """Have a row for each of these repositories, and none for others; what was read of them stays."""
    with database.write() as connection:
        database.wait_for_turn(connection, "repository")
        known = {row.name: row.id for row in connection.execute(select(repository.c.name, repository.c.id))}
        for number, place in enumerate(places):
            values = {
                "address": place.address,
                "is_remote": place.is_remote,
                "branch": place.entry.branch,
                "groups": list(place.entry.groups),
                "position": number,
            }
            if place.name in known:
                same = repository.c.id == known[place.name]
                connection.execute(update(repository).where(same).values(values))
            else:
                connection.execute(insert(repository).values(name=place.name, **values))
        gone = known.keys() - {place.name for place in places}
        connection.execute(delete(repository).where(repository.c.name.in_(gone)))


def row_of(connection: Connection, name: str, *, for_update: bool = False) -> Row[tuple[object, ...]]:
    """Return the row of a repository; `for_update` lets nobody else write about it before this transaction ends."""
    query = select(repository).where(repository.c.name == name)
    return connection.execute(query.with_for_update() if for_update else query).one()


def note_failure(database: Database, why: Failure) -> None:
    """Write down why a repository cannot be read."""
    with database.write() as connection:
        same = repository.c.name == why.repo
        connection.execute(update(repository).where(same).values(error=why.error, hint=why.hint))


def want_more_commits(connection: Connection, repository_id: int, since: int | None = None) -> None:
    """Have more commits read next time: so many more of each branch, or all since a second if one is given."""
    told = {"commits": repository.c.commits + _STEP} if since is None else {"since": since}
    same = (repository.c.id == repository_id) & (repository.c.commits < _MOST)
    connection.execute(update(repository).where(same).values(told))
