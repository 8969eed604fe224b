"""The events of artifacts, folded anew by the registry's own rules: a page says what the command line says."""

from collections.abc import Collection, Iterable, Iterator

from sqlalchemy import Connection, Row, Select, select

from gto.core import tag
from gto.core.event import Event, event
from gto.core.snapshot import ArtifactState, Snapshot, fold, fold_artifact
from gto.studio.index import schema

_COLUMNS = [schema.event.c[name] for name in ("ref", "commit", "time", "body", "oid")]
_MANY = 500  # artifacts; the events of more are read all at once


def artifact_state(connection: Connection, repository_id: int, name: str, until: int | None = None) -> ArtifactState:
    """Return an artifact as its events made it, up to a second if one is given; one without events is empty."""
    query = select(*_COLUMNS).where(schema.event.c.repository_id == repository_id, schema.event.c.artifact == name)
    return fold_artifact(name, _read(connection, query, until))


def snapshot(connection: Connection, repository_id: int, until: int | None = None) -> Snapshot:
    """Return a whole repository as its events made it."""
    query = select(*_COLUMNS).where(schema.event.c.repository_id == repository_id)
    return fold(_read(connection, query, until))


def read_events(connection: Connection, repository_id: int, names: Collection[str] | None = None) -> list[Event]:
    """Return the events of some artifacts, or of all, those too that do not count."""
    query = select(*_COLUMNS).where(schema.event.c.repository_id == repository_id)
    if names is not None and len(names) <= _MANY:
        query = query.where(schema.event.c.artifact.in_(names))
    found = _read(connection, query, None)
    return found if names is None else [one for one in found if one.artifact in names]


def _read(connection: Connection, query: Select[tuple[str, str, int, bytes, str]], until: int | None) -> list[Event]:
    if until is not None:
        query = query.where(schema.event.c.time <= until)
    return list(_events(connection.execute(query)))


def _events(rows: Iterable[Row[tuple[str, str, int, bytes, str]]]) -> Iterator[Event]:
    for row in rows:
        name = tag.find(row.ref)
        assert name is not None  # noqa: S101  it was read as an event
        yield event(name, row.ref, row.commit, row.time, row.body, row.oid)
