"""Which versions are registered on which commits, and which stages show them."""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, select

from gto.studio.index import registered
from gto.studio.index.schema import artifact, standing


class VersionMark(NamedTuple):
    """A version that is registered on a commit, or a stage that is on the commit itself."""

    artifact: str
    version: str
    stages: tuple[str, ...]


def read_versions(connection: Connection, repository_id: int) -> Mapping[str, tuple[VersionMark, ...]]:
    """Return the versions that count, by commit, each with the stages that show it."""
    ours = (artifact.c.repository_id == repository_id, artifact.c.is_active)
    active = set(connection.execute(select(artifact.c.name).where(*ours)).scalars())
    commits = {one: oid for one, oid in registered.find(connection, repository_id).items() if one[0] in active}
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
