"""What the annotation files of HEAD say of artifacts, on the rows of the index."""

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from gto.annotations.annotation import Annotation, ReadAnnotations
from gto.git.commit_files import Files
from gto.registry import annotation_lookup
from gto.registry.registry import Registry
from gto.studio.index.schema import artifact, label, problem
from gto.studio.sync.tags import artifact_ids, problem_row


def read(registry: Registry, known: list[str]) -> ReadAnnotations:
    """Read the files of HEAD that tables show, at the root and in directories that tags name."""
    head = registry.repo.rev
    if head is None:
        return ReadAnnotations()
    places = annotation_lookup.places_in_tables(registry, known)
    return annotation_lookup.read_files(Files(registry.repo), head, places)


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
    values = [{"key": key, **_columns(name, said.get(name))} for name, key in ids.items()]
    if values:
        connection.execute(update(artifact).where(artifact.c.id == bindparam("key")), values)
    connection.execute(delete(label).where(label.c.artifact_id.in_(select(artifact.c.id).where(same))))
    labels = [{"artifact_id": ids[name], "label": word} for name, one in said.items() for word in set(one.labels)]
    if labels:
        connection.execute(insert(label), labels)
    _write_problems(connection, repository_id, found)


def _without_event(repository_id: int, one: Annotation) -> dict[str, object]:
    counts = {"is_known": False, "is_active": True, "versions": 0, "behind": 0, "problems": 0}
    return {"repository_id": repository_id, "name": one.name, **counts, "labels": [], "search": ""}


def _columns(name: str, one: Annotation | None) -> dict[str, object]:
    words = [name, *((one.description, *one.labels, one.type or "", one.path or "") if one else ())]
    return {
        "type": one.type if one else None,
        "description": (one.description if one else None) or None,
        "path": one.path if one else None,
        "labels": list(one.labels) if one else [],
        "search": "\n".join(words).casefold(),
    }


def _write_problems(connection: Connection, repository_id: int, found: ReadAnnotations) -> None:
    ours = (problem.c.repository_id == repository_id) & (problem.c.origin == "files")
    connection.execute(delete(problem).where(ours))
    rows = [{"repository_id": repository_id, **problem_row(one, "files", "")} for one in found.problems]
    if rows:
        connection.execute(insert(problem), rows)
