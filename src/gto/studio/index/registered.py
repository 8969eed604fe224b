"""The versions of a repository that count, and the commits at which they are registered."""

from sqlalchemy import Connection, select

from gto.core.tag import Kind
from gto.studio.index.schema import event

Registered = dict[tuple[str, str], str]
"""Commits by artifact and version."""


def find(connection: Connection, repository_id: int) -> Registered:
    """Return the versions that are registered and not deregistered since, those of deprecated artifacts too."""
    kinds = (Kind.REGISTRATION, Kind.DEREGISTRATION)
    query = select(event.c.artifact, event.c.version, event.c.kind, event.c.commit).where(
        event.c.repository_id == repository_id, event.c.kind.in_(kinds), event.c.version.is_not(None)
    )
    order = (event.c.time, event.c.counter, event.c.kind, event.c.ref)
    found: Registered = {}
    for artifact, version, kind, oid in connection.execute(query.order_by(*order)):
        if kind == Kind.REGISTRATION:
            found[artifact, version] = oid
        else:
            found.pop((artifact, version), None)
    return found
