"""One change of a registry: read, decide, make the objects, push them, set the refs; again where another was first."""

from __future__ import annotations

import itertools
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from gto.core import tag
from gto.core.event import Event
from gto.core.plan import Context
from gto.core.tag import Kind
from gto.exceptions import (
    ClockBehind,
    Conflict,
    GitError,
    GTOException,
    NoRepo,
    PushRejected,
    Raced,
    RemoteFailed,
    TagExists,
    TagUnreadable,
    TooSoon,
    UsageError,
)
from gto.git import fetch, push, tags, write
from gto.registry.registry import Found, Registry, found_in

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from gto.core.plan import NewTag, Plan
    from gto.git.command import Git
    from gto.git.write import Identity

REMOTE = "origin"
PATIENCE = 120.0
"""Seconds after which a writer who was second again and again gives up."""
_KEPT = "the tags are kept here: `gto push` sends them"
_AHEAD = 8  # counters that others, who saw later events, might give
SKEW = 5
"""Seconds by which the clock of a machine may be behind that of another; a writer waits for so long."""
# Deleted in this order, tags of an artifact never show what was not so: its stages go before their versions.
_ORDER = (Kind.ASSIGNMENT, Kind.UNASSIGNMENT, Kind.REGISTRATION, Kind.DEREGISTRATION, Kind.CREATION, Kind.DEPRECATION)
TAGS_PER_PUSH = 3
"""Forges send no event for a push of more tags."""


class Manner(NamedTuple):
    """How a command writes: message, form of the tag, force, push, and another author than git's."""

    message: str | None = None
    simple: bool | None = None
    force: bool = False
    push: bool = False
    author: str | None = None
    author_email: str | None = None
    keep_local: bool = False
    """Whether tags stay here when a push is refused."""


class Written(NamedTuple):
    """What was written: new tags, names of deleted ones, what is worth knowing, and who wrote it."""

    created: tuple[NewTag, ...]
    deleted: tuple[str, ...]
    notes: tuple[str, ...]
    pushed: bool
    who: Identity


def change(registry: Registry, name: str, manner: Manner, decide: Callable[[Context], Plan]) -> Written:
    """Carry one decision out, whole or not at all; where another writer is first, decide again on the new state."""
    manner = _checked(registry, manner)
    gone: list[str] = []
    until = time.monotonic() + PATIENCE
    for attempt in itertools.count():
        try:
            return _attempt(registry, name, manner, decide, gone)
        except (Raced, TooSoon, ClockBehind) as error:
            if time.monotonic() > until or not waits(error, attempt):
                raise
            if registry.repo.mirror is not None:
                registry.repo.mirror.update()
    raise AssertionError  # count() has no end


def _checked(registry: Registry, manner: Manner) -> Manner:
    """Refuse what cannot be, before anybody is asked for anything; through a URL every change is pushed."""
    if manner.message is not None and "\0" in manner.message:
        raise UsageError("A message cannot hold a NUL byte", "leave it out")
    if registry.repo.mirror is not None:
        if manner.keep_local:
            raise UsageError("--keep-local needs a clone", "leave it out: a mirror keeps what the remote has")
        manner = manner._replace(push=True)  # there is no other place to write to
    if manner.push:
        write.read_identity(_writer(registry, manner))
    return manner


def waits(error: GTOException, attempt: int) -> bool:
    """Wait until another attempt may end well; false where waiting is no use."""
    match error:
        case TooSoon():
            time.sleep(1 - time.time() % 1)
        case ClockBehind(seconds=seconds):  # by a little: the clocks of two machines are never quite the same
            if seconds > SKEW or "GIT_COMMITTER_DATE" in os.environ:
                return False
            time.sleep(seconds)
        case _:
            import random  # only where writers meet: they wait for different times

            time.sleep(random.uniform(0, min(1.0, 0.02 * 2**attempt)))  # noqa: S311  no secret
    return True


def _attempt(
    registry: Registry, name: str, manner: Manner, decide: Callable[[Context], Plan], gone: list[str]
) -> Written:
    trouble: RemoteFailed | None = None
    try:
        artifact, taken, unread = _read(registry, name, manner)
    except RemoteFailed as error:
        if not manner.keep_local:
            raise
        trouble = error
        artifact, taken, unread = registry.read_artifact(name)
    if unread:
        raise TagUnreadable(unread[0].subject, unread[0].reason, unread[0].hint)
    git = _writer(registry, manner)
    who = write.read_identity(git)
    shared = manner.push and "GIT_COMMITTER_DATE" not in os.environ  # with the clock stopped no second is ever free
    context = Context(artifact, taken, who.time, manner.simple, manner.force, manner.message, shared)
    chosen = decide(context)
    _get_commits(registry, chosen, taken)
    common_dir = registry.repo.common_dir
    oids = {str(t.name): write.make_tag(git, common_dir, str(t.name), t.commit, t.message, who) for t in chosen.create}
    deleted = {ref: taken[ref] for ref in chosen.delete}
    notes = list(chosen.notes)
    if trouble is not None:
        write.update_tags(git, oids, deleted)
        trouble.hint = _KEPT
        raise trouble
    if manner.push:
        basis = _basis(registry, git, chosen, taken)
        notes += [f"'{ref}' was not on '{REMOTE}': it was pushed too" for ref in basis]
        notes += _stray(registry, chosen.create)
        _publish(registry, git, {**basis, **oids}, deleted, manner, gone)
    elif oids or deleted:
        _refuse_what_is_not_here(registry, git, deleted)
        write.update_tags(git, oids, deleted, absent=_other_forms(chosen.create, taken))
    return Written(chosen.create, tuple(dict.fromkeys((*chosen.delete, *gone))), tuple(notes), manner.push, who)


def _get_commits(registry: Registry, chosen: Plan, taken: Mapping[str, str]) -> None:
    """Fetch the commits that a shallow clone lacks for new tags, through tags of the remote that are on them."""
    if not registry.repo.is_shallow or not chosen.create or not isinstance(taken, dict):
        return
    wanted = {new.commit for new in chosen.create if not registry.repo.has(new.commit)}
    if wanted:
        there = _of_remote(registry)
        name = str(chosen.create[0].name.artifact)
        events = [event for event in tags.read_artifact(there.git, name)[1] if isinstance(event, Event)]
        fetch.fetch_commits(registry.git, REMOTE, {event.ref: event.oid for event in events if event.commit in wanted})


def _basis(registry: Registry, git: Git, chosen: Plan, taken: Mapping[str, str]) -> dict[str, str]:
    """Return the registrations here that new assignments rest on, and that the remote lacks: they are pushed too."""
    versions = {new.version for new in chosen.create if new.name.kind is Kind.ASSIGNMENT}
    made = {str(new.name) for new in chosen.create}
    found = {ref: name for ref in taken if (name := tag.find(ref)) is not None and name.kind is Kind.REGISTRATION}
    needed = [ref for ref, name in found.items() if name.version in versions and ref not in made]
    if registry.repo.mirror is not None or not needed:
        return {}
    there = set(tags.list_remote_tags(git, REMOTE, found[needed[0]].artifact))
    return {ref: taken[ref] for ref in needed if ref not in there}


def _refuse_what_is_not_here(registry: Registry, git: Git, deleted: Mapping[str, str]) -> None:
    if registry.repo.is_shallow and deleted:
        away = [ref for ref in deleted if ref not in write.read_refs(git, deleted)]
        if away:
            reason = f"{len(away)} tag(s) are on '{REMOTE}' only, '{away[0]}' for one"
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


# --- reading


def _read(registry: Registry, name: str, manner: Manner) -> Found:
    """Read what the decision rests on: the events here, and what the remote has of them where that counts."""
    if registry.repo.mirror is not None:
        return registry.read_artifact(name)
    if registry.repo.is_shallow and not manner.force:
        return _with_remote(registry, name)
    if manner.push:
        push.fetch_events(registry.git, REMOTE, name)
    return registry.read_artifact(name)


def _with_remote(registry: Registry, name: str) -> Found:
    """Read an artifact here and on the remote: a shallow clone comes without tags, and must not get their commits."""
    here, items = tags.read_artifact(registry.git, name)
    try:
        there, others = tags.read_artifact(_of_remote(registry).git, name)
    except (RemoteFailed, NoRepo) as error:
        error.hint = "this clone is shallow, so the tags of the remote are needed; --force goes by those that are here"
        raise
    lacking = [item for item in others if (item.ref if isinstance(item, Event) else item.subject) not in here]
    return found_in(name, {**there, **here}, [*items, *lacking])


def _of_remote(registry: Registry) -> Registry:
    url = registry.git.run(["ls-remote", "--get-url", REMOTE]).decode("utf-8", "surrogateescape").strip()
    if url == REMOTE:
        raise RemoteFailed(url, ["ls-remote"], None, "there is no such remote")
    from gto.git import remote  # only where a remote is asked for more than a listing

    if not remote.is_url(url):
        return Registry.open(os.path.join(registry.git.directory, url))
    from gto.git.mirror import open_mirror

    keys = r"^(http|credential|url|ssh)\.|^core\.(sshcommand|askpass|gitproxy)$"
    out = registry.git.run(["config", "--local", "-z", "--get-regexp", keys], ok=(0, 1)).decode("utf-8", "replace")
    settings = tuple(entry.partition("\n")[::2] for entry in out.split("\0") if entry)
    return Registry(open_mirror(remote.parse(url)._replace(extra=settings)))


# --- writing


def _writer(registry: Registry, manner: Manner) -> Git:
    """Return git with the author's identity; a mirror's git with the user's configuration."""
    git = registry.git if registry.repo.mirror is None else registry.repo.mirror.online
    env = {"GIT_COMMITTER_NAME": manner.author, "GIT_COMMITTER_EMAIL": manner.author_email}
    return git._replace(env={**git.env, **{key: value for key, value in env.items() if value}})


def _stray(registry: Registry, created: Iterable[NewTag]) -> list[str]:
    """Say of which commits the remote has no branch, as far as it was fetched: they are pushed with their tag."""
    if registry.repo.mirror is not None or registry.repo.is_shallow:
        return []
    commits = dict.fromkeys(new.commit for new in created)
    strays = [commit for commit in commits if not push.is_on_branch(registry.git, REMOTE, commit)]
    return [f"commit {commit[:7]} is on no branch of '{REMOTE}': it was pushed with its tag" for commit in strays]


def _publish(
    registry: Registry, git: Git, create: Mapping[str, str], delete: Mapping[str, str], manner: Manner, gone: list[str]
) -> None:
    """Push, then set the refs here; many deletions go in several pushes, and `gone` gets those that are done."""
    if create:
        _push(registry, git, create, manner)
    if not delete:
        return
    there = set(tags.list_remote_tags(git, REMOTE, tag.parse(next(iter(delete))).artifact))
    ordered = _in_safe_order(delete)
    for start in range(0, len(ordered), TAGS_PER_PUSH):
        part = ordered[start : start + TAGS_PER_PUSH]
        oids = {ref: delete[ref] for ref in part}
        try:
            pushed = {ref: oid for ref, oid in oids.items() if ref in there}
            if pushed:
                push.push_tags(git, REMOTE, {}, pushed)
        except PushRejected as error:
            if gone:
                error.hint = f"deleted before that, here and on '{REMOTE}': {', '.join(gone)}"
            raise
        _set_refs(registry, git, {}, oids)
        gone += part


def _push(registry: Registry, git: Git, create: Mapping[str, str], manner: Manner) -> None:
    try:
        push.push_tags(git, REMOTE, create, {})
    except GitError as error:  # refused, or too late
        if manner.keep_local:
            write.update_tags(git, create, {})
            error.hint = _KEPT
        elif error.status is None:
            error.hint = "nobody knows whether the remote has it: `gto status` tells; nothing was written here"
        raise
    _set_refs(registry, git, create, {})


def _set_refs(registry: Registry, git: Git, create: Mapping[str, str], delete: Mapping[str, str]) -> None:
    """Set the refs here as the remote has them now."""
    if registry.repo.mirror is not None:
        lines = [f"update refs/tags/{ref} {oid}" for ref, oid in create.items()]
        with suppress(GTOException):  # the remote has it: the mirror follows now or when it is next used
            registry.repo.mirror.update_refs([*lines, *(f"delete refs/tags/{ref}" for ref in delete)])
        return
    hint = f"the remote has the change: `git fetch {REMOTE} --tags` brings new tags here"
    try:
        write.follow_tags(git, create, delete)
    except Raced as error:
        raise TagExists(error.subject, hint) from error
    except GTOException as error:
        error.hint = hint
        raise


def _in_safe_order(delete: Iterable[str]) -> list[str]:
    return sorted(delete, key=lambda ref: _ORDER.index(tag.parse(ref).kind))
