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


Registered = dict[tuple[str, str], str]
"""Commits by artifact and version."""


def read_versions(connection: Connection, repository_id: int) -> Mapping[str, tuple[VersionMark, ...]]:
    """Return the versions that count, by commit, each with the stages that show it."""
    ours = (artifact.c.repository_id == repository_id, artifact.c.is_active)
    active = set(connection.execute(select(artifact.c.name).where(*ours)).scalars())
    commits = {one: oid for one, oid in read_registered(connection, repository_id).items() if one[0] in active}
    stages: dict[tuple[str, str], list[str]] = defaultdict(list)
    query = select(artifact.c.name, standing.c.stage, standing.c.version, standing.c.commit).join(artifact)
    shown = query.where(artifact.c.repository_id == repository_id, standing.c.place == 0).order_by(standing.c.stage)
    for name, stage, version, oid in connection.execute(shown):
        stages[name, version].append(stage)
        commits.setdefault((name, version), oid)
    found: dict[str, list[VersionMark]] = defaultdict(list)
    for (name, version), oid in commits.items():
        found[oid].append(VersionMark(name, version, tuple(stages[name, version])))
    return {oid: tuple(sorted(marks)) for oid, marks in found.items()}


def read_registered(connection: Connection, repository_id: int) -> Registered:
    """Return the versions that are registered and not deregistered since, those of deprecated artifacts too."""
    kinds = (Kind.REGISTRATION, Kind.DEREGISTRATION)
    query = select(event.c.artifact, event.c.version, event.c.kind, event.c.commit).where(
        event.c.repository_id == repository_id, event.c.kind.in_(kinds), event.c.version.is_not(None)
    )
    order = (event.c.time, event.c.counter, event.c.kind, event.c.ref)
    found: Registered = {}
    for name, version, kind, oid in connection.execute(query.order_by(*order)):
        if kind == Kind.REGISTRATION:
            found[name, version] = oid
        else:
            found.pop((name, version), None)
    return found
