"""One repository brought into the index: asked whether it has news, then read as far as it changed."""

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, update

from gto.annotations.annotation import ReadAnnotations
from gto.ci.event_lookup import address
from gto.declared_targets import DeclaredTarget
from gto.fs.cache_dir import digest
from gto.git.commit_files import Files
from gto.registry.registry import Registry
from gto.registry.standings_cache import Group
from gto.studio.index.database import IndexWriter
from gto.studio.index.schema import repository
from gto.studio.sync import (
    commit_values,
    commits,
    deploy_targets,
    fact_rows,
    head_annotations,
    latest_models,
    tags,
    trends,
)
from gto.studio.sync.commits import Bounds
from gto.studio.sync.deploy_targets import FindReports
from gto.studio.sync.findings import sync_examination
from gto.studio.sync.judgements import sync_judgements
from gto.studio.sync.repository_row import is_retry_due, note_tries, retry_basis, row_of

Tell = Callable[[str, int, int], None]
"""Called with a repository's name, how many of its versions are read, and of how many."""
Announce = Callable[[Connection, int, str], None]
"""Called with the id and the name of a repository after its news are in the index, in the same transaction."""

_REFS = ["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/exps", "refs/remotes/origin/HEAD"]


class Heads(NamedTuple):
    """Where the branches stand."""

    commit: str | None
    """The commit whose annotations count."""
    digest: str
    remote: str
    """The address of the remote, without anything secret; empty where there is none."""


class WithNews(NamedTuple):
    """What is done beside, where a repository has news."""

    find_reports: FindReports = dict
    announce: Announce | None = None


def sync_tags(database: IndexWriter, name: str, registry: Registry, beside: WithNews = WithNews()) -> bool:  # noqa: B008  it cannot change
    """Do the first phase, in one transaction; true where there was news.

    Where somebody else, a second Studio on the same index, was first meanwhile, it is done again.
    """
    while True:
        with database.read() as connection:
            row = row_of(connection, name)
        news = _read_news(database, row, registry)
        with database.write() as connection:
            now = row_of(connection, name, for_update=True)
            if (now.tags, now.heads, now.changed_at) == (row.tags, row.heads, row.changed_at):
                done = _write_news(connection, row, news, beside.find_reports) if news is not None else {}
                done |= {"read_at": time.time(), "error": None, "hint": None}
                connection.execute(update(repository).where(repository.c.id == row.id).values(done))
                if beside.announce is not None and news is not None:
                    beside.announce(connection, row.id, name)
                return news is not None
        del registry.listing


class _News(NamedTuple):
    """What a repository holds that the index does not."""

    tags: str
    """The digest of all tag refs."""
    heads: Heads
    changed: list[Group]
    gone: set[str]
    found: tags.ReadTags
    said: ReadAnnotations
    targets: Sequence[DeclaredTarget]
    stages: Sequence[str] | None


def _read_news(database: IndexWriter, row: Row[Any], registry: Registry) -> _News | None:
    """Read what changed since `row` was written; None where nothing did."""
    heads = read_heads(registry)
    if (row.tags, row.heads) == (digest(registry.listing.text), heads.digest):
        return None
    with database.read() as connection:
        changed, gone = tags.changed_groups(connection, row.id, registry)
        names = tags.artifact_ids(connection, row.id)
    found = tags.read(registry, changed)
    known = sorted({*names, *(one.name for one in changed)} - gone)
    files = Files(registry.repo)
    said = head_annotations.read(registry, known, files)
    targets = deploy_targets.read(files, registry.repo.rev)
    whole = "" if found.lacking else digest(registry.listing.text)  # those are read again next time
    return _News(whole, heads, changed, gone, found, said, targets, registry.config.stages)


def _write_news(connection: Connection, row: Row[Any], news: _News, find_reports: FindReports) -> dict[str, object]:
    """Put it into the index; return what changes in the repository's row."""
    tags.forget(connection, row.id, news.gone)
    tags.write(connection, row.id, news.changed, news.found)
    head_annotations.write(connection, row.id, news.said)
    deploy_targets.write(connection, row.id, news.targets, find_reports)
    fact_rows.forget_unused(connection, row.id)
    _write_of_latest(connection, row.id)
    stages = list(news.stages) if news.stages is not None else None
    at = {"tags": news.tags, "heads": news.heads.digest, "head": news.heads.commit, "changed_at": time.time()}
    at["remote"] = news.heads.remote
    # Rows were made anew: what later phases say of them is said again, of signatures only where it is lacking.
    again = {"judged": f"{row.judged.partition(' ')[0]} ", "examined": ""}
    return {**at, **again, "stages": stages}


def _write_of_latest(connection: Connection, repository_id: int) -> None:
    """Write on the rows of artifacts what the facts of their latest versions say."""
    trends.write(connection, repository_id)
    latest_models.write(connection, repository_id)
    head_annotations.write_of_latest(connection, repository_id)


def sync_rest(database: IndexWriter, name: str, registry: Registry, tell: Tell, *, again: bool = False) -> None:
    """Do what may take long, after the tags; `again` tries once more what could not be read whole before."""
    sync_judgements(database, name, registry)
    while not sync_facts(database, name, registry, tell, again=again):
        again = False
    sync_commits(database, name, registry, tell)
    sync_examination(database, name, registry)


def sync_facts(database: IndexWriter, name: str, registry: Registry, tell: Tell, *, again: bool = False) -> bool:
    """Do the second phase, some versions in a transaction; false where the tags changed meanwhile."""
    basis = retry_basis(registry)
    with database.read() as connection:
        row = row_of(connection, name)
        wanted = fact_rows.missing(connection, row.id, again=again or is_retry_due(row, basis))
    done = 0
    tell(name, done, len(wanted))
    for chunk in fact_rows.read(registry, wanted):
        done += len(chunk.found)
        with database.write() as connection:
            is_same = row_of(connection, name, for_update=True).tags == row.tags
            fact_rows.write(connection, row.id, chunk)
            if not is_same:
                fact_rows.forget_unused(connection, row.id)
            if done == len(wanted) or not is_same:
                _write_of_latest(connection, row.id)
        tell(name, done, len(wanted))
        if not is_same:
            return False
    if wanted:
        with database.write() as connection:
            note_tries(connection, row, basis)
    return True


def sync_commits(database: IndexWriter, name: str, registry: Registry, tell: Tell) -> None:
    """Do the third phase: walk the branches where they moved, and read the commits that are new."""
    with database.read() as connection:
        row = row_of(connection, name)
        staged = commits.staged_commits(connection, row.id)
    bounds = Bounds(row.commits, row.since)
    walked = digest(repr((row.heads, staged, bounds)).encode())
    if row.walked != walked:
        found = commits.walk(registry, staged)
        with database.write() as connection:
            row_of(connection, name, for_update=True)
            commits.write(connection, row.id, found, bounds)
            commit_values.forget_unused(connection, row.id)
            connection.execute(update(repository).where(repository.c.id == row.id).values(walked=walked))
    with database.read() as connection:
        wanted = commit_values.missing(connection, row.id)
    tell(name, 0, len(wanted))
    done = 0
    for chunk in commit_values.read(registry, wanted):
        with database.write() as connection:
            row_of(connection, name, for_update=True)
            commit_values.write(connection, row.id, chunk)
        done = min(len(wanted), done + commit_values.CHUNK)
        tell(name, done, len(wanted))


def read_heads(registry: Registry) -> Heads:
    """Read where branches, experiments and HEAD stand, what the configuration says, and which remote there is."""
    commit = registry.repo.rev
    out = registry.git.run(_REFS)
    settings = repr(registry.config).encode("utf-8", "replace")
    remote = address(registry)
    known = [(commit or "").encode(), out, settings, remote.encode("utf-8", "replace")]
    return Heads(commit, digest(b"\0".join(known)), remote)
