"""One change of a registry: read, prepare, push, set the refs; again where another was first."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from gto.core import tag
from gto.core.tag import Kind
from gto.exceptions import Conflict, Outdated, PushRejected, RemoteFailed, TagUnreadable, UsageError
from gto.fs.cache_dir import digest
from gto.git import tag_writer
from gto.registry import remote_check
from gto.registry.write import publish
from gto.registry.write.retry import persist

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from gto.core.plan import NewTag
    from gto.core.policy.behalf import OnBehalf
    from gto.git.command import Git
    from gto.registry.policy.sources import PolicySource
    from gto.registry.registry import ArtifactTags, Registry

_AHEAD = 8  # counters that others, who saw later events, might give
_Made = TypeVar("_Made")


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
    behalf: OnBehalf | None = None
    """The program that writes for its user, whose key it does not have; None for the user's own."""
    when: int | None = None
    """The second that the tags carry, of what happened elsewhere; None for the clock's."""


class Prepared(NamedTuple):
    """What is to be written: tag objects that are made, and allowed, and that no ref names yet."""

    create: Mapping[str, str]
    """The names of new tags, and the ids of their objects."""
    delete: Mapping[str, str] = MappingProxyType({})
    """The names of tags to delete, and the ids of the objects that they name."""
    events: Sequence[NewTag] = ()
    """The events among the new tags."""
    versions: Collection[str | None] = ()
    """The versions that the new tags rest on: their registrations are pushed too, where the remote lacks them."""


class WriteRequest(NamedTuple, Generic[_Made]):
    """What is to be done to an artifact, and how: `prepare` decides, makes the objects, and asks the policies."""

    name: str
    manner: WriteOptions
    prepare: Callable[[ArtifactTags], tuple[Prepared, _Made]]
    """Called again where another writer was first; what it returns beside is for the caller."""
    approvals: bool = False
    """Whether approvals, or signatures of files, count."""


class Written(NamedTuple, Generic[_Made]):
    """What was written: what `prepare` made last, the tags that are deleted, and what is worth knowing."""

    made: _Made
    deleted: tuple[str, ...]
    notes: tuple[str, ...]


def carry_out(registry: Registry, wish: WriteRequest[_Made]) -> Written[_Made]:
    """Carry one decision out, whole or not at all; where another writer is first, decide again on the new state."""
    return persist(_Transaction(registry, wish).attempt, registry.repo.refresh)


class _Transaction(Generic[_Made]):
    """One change, and what of it is done already: many deletions go in several pushes."""

    def __init__(self, registry: Registry, wish: WriteRequest[_Made]) -> None:
        self._registry = registry
        self._wish = wish
        self._deleted: list[str] = []

    def attempt(self) -> Written[_Made]:
        """Try once; Raced where another writer was first."""
        registry, manner = self._registry, self._wish.manner
        found, trouble = self._read()
        if found.unread:
            raise TagUnreadable(found.unread[0].subject, found.unread[0].reason, found.unread[0].hint)
        if manner.made_for is not None and manner.made_for != digest_of(found.tags):
            raise Outdated(self._wish.name)
        git = writer(registry, manner)
        ready, made = self._wish.prepare(found)
        notes: list[str] = []
        if trouble is not None:
            tag_writer.update_tags(git, ready.create, ready.delete)
            trouble.hint = publish.KEPT
            raise trouble
        if manner.push:
            notes = self._push(git, ready, found.tags)
        elif ready.create or ready.delete:
            _refuse_what_is_not_here(registry, git, ready.delete)
            tag_writer.update_tags(git, ready.create, ready.delete, absent=_other_forms(ready.events, found.tags))
        return Written(made, tuple(dict.fromkeys((*ready.delete, *self._deleted))), tuple(notes))

    def _read(self) -> tuple[ArtifactTags, RemoteFailed | None]:
        """Read what is decided on; where the remote fails and the tags stay here, what is here, and the error."""
        registry, wish = self._registry, self._wish
        try:
            found = remote_check.read(registry, wish.name, pushed=wish.manner.push, force=wish.manner.force)
            if wish.approvals:
                remote_check.fetch_beside(registry, wish.name)
        except RemoteFailed as error:
            if not wish.manner.keep_local:
                raise
            return registry.read_artifact(wish.name), error
        return found, None

    def _push(self, git: Git, ready: Prepared, taken: Mapping[str, str]) -> list[str]:
        """Push, then set the refs here; return what is worth knowing."""
        registry = self._registry
        before = {ref: oid for ref, oid in taken.items() if ref not in ready.create}
        rest = remote_check.lacking_versions(registry, git, ready.versions, before)
        notes = [f"'{ref}' was not on '{remote_check.REMOTE}': it was pushed too" for ref in rest]
        notes += publish.note_strays(registry, ready.events)
        if ready.create:
            publish.publish(registry, git, {**rest, **ready.create}, keep_local=self._wish.manner.keep_local)
        try:
            for part in publish.delete(registry, git, ready.delete):
                self._deleted += part
        except PushRejected as error:
            if self._deleted:
                error.hint = f"deleted before that, here and on '{remote_check.REMOTE}': {', '.join(self._deleted)}"
            raise
        return notes


def digest_of(tags: Mapping[str, str]) -> str:
    """Return a digest of an artifact's tags, names to object ids."""
    lines = "".join(f"{oid} {ref}\n" for ref, oid in sorted(tags.items()))
    return digest(lines.encode("utf-8", "surrogateescape"))


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


def writer(registry: Registry, manner: WriteOptions) -> Git:
    """Return git with the author's identity and time; a mirror's git with the user's configuration."""
    git = registry.repo.writer
    when = None if manner.when is None else f"@{manner.when} +0000"
    env = {
        "GIT_COMMITTER_NAME": manner.author,
        "GIT_COMMITTER_EMAIL": manner.author_email,
        "GIT_COMMITTER_DATE": when,
    }
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
