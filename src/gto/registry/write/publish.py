"""A change on its way to the remote: pushed, and then the refs here set as the remote has them."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from gto.core import tag
from gto.core.plan import NewTag
from gto.core.tag import Kind
from gto.exceptions import GitError, GTOException, Raced, TagExists
from gto.git import push_refs, tag_reader, tag_writer
from gto.git.command import Git
from gto.registry.registry import Registry
from gto.registry.remote_check import REMOTE

TAGS_PER_PUSH = 3
"""Forges send no event for a push of more tags."""
KEPT = "the tags are kept here: `gto push` sends them"
# Deleted in this order, tags of an artifact never show what was not so: its stages go before their versions.
_ORDER = (Kind.ASSIGNMENT, Kind.UNASSIGNMENT, Kind.REGISTRATION, Kind.DEREGISTRATION, Kind.CREATION, Kind.DEPRECATION)


def publish(registry: Registry, git: Git, create: Mapping[str, str], *, keep_local: bool) -> None:
    """Push new tags, then set the refs here."""
    try:
        push_refs.push_tags(git, REMOTE, create, {})
    except GitError as error:  # refused, or too late
        if keep_local:
            tag_writer.update_tags(git, create, {})
            error.hint = KEPT
        elif error.status is None:
            error.hint = "nobody knows whether the remote has it: `gto status` tells; nothing was written here"
        raise
    _set_refs(registry, git, create, {})


def delete(registry: Registry, git: Git, oids: Mapping[str, str]) -> Iterator[list[str]]:
    """Delete tags, a few in one push, and the refs here with them; yield the names of each few that are gone."""
    if not oids:
        return
    there = set(tag_reader.list_remote_tags(git, REMOTE, tag.parse(next(iter(oids))).artifact))
    ordered = _in_safe_order(oids)
    for start in range(0, len(ordered), TAGS_PER_PUSH):
        part = {ref: oids[ref] for ref in ordered[start : start + TAGS_PER_PUSH]}
        pushed = {ref: oid for ref, oid in part.items() if ref in there}
        if pushed:
            push_refs.push_tags(git, REMOTE, {}, pushed)
        _set_refs(registry, git, {}, part)
        yield list(part)


def _set_refs(registry: Registry, git: Git, create: Mapping[str, str], delete: Mapping[str, str]) -> None:
    """Set the refs here as the remote has them now."""
    if not registry.repo.is_own:
        lines = [f"update refs/tags/{ref} {oid}" for ref, oid in create.items()]
        with suppress(GTOException):  # the remote has it: the mirror follows now or when it is next used
            registry.repo.contents.update_refs([*lines, *(f"delete refs/tags/{ref}" for ref in delete)])
        return
    hint = f"the remote has the change: `git fetch {REMOTE} --tags` brings new tags here"
    try:
        tag_writer.follow_tags(git, create, delete)
    except Raced as error:
        raise TagExists(error.subject, hint) from error
    except GTOException as error:
        error.hint = hint
        raise


def _in_safe_order(delete: Iterable[str]) -> list[str]:
    return sorted(delete, key=lambda ref: _ORDER.index(tag.parse(ref).kind))


def note_strays(registry: Registry, created: Iterable[NewTag]) -> list[str]:
    """Say of which commits the remote has no branch, as far as it was fetched: they are pushed with their tag."""
    if not registry.repo.is_own or registry.repo.is_shallow:
        return []
    commits = dict.fromkeys(new.commit for new in created)
    strays = [commit for commit in commits if not push_refs.is_on_branch(registry.git, REMOTE, commit)]
    return [f"commit {commit[:7]} is on no branch of '{REMOTE}': it was pushed with its tag" for commit in strays]
