"""The second phase: what the commits of versions tell, staged and latest versions first; each is read once."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, exists, false, func, insert, select

from gto.core import semver
from gto.core.tag import Kind
from gto.git.object_cache import ObjectCache
from gto.lineage.bulk import UNREADABLE, gather_each
from gto.lineage.collect import CollectedFacts
from gto.lineage.description import Description
from gto.lineage.values import Keyed, is_number
from gto.registry.registry import Registry
from gto.registry.resolve import Target
from gto.studio.index.dialects import storable
from gto.studio.index.schema import artifact, event, fact, metric, standing
from gto.studio.sync import version_files
from gto.studio.sync.version_files import ReadFiles

FIRST = 50
"""How many versions are written at first."""

CHUNK = 200
"""How many versions are written at a time afterwards."""


_MAKES_VERSION = event.c.version.is_not(None) & event.c.kind.in_([Kind.REGISTRATION, Kind.ASSIGNMENT])


_FORGET = delete(fact).where(
    fact.c.repository_id == bindparam("r"), fact.c.artifact == bindparam("a"), fact.c.commit == bindparam("c")
)


class Wanted(NamedTuple):
    """A version of which the index holds no facts yet."""

    artifact: str
    version: str
    commit: str

    @property
    def target(self) -> Target:
        """Where it is."""
        version = self.version if semver.parse(self.version) else None
        return Target(self.version, self.commit, self.artifact, version)


def missing(connection: Connection, repository_id: int, *, again: bool = False) -> list[Wanted]:
    """Return the versions without facts: those in a stage first, then the latest ones, then the newest.

    Among the first ones, and among the others, those of one commit come together: its files are then read once.
    `again` has those count, too, of which something could not be read.
    """
    held = exists().where(
        fact.c.repository_id == event.c.repository_id,
        fact.c.artifact == event.c.artifact,
        fact.c.commit == event.c.commit,
        *([fact.c.is_whole] if again else ()),
    )
    staged = exists().where(standing.c.artifact_id == artifact.c.id, standing.c.commit == event.c.commit)
    latest = func.coalesce(artifact.c.latest_commit == event.c.commit, false())
    query = (
        select(event.c.artifact, event.c.version, event.c.commit, (staged | latest).label("is_first"))
        .join(
            artifact,
            (artifact.c.repository_id == event.c.repository_id) & (artifact.c.name == event.c.artifact),
        )
        .where(
            event.c.repository_id == repository_id,
            _MAKES_VERSION,
            ~held,
        )
        .order_by(staged.desc(), latest.desc(), event.c.time.desc(), event.c.ref)
    )
    groups: dict[tuple[bool, str], list[Wanted]] = {}
    seen: set[tuple[str, str]] = set()
    for name, version, commit, is_first in connection.execute(query):
        if (name, commit) not in seen:
            seen.add((name, commit))
            groups.setdefault((bool(is_first), commit), []).append(Wanted(name, version, commit))
    return [one for group in groups.values() for one in group]


class FactChunk(NamedTuple):
    """Facts that are written together, and files of the same versions."""

    found: list[CollectedFacts]
    files: ReadFiles


def read(registry: Registry, wanted: Sequence[Wanted]) -> Iterator[FactChunk]:
    """Yield the facts of these versions, so many at a time: few at first, because those are looked at first."""
    cache = ObjectCache()
    found = gather_each(registry, [one.target for one in wanted], cache)
    size = FIRST
    while part := list(islice(found, size)):
        yield FactChunk(part, version_files.read(registry, part, cache))
        size = CHUNK


def write(connection: Connection, repository_id: int, chunk: FactChunk) -> None:
    """Put facts into the index, and the numbers among their metrics into a table of their own."""
    facts: list[dict[str, object]] = []
    metrics: list[dict[str, object]] = []
    version_files.write_cards(connection, repository_id, chunk.files.cards)
    for one, files in zip(chunk.found, chunk.files.versions, strict=True):
        same = {"repository_id": repository_id, "artifact": one.point.artifact, "commit": one.point.commit}
        told = {"version": one.point.label, "body": Description(one).as_dict(), "is_whole": _is_whole(one)}
        facts.append({**same, **told, **files.as_columns()})
        metrics += [{**same, **row} for row in metric_rows(one.metrics.files.items())]
    keys = [{"r": repository_id, "a": one["artifact"], "c": one["commit"]} for one in facts]
    if keys:  # a second Studio may have read the same
        connection.execute(_FORGET, keys)
    if facts:
        connection.execute(insert(fact), facts)
    if metrics:
        connection.execute(insert(metric), metrics)


def _is_whole(one: CollectedFacts) -> bool:
    """Tell whether all was read, so that reading it again would tell the same."""
    is_settled = all(each.place is not None or each.datum is None for each in one.elsewhere)  # else DVC may get it
    return is_settled and all(each.code != UNREADABLE for each in one.problems)


def metric_rows(files: Iterable[tuple[str, Keyed]]) -> Iterator[dict[str, object]]:
    """Yield the row of each number among the metrics, in the order of the files; as stored, two keys can be one."""
    place, seen = 0, set[tuple[str, str]]()
    for file, keyed in files:
        for key, value in keyed.items():
            stored = storable(file), storable(key)
            if is_number(value) and abs(value) < float("inf") and stored not in seen:
                seen.add(stored)
                folded = key.casefold()
                named = {"file": file, "key": key, "folded_key": folded, "name": folded.rpartition(".")[2]}
                yield {**named, "value": float(value), "place": place}
                place += 1


def forget_unused(connection: Connection, repository_id: int) -> None:
    """Take facts out of the index whose versions are gone, or are no longer the newest of their commit."""
    newest = (
        select(event.c.version)
        .where(
            event.c.repository_id == fact.c.repository_id,
            event.c.artifact == fact.c.artifact,
            event.c.commit == fact.c.commit,
            _MAKES_VERSION,
        )
        .order_by(event.c.time.desc(), event.c.ref)
        .limit(1)
        .scalar_subquery()
    )
    is_other = newest.is_(None) | (newest != fact.c.version)
    connection.execute(delete(fact).where(fact.c.repository_id == repository_id, is_other))
    version_files.forget_cards(connection, repository_id)
