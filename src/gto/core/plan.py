"""Decisions: a snapshot of one artifact and a request become a `Plan`, or a refusal that says why."""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from gto.core import message, names, semver
from gto.core.event import SortKey, moment
from gto.core.names import ArtifactName
from gto.core.semver import Bump, SemVer
from gto.core.snapshot import ArtifactState, VersionState
from gto.core.tag import MOST_COUNTER, MOST_DIGITS, Kind, TagName, find
from gto.core.view import journal, previous_holder
from gto.exceptions import (
    AlreadyDeprecated,
    AlreadyInStage,
    ArtifactNotFound,
    ClockBehind,
    CommitTaken,
    Conflict,
    EmptyStage,
    InvalidVersion,
    StageNotAllowed,
    TagExists,
    UsageError,
    VersionNotFound,
    VersionTaken,
)


class NewTag(NamedTuple):
    """A tag to write, and the version that its event concerns."""

    name: TagName
    commit: str
    message: str
    version: str | None


class Plan(NamedTuple):
    """What to write and what to delete, all or nothing; `notes` are for the user's eyes."""

    create: tuple[NewTag, ...] = ()
    delete: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Context(NamedTuple):
    """What every decision needs: the artifact, all its tags (lightweight ones too), the clock, the manner."""

    artifact: ArtifactState
    taken: Collection[str]
    now: int
    """Seconds since 1970-01-01T00:00:00Z: the time that the new tags will carry."""
    simple: bool | None = None
    """True: without a counter; False: with one; None: as is usual for the kind of event."""
    force: bool = False
    message: str | None = None


def _numbered(context: Context, name: TagName, before: Sequence[NewTag]) -> TagName:
    """Give the tag the next counter: one more than the highest on any tag of the artifact."""
    numbers = sorted((text for text in context.taken if _ending(text)), key=_ending, reverse=True)
    known = (found for found in map(find, numbers) if found is not None and found.counter is not None)
    counted = [tag.name for tag in before] + list(islice(known, 1))
    highest = max(counted, key=lambda found: found.counter or 0, default=name)
    counter = 1 + (highest.counter or 0)
    if counter > MOST_COUNTER:
        raise Conflict(f"No counter is left above that of tag '{highest}'", f"delete it: `git tag -d '{highest}'`")
    return TagName(name.kind, name.artifact, name.version, name.stage, counter)


def _ending(text: str) -> int:
    """Return the number after the last `#`; 0 where there is none that could be a counter."""
    digits = text.rpartition("#")[2]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS else 0


def _name(context: Context, name: TagName, *, counted: bool, before: Sequence[NewTag] = ()) -> TagName:
    """Choose between the plain and the numbered form, so that the tag is free and its event sorts last."""
    _check_clock(context)
    if context.simple is False or (context.simple is None and counted):
        return _numbered(context, name, before)
    free = str(name) not in context.taken
    last = _sorts_last(context, name, before)
    if free and last:
        return name
    if not context.simple:
        return _numbered(context, name, before)
    if not free:
        raise TagExists(str(name))
    hint = "an event of this very second stands in the way: leave out --simple true"
    raise Conflict(f"'{name}' would not sort last", hint)


def _sorts_last(context: Context, name: TagName, before: Sequence[NewTag]) -> bool:
    last = context.artifact.last
    # With --force the clock may be behind the newest event: then nothing sorts last.
    keys: list[SortKey] = [last] if last and last[0] <= context.now else []
    keys += [_key(tag.name, context.now) for tag in before]
    return not keys or _key(name, context.now) > max(keys)


def _key(name: TagName, time: int) -> SortKey:
    return (time, name.counter or 0, name.kind, str(name))


def _check_clock(context: Context) -> None:
    last = context.artifact.last
    if last is not None and context.now < last[0] and not context.force:
        times = (moment(context.now).isoformat(), moment(last[0]).isoformat())
        raise ClockBehind(context.artifact.name, *times, last[3])


def _tag(context: Context, name: TagName, commit: str, version: str | None, *, own_message: bool = True) -> NewTag:
    given = context.message if own_message else None
    return NewTag(name, commit, given or message.default_message(name, version), version)


# --- register


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
    tag = _tag(context, _name(context, name, counted=False), wish.commit, version)
    return Plan((tag,), notes=(*notes, *_revival(artifact)))


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


def _revival(artifact: ArtifactState) -> tuple[str, ...]:
    if artifact.newest is None or artifact.is_active:
        return ()
    return (f"artifact '{artifact.name}' was deprecated: this brings it back",)


# --- assign


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
    _check_version_or_commit(wish.version, wish.commit)
    if wish.name_version is not None:
        _check_version(wish.name_version)
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
    chosen = _name(context, tag_name, counted=True, before=tags)
    return Plan((*tags, _tag(context, chosen, commit, name)), notes=(*notes, *_revival(artifact)))


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
    plain = Context(artifact, context.taken, context.now, None, context.force)
    plan = register(plain, Registration(wish.commit or "", wish.name_version))
    # The revival is said once, by the assignment.
    return None, plan.create, tuple(note for note in plan.notes if note not in _revival(artifact))


def _assignable(artifact: ArtifactState, version: VersionState) -> VersionState:
    if not version.is_active:
        reason = f"Version '{version.name}' was deregistered, so no stage can be assigned to it"
        hint = f"bring it back first: `gto register {artifact.name} {version.commit[:10]}`"
        raise Conflict(reason, hint)
    _check_stage_counts(artifact, version, "`gto deprecate {} {}` takes that one back")
    return version


def _check_stage_counts(artifact: ArtifactState, version: VersionState, hint: str) -> None:
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


# --- taking back


def _check_version_or_commit(version: str | None, commit: str | None) -> None:
    if version is not None and not _is_commit(version):
        _check_version(version)
    if (version is None) == (commit is None):
        raise UsageError("One and only one of (version, rev) must be specified.", "name a version or a commit")


def _check_version(text: str) -> None:
    if semver.parse(text) is None:
        raise InvalidVersion(f"Version '{text}' is not valid. Example of valid version: 'v1.0.0'")


def _is_commit(text: str) -> bool:
    return len(text) in {40, 64} and all(digit in "0123456789abcdef" for digit in text)


def _find(artifact: ArtifactState, version: str | None, commit: str | None) -> VersionState:
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


def deregister(context: Context, version: str | None, commit: str | None, *, delete: bool) -> Plan:
    """Plan to take a version back, or to delete its tags and those of its stages."""
    artifact = context.artifact
    _check_version_or_commit(version, commit)
    found = _find(artifact, version, commit)
    if not found.is_registered:
        raise Conflict(f"The version at ref '{found.commit}' is not registered", f"see `gto show {artifact.name}`")
    if not context.force and not found.is_active:
        raise Conflict(f"The version at ref '{found.commit}' was deregistered already", "use --force to do it again")
    if delete:
        return Plan(delete=(*(event.ref for event in found.events), *_misplaced(artifact, found.name)))
    name = TagName(Kind.DEREGISTRATION, ArtifactName(artifact.name), found.name)
    return Plan((_tag(context, _name(context, name, counted=False), found.commit, found.name),))


def unassign(
    context: Context,
    stage: str,
    version: str | None,
    commit: str | None,
    *,
    delete: bool,
    allowed: Sequence[str] | None = None,
) -> Plan:
    """Plan to take a stage off a version, or to delete the tags that put it there and took it off.

    A stage outside those `allowed` can be taken off where it was ever used.
    """
    artifact = context.artifact
    names.parse_plain(stage, "stage name")
    if allowed is not None and stage not in allowed and all(one.stage(stage) is None for one in artifact.versions):
        raise StageNotAllowed(stage, allowed)
    _check_version_or_commit(version, commit)
    found = _find(artifact, version, commit)
    state = found.stage(stage)
    if not context.force and (state is None or not (state.is_active or delete)):
        hint = f"see `gto show {artifact.name}`"
        raise Conflict(f"Stage '{stage}' is not assigned to a version '{found.name}'", hint)
    if delete:
        events = (*state.assignments, *state.unassignments) if state else ()
        return Plan(delete=tuple(event.ref for event in sorted(events, key=lambda event: event.key)))
    _check_stage_counts(artifact, found, "add --delete to delete the tags that put it there")
    name = TagName(Kind.UNASSIGNMENT, ArtifactName(artifact.name), None, stage)
    return Plan((_tag(context, _name(context, name, counted=True), found.commit, found.name),))


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
    chosen = _name(context, name, counted=context.force)
    return Plan((_tag(context, chosen, target, None),))
