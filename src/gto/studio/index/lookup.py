"""One repository, artifact or fact of the index by its name; who asks for what is not there is told what is like it."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, cast

from sqlalchemy import Connection, bindparam, select

from gto.core.nearness import did_you_mean
from gto.exceptions import ArtifactNotFound, RepositoryNotFound
from gto.studio import forge
from gto.studio.forge import WebPlace
from gto.studio.index.artifact_row import ArtifactRow, choose, rows_of
from gto.studio.index.events import StageCell
from gto.studio.index.repository_rows import public_address
from gto.studio.index.schema import artifact, card, fact, problem, repository, standing
from gto.studio.words import without_paths

Facts = Mapping[str, object]
"""What a commit tells, as `gto describe --all --json` prints it."""


class FoundRepository(NamedTuple):
    """A repository of the index."""

    id: int
    name: str
    address: str
    is_remote: bool
    head: str | None
    stages: list[str] | None
    """Those of the configuration; None for any."""
    read_at: float | None
    error: str | None
    has_policy: bool
    judged: str
    """What changes whenever tags, keys or the policy do; empty where they were not judged yet."""
    heads: str
    """What changes whenever a branch moves."""
    remote: str | None
    """The address of its remote; None where it was not read yet."""

    def without_paths(self) -> "FoundRepository":
        """Return it as it is shown to who need not know where the server keeps it: by its remote, else by name."""
        address = public_address(self.address if self.is_remote else self.remote) or self.name
        return self._replace(address=address, error=self.error and without_paths(self.error))

    @property
    def web(self) -> WebPlace | None:
        """Where it is looked at on the web; None where no forge is known by its address."""
        return forge.find(self.remote)


class FoundProblem(NamedTuple):
    """What was set aside while an artifact was read."""

    code: str
    subject: str
    reason: str
    hint: str


# Made once: that costs more than to ask.
_REPOSITORY = select(*(repository.c[field] for field in FoundRepository._fields)).where(
    repository.c.name == bindparam("repo")
)
_ARTIFACT = choose().where(artifact.c.repository_id == bindparam("id"), artifact.c.name == bindparam("artifact"))
_ONE_REPOSITORY = select(repository.c.id).where(repository.c.name == bindparam("repo")).scalar_subquery()
_ONE_ARTIFACT = (
    select(artifact.c.id)
    .where(artifact.c.repository_id == _ONE_REPOSITORY, artifact.c.name == bindparam("name"), artifact.c.is_active)
    .scalar_subquery()
)
_IN_STAGE = (
    # One after the other, so that a server that knows nothing yet of the tables has no choice of a slow way.
    select(*(standing.c[name] for name in StageCell._fields)).where(
        standing.c.artifact_id == _ONE_ARTIFACT, standing.c.stage == bindparam("stage"), standing.c.place == 0
    )
)


def find_repository(connection: Connection, name: str) -> FoundRepository:
    """Return a repository, or raise RepositoryNotFound."""
    row = connection.execute(_REPOSITORY, {"repo": name}).one_or_none()
    if row is None:
        known = connection.execute(select(repository.c.name)).scalars().all()
        raise RepositoryNotFound(name, did_you_mean(name, known))
    return FoundRepository._make(row)


def position_of(connection: Connection, name: str) -> int | None:
    """Return the place of a repository in the catalogue's order; None where there is none."""
    return connection.execute(select(repository.c.position).where(repository.c.name == name)).scalar_one_or_none()


def find_artifact(connection: Connection, repo: FoundRepository, name: str) -> ArtifactRow:
    """Return an artifact, or raise ArtifactNotFound."""
    found = rows_of(connection, _ARTIFACT, {"id": repo.id, "artifact": name})
    if not found:
        raise ArtifactNotFound(name)
    return found[0]


def find_in_stage(connection: Connection, repo: str, name: str, stage: str) -> StageCell | None:
    """Return what a stage of an artifact shows; None where it is empty, unknown, or of a deprecated one."""
    row = connection.execute(_IN_STAGE, {"repo": repo, "name": name, "stage": stage}).one_or_none()
    return StageCell._make(row) if row is not None else None


def facts_of(
    connection: Connection, repo: FoundRepository, name: str, commits: Iterable[str]
) -> dict[str, Mapping[str, object]]:
    """Return what these commits tell of an artifact, by commit, as far as they were read."""
    same = (fact.c.repository_id == repo.id, fact.c.artifact == name, fact.c.commit.in_(set(commits)))
    query = select(fact.c.commit, fact.c.body).where(*same)
    return {row.commit: cast("Mapping[str, object]", row.body) for row in connection.execute(query)}


def heads_of(
    connection: Connection, repo: FoundRepository, name: str, commits: Iterable[str]
) -> dict[str, Mapping[str, object]]:
    """Return of what these commits tell the metrics and the commit alone: facts can be large."""
    same = (fact.c.repository_id == repo.id, fact.c.artifact == name, fact.c.commit.in_(set(commits)))
    query = select(fact.c.commit, fact.c.body["metrics"], fact.c.body["commit"]).where(*same)
    return {row[0]: {"metrics": row[1], "commit": row[2]} for row in connection.execute(query)}


class FoundFiles(NamedTuple):
    """What Git holds of a version beside its facts."""

    files: list[tuple[str, int | None, str]]
    """Path, size and object id; no size where the object is not here."""
    card_path: str
    card: str
    """Markdown; empty for none."""


def files_of(connection: Connection, repo: FoundRepository, name: str, commit: str) -> FoundFiles:
    """Return the files of a version, and its card."""
    same = (fact.c.repository_id == repo.id, fact.c.artifact == name, fact.c.commit == commit)
    texts = (card.c.repository_id == fact.c.repository_id) & (card.c.oid == fact.c.card)
    query = select(fact.c.files, fact.c.card_path, card.c.text).select_from(fact.outerjoin(card, texts)).where(*same)
    row = connection.execute(query).one_or_none()
    if row is None:
        return FoundFiles([], "", "")
    files = [(str(path), size, str(oid)) for path, size, oid in row[0]]
    return FoundFiles(files, row[1] or "", row[2] or "")


def files_of_each(
    connection: Connection, repo: FoundRepository, name: str, commits: Iterable[str]
) -> dict[str, list[tuple[str, int | None, str]]]:
    """Return path, size and object id of the files that Git holds of versions, by commit, as far as they were read."""
    same = (fact.c.repository_id == repo.id, fact.c.artifact == name, fact.c.commit.in_(set(commits)))
    found = connection.execute(select(fact.c.commit, fact.c.files).where(*same))
    return {row.commit: [(str(path), size, str(oid)) for path, size, oid in row.files] for row in found}


def find_fact(connection: Connection, repo: FoundRepository, name: str, commit: str) -> Mapping[str, object] | None:
    """Return what one commit tells of an artifact; None where it was not read yet."""
    same = (fact.c.repository_id == repo.id, fact.c.artifact == name, fact.c.commit == commit)
    found = connection.execute(select(fact.c.body).where(*same)).scalar_one_or_none()
    return cast("Mapping[str, object] | None", found)


def find_problems(connection: Connection, repo: FoundRepository, name: str) -> list[FoundProblem]:
    """Return what was set aside among the tags of an artifact, and in the files that annotate it."""
    columns = [problem.c[field] for field in FoundProblem._fields]
    ours = (problem.c.tag_group == name) | (problem.c.artifact == name)
    query = select(*columns).where(problem.c.repository_id == repo.id, ours).order_by(problem.c.subject, problem.c.code)
    return [FoundProblem._make(row) for row in connection.execute(query)]


def repository_names(connection: Connection) -> tuple[str, ...]:
    """Return the names of all repositories, in the catalogue's order."""
    return tuple(connection.execute(select(repository.c.name).order_by(repository.c.position)).scalars())


def artifact_names(connection: Connection, repo: FoundRepository) -> tuple[str, ...]:
    """Return the names of a repository's artifacts that are not deprecated, those that changed last first."""
    query = select(artifact.c.name).where(artifact.c.repository_id == repo.id, artifact.c.is_active)
    return tuple(
        connection.execute(query.order_by(artifact.c.changed_at.desc().nulls_last(), artifact.c.name)).scalars()
    )


def mapping_of(facts: Facts | None, key: str) -> Mapping[str, object]:
    """Return what facts hold under a key; nothing where they hold no such thing."""
    found = facts.get(key) if facts else None
    return cast("Mapping[str, object]", found) if isinstance(found, Mapping) else {}


def values_of(facts: Facts | None, kind: str) -> dict[tuple[str, str], object]:
    """Return the metrics or params of a version, by file and key."""
    return {
        (file, key): value
        for file, keyed in mapping_of(facts, kind).items()
        for key, value in (keyed.items() if isinstance(keyed, Mapping) else ())
    }


def flat_metrics(facts: Facts | None) -> dict[str, float | str]:
    """Return the metrics of a version by key, the first file's where two have one key."""
    found: dict[str, float | str] = {}
    for (file, key), value in values_of(facts, "metrics").items():
        found.setdefault(key or file, cast("float | str", value))
    return found
