"""What changes a registry: read, decide, write, in that order, and nothing is read again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from gto.core import names, plan, wording
from gto.core.event import moment
from gto.core.plan import Context
from gto.core.tag import Kind
from gto.git import tag_writer
from gto.output.published import EVENTS, PublishedEvent
from gto.registry import annotation_lookup, remote_check, vocabulary
from gto.registry.write.transaction import (
    Prepared,
    WriteOptions,
    WriteRequest,
    carry_out,
    checked,
    find_policies,
    writer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gto.core.plan import NewTag, Plan
    from gto.core.semver import Bump
    from gto.core.snapshot import ArtifactState
    from gto.git.tag_writer import Identity
    from gto.registry.policy.sources import PolicySource
    from gto.registry.registry import ArtifactTags, Registry

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


def deregister(registry: Registry, name: str, wish: plan.TakeBack, manner: WriteOptions) -> Outcome:
    """Take a version back, or delete its tags."""
    names.parse_artifact(name)
    return _do(registry, name, manner, lambda context: plan.deregister(context, wish))


def unassign(registry: Registry, name: str, stage: str, wish: plan.TakeBack, manner: WriteOptions) -> Outcome:
    """Take a stage off a version, or delete the tags that put it there."""
    names.parse_artifact(name)
    return _do(registry, name, manner, lambda context: plan.unassign(context, stage, wish, registry.config.stages))


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
    wish = _Decision(decide, checked(registry, manner), find_policies(registry))
    counted = any(rule.approvals for source in wish.policies for rule in source.policy.rules)
    request = WriteRequest(name, wish.manner, lambda found: _prepare(registry, wish, found), approvals=counted)
    (chosen, who, before), deleted, notes = carry_out(registry, request)
    events = tuple(_event(new, who) for new in chosen.create)
    founded = vocabulary.note_first_names(registry, before, chosen.create)
    return Outcome(events, deleted, (*chosen.notes, *notes, *founded), wish.manner.push, who.sign)


class _Decision(NamedTuple):
    """What decides on new events, how they are written, and the policies that must allow them."""

    decide: Callable[[Context], Plan]
    manner: WriteOptions
    policies: Sequence[PolicySource]


def _prepare(
    registry: Registry, wish: _Decision, found: ArtifactTags
) -> tuple[Prepared, tuple[Plan, Identity, ArtifactState]]:
    """Decide, make the objects, ask the policies; beside them return the plan, who writes, and what was before."""
    manner, (state, taken, _, _) = wish.manner, found
    git = writer(registry, manner)
    who = tag_writer.read_identity(git)
    if manner.sign is not None:
        who = who._replace(sign=manner.sign)
    if any(source.policy.sign for source in wish.policies):
        who = who._replace(sign=True)
    if manner.behalf is not None:
        who = who._replace(sign=False)
    waits = manner.push and not manner.dry_run and manner.when is None
    shared = waits and "GIT_COMMITTER_DATE" not in os.environ  # with the clock stopped no second is ever free
    chosen = wish.decide(Context(state, taken, who.time, manner.simple, manner.force, manner.message, shared))
    if manner.behalf is not None and manner.behalf.trailer:
        told = [new._replace(message=wording.with_trailer(new.message, manner.behalf.trailer)) for new in chosen.create]
        chosen = chosen._replace(create=tuple(told))
    if manner.dry_run:
        return Prepared({}), (chosen, who, state)
    remote_check.get_commits(registry, chosen, taken)
    tags = [(str(new.name), new.commit, new.message) for new in chosen.create]
    oids = {tag[0]: tag_writer.make_tag(git, registry.repo.common_dir, *tag, who) for tag in tags}
    deleted = {ref: taken[ref] for ref in chosen.delete}
    if wish.policies:
        from gto.registry.policy import enforce

        gone = deleted if manner.push else {}
        enforce.check_writing(registry, wish.policies, state, oids, gone, behalf=manner.behalf)
    versions = {new.version for new in chosen.create if new.name.kind is Kind.ASSIGNMENT}
    return Prepared(oids, deleted, chosen.create, versions), (chosen, who, state)


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
