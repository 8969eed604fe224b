"""The decision what an import writes: models, and what is here already, become steps in the order of their dates."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from gto.core.snapshot import ArtifactState, Snapshot
from gto.importers.mlflow import allowed_names, trailers
from gto.importers.mlflow.earlier_imports import KnownImports
from gto.importers.mlflow.mlflow_values import MlflowModel, MlflowVersion

READY = "READY"


class NewVersion(NamedTuple):
    """A version to bring."""

    model: MlflowModel
    found: MlflowVersion
    artifact: str
    version: str
    when: int
    commit: str | None = None
    """The commit that an import which was interrupted made of it."""


class StageMove(NamedTuple):
    """A version to put into a stage, or to take off it."""

    model: str
    artifact: str
    number: int
    version: str
    stage: str
    trailer: str
    """Whether MLflow calls it an alias or a stage."""
    source: str
    """What MLflow calls it."""
    when: int | None
    """None for now: nobody knows when it came about."""
    is_on: bool = True


class Unplaced(NamedTuple):
    """What MLflow has and Git gets not, and why."""

    model: str
    what: str
    reason: str


class ImportPlan(NamedTuple):
    """What is to be written, and what has no place."""

    versions: tuple[NewVersion, ...]
    moves: tuple[StageMove, ...]
    unplaced: tuple[Unplaced, ...]
    known: int
    """How many versions were brought before."""


class Wishes(NamedTuple):
    """What the user says on names."""

    names: Mapping[str, str]
    """Artifacts of models."""
    stages: Mapping[str, str]
    """Stages of aliases and of MLflow's stages."""


def decide(models: Iterable[MlflowModel], snapshot: Snapshot, known: KnownImports, wishes: Wishes) -> ImportPlan:
    """Plan an import; what was brought before is not planned again."""
    models = list(models)
    named = allowed_names.name_models([one.name for one in models], known.names, wishes.names)
    parts = [_decide_one(one, snapshot.artifact(named[one.name]), known, wishes) for one in models]
    versions = sorted(
        chain(*(part.versions for part in parts)), key=lambda one: (one.when, one.artifact, one.found.number)
    )
    moves, unplaced = chain(*(part.moves for part in parts)), chain(*(part.unplaced for part in parts))
    return ImportPlan(tuple(versions), tuple(moves), tuple(unplaced), sum(part.known for part in parts))


def _decide_one(model: MlflowModel, state: ArtifactState, known: KnownImports, wishes: Wishes) -> ImportPlan:
    """Plan the import of one model into an artifact."""
    taken = _is_taken(model.name, state, known)
    if taken:
        return ImportPlan((), (), (Unplaced(model.name, "the model", taken),), 0)
    new, lost = _new_versions(model, state, known)
    ready = {number: version for (name, number), version in known.versions.items() if name == model.name}
    here = {**ready, **{one.found.number: one.version for one in new}}
    moves, more = _moves(model, state, known, _StageFacts(here, wishes.stages, {one.version: one.when for one in new}))
    unplaced = tuple(Unplaced(model.name, *one) for one in (*lost, *more))
    return ImportPlan(tuple(new), tuple(moves), unplaced, sum(one.number in ready for one in model.versions))


def _is_taken(model: str, state: ArtifactState, known: KnownImports) -> str:
    """Return why a model cannot become an artifact; empty where it can."""
    before = known.names.get(model, state.name)
    if before != state.name:
        return f"it was imported as '{before}' before, and keeps that name"
    if state.newest is not None and model not in known.names:
        return f"'{state.name}' is here and did not come from it: --name '{model}=OTHER' calls it otherwise"
    return ""


_Lost = tuple[str, str]
"""What has no place, and why."""


def _new_versions(
    model: MlflowModel, state: ArtifactState, known: KnownImports
) -> tuple[list[NewVersion], list[_Lost]]:
    taken = {event.time for one in state.versions for event in one.registrations}
    found: list[NewVersion] = []
    lost: list[_Lost] = [("a version", reason) for reason in model.unread]
    gone = {number for name, number in known.versions if name == model.name} - {one.number for one in model.versions}
    lost += [(f"version {number}", "MLflow deleted it: it stays here") for number in sorted(gone)]
    for one in model.versions:
        if (model.name, one.number) in known.versions:
            continue
        version = f"v{one.number}.0.0"
        if one.status != READY:
            lost.append((f"version {one.number}", f"MLflow says that it is {one.status}"))
        elif state.version(version) is not None:
            lost.append((f"version {one.number}", f"'{version}' is registered here and did not come from MLflow"))
        else:
            when = one.created
            while when in taken:  # two versions of one second would have no order
                when += 1
            taken.add(when)
            commit = known.commits.get((model.name, one.number))
            found.append(NewVersion(model, one, state.name, version, when, commit))
    return found, lost


class _StageFacts(NamedTuple):
    """What is needed to find the moves of a model."""

    versions: Mapping[int, str]
    """The versions that are here, or will be."""
    chosen: Mapping[str, str]
    """Stages by what MLflow calls them."""
    when: Mapping[str, int]
    """The second of each new version's registration."""

    def name(self, source: str) -> str | None:
        return self.chosen.get(source) or allowed_names.allowed_name(source)


def _moves(
    model: MlflowModel, state: ArtifactState, known: KnownImports, stages: _StageFacts
) -> tuple[list[StageMove], list[_Lost]]:
    found: list[StageMove] = []
    lost: list[_Lost] = []
    for move, reason in _wanted(model, state.name, known, stages):
        what = f"{'alias' if move.trailer == trailers.ALIAS else 'stage'} '{move.source}' of version {move.number}"
        if reason:
            lost.append((what, reason))
        elif move.stage.casefold() in allowed_names.RESERVED:
            lost.append((what, f"'{move.stage}' means the highest version to clients: --stage '{move.source}=OTHER'"))
        else:
            found.append(move)
    ordered = sorted(found, key=lambda move: (move.is_on, move.when or 0, move.number, move.trailer))
    last: dict[str, int] = {}
    for one in state.versions:
        for stage in one.stages:
            last[stage.stage] = max(last.get(stage.stage, 0), stage.newest.time)
    return [move._replace(when=_later(move, last, stages)) for move in ordered], lost


def _later(move: StageMove, last: Mapping[str, int], stages: _StageFacts) -> int | None:
    """Return when a move came about: now, where what is here already is of a later time and would outdo it."""
    if move.when is None or move.when <= last.get(move.stage, 0):
        return None
    return max(move.when, stages.when.get(move.version, 0))


def _wanted(
    model: MlflowModel, artifact: str, known: KnownImports, stages: _StageFacts
) -> Iterator[tuple[StageMove, str]]:
    """Yield the moves that MLflow saw since the last import, and of those that cannot be, why."""
    updated = {one.number: one.updated for one in model.versions}
    seen = [(trailers.ALIAS, alias, number) for alias, number in model.aliases.items()]
    seen += [(trailers.STAGE, one.stage, one.number) for one in model.versions if one.stage is not None]
    for trailer, source, number in seen:
        before = (
            known.aliases.get((artifact, source)) if trailer == trailers.ALIAS else known.stages.get((artifact, number))
        )
        if before == (number if trailer == trailers.ALIAS else source):
            continue
        stage, version = stages.name(source), stages.versions.get(number)
        reason = "" if stage else "nothing of that name could be one of a stage: --stage gives it another"
        reason = reason or ("" if version else "that version is not here")
        move = StageMove(model.name, artifact, number, version or "", stage or "", trailer, source, updated.get(number))
        yield move, reason
    yield from ((move, "") for move in _taken_off(model, artifact, known, stages))


def _taken_off(model: MlflowModel, artifact: str, known: KnownImports, stages: _StageFacts) -> Iterator[StageMove]:
    """Yield what an import brought and MLflow has no more."""
    now = {one.number: one.stage for one in model.versions}
    gone = [
        (trailers.ALIAS, alias, number)
        for (name, alias), number in known.aliases.items()
        if name == artifact and number is not None and alias not in model.aliases
    ]
    gone += [
        (trailers.STAGE, stage, number)
        for (name, number), stage in known.stages.items()
        if name == artifact and stage is not None and number in now and now[number] != stage
    ]
    for trailer, source, number in gone:
        stage, version = stages.name(source), stages.versions.get(number)
        if stage and version:
            yield StageMove(model.name, artifact, number, version, stage, trailer, source, None, is_on=False)
