"""One change of a registry: read, decide, make the objects, push them, set the refs; again where another was first."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from gto.core import tag
from gto.core.plan import Context
from gto.core.tag import Kind
from gto.exceptions import Conflict, Outdated, RemoteFailed, TagUnreadable, UsageError
from gto.fs.cache_dir import digest
from gto.git import tag_writer
from gto.registry import remote_check
from gto.registry.write import publish
from gto.registry.write.retry import persist

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from gto.core.plan import NewTag, Plan
    from gto.core.snapshot import ArtifactState
    from gto.git.command import Git
    from gto.git.tag_writer import Identity
    from gto.registry.policy.sources import PolicySource
    from gto.registry.registry import ArtifactTags, Registry

_AHEAD = 8  # counters that others, who saw later events, might give


class WriteOptions(NamedTuple):
    """How a command writes: message, form of the tag, force, push, and another author than git's."""

    message: str | None = None
    simple: bool | None = None
    force: bool = False
    push: bool = False
    author: str | None = None
    author_email: str | None = None
    keep_local: bool = False
    """Whether tags stay here when a push is refused."""
    sign: bool | None = None
    """Whether the tags are signed; None for what git's configuration says."""
    dry_run: bool = False
    """Whether the change is only decided, and nothing of it written."""
    made_for: str | None = None
    """Digest of the artifact's tags that somebody saw who chose the change; where they are others, nothing is done."""


class Written(NamedTuple):
    """What was written: new tags, names of deleted ones, what is worth knowing, and who wrote it."""

    created: tuple[NewTag, ...]
    deleted: tuple[str, ...]
    notes: tuple[str, ...]
    pushed: bool
    who: Identity
    before: ArtifactState
    """What the artifact was before."""


def change(registry: Registry, name: str, manner: WriteOptions, decide: Callable[[Context], Plan]) -> Written:
    """Carry one decision out, whole or not at all; where another writer is first, decide again on the new state."""
    manner = checked(registry, manner)
    gone: list[str] = []
    wish = _WriteRequest(name, manner, decide, find_policies(registry))
    return persist(lambda: _attempt(registry, wish, gone), registry.repo.refresh)


class _WriteRequest(NamedTuple):
    """What is to be done to an artifact, how, and the policies that must allow it."""

    name: str
    manner: WriteOptions
    decide: Callable[[Context], Plan]
    policies: Sequence[PolicySource]


def find_policies(registry: Registry) -> Sequence[PolicySource]:
    """Return the policies that must allow what is written; none are looked for where none can be."""
    if not remote_check.may_have_policy(registry):
        return ()
    from gto.registry.policy import sources  # only where a policy may be

    return sources.sources(registry)


def checked(registry: Registry, manner: WriteOptions) -> WriteOptions:
    """Refuse what cannot be, before anybody is asked for anything; through a URL every change is pushed."""
    if manner.message is not None and "\0" in manner.message:
        raise UsageError("A message cannot hold a NUL byte", "leave it out")
    if not registry.repo.is_own:
        if manner.keep_local:
            raise UsageError("--keep-local needs a clone", "leave it out: a mirror keeps what the remote has")
        manner = manner._replace(push=True)  # there is no other place to write to
    if manner.push:
        tag_writer.read_identity(writer(registry, manner))
    return manner


def _attempt(registry: Registry, wish: _WriteRequest, gone: list[str]) -> Written:
    manner = wish.manner
    wants_approvals = any(rule.approvals for source in wish.policies for rule in source.policy.rules)
    (artifact, taken, unread, _), trouble = read(registry, wish.name, manner, approvals=wants_approvals)
    if unread:
        raise TagUnreadable(unread[0].subject, unread[0].reason, unread[0].hint)
    check_made_for(wish.name, manner, taken)
    git = writer(registry, manner)
    who = _signing(tag_writer.read_identity(git), wish)
    waits = manner.push and not manner.dry_run
    shared = waits and "GIT_COMMITTER_DATE" not in os.environ  # with the clock stopped no second is ever free
    context = Context(artifact, taken, who.time, manner.simple, manner.force, manner.message, shared)
    chosen = wish.decide(context)
    if manner.dry_run:
        return Written(chosen.create, chosen.delete, chosen.notes, pushed=False, who=who, before=artifact)
    return _write(registry, wish, _Decided(artifact, taken, chosen, who, trouble), gone)


class _Decided(NamedTuple):
    """What is to be written, and what it was decided on."""

    artifact: ArtifactState
    taken: dict[str, str]
    plan: Plan
    who: Identity
    trouble: RemoteFailed | None
    """Why the remote could not be asked."""


def _signing(who: Identity, wish: _WriteRequest) -> Identity:
    if wish.manner.sign is not None:
        who = who._replace(sign=wish.manner.sign)
    return who._replace(sign=True) if any(source.policy.sign for source in wish.policies) else who


def _write(registry: Registry, wish: _WriteRequest, decided: _Decided, gone: list[str]) -> Written:
    manner, git = wish.manner, writer(registry, wish.manner)
    artifact, taken, chosen, who, trouble = decided
    remote_check.get_commits(registry, chosen, taken)
    common_dir = registry.repo.common_dir
    oids = {
        str(t.name): tag_writer.make_tag(git, common_dir, str(t.name), t.commit, t.message, who) for t in chosen.create
    }
    deleted = {ref: taken[ref] for ref in chosen.delete}
    if wish.policies:
        from gto.registry.policy import enforce

        enforce.check_writing(registry, wish.policies, artifact, oids, deleted if manner.push else {})
    notes = list(chosen.notes)
    if trouble is not None:
        tag_writer.update_tags(git, oids, deleted)
        trouble.hint = publish.KEPT
        raise trouble
    if manner.push:
        rest = remote_check.find_unpushed(registry, git, chosen, taken)
        notes += [f"'{ref}' was not on '{remote_check.REMOTE}': it was pushed too" for ref in rest]
        notes += publish.note_strays(registry, chosen.create)
        publish.publish(registry, git, {**rest, **oids}, deleted, gone, keep_local=manner.keep_local)
    elif oids or deleted:
        _refuse_what_is_not_here(registry, git, deleted)
        tag_writer.update_tags(git, oids, deleted, absent=_other_forms(chosen.create, taken))
    done = tuple(dict.fromkeys((*chosen.delete, *gone)))
    return Written(chosen.create, done, tuple(notes), manner.push, who, artifact)


def digest_of(tags: Mapping[str, str]) -> str:
    """Return a digest of an artifact's tags, names to object ids."""
    lines = "".join(f"{oid} {ref}\n" for ref, oid in sorted(tags.items()))
    return digest(lines.encode("utf-8", "surrogateescape"))


def check_made_for(name: str, manner: WriteOptions, tags: Mapping[str, str]) -> None:
    """Raise Outdated where the tags are not those that somebody saw who chose the change."""
    if manner.made_for is not None and manner.made_for != digest_of(tags):
        raise Outdated(name)


def read(
    registry: Registry, name: str, manner: WriteOptions, *, approvals: bool
) -> tuple[ArtifactTags, RemoteFailed | None]:
    """Read what a decision rests on; where the remote fails and the tags stay here, what is here, and the error."""
    try:
        found = remote_check.read(registry, name, pushed=manner.push, force=manner.force)
        if approvals:
            remote_check.fetch_approvals(registry, name)
    except RemoteFailed as error:
        if not manner.keep_local:
            raise
        return registry.read_artifact(name), error
    return found, None


def writer(registry: Registry, manner: WriteOptions) -> Git:
    """Return git with the author's identity; a mirror's git with the user's configuration."""
    git = registry.repo.writer
    env = {"GIT_COMMITTER_NAME": manner.author, "GIT_COMMITTER_EMAIL": manner.author_email}
    return git._replace(env={**git.env, **{key: value for key, value in env.items() if value}})


def _refuse_what_is_not_here(registry: Registry, git: Git, deleted: Mapping[str, str]) -> None:
    if registry.repo.is_shallow and deleted:
        away = [ref for ref in deleted if ref not in tag_writer.read_refs(git, deleted)]
        if away:
            reason = f"{len(away)} tag(s) are on '{remote_check.REMOTE}' only, '{away[0]}' for one"
            raise Conflict(reason, "add --push to delete them there")


def _other_forms(created: Iterable[NewTag], taken: Collection[str]) -> list[str]:
    """Return the names under which another process might register the same version at this moment."""
    others: list[str] = []
    for new in created:
        if new.name.kind is not Kind.REGISTRATION:
            continue
        plain = new.name._replace(counter=None)
        if new.name.counter is not None:
            others.append(str(plain))
        else:
            first = 1 + max((found.counter or 0 for found in map(tag.find, taken) if found is not None), default=0)
            others += [str(plain._replace(counter=counter)) for counter in range(first, first + _AHEAD)]
    return [name for name in others if name not in taken]
