"""All that a registry holds, read once: what the formats of the whole registry are written from."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from gto.annotations.annotation import Annotation, ReadAnnotations
from gto.core.snapshot import ArtifactState, StageState, VersionState
from gto.core.view import Choice, by_stage, version_key
from gto.git.commit_files import Files, may_stand_for_another
from gto.registry import annotation_lookup
from gto.registry.overview import columns
from gto.registry.registry import Registry

Readings = dict[tuple[str, bytes], ReadAnnotations]
"""What annotation files say, by path and content."""


class Item(NamedTuple):
    """One artifact with its annotations."""

    state: ArtifactState
    """Without any event where only an annotation of HEAD knows the artifact."""
    annotation: Annotation | None
    """What the commit of its latest version says (of a deprecated one, of its last); HEAD where there is no version."""
    by_commit: Mapping[str, Annotation]
    """What the commit of each version says."""

    @property
    def is_registered(self) -> bool:
        """Whether any event is about it."""
        return self.state.newest is not None

    @property
    def versions(self) -> tuple[VersionState, ...]:
        """All versions, deregistered ones too, the highest first."""
        return tuple(sorted(self.state.versions, key=lambda one: version_key(one.name), reverse=True))

    @property
    def standing(self) -> tuple[StageState, ...]:
        """The stages that its versions are in now, the newest assignment first; none of a deprecated artifact."""
        return self.state.standing if self.state.is_active else ()

    @property
    def stages(self) -> dict[str, str]:
        """The version in each stage, by the stage's name: the one that was assigned last, as `gto show` has it."""
        groups = by_stage(self.standing, Choice())
        return {stage: groups[stage][0].version for stage in sorted(groups)}

    @property
    def stages_by_version(self) -> dict[str, list[str]]:
        """The stages that each version is in now, by name; versions in none are left out."""
        found: dict[str, list[str]] = {}
        for stage, version in self.stages.items():
            found.setdefault(version, []).append(stage)
        return found


class Inventory(NamedTuple):
    """The artifacts by name, the stages in the order of their columns, and how many tags were set aside."""

    items: tuple[Item, ...]
    stages: tuple[str, ...]
    set_aside: int

    @property
    def active(self) -> tuple[Item, ...]:
        """The artifacts that are not deprecated."""
        return tuple(item for item in self.items if item.state.is_active or not item.is_registered)


def read(registry: Registry) -> Inventory:
    """Read all events, and the annotations at every version's commit; of HEAD only what no event is about."""
    snapshot = registry.snapshot()
    states = list(snapshot.artifacts.values())
    found = _annotations(registry, states)
    items = [_item(state, found.get(state.name, {}), registry) for state in states]
    items += [Item(ArtifactState(one.name), one, {}) for one in _at_head(registry, snapshot.artifacts)]
    items.sort(key=lambda item: item.state.name)
    in_use = sorted({one.stage for item in items for one in item.standing})
    return Inventory(tuple(items), tuple(columns(registry.config.stages, in_use)), len(snapshot.problems))


def _item(state: ArtifactState, by_commit: Mapping[str, Annotation], registry: Registry) -> Item:
    item = Item(state, None, by_commit)
    registered = [one for one in item.versions if one.is_registered]
    chosen = state.latest or next(iter(registered), None) or next(iter(item.versions), None)
    if chosen is not None:
        return item._replace(annotation=by_commit.get(chosen.commit))
    return item._replace(annotation=annotation_lookup.find(registry, state.name, None))


def _annotations(registry: Registry, states: Iterable[ArtifactState]) -> dict[str, dict[str, Annotation]]:
    """Read, by artifact and commit, what the commit of each version says of its artifact; all in one process."""
    files = Files(registry.repo)
    wanted = [(state.name, version.commit) for state in states for version in state.versions]
    paths = {name: annotation_lookup.files_of(registry, name) for name, _ in wanted}
    files.fetch(place for name, commit in wanted for place in annotation_lookup.with_params(commit, paths[name]))
    readings: Readings = {}
    found: dict[str, dict[str, Annotation]] = {}
    for name, commit in wanted:
        for path in paths[name]:
            one = read_once(files, commit, path, readings).find(name)
            if one is not None:
                found.setdefault(name, {}).setdefault(commit, one)
    return found


def read_once(files: Files, commit: str, path: str, readings: Readings) -> ReadAnnotations:
    """Read an annotation file; one that stays the same from commit to commit is parsed once, and kept in `readings`."""
    files.fetch([(commit, path)])
    data = files.kept.get((commit, path))
    # It is not there or too large, other files fill it in, or it leads to one that each commit has its own of.
    if data is None or b"${" in data or may_stand_for_another(data):
        return annotation_lookup.read_file(files, commit, path)
    if (path, data) not in readings:
        readings[path, data] = annotation_lookup.read_file(files, commit, path)
    return readings[path, data]


def _at_head(registry: Registry, known: Mapping[str, ArtifactState]) -> list[Annotation]:
    """Return HEAD's annotations of artifacts that no event is about."""
    head = registry.repo.rev
    if head is None:
        return []
    found = annotation_lookup.read_files(
        Files(registry.repo), head, annotation_lookup.places_in_tables(registry, known)
    )
    return list({one.name: one for one in reversed(found.annotations) if one.name not in known}.values())
