"""The events of artifacts, folded anew by the registry's own rules, and who is in which stage by them."""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, select

from gto.core import tag
from gto.core.event import Event, event
from gto.core.snapshot import ArtifactState, Snapshot, fold, fold_artifact
from gto.core.view import Choice, by_stage
from gto.studio.index import schema

COLUMNS = [schema.event.c[name] for name in ("ref", "commit", "time", "body", "oid")]
"""What event_of() makes an event of."""

_MANY = 500  # artifacts; the events of more are read all at once


class StageCell(NamedTuple):
    """A version in a stage."""

    version: str
    commit: str
    ref: str
    time: int
    author: str
    behind: int
    """How many active versions are higher."""


def artifact_state(connection: Connection, repository_id: int, name: str, until: int | None = None) -> ArtifactState:
    """Return an artifact as its events made it, up to a second if one is given; one without events is empty."""
    query = select(*COLUMNS).where(schema.event.c.repository_id == repository_id, schema.event.c.artifact == name)
    return fold_artifact(name, _read(connection, query, until))


def snapshot(connection: Connection, repository_id: int, until: int | None = None) -> Snapshot:
    """Return a whole repository as its events made it."""
    query = select(*COLUMNS).where(schema.event.c.repository_id == repository_id)
    return fold(_read(connection, query, until))


def read_events(connection: Connection, repository_id: int, names: Collection[str] | None = None) -> list[Event]:
    """Return the events of some artifacts, or of all, those too that do not count."""
    query = select(*COLUMNS).where(schema.event.c.repository_id == repository_id)
    if names is not None and len(names) <= _MANY:
        query = query.where(schema.event.c.artifact.in_(names))
    found = _read(connection, query, None)
    return found if names is None else [one for one in found if one.artifact in names]


def _read(connection: Connection, query: Select[*tuple[Any, ...]], until: int | None) -> list[Event]:
    if until is not None:
        query = query.where(schema.event.c.time <= until)
    return [event_of(*row) for row in connection.execute(query)]


def event_of(ref: str, commit: str, time: int, body: bytes, oid: str) -> Event:
    """Return the event of a row."""
    name = tag.find(ref)
    assert name is not None  # noqa: S101  it was read as an event
    return event(name, ref, commit, time, body, oid)


def cells_of(state: ArtifactState, most: int = -1) -> Iterator[tuple[str, int, StageCell]]:
    """Yield stage, place and version, the one that `gto show` shows at place 0; at most so many of each stage."""
    ranks = _ranks(state)
    for stage, holders in by_stage(state.standing, Choice(versions_per_stage=most)).items():
        for place, one in enumerate(holders):
            made = one.author
            yield (
                stage,
                place,
                StageCell(one.version, one.commit, made.ref, made.time, made.author, ranks.get(one.version, 0)),
            )


def shown_cells(state: ArtifactState) -> dict[str, StageCell]:
    """Return the version that each stage shows."""
    return {stage: cell for stage, _, cell in cells_of(state, 1)}


def _ranks(state: ArtifactState) -> dict[str, int]:
    """Return of each active version how many active ones are higher."""
    known = [(one.semver.key, one.name) for one in state.versions if one.semver is not None and one.is_active]
    return {name: place for place, (_, name) in enumerate(sorted(known, reverse=True))}
