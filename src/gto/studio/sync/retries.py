"""When files of versions that could not be reached are tried again: later each time, at once where that may help."""

import os
import time
from typing import Any

from sqlalchemy import Connection, Row, exists, select, update

from gto.backoff import Backoff
from gto.dvc.dvc_config import places_of_the_user
from gto.dvc.project_root import CONFIG, DVC_DIRECTORY
from gto.fs.cache_dir import digest
from gto.fs.regular_file import read_file
from gto.registry.registry import Registry
from gto.studio.index.schema import fact, repository

_WAITS = Backoff(first=300.0, longest=86_400.0)
_OF_CLONE = f"{CONFIG}.local"
_LARGEST = 1 << 20


def basis_of(registry: Registry) -> str:
    """Return a digest of what decides whether they can be reached: the commit that is read, and DVC's configuration."""
    top = registry.repo.top
    here = [os.path.join(top, DVC_DIRECTORY, name) for name in (CONFIG, _OF_CLONE)] if top else []
    users = [os.path.join(place, CONFIG) for place in places_of_the_user(os.environ, os.path.expanduser("~"))]
    told = [read_file(path, _LARGEST) for path in (*users, *here)]
    return digest(repr((registry.repo.rev, told)).encode())


def is_due(row: Row[Any], basis: str) -> bool:
    """Tell whether what the row's repository lacks is to be tried again now."""
    return row.retry_at is not None and (row.tried_for != basis or time.time() >= row.retry_at)


def note(connection: Connection, row: Row[Any], basis: str) -> None:
    """Write down that versions were read, and when those that lack something are tried again; their facts say why."""
    lacks = connection.execute(select(exists().where(fact.c.repository_id == row.id, ~fact.c.is_whole))).scalar_one()
    tries = row.tries + 1 if row.tried_for == basis else 1
    said = {"tries": tries, "tried_for": basis, "retry_at": time.time() + _WAITS.wait(tries)}
    nothing = {"tries": 0, "tried_for": None, "retry_at": None}
    connection.execute(update(repository).where(repository.c.id == row.id).values(said if lacks else nothing))
