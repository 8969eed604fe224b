"""The decision to put a stage on a version."""

from collections.abc import Sequence
from typing import NamedTuple

from gto.core import names
from gto.core.names import ArtifactName
from gto.core.plan.naming import choose_name, new_tag
from gto.core.plan.plan import Context, NewTag, Plan, check_version, check_version_or_commit
from gto.core.plan.registration import Registration, register, revival
from gto.core.snapshot import ArtifactState, VersionState
from gto.core.tag import Kind, TagName
from gto.core.view import previous_holder
from gto.exceptions import (
    AlreadyInStage,
    ArtifactNotFound,
    Conflict,
    EmptyStage,
    StageNotAllowed,
    UsageError,
    VersionNotFound,
)


class Assignment(NamedTuple):
    """A wish to put a stage on a version, or on a commit, which is registered first unless that is to be skipped."""

    stage: str
    version: str | None = None
    commit: str | None = None
    name_version: str | None = None
    """The version to register at `commit`."""
    skip_registration: bool = False


def assign(context: Context, wish: Assignment, allowed: Sequence[str] | None) -> Plan:
    """Plan an assignment, with the registration that it needs."""
    artifact = context.artifact
    names.parse_plain(wish.stage, "stage name")
    if allowed is not None and wish.stage not in allowed:
        raise StageNotAllowed(wish.stage, allowed)
    check_version_or_commit(wish.version, wish.commit)
    if wish.name_version is not None:
        check_version(wish.name_version)
        if wish.skip_registration:
            hint = "leave out --version or --skip-registration"
            raise UsageError("You either need to supply version name or skip registration", hint)
    version, tags, notes = _version_to_assign(context, wish)
    name = version.name if version is not None else (tags[0].version if tags else wish.commit)
    commit = version.commit if version is not None else wish.commit or ""
    holder = artifact.holder(wish.stage)
    if holder is not None and holder.version == name and not context.force:
        raise AlreadyInStage(str(name), wish.stage)
    tag_name = TagName(Kind.ASSIGNMENT, ArtifactName(artifact.name), None, wish.stage)
    chosen = choose_name(context, tag_name, counted=True, before=tags)
    return Plan((*tags, new_tag(context, chosen, commit, name)), notes=(*notes, *revival(artifact)))


def _version_to_assign(
    context: Context, wish: Assignment
) -> tuple[VersionState | None, tuple[NewTag, ...], tuple[str, ...]]:
    artifact = context.artifact
    if wish.version is not None:
        version = artifact.version(wish.version)
        if version is None:
            raise VersionNotFound(f"Version '{wish.version}' is not registered", f"see `gto show {artifact.name}`")
        return _assignable(artifact, version), (), ()
    here = artifact.at_commit(wish.commit or "")
    if here:
        if wish.name_version is not None:
            reason = f"Can't register '{wish.name_version}', since '{here[0].name}' is registered already at this ref"
            raise Conflict(reason, "leave out --version, or name another commit")
        return _assignable(artifact, here[0]), (), ()
    if wish.skip_registration:
        return None, (), ()
    plain = context._replace(artifact=artifact, simple=None, message=None)
    plan = register(plain, Registration(wish.commit or "", wish.name_version))
    # The revival is said once, by the assignment.
    return None, plan.create, tuple(note for note in plan.notes if note not in revival(artifact))


def _assignable(artifact: ArtifactState, version: VersionState) -> VersionState:
    if not version.is_active:
        reason = f"Version '{version.name}' was deregistered, so no stage can be assigned to it"
        hint = f"bring it back first: `gto register {artifact.name} {version.commit[:10]}`"
        raise Conflict(reason, hint)
    check_stage_counts(artifact, version, "`gto deprecate {} {}` takes that one back")
    return version


def check_stage_counts(artifact: ArtifactState, version: VersionState, hint: str) -> None:
    """Refuse a version of whose commit another version takes the stage events."""
    here = artifact.at_commit(version.commit)
    if here and here[0].name != version.name:
        commit = version.commit[:7]
        reason = f"A stage tag on commit {commit} counts for '{here[0].name}', not for '{version.name}'"
        raise Conflict(reason, hint.format(artifact.name, here[0].name))


def rollback(context: Context, stage: str, to: str | None, allowed: Sequence[str] | None) -> Plan:
    """Plan to put the version that was in the stage before, or the version `to`, into it again."""
    artifact = context.artifact
    if artifact.newest is None:
        raise ArtifactNotFound(artifact.name)
    holder = artifact.holder(stage)
    if to is None:
        if holder is None:
            raise EmptyStage(artifact.name, stage)
        before = previous_holder(artifact, holder)
        if before is None:
            hint = f"`gto assign {artifact.name} --version VERSION --stage {stage}` puts any version there"
            raise Conflict(f"No version was in stage '{stage}' before '{holder.version}'", hint)
        to = before.version
    plan = assign(context, Assignment(stage, version=to), allowed)
    was = f"from '{holder.version}' " if holder else ""
    note = f"stage '{stage}' of '{artifact.name}' goes back {was}to '{plan.create[-1].version}'"
    return Plan(plan.create, notes=(note, *plan.notes))
