"""The artifacts of a repository as MLflow sees them, read from Git each time that somebody asks."""

from collections.abc import Iterable, Mapping, Sequence

from gto.core import names, selector
from gto.core.selector import Pick
from gto.core.snapshot import ArtifactState
from gto.exceptions import ArtifactNotFound, EmptyStage, VersionNotFound
from gto.export.mlflow.model_names import from_mlflow, to_mlflow
from gto.export.mlflow.search_filter import Condition
from gto.export.mlflow.served_versions import ServedModel, ServedVersion, serve
from gto.export.mlflow.stage_words import find_stage
from gto.export.mlflow.version_numbers import give_numbers, unnumbered
from gto.git.session import Session
from gto.registry import annotation_lookup
from gto.registry.registry import Registry
from mlflow_gto.places import Place

_DIGITS = 10


class GitModels:
    """The artifacts of a repository."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._session = Session()

    def open(self) -> Registry:
        """Open the repository as it is now."""
        return Registry.open(self.place.repo, session=self._session)

    def find(self, text: str, registry: Registry | None = None) -> ServedModel:
        """Return the artifact that MLflow's name means, deprecated or not; ArtifactNotFound for none.

        Who has opened the repository just now hands it in.
        """
        found = self._read(registry or self.open(), text)
        if found is None:
            raise ArtifactNotFound(from_mlflow(text))
        return found

    def find_all(self, conditions: Iterable[Condition] = ()) -> Sequence[ServedModel]:
        """Return the artifacts that are not deprecated, by name; only the one that a condition names, if one does."""
        registry = self.open()
        named = next((one.value for one in conditions if one.key == "name" and one.op == "="), None)
        if named is not None:
            only = self._read(registry, named)
            return [only] if only is not None and only.is_active else []
        states = dict(registry.snapshot().artifacts)
        for name in annotation_lookup.in_tables(registry, states):
            states.setdefault(name, ArtifactState(name))
        active = {name: one for name, one in states.items() if one.is_active or one.newest is None}
        return sorted(self._serve(registry, active), key=lambda one: to_mlflow(one.name))

    def _read(self, registry: Registry, text: str) -> ServedModel | None:
        name = from_mlflow(text)
        if not names.is_artifact(name):
            return None
        return next(iter(self._serve(registry, {name: registry.artifact(name)})), None)

    def _serve(self, registry: Registry, states: Mapping[str, ArtifactState]) -> Iterable[ServedModel]:
        """Yield artifacts that have events or are annotated."""
        latest = {name: one.latest.commit if one.latest else None for name, one in states.items()}
        annotations = annotation_lookup.of_each(registry, latest)
        for name, state in states.items():
            said = annotations.get(name)
            if said is not None or state.newest is not None:
                yield ServedModel(
                    self.place.name,
                    name,
                    is_active=state.is_active or state.newest is None,
                    description=said.description if said else "",
                    labels=said.labels if said else (),
                    type=(said.type if said else None) or "",
                    updated=state.newest.time if state.newest else 0,
                    versions=serve(state, give_numbers(unnumbered(state))),
                )


def find_version(model: ServedModel, asked: str) -> ServedVersion:
    """Return the version of a number, else what another word means; VersionNotFound where it counts no more."""
    if not (asked.isascii() and asked.isdigit()):
        return choose(model, asked)
    found = model.versions.by_number.get(int(asked)) if len(asked) <= _DIGITS else None
    if found is None or not found.is_active:
        hint = f"'{found.name}' was deregistered" if found else "search_model_versions() lists those that are there"
        raise VersionNotFound(f"'{model.name}' has no version with the number {asked}", hint)
    return found


def choose(model: ServedModel, asked: str) -> ServedVersion:
    """Return the version that a word means: `latest`, a SemVer, a stage; VersionNotFound or EmptyStage for none."""
    wanted, versions = selector.parse_asked(model.name, asked), model.versions
    name = wanted.value if wanted.pick is Pick.VERSION else versions.latest
    if wanted.pick is Pick.STAGE:
        stage = find_stage(wanted.value, versions.stages)
        if stage is None or not model.is_active:
            raise EmptyStage(model.name, wanted.value)
        name = versions.stages[stage]
    found = versions.by_name.get(name)
    if found is None and wanted.pick is Pick.STAGE:
        hint = f"register it first: `gto register {model.name} {name}`"
        raise VersionNotFound(f"What '{asked}' of '{model.name}' shows is a commit without a version", hint)
    if found is None or not found.is_active or not model.is_active:
        raise VersionNotFound(f"'{model.name}' has no version '{asked}'", f"`gto show {model.name}` lists its versions")
    return found
