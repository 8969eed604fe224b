"""What changes a registry: read, decide, write, in that order, and nothing is read again."""

from collections.abc import Callable
from typing import NamedTuple

from gto.core import names, plan, wording
from gto.core.event import moment
from gto.core.plan import Context, NewTag, Plan
from gto.core.semver import Bump
from gto.git.tag_writer import Identity
from gto.output.published import EVENTS, PublishedEvent
from gto.registry import annotation_lookup, vocabulary
from gto.registry.registry import Registry
from gto.registry.write.transaction import WriteOptions, change

AS_USUAL = WriteOptions()


class Outcome(NamedTuple):
    """What a command wrote and deleted; nothing of it is read again."""

    events: tuple[PublishedEvent, ...] = ()
    deleted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    pushed: bool = False
    signed: bool = False

    def lines(self) -> list[str]:
        """Return what is said about it on stdout, as GTO 1.x words it."""
        said = []
        for event in self.events:
            said.append(wording.created(event.kind, event.ref, event.version))
            said += wording.pushed(event.ref) if self.pushed else wording.how_to_push(event.ref)
        for ref in self.deleted:
            said.append(wording.deleted(ref))
            say = wording.pushed if self.pushed else wording.how_to_push
            said += say(ref, delete=True)
        return said


def register(
    registry: Registry,
    name: str,
    version: str | None = None,
    bump: Bump | None = None,
    manner: WriteOptions = AS_USUAL,
    *,
    allow_second_version: bool = False,
) -> Outcome:
    """Register a version at the revision that the repository was opened with."""
    names.parse_artifact(name)
    wish = plan.Registration(registry.commit(), version, bump, allow_second_version)
    return _do(registry, name, manner, lambda context: plan.register(context, wish))


def assign(registry: Registry, name: str, wish: plan.Assignment, manner: WriteOptions = AS_USUAL) -> Outcome:
    """Assign a stage, registering the commit first where that is needed."""
    names.parse_artifact(name)
    return _do(registry, name, manner, lambda context: plan.assign(context, wish, registry.config.stages))


def rollback(registry: Registry, name: str, stage: str, to: str | None, manner: WriteOptions = AS_USUAL) -> Outcome:
    """Put the version that was in a stage before, or the version `to`, into it again."""
    names.parse_artifact(name)
    return _do(registry, name, manner, lambda context: plan.rollback(context, stage, to, registry.config.stages))


def deregister(
    registry: Registry,
    name: str,
    version: str | None,
    commit: str | None,
    manner: WriteOptions,
    *,
    delete: bool = False,
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
    manner: WriteOptions,
    *,
    delete: bool = False,
) -> Outcome:
    """Take a stage off a version, or delete the tags that put it there."""
    names.parse_artifact(name)

    def decide(context: Context) -> Plan:
        return plan.unassign(context, stage, version, commit, delete=delete, allowed=registry.config.stages)

    return _do(registry, name, manner, decide)


def deprecate(
    registry: Registry, name: str, commit: str | None, manner: WriteOptions, *, delete: bool = False
) -> Outcome:
    """Retire an artifact, or delete all its tags."""
    names.parse_artifact(name)

    def decide(context: Context) -> Plan:
        known = context.artifact.newest is not None
        head = None if known or registry.rev == "HEAD" else registry.commit("HEAD")  # --ref names where the tag goes
        annotated = not known and annotation_lookup.find(registry, name, head) is not None
        return plan.deprecate(context, commit, registry.repo.rev, annotated=annotated, delete=delete)

    return _do(registry, name, manner, decide)


def _do(registry: Registry, name: str, manner: WriteOptions, decide: Callable[[Context], Plan]) -> Outcome:
    done = change(registry, name, manner, decide)
    events = tuple(_event(new, done.who) for new in done.created)
    founded = vocabulary.note_first_names(registry, done.before, done.created)
    return Outcome(events, done.deleted, (*done.notes, *founded), done.pushed, done.who.sign)


def _event(new: NewTag, who: Identity) -> PublishedEvent:
    return EVENTS[new.name.kind](
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
