"""Which versions are registered on which commits, and which stages show them."""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, select

from gto.core.tag import Kind
from gto.studio.index.schema import artifact, event, standing


class VersionMark(NamedTuple):
    """A version that is registered on a commit, or a stage that is on the commit itself."""

    artifact: str
    version: str
    stages: tuple[str, ...]


_Name = tuple[str, str]
"""An artifact and a version."""


def read_versions(connection: Connection, repository_id: int) -> Mapping[str, tuple[VersionMark, ...]]:
    """Return the versions that count, by commit, each with the stages that show it."""
    commits = _registered(connection, repository_id)
    stages: dict[_Name, list[str]] = defaultdict(list)
    query = select(artifact.c.name, standing.c.stage, standing.c.version, standing.c.commit).join(artifact)
    shown = query.where(artifact.c.repository_id == repository_id, standing.c.place == 0).order_by(standing.c.stage)
    for name, stage, version, oid in connection.execute(shown):
        stages[name, version].append(stage)
        commits.setdefault((name, version), oid)
    found: dict[str, list[VersionMark]] = defaultdict(list)
    for (name, version), oid in commits.items():
        found[oid].append(VersionMark(name, version, tuple(stages[name, version])))
    return {oid: tuple(sorted(marks)) for oid, marks in found.items()}


def _registered(connection: Connection, repository_id: int) -> dict[_Name, str]:
    """Return the commits of registered versions, without deregistered ones and those of deprecated artifacts."""
    is_same = (artifact.c.repository_id == event.c.repository_id) & (artifact.c.name == event.c.artifact)
    query = select(event.c.artifact, event.c.kind, event.c.version, event.c.commit).join(artifact, is_same)
    query = query.where(event.c.repository_id == repository_id, artifact.c.is_active, event.c.version.is_not(None))
    query = query.where(event.c.kind.in_((Kind.REGISTRATION, Kind.DEREGISTRATION)))
    found: dict[_Name, str] = {}
    for name, kind, version, oid in connection.execute(query.order_by(event.c.time, event.c.counter, event.c.kind)):
        if kind == Kind.REGISTRATION:
            found[name, version] = oid
        else:
            found.pop((name, version), None)
    return found
