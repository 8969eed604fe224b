"""What the annotation files of HEAD say of artifacts, else those of the latest version, on the rows of the index."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from gto.annotations.annotation import Annotation, ReadAnnotations
from gto.declared_targets import DEPLOY_FILE
from gto.git.commit_files import Files
from gto.registry import annotation_lookup
from gto.registry.registry import Registry
from gto.studio.index.schema import artifact, fact, label, problem
from gto.studio.sync.tags import artifact_ids, problem_row


def read(registry: Registry, known: list[str], files: Files) -> ReadAnnotations:
    """Read the files of HEAD that tables show, at the root and in directories that tags name.

    `files` brings what is read of HEAD beside them by the same process.
    """
    head = registry.repo.rev
    if head is None:
        return ReadAnnotations()
    places = annotation_lookup.places_in_tables(registry, known)
    return annotation_lookup.read_files(files, head, places, [DEPLOY_FILE])


def write(connection: Connection, repository_id: int, found: ReadAnnotations) -> None:
    """Say of each artifact what its annotation does; those that have no event come and go with it."""
    same = artifact.c.repository_id == repository_id
    connection.execute(delete(artifact).where(same, artifact.c.is_known.is_(False)))
    ids = artifact_ids(connection, repository_id)
    said: dict[str, Annotation] = {}
    for one in found.annotations:
        said.setdefault(one.name, one)
    new = [_without_event(repository_id, one) for name, one in said.items() if name not in ids]
    if new:
        connection.execute(insert(artifact), new)
        ids = artifact_ids(connection, repository_id)
    connection.execute(delete(label).where(label.c.artifact_id.in_(select(artifact.c.id).where(same))))
    _say(connection, {key: _columns(name, said.get(name)) for name, key in ids.items()})
    _write_problems(connection, repository_id, found)


def write_of_latest(connection: Connection, repository_id: int) -> None:
    """Say of each artifact that HEAD does not annotate what its latest version does, once its facts are read."""
    same = (fact.c.repository_id == artifact.c.repository_id, fact.c.artifact == artifact.c.name)
    unsaid = (artifact.c.repository_id == repository_id, ~artifact.c.search.contains("\n"))
    query = select(artifact.c.id, artifact.c.name, fact.c.body["annotation"]).where(
        *same, *unsaid, fact.c.commit == artifact.c.latest_commit
    )
    _say(connection, {row[0]: _described(row[1], row[2]) for row in connection.execute(query) if row[2]})


def _say(connection: Connection, described: Mapping[int, Mapping[str, Any]]) -> None:
    """Write the columns of artifacts, by their number."""
    values = [{"key": key, **one} for key, one in described.items()]
    if values:
        connection.execute(update(artifact).where(artifact.c.id == bindparam("key")), values)
    labels = [{"artifact_id": key, "label": word} for key, one in described.items() for word in set(one["labels"])]
    if labels:
        connection.execute(insert(label), labels)


def _without_event(repository_id: int, one: Annotation) -> dict[str, object]:
    counts = {"is_known": False, "is_active": True, "versions": 0, "behind": 0, "problems": 0}
    return {"repository_id": repository_id, "name": one.name, **counts, "labels": [], "search": ""}


def _columns(name: str, one: Annotation | None) -> dict[str, object]:
    if one is None:
        return {"type": None, "description": None, "path": None, "labels": [], "search": name.casefold()}
    told = {"type": one.type, "description": one.description, "path": one.path, "labels": list(one.labels)}
    return _described(name, told)


def _described(name: str, told: Mapping[str, Any]) -> dict[str, object]:
    """Return the columns of an annotation, with the keys of `gto describe`; the searched text has more than a line."""
    labels = list(told.get("labels") or ())
    texts = [told.get(key) or "" for key in ("description", "type", "path")]
    return {
        "type": told.get("type"),
        "description": told.get("description") or None,
        "path": told.get("path"),
        "labels": labels,
        "search": "\n".join([name, *labels, *texts]).casefold(),
    }


def _write_problems(connection: Connection, repository_id: int, found: ReadAnnotations) -> None:
    ours = (problem.c.repository_id == repository_id) & (problem.c.origin == "files")
    connection.execute(delete(problem).where(ours))
    rows = [{"repository_id": repository_id, **problem_row(one, "files", "")} for one in found.problems]
    if rows:
        connection.execute(insert(problem), rows)
