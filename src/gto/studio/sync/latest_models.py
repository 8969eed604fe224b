"""What the facts of each artifact's latest version say of its model, and how large it is, on the rows of the index."""

from sqlalchemy import Connection, bindparam, select, update

from gto.studio.index.latest_model import as_column, size_of
from gto.studio.index.schema import artifact, fact


def write(connection: Connection, repository_id: int) -> None:
    """Bring the columns `model`, `framework` and `size` of a repository's artifacts up to date."""
    body = fact.c.body
    same = (
        (fact.c.repository_id == artifact.c.repository_id)
        & (fact.c.artifact == artifact.c.name)
        & (fact.c.commit == artifact.c.latest_commit)
    )
    parts = (body["model", "framework"], body["model", "code_on_load"], body["model", "stale"])
    lineage = (body["lineage", "kept_in"], body["lineage", "size"])
    told = select(artifact.c.id, *parts, *lineage, fact.c.files, body["files_in_git"]).select_from(
        artifact.outerjoin(fact, same)
    )
    values = []
    for key, framework, code, stale, home, size, files, count in connection.execute(
        told.where(artifact.c.repository_id == repository_id)
    ):
        known = {"kept_in": home, "size": size} if home else None
        model = as_column(framework, code, None if stale is None else bool(stale))
        name = model and model["framework"]
        named = {"framework": name, "folded_framework": name and str(name).casefold()}
        values.append({"key": key, "model": model, **named, "size": size_of(known, files or (), count or 0)})
    if values:
        connection.execute(update(artifact).where(artifact.c.id == bindparam("key")), values)
