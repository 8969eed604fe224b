"""Artifacts as MLflow's clients see them, from the index; versions are kept until a tag changes."""

from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, select, tuple_

from gto.core.event import Event
from gto.core.snapshot import fold_artifact
from gto.exceptions import ArtifactNotFound, NotFound
from gto.export.mlflow.model_names import from_mlflow
from gto.export.mlflow.served_versions import NONE, ServedModel, ServedVersions, serve
from gto.studio.context import StudioContext
from gto.studio.index import events
from gto.studio.index.schema import artifact, repository, tag_group
from gto.studio.lasting.model_numbers import read_numbers
from gto.studio.protocols.artifact_names import ArtifactKey, only

_MOST = 20_000  # versions that are kept, of all artifacts
_MANY = 300  # artifacts of one query


class _FoundModel(NamedTuple):
    repository_id: int
    digest: str | None
    """Of its tags; None where it has none, empty where they are to be read again."""
    model: ServedModel

    @property
    def key(self) -> ArtifactKey:
        """By which it is asked for."""
        return ArtifactKey(self.model.repo, self.model.name)


_FIELDS = ("name", "is_active", "description", "labels", "type", "changed_at")
_ROWS = (
    select(repository.c.id, tag_group.c.digest, repository.c.name, *(artifact.c[name] for name in _FIELDS))
    .select_from(artifact.join(repository))
    .outerjoin(tag_group, (tag_group.c.repository_id == repository.c.id) & (tag_group.c.artifact == artifact.c.name))
)
_SOME = _ROWS.where(tuple_(repository.c.name, artifact.c.name).in_(bindparam("keys", expanding=True)))
_ANY = _ROWS.where(artifact.c.name == bindparam("name")).order_by(repository.c.position)
_ONE = _ROWS.where(repository.c.name == bindparam("repo"), artifact.c.name == bindparam("name"))


class ModelMemory:
    """Finds artifacts, and keeps the versions of those that were asked for last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[tuple[str, str], tuple[str, ServedVersions]] = OrderedDict()
        self._size = 0

    def find(self, studio: StudioContext, connection: Connection, repo: str, text: str) -> ServedModel:
        """Return the artifact that MLflow's name means, of one repository or, where `repo` is empty, of any."""
        found = _find_named(connection, repo, from_mlflow(text))
        try:
            only([one.key for one in found], text)
        except ArtifactNotFound as error:
            hint = "search_registered_models() lists those that are there"
            raise NotFound(f"Registered Model with name={text} not found", hint) from error
        except NotFound as error:
            raise NotFound(error.message, "end the address of this registry with mlflow/REPOSITORY") from error
        return self._with_versions(studio, connection, found)[0]

    def recall(self, studio: StudioContext, connection: Connection, repo: str, text: str) -> ServedModel | None:
        """Return the artifact as find() does, by one query; None where its versions are not kept, or it is not one."""
        found = _find_named(connection, repo, from_mlflow(text))
        if len(found) != 1 or not found[0].digest:
            return None
        model = found[0].model
        versions = self._recall((studio.lasting_name(studio.place(model.repo)), model.name), found[0].digest)
        return None if versions is None else model._replace(versions=versions)

    def load(self, studio: StudioContext, connection: Connection, keys: Sequence[ArtifactKey]) -> list[ServedModel]:
        """Return artifacts that are there, in the order in which they are asked for."""
        order = {key: place for place, key in enumerate(keys)}
        return self._with_versions(studio, connection, sorted(_find(connection, keys), key=lambda one: order[one.key]))

    def _with_versions(
        self, studio: StudioContext, connection: Connection, found: Sequence[_FoundModel]
    ) -> list[ServedModel]:
        lasting = {repo: studio.lasting_name(studio.place(repo)) for repo in {one.model.repo for one in found}}
        versions: dict[ArtifactKey, ServedVersions] = {}
        lacking: dict[int, list[_FoundModel]] = defaultdict(list)
        for one in found:
            if one.digest is None:
                versions[one.key] = NONE
            elif (kept := self._recall((lasting[one.model.repo], one.model.name), one.digest)) is not None:
                versions[one.key] = kept
            else:
                lacking[one.repository_id].append(one)
        for repository_id, some in lacking.items():
            name = lasting[some[0].model.repo]
            made = _fold(studio, connection, repository_id, name, some)
            for one in some:
                versions[one.key] = made[one.model.name]
                self._keep((name, one.model.name), one.digest, versions[one.key])
        return [one.model._replace(versions=versions[one.key]) for one in found]

    def _recall(self, key: tuple[str, str], digest: str) -> ServedVersions | None:
        with self._lock:
            known, versions = self._known.get(key, (None, NONE))
            if known != digest:
                return None
            self._known.move_to_end(key)
            return versions

    def _keep(self, key: tuple[str, str], digest: str | None, versions: ServedVersions) -> None:
        if not digest:
            return
        with self._lock:
            _, before = self._known.pop(key, ("", NONE))
            self._known[key] = (digest, versions)
            self._size += len(versions.by_name) - len(before.by_name)
            while self._size > _MOST and len(self._known) > 1:
                _, (_, oldest) = self._known.popitem(last=False)
                self._size -= len(oldest.by_name)


def _find_named(connection: Connection, repo: str, name: str) -> list[_FoundModel]:
    """Return the artifacts of a name, of one repository or, where `repo` is empty, of all."""
    rows = connection.execute(_ONE, {"repo": repo, "name": name}) if repo else connection.execute(_ANY, {"name": name})
    return [_read(row) for row in rows]


def _find(connection: Connection, keys: Sequence[ArtifactKey]) -> list[_FoundModel]:
    pages = [keys[at : at + _MANY] for at in range(0, len(keys), _MANY)]
    return [_read(row) for some in pages for row in connection.execute(_SOME, {"keys": [tuple(key) for key in some]})]


def _read(row: Row[Any]) -> _FoundModel:
    repository_id, digest, repo, name, is_active, description, labels, kind, changed_at = tuple(row)
    model = ServedModel(repo, name, is_active, description or "", tuple(labels or ()), kind or "", changed_at or 0)
    return _FoundModel(repository_id, digest, model)


def _fold(
    studio: StudioContext, connection: Connection, repository_id: int, lasting: str, some: Sequence[_FoundModel]
) -> Mapping[str, ServedVersions]:
    """Return the versions of artifacts of one repository, read from their events; new versions are given numbers."""
    by_name = {one.model.name: list[Event]() for one in some}
    for event in events.read_events(connection, repository_id, list(by_name)):
        by_name[event.artifact].append(event)
    made = {}
    for name, own in by_name.items():
        state = fold_artifact(name, own)
        made[name] = serve(state, read_numbers(studio.worker.database.lasting, lasting, state))
    return made
