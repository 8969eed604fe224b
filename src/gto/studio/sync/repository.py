"""One repository brought into the index: asked whether it has news, then read as far as it changed."""

import time
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import Connection, Row, func, select, update

from gto.catalog.parallel import Way, failed, open_place
from gto.catalog.repositories import CatalogRepository
from gto.exceptions import GTOException
from gto.fs.cache_dir import digest
from gto.registry.registry import Registry
from gto.studio.index.database import Database
from gto.studio.index.schema import fact, repository
from gto.studio.sync import annotations, facts, tags, trends
from gto.studio.sync.judgements import sync_judgements

Tell = Callable[[str, int, int], None]
"""Called with a repository's name, how many of its versions are read, and of how many."""

_REFS = ["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/exps", "refs/remotes/origin/HEAD"]


class Synced(NamedTuple):
    """What a synchronisation found."""

    news: bool
    error: str = ""


class Heads(NamedTuple):
    """Where the branches stand."""

    commit: str | None
    """The commit whose annotations count."""
    digest: str


def sync(database: Database, place: CatalogRepository, way: Way, tell: Tell = lambda *_: None) -> Synced:
    """Bring one repository up to date; one that cannot be read keeps what was read of it, and says why."""
    try:
        registry = open_place(place, way)
        news = sync_tags(database, place.name, registry)
        news |= sync_judgements(database, place.name, registry)
        sync_facts(database, place.name, registry, tell)
    except (GTOException, OSError) as error:
        why = failed(place, error)
        with database.write() as connection:
            same = repository.c.name == place.name
            connection.execute(update(repository).where(same).values(error=why.error, hint=why.hint))
        return Synced(news=False, error=why.error)
    return Synced(news)


def sync_tags(database: Database, name: str, registry: Registry) -> bool:
    """Do the first phase, in one transaction; true where there was news."""
    heads = read_heads(registry)
    whole = digest(registry.listing.text)
    with database.read() as connection:
        row = row_of(connection, name)
        is_same = (row.tags, row.heads) == (whole, heads.digest)
        changed, gone = ([], set()) if is_same else tags.changed_groups(connection, row.id, registry)
        names = list(tags.artifact_ids(connection, row.id))
    now = time.time()
    done: dict[str, object] = {"read_at": now, "error": None, "hint": None}
    if is_same:
        with database.write() as connection:
            connection.execute(update(repository).where(repository.c.id == row.id).values(done))
        return False
    found = tags.read(registry, changed)
    known = sorted({*names, *(one.name for one in changed)} - gone)
    said = annotations.read(registry, known)
    done |= {"tags": digest(registry.listing.text), "heads": heads.digest, "head": heads.commit, "changed_at": now}
    stages = registry.config.stages
    with database.write() as connection:
        tags.forget(connection, row.id, gone)
        tags.write(connection, row.id, changed, found)
        annotations.write(connection, row.id, said)
        trends.write(connection, row.id)
        facts.forget_unused(connection, row.id)
        done |= {"stages": list(stages) if stages is not None else None}
        connection.execute(update(repository).where(repository.c.id == row.id).values(done))
    return True


def sync_facts(database: Database, name: str, registry: Registry, tell: Tell = lambda *_: None) -> int:
    """Do the second phase, some versions in a transaction; return how many were read."""
    with database.read() as connection:
        row = row_of(connection, name)
        wanted = facts.missing(connection, row.id)
    done = 0
    tell(name, done, len(wanted))
    for chunk in facts.read(registry, wanted):
        done += len(chunk)
        with database.write() as connection:
            facts.write(connection, row.id, chunk)
            if done == len(wanted):
                trends.write(connection, row.id)
        tell(name, done, len(wanted))
    return done


def read_heads(registry: Registry) -> Heads:
    """Read where branches, experiments and HEAD stand, and what the configuration says."""
    commit = registry.repo.rev
    out = registry.git.run(_REFS)
    settings = repr(registry.config).encode("utf-8", "replace")
    return Heads(commit, digest(b"\0".join([(commit or "").encode(), out, settings])))


def row_of(connection: Connection, name: str) -> Row[tuple[object, ...]]:
    """Return the row of a repository."""
    return connection.execute(select(repository).where(repository.c.name == name)).one()


def count_facts(connection: Connection, repository_id: int) -> int:
    """Count the versions of which facts are in the index."""
    query = select(func.count()).select_from(fact).where(fact.c.repository_id == repository_id)
    return int(connection.execute(query).scalar_one())
