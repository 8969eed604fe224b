"""Everything that is wrong with a registry, looked for in one go."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from gto.core import beside
from gto.core.event import Event, Problem
from gto.core.files_signature import FilesSignature
from gto.core.snapshot import Snapshot, fold
from gto.exceptions import GitError, GitMissing
from gto.git import remote as remotes
from gto.git import tag_reader
from gto.git.approvals import read_beside
from gto.git.command import Git
from gto.git.repo import Repo
from gto.registry import files_signatures
from gto.registry.doctor import event_checks, file_checks
from gto.registry.doctor.event_checks import compare
from gto.registry.registry import Registry


def reach(repo: Repo, remote: str) -> tuple[Git, str]:
    """Return git and what it calls a remote; that of a mirror reads without a network otherwise."""
    return remotes.reach(repo.writer, remote)


def name(remote: str) -> str:
    """Return a remote's name, or its address without what is secret in it."""
    return remotes.parse(remote).url if remotes.is_url(remote) else remote


def list_there(repo: Repo, remote: str) -> dict[str, str]:
    """Ask a remote for its tags and the ids of their objects."""
    return tag_reader.list_remote(*reach(repo, remote))


class Examination(NamedTuple):
    """What is wrong, sorted by what it concerns; and notes on what need not be."""

    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()


def examine(registry: Registry, now: float, remote: str | None = None) -> Examination:
    """Look for everything that is wrong at `now`, in seconds since 1970; with `remote`, compare its tags too."""
    repo = registry.repo
    found = [*file_checks.locks(repo, now), *file_checks.packed_refs(repo), *file_checks.caches(repo)]
    notes = list(file_checks.young_locks(repo, now))
    if not any(problem.code == "packed-refs-broken" for problem in found):  # with which git reads nothing
        found += _try(lambda: file_checks.temporary(repo, now))
        found += _try(lambda: _events(registry, now, notes))
        found += _try(lambda: _beside(registry))
        found += _try(lambda: file_checks.annotations(registry))
        found += _try(lambda: file_checks.policies(registry))
        found += file_checks.refs(repo, {problem.subject for problem in found})
        notes += [event_checks.SHALLOW] if repo.is_shallow else []
        if remote is not None:
            problems, more = _remote(registry, remote)
            found += problems
            notes += more
    unique = dict.fromkeys(found)
    return Examination(tuple(sorted(unique, key=lambda problem: (problem.subject, problem.code))), tuple(notes))


def _events(registry: Registry, now: float, notes: list[str]) -> Iterator[Problem]:
    items = list(registry.items())
    snapshot = fold(items)
    events = [item for item in items if isinstance(item, Event)]
    yield from snapshot.problems
    yield from event_checks.old_stages(events)
    yield from event_checks.bad_zones(events)
    yield from event_checks.of_the_future(events, now)
    yield from event_checks.clashes(snapshot)
    notes += event_checks.reserved(snapshot)
    yield from event_checks.outside(snapshot, registry.config.stages)
    yield from _try(lambda: _reached(registry, snapshot))


def _beside(registry: Registry) -> Iterator[Problem]:
    """Yield the approvals and signatures of files that cannot be read."""
    given = {ref: oid for oid, ref in registry.listing if beside.find(ref) is not None}
    for item in read_beside(registry.git, given):
        if isinstance(item, Problem):
            yield item
        elif isinstance(item, FilesSignature):
            yield from files_signatures.broken(item)


def _reached(registry: Registry, snapshot: Snapshot) -> Iterable[Problem]:
    return event_checks.unreached(registry, snapshot)


def _try(look: Callable[[], Iterable[Problem]]) -> list[Problem]:
    """Return what is found; where git cannot read the repository, that is what is wrong."""
    try:
        return list(look())
    except GitError as error:
        if error.status is None or isinstance(error, GitMissing):  # it says nothing about the repository
            raise
        reason = error.stderr.partition("\n")[0] or f"it ended with status {error.status}"
        hint = "`git fsck` says what is damaged; if it cannot be fetched again, clone anew"
        return [Problem("repository-damaged", f"git {error.verb}", reason, hint)]


def _remote(registry: Registry, remote: str) -> tuple[tuple[Problem, ...], tuple[str, ...]]:
    shown = name(remote)
    try:
        there = list_there(registry.repo, remote)
    except GitError as error:
        reason = error.stderr.partition("\n")[0] or error.message
        return (Problem("remote-unreachable", shown, reason, f"`git ls-remote {shown}` shows the whole"),), ()
    return compare({ref: oid for oid, ref in registry.listing}, there, shown)
