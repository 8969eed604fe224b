"""The events of artifacts, folded anew by the registry's own rules, and who is in which stage by them."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, select

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


# Made once: that costs more than to ask.
_OF_REPOSITORY = select(*COLUMNS).where(schema.event.c.repository_id == bindparam("repository"))
_OF_ARTIFACT = _OF_REPOSITORY.where(schema.event.c.artifact == bindparam("artifact"))
_OF_SOME = _OF_REPOSITORY.where(schema.event.c.artifact.in_(bindparam("artifacts", expanding=True)))


def artifact_state(connection: Connection, repository_id: int, name: str, until: int | None = None) -> ArtifactState:
    """Return an artifact as its events made it, up to a second if one is given; one without events is empty."""
    query = _OF_ARTIFACT if until is None else _OF_ARTIFACT.where(schema.event.c.time <= until)
    return fold_artifact(name, _read(connection, query, {"repository": repository_id, "artifact": name}))


def has_commit(connection: Connection, repository_id: int, name: str, commit: str) -> bool:
    """Tell whether an event of an artifact, one that counts no more too, is about a commit."""
    mine = (schema.event.c.repository_id == repository_id) & (schema.event.c.artifact == name)
    query = select(schema.event.c.ref).where(mine, schema.event.c.commit == commit)
    return connection.execute(query.limit(1)).first() is not None


def snapshot(connection: Connection, repository_id: int, until: int | None = None) -> Snapshot:
    """Return a whole repository as its events made it."""
    query = _OF_REPOSITORY if until is None else _OF_REPOSITORY.where(schema.event.c.time <= until)
    return fold(_read(connection, query, {"repository": repository_id}))


def read_events(connection: Connection, repository_id: int, names: Collection[str] | None = None) -> list[Event]:
    """Return the events of some artifacts, or of all, those too that do not count."""
    if names is not None and len(names) <= _MANY:
        return _read(connection, _OF_SOME, {"repository": repository_id, "artifacts": list(names)})
    found = _read(connection, _OF_REPOSITORY, {"repository": repository_id})
    return found if names is None else [one for one in found if one.artifact in names]


def _read(connection: Connection, query: Select[*tuple[Any, ...]], values: Mapping[str, object]) -> list[Event]:
    return [event_of(*row) for row in connection.execute(query, values)]


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
