"""The decision to register a version."""

from typing import NamedTuple

from gto.core import semver
from gto.core.names import ArtifactName
from gto.core.plan.naming import choose_name, new_tag
from gto.core.plan.plan import Context, Plan
from gto.core.semver import Bump, SemVer
from gto.core.snapshot import ArtifactState
from gto.core.tag import Kind, TagName
from gto.exceptions import CommitTaken, Conflict, UsageError, VersionTaken


class Registration(NamedTuple):
    """A wish to register a version at a commit: by name, by bump, or the next one."""

    commit: str
    version: str | None = None
    bump: Bump | None = None
    allow_second_version: bool = False


def register(context: Context, wish: Registration) -> Plan:
    """Plan a registration."""
    artifact = context.artifact
    if wish.version is not None and wish.bump is not None:
        raise UsageError("Need to specify either version or single bump argument", "leave one of them out")
    version, notes = _version_to_register(context, wish)
    name = TagName(Kind.REGISTRATION, ArtifactName(artifact.name), version)
    tag = new_tag(context, choose_name(context, name, counted=False), wish.commit, version)
    return Plan((tag,), notes=(*notes, *revival(artifact)))


def _version_to_register(context: Context, wish: Registration) -> tuple[str, tuple[str, ...]]:
    artifact = context.artifact
    if wish.version is not None:
        SemVer.parse(wish.version)
    here = artifact.at_commit(wish.commit)
    if here and here[0].is_active:
        same = wish.bump is None and wish.version in {None, here[0].name}
        if not (context.force and same):
            raise CommitTaken(artifact.name, here[0].name)
        return here[0].name, (_again(here[0].name, artifact.name),)
    back = next((version for version in here if wish.version in {None, version.name}), None)
    if back is not None and wish.bump is None and (wish.version or not wish.allow_second_version):
        return back.name, (_again(back.name, artifact.name),)
    if here and not wish.allow_second_version:
        raise CommitTaken(artifact.name, here[0].name, active=False)
    notes = (f"GTO 1.10 fails on the whole repository when a commit carries two versions of '{artifact.name}'",)
    return _free_version(artifact, wish), notes if here else ()


def _again(version: str, name: str) -> str:
    return f"'{version}' is registered for the second time: `gto show {name}` of GTO 1.10 fails on that"


def _free_version(artifact: ArtifactState, wish: Registration) -> str:
    used = {version.name for version in artifact.versions if version.is_registered}
    if wish.version is not None:
        known = artifact.version(wish.version)
        if known is not None and known.is_registered:
            hint = "" if known.is_active else f"to bring it back: `gto register {artifact.name} {known.commit[:10]}`"
            raise VersionTaken(artifact.name, wish.version, hint)
        return wish.version
    latest = artifact.latest
    if latest is None or latest.semver is None:
        if wish.bump is not None:
            reason = "Can't apply bump, because this is the first version being registered"
            raise Conflict(reason, "leave the bump out, or name the version with --version")
        candidate = SemVer.parse(semver.FIRST)
    else:
        candidate = latest.semver.bump(wish.bump or Bump.PATCH)
    while candidate.text in used:  # the number of a deregistered version is not given twice
        candidate = candidate.bump(wish.bump or Bump.PATCH)
    return candidate.text


def revival(artifact: ArtifactState) -> tuple[str, ...]:
    """Return a note where an addition brings a deprecated artifact back."""
    if artifact.newest is None or artifact.is_active:
        return ()
    return (f"artifact '{artifact.name}' was deprecated: this brings it back",)
