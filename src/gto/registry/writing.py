"""What changes a registry: read, decide, write, in that order, and nothing is read again."""

from collections.abc import Callable, Collection
from typing import NamedTuple

from gto.core import message, names, plan, tag
from gto.core.event import moment
from gto.core.plan import Context, NewTag, Plan
from gto.core.published import PublishedEvent
from gto.core.semver import Bump
from gto.exceptions import GTOException, TagsLacking, TagUnreadable, UsageError
from gto.git import tags, write
from gto.git.command import Git
from gto.git.write import Identity
from gto.registry import annotation
from gto.registry.registry import Registry

REMOTE = "origin"


class Manner(NamedTuple):
    """How a command writes: message, form of the tag, force, push, and another author than git's."""

    message: str | None = None
    simple: bool | None = None
    force: bool = False
    push: bool = False
    author: str | None = None
    author_email: str | None = None


AS_USUAL = Manner()


class Outcome(NamedTuple):
    """What a command wrote and deleted; nothing of it is read again."""

    events: tuple[PublishedEvent, ...] = ()
    deleted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    pushed: bool = False

    def lines(self) -> list[str]:
        """Return what is said about it on stdout, as GTO 1.x words it."""
        said = []
        for event in self.events:
            said.append(message.created(event.kind, event.ref, event.version))
            said += message.pushed(event.ref) if self.pushed else message.how_to_push(event.ref)
        for ref in self.deleted:
            said.append(message.deleted(ref))
            say = message.pushed if self.pushed else message.how_to_push
            said += say(ref, delete=True)
        return said


def register(
    registry: Registry,
    name: str,
    version: str | None = None,
    bump: Bump | None = None,
    manner: Manner = AS_USUAL,
    *,
    allow_second_version: bool = False,
) -> Outcome:
    """Register a version at the revision that the repository was opened with."""
    names.parse_artifact(name)
    wish = plan.Registration(registry.commit(), version, bump, allow_second_version)
    return _do(registry, name, manner, lambda context: plan.register(context, wish))


def assign(registry: Registry, name: str, wish: plan.Assignment, manner: Manner = AS_USUAL) -> Outcome:
    """Assign a stage, registering the commit first where that is needed."""
    names.parse_artifact(name)
    return _do(registry, name, manner, lambda context: plan.assign(context, wish, registry.config.stages))


def rollback(registry: Registry, name: str, stage: str, to: str | None, manner: Manner = AS_USUAL) -> Outcome:
    """Put the version that was in a stage before, or the version `to`, into it again."""
    names.parse_artifact(name)
    return _do(registry, name, manner, lambda context: plan.rollback(context, stage, to, registry.config.stages))


def deregister(
    registry: Registry, name: str, version: str | None, commit: str | None, manner: Manner, *, delete: bool = False
) -> Outcome:
    """Take a version back, or delete its tags."""
    names.parse_artifact(name)
    return _do(registry, name, manner, lambda context: plan.deregister(context, version, commit, delete=delete))


def unassign(
    registry: Registry,
    name: str,
    stage: str,
    version: str | None,
    commit: str | None,
    manner: Manner,
    *,
    delete: bool = False,
) -> Outcome:
    """Take a stage off a version, or delete the tags that put it there."""
    names.parse_artifact(name)

    def decide(context: Context) -> Plan:
        return plan.unassign(context, stage, version, commit, delete=delete, allowed=registry.config.stages)

    return _do(registry, name, manner, decide)


def deprecate(registry: Registry, name: str, commit: str | None, manner: Manner, *, delete: bool = False) -> Outcome:
    """Retire an artifact, or delete all its tags."""
    names.parse_artifact(name)

    def decide(context: Context) -> Plan:
        known = context.artifact.newest is not None
        head = None if known or registry.rev == "HEAD" else registry.commit("HEAD")  # --ref names where the tag goes
        annotated = not known and annotation.find(registry, name, head) is not None
        return plan.deprecate(context, commit, registry.repo.rev, annotated=annotated, delete=delete)

    return _do(registry, name, manner, decide)


def _do(registry: Registry, name: str, manner: Manner, decide: Callable[[Context], Plan]) -> Outcome:
    """Read, decide, write: tag objects, then the push if it is asked for, then one local transaction."""
    if manner.message is not None and "\0" in manner.message:
        raise UsageError("A message cannot hold a NUL byte", "leave it out")
    artifact, taken, unread = registry.read_artifact(name)
    if unread:
        raise TagUnreadable(unread[0].subject, unread[0].reason, unread[0].hint)
    if not manner.force and registry.repo.is_shallow:
        _ask_remote(registry, name, taken)
    git = _as_author(registry, manner)
    who = write.read_identity(git)
    context = Context(artifact, taken, who.time, manner.simple, manner.force, manner.message)
    chosen = decide(context)
    oids = {str(t.name): _make(registry, git, t, who) for t in chosen.create}
    deleted = {ref: taken[ref] for ref in chosen.delete}
    if manner.push:
        _push(registry, git, oids, deleted)
    if oids or deleted:
        try:
            write.update_tags(git, oids, deleted)
        except GTOException as error:
            if manner.push:
                error.hint = f"the remote has the change: `git fetch {REMOTE} --tags` brings new tags here"
            raise
    events = tuple(_event(t, who) for t in chosen.create)
    return Outcome(events, chosen.delete, chosen.notes, manner.push)


def _push(registry: Registry, git: Git, create: dict[str, str], delete: dict[str, str]) -> None:
    """Push what is new, and delete what the remote has of the rest."""
    if delete:
        name = tag.parse(next(iter(delete))).artifact
        there = set(tags.list_remote_tags(registry.git, REMOTE, name))
        delete = {ref: oid for ref, oid in delete.items() if ref in there}
    if create or delete:
        write.push_tags(git, REMOTE, create, delete)


def _ask_remote(registry: Registry, name: str, taken: Collection[str]) -> None:
    """Refuse to number on where a shallow clone, which comes without tags, does not know what is taken."""
    lacking = [ref for ref in tags.list_remote_tags(registry.git, REMOTE, name) if ref not in taken]
    if lacking:
        raise TagsLacking(name, lacking)


def _make(registry: Registry, git: Git, new: NewTag, who: Identity) -> str:
    return write.make_tag(git, registry.repo.common_dir, str(new.name), new.commit, new.message, who)


def _as_author(registry: Registry, manner: Manner) -> Git:
    env = {"GIT_COMMITTER_NAME": manner.author, "GIT_COMMITTER_EMAIL": manner.author_email}
    return Git(registry.git.directory, {**registry.git.env, **{key: value for key, value in env.items() if value}})


def _event(new: NewTag, who: Identity) -> PublishedEvent:
    return PublishedEvent(
        new.name.kind.noun,
        new.name.artifact,
        new.version,
        new.name.stage,
        new.commit,
        str(new.name),
        moment(who.time, who.offset),
        who.name,
        who.email,
        new.message.strip(),
        new.name.kind,
    )
