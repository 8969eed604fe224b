"""What is wrong with a registry: tags that were set aside, names that clash, annotations that cannot be read."""

from collections.abc import Iterable, Iterator

from gto.annotations.conflict import find_conflicts
from gto.core.event import Event, Problem, looks_old
from gto.core.snapshot import Snapshot, fold
from gto.registry import annotation
from gto.registry.registry import Registry


def problems(registry: Registry) -> list[Problem]:
    """Return everything that is wrong, sorted by what it concerns."""
    items = list(registry.items())
    snapshot = fold(items)
    events = [item for item in items if isinstance(item, Event)]
    found = [*snapshot.problems, *_old_stages(events), *_bad_zones(events), *_clashes(snapshot)]
    found += [*_outside(registry, snapshot), *_annotations(registry)]
    return sorted(found, key=lambda problem: (problem.subject, problem.code))


def _old_stages(events: Iterable[Event]) -> Iterator[Problem]:
    for event in events:
        old = looks_old(event.ref) if event.kind.of_stage and event.tag.counter is None else None
        if old is not None:
            artifact, stage = old
            reason = f"GTO 0.x meant stage '{stage}' of '{artifact}'; GTO 1.x reads stage '{event.tag.stage}'"
            hint = "if it is of GTO 0.x: assign the stage again with gto, then delete this tag"
            yield Problem("tag-of-gto-0", event.ref, reason, hint, event.artifact)


def _bad_zones(events: Iterable[Event]) -> Iterator[Problem]:
    for event in events:
        if event.has_bad_zone:
            reason = "the zone of the tag's time is none: the time is shown in UTC"
            hint = "GTO 1.10 fails on the whole repository: make the tag again with gto, or delete it"
            yield Problem("tag-bad-zone", event.ref, reason, hint, event.artifact)


def _clashes(snapshot: Snapshot) -> Iterator[Problem]:
    by_fold: dict[str, list[str]] = {}
    for name in snapshot.artifacts:
        by_fold.setdefault(name.casefold(), []).append(name)
    for group in by_fold.values():
        if len(group) > 1:
            reason = f"{', '.join(repr(name) for name in group)} differ only in upper and lower case"
            hint = "file systems that fold case cannot hold the tags of both: rename one"
            yield Problem("names-clash", group[0], reason, hint, group[0])


def _outside(registry: Registry, snapshot: Snapshot) -> Iterator[Problem]:
    allowed = registry.config.stages
    if allowed is None:
        return
    for name, artifact in snapshot.artifacts.items():
        for stage in sorted({state.stage for state in artifact.standing} - set(allowed)):
            reason = f"'{name}' is in stage '{stage}', which the configuration does not list"
            hint = f"add '{stage}' to `stages` in .gto, or `gto deprecate {name} VERSION {stage}`"
            yield Problem("stage-not-allowed", name, reason, hint, name)


def _annotations(registry: Registry) -> Iterator[Problem]:
    if registry.repo.rev is None:
        return
    reading = annotation.walk(registry, registry.repo.rev)
    yield from reading.problems
    yield from find_conflicts(reading.annotations)
    seen: dict[str, str] = {}
    for one in reading.annotations:
        first = seen.setdefault(one.name, one.file)
        if first != one.file:
            reason = f"'{one.name}' is annotated in '{first}' as well as in '{one.file}'"
            yield Problem("annotated-twice", one.file, reason, "dvc.yaml counts: remove the other", one.name)
        if registry.config.types is not None and one.type is not None and one.type not in registry.config.types:
            reason = f"'{one.name}' is of type '{one.type}', which the configuration does not list"
            yield Problem("type-not-allowed", one.file, reason, "see `types` in .gto", one.name)
