"""The decisions that take back: a version, a stage, an artifact."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gto.core import names
from gto.core.names import ArtifactName
from gto.core.plan.assignment import check_stage_counts
from gto.core.plan.naming import choose_name, new_tag
from gto.core.plan.plan import Context, Plan, check_version_or_commit
from gto.core.snapshot import ArtifactState, VersionState
from gto.core.tag import Kind, TagName, find
from gto.core.view import journal
from gto.exceptions import AlreadyDeprecated, ArtifactNotFound, Conflict, StageNotAllowed, UsageError, VersionNotFound


class TakeBack(NamedTuple):
    """Which version is taken back, or taken off a stage, by its name or its commit, and how."""

    version: str | None = None
    commit: str | None = None
    delete: bool = False
    """Whether the tags are deleted, instead of an event written."""


def _find(artifact: ArtifactState, wish: TakeBack) -> VersionState:
    version, commit, _ = wish
    check_version_or_commit(version, commit)
    if version is not None:
        found = artifact.version(version)
    else:
        here = artifact.at_commit(commit or "")
        found = here[0] if here else artifact.version(commit or "")
    if found is None:
        hint = f"see `gto show {artifact.name}`" if artifact.newest else "`gto show` lists the artifacts"
        what = f" with version '{version}'" if version and artifact.newest else ""
        raise VersionNotFound(f"No versions found for '{artifact.name}'{what}", hint)
    return found


def _misplaced(artifact: ArtifactState, version: str | None = None) -> Iterator[str]:
    """Return the version tags that were set aside, and would count once those before them are gone."""
    for problem in artifact.problems:
        name = find(problem.subject) if problem.code != "two-versions" else None
        if name is not None and version in {None, name.version}:
            yield problem.subject


def deregister(context: Context, wish: TakeBack) -> Plan:
    """Plan to take a version back, or to delete its tags and those of its stages."""
    artifact = context.artifact
    found = _find(artifact, wish)
    if not found.is_registered:
        raise Conflict(f"The version at ref '{found.commit}' is not registered", f"see `gto show {artifact.name}`")
    if not context.force and not found.is_active:
        raise Conflict(f"The version at ref '{found.commit}' was deregistered already", "use --force to do it again")
    if wish.delete:
        return Plan(delete=(*(event.ref for event in found.events), *_misplaced(artifact, found.name)))
    name = TagName(Kind.DEREGISTRATION, ArtifactName(artifact.name), found.name)
    return Plan((new_tag(context, choose_name(context, name, counted=False), found.commit, found.name),))


def unassign(context: Context, stage: str, wish: TakeBack, allowed: Sequence[str] | None = None) -> Plan:
    """Plan to take a stage off a version, or to delete the tags that put it there and took it off.

    A stage outside those `allowed` can be taken off where it was ever used.
    """
    artifact = context.artifact
    names.parse_plain(stage, "stage name")
    if allowed is not None and stage not in allowed and all(one.stage(stage) is None for one in artifact.versions):
        raise StageNotAllowed(stage, allowed)
    found = _find(artifact, wish)
    state = found.stage(stage)
    if not context.force and (state is None or not (state.is_active or wish.delete)):
        hint = f"see `gto show {artifact.name}`"
        raise Conflict(f"Stage '{stage}' is not assigned to a version '{found.name}'", hint)
    if wish.delete:
        events = (*state.assignments, *state.unassignments) if state else ()
        return Plan(delete=tuple(event.ref for event in sorted(events, key=lambda event: event.key)))
    check_stage_counts(artifact, found, "add --delete to delete the tags that put it there")
    name = TagName(Kind.UNASSIGNMENT, ArtifactName(artifact.name), None, stage)
    return Plan((new_tag(context, choose_name(context, name, counted=True), found.commit, found.name),))


def deprecate(context: Context, commit: str | None, head: str | None, *, annotated: bool, delete: bool) -> Plan:
    """Plan to retire an artifact at `commit`, else at that of its newest event, else at `head`; or to delete its tags.

    `annotated` says that a file describes the artifact, which makes it known without any event.
    """
    artifact = context.artifact
    if context.force and context.simple:
        raise UsageError("Can't use 'force' with 'simple=True'", "leave one of them out")
    known = artifact.newest is not None
    if not known and (delete or not (context.force or annotated)):
        raise ArtifactNotFound(artifact.name)
    if known and not context.force and not artifact.is_active:
        raise AlreadyDeprecated(artifact.name)
    if delete:
        # Of one second the latest kind first, as GTO 1.x lists them.
        lines = sorted(journal(artifact), key=lambda line: (line.event.time, -line.event.kind))
        return Plan(delete=(*(line.event.ref for line in lines), *_misplaced(artifact)))
    target = commit or (artifact.newest.commit if artifact.newest else head)
    if target is None:
        raise ArtifactNotFound(artifact.name)
    name = TagName(Kind.DEPRECATION, ArtifactName(artifact.name))
    chosen = choose_name(context, name, counted=context.force)
    return Plan((new_tag(context, chosen, target, None),))
