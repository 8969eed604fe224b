"""The row of a repository in the index: there is one for each that is listed, and it says what went wrong.

Files of versions that could not be reached are tried again later each time, at once where that may help.
"""

import os
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, insert, select, update

from gto.backoff import Backoff
from gto.catalog.repositories import CatalogRepository, Failure
from gto.dvc.dvc_config import places_of_the_user
from gto.dvc.project_root import CONFIG, DVC_DIRECTORY
from gto.fs.cache_dir import digest
from gto.fs.regular_file import read_file
from gto.registry.registry import Registry
from gto.studio.index.database import Database, IndexWriter
from gto.studio.index.schema import fact, repository

_STEP = 2000  # commits of each branch that are read more at a time
_MOST = 20_000
_WAITS = Backoff(first=300.0, longest=86_400.0)
_OF_CLONE = f"{CONFIG}.local"
_LARGEST = 1 << 20  # of a file of configuration


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


def note_failure(database: IndexWriter, why: Failure) -> None:
    """Write down why a repository cannot be read."""
    with database.write() as connection:
        same = repository.c.name == why.repo
        connection.execute(update(repository).where(same).values(error=why.error, hint=why.hint))


def want_more_commits(connection: Connection, repository_id: int, since: int | None = None) -> None:
    """Have more commits read next time: so many more of each branch, or all since a second if one is given."""
    told = {"commits": repository.c.commits + _STEP} if since is None else {"since": since}
    same = (repository.c.id == repository_id) & (repository.c.commits < _MOST)
    connection.execute(update(repository).where(same).values(told))


def retry_basis(registry: Registry) -> str:
    """Return a digest of what decides whether they can be reached: the commit that is read, and DVC's configuration."""
    top = registry.repo.top
    here = [os.path.join(top, DVC_DIRECTORY, name) for name in (CONFIG, _OF_CLONE)] if top else []
    users = [os.path.join(place, CONFIG) for place in places_of_the_user(os.environ, os.path.expanduser("~"))]
    told = [read_file(path, _LARGEST) for path in (*users, *here)]
    return digest(repr((registry.repo.rev, told)).encode())


def is_retry_due(row: Row[Any], basis: str) -> bool:
    """Tell whether what the row's repository lacks is to be tried again now."""
    return row.retry_at is not None and (row.tried_for != basis or time.time() >= row.retry_at)


def note_tries(connection: Connection, row: Row[Any], basis: str) -> None:
    """Write down that versions were read, and when those that lack something are tried again; their facts say why."""
    lacks = connection.execute(select(exists().where(fact.c.repository_id == row.id, ~fact.c.is_whole))).scalar_one()
    tries = row.tries + 1 if row.tried_for == basis else 1
    said = {"tries": tries, "tried_for": basis, "retry_at": time.time() + _WAITS.wait(tries)}
    nothing = {"tries": 0, "tried_for": None, "retry_at": None}
    connection.execute(update(repository).where(repository.c.id == row.id).values(said if lacks else nothing))
