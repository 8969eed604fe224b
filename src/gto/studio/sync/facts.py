"""The second phase: what the commits of versions tell, staged and latest versions first; each is read once."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, exists, insert, select

from gto.core import semver
from gto.core.tag import Kind
from gto.lineage.bulk import UNREADABLE, gather_each
from gto.lineage.collect import CollectedFacts
from gto.lineage.description import Description
from gto.lineage.values import Keyed
from gto.registry.registry import Registry
from gto.registry.resolve import Target
from gto.studio.index.schema import artifact, event, fact, metric, standing

FIRST = 50
"""How many versions are written at first."""

CHUNK = 500
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

    `again` has those count, too, of which something could not be read.
    """
    held = exists().where(
        fact.c.repository_id == event.c.repository_id,
        fact.c.artifact == event.c.artifact,
        fact.c.commit == event.c.commit,
        *([fact.c.is_whole] if again else ()),
    )
    staged = exists().where(standing.c.artifact_id == artifact.c.id, standing.c.commit == event.c.commit)
    query = (
        select(event.c.artifact, event.c.version, event.c.commit)
        .join(
            artifact,
            (artifact.c.repository_id == event.c.repository_id) & (artifact.c.name == event.c.artifact),
        )
        .where(
            event.c.repository_id == repository_id,
            _MAKES_VERSION,
            ~held,
        )
        .order_by(staged.desc(), (artifact.c.latest_commit == event.c.commit).desc(), event.c.time.desc(), event.c.ref)
    )
    found = [Wanted(*row) for row in connection.execute(query)]
    return list({(one.artifact, one.commit): one for one in reversed(found)}.values())[::-1]


def read(registry: Registry, wanted: Sequence[Wanted]) -> Iterator[list[CollectedFacts]]:
    """Yield the facts of these versions, so many at a time: few at first, because those are looked at first."""
    found = gather_each(registry, [one.target for one in wanted])
    size = FIRST
    while part := list(islice(found, size)):
        yield part
        size = CHUNK


def write(connection: Connection, repository_id: int, found: Iterable[CollectedFacts]) -> None:
    """Put facts into the index, and the numbers among their metrics into a table of their own."""
    facts: list[dict[str, object]] = []
    metrics: list[dict[str, object]] = []
    for one in found:
        same = {"repository_id": repository_id, "artifact": one.point.artifact, "commit": one.point.commit}
        facts.append({**same, "body": Description(one).as_dict(), "is_whole": _is_whole(one)})
        metrics += [{**same, **row} for row in metric_rows(one.metrics.files.items())]
    keys = [{"r": repository_id, "a": one["artifact"], "c": one["commit"]} for one in facts]
    if keys:  # a second Studio may have read the same
        connection.execute(_FORGET, keys)
    for table, rows in ((fact, facts), (metric, metrics)):
        if rows:
            connection.execute(insert(table), rows)


def _is_whole(one: CollectedFacts) -> bool:
    """Tell whether all was read, so that reading it again would tell the same."""
    return all(each.place is not None for each in one.elsewhere) and all(
        each.code != UNREADABLE for each in one.problems
    )


def metric_rows(files: Iterable[tuple[str, Keyed]]) -> Iterator[dict[str, object]]:
    """Yield the row of each number among the metrics, in the order of the files."""
    place = 0
    for file, keyed in files:
        for key, value in keyed.items():
            if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf"):
                name = key.rpartition(".")[2].lower()
                yield {"file": file, "key": key, "name": name, "value": float(value), "place": place}
                place += 1


def forget_unused(connection: Connection, repository_id: int) -> None:
    """Take facts out of the index whose versions are gone."""
    used = exists().where(
        event.c.repository_id == fact.c.repository_id,
        event.c.artifact == fact.c.artifact,
        event.c.commit == fact.c.commit,
        _MAKES_VERSION,
    )
    connection.execute(delete(fact).where(fact.c.repository_id == repository_id, ~used))
