"""What can be mended safely, and how: decided from what was found, then done one by one, each whole or not at all."""

import os
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from gto.core.event import NULL_OID, UNREAD, Problem
from gto.exceptions import GitError
from gto.git import leftovers, tag_fetcher
from gto.git.repo import Repo
from gto.registry.doctor import examination, file_checks
from gto.registry.registry import Registry


class RepairKind(Enum):
    """What a repair does; the value says it."""

    REMOVE_LOCK = "remove the lock"
    REMOVE_FILE = "remove the file"
    REMOVE_CACHE = "remove the cache, which is made again"
    FETCH = "fetch the tag's object again"


class Repair(NamedTuple):
    """One thing to do, for the problem of this code and subject."""

    code: str
    subject: str
    action: RepairKind
    oid: str = ""
    """The object to fetch."""


_REMOVE = {
    "lock-stale": RepairKind.REMOVE_LOCK,
    "file-left-behind": RepairKind.REMOVE_FILE,
    "cache-damaged": RepairKind.REMOVE_CACHE,
}


def plan(problems: Iterable[Problem], here: Mapping[str, str], there: Mapping[str, str]) -> tuple[Repair, ...]:
    """Decide what to do; `here` and `there`, on the remote, map tags to the objects that they name.

    No tag is ever deleted or moved: an object is fetched where both sides name the same one.
    """
    repairs = []
    for problem in problems:
        code, subject = problem.code, problem.subject
        if code in _REMOVE:
            repairs.append(Repair(code, subject, _REMOVE[code]))
        elif code in UNREAD:
            oid = here.get(subject, NULL_OID)
            if oid != NULL_OID and there.get(subject) == oid:
                repairs.append(Repair(code, subject, RepairKind.FETCH, oid))
    return tuple(repairs)


class NotMended(Exception):
    """A repair was not done; the text says why."""


def decide(registry: Registry, problems: Sequence[Problem], remote: str) -> tuple[Repair, ...]:
    """Decide what to mend; the remote is asked only where the object of a tag could be there."""
    if not any(problem.code in UNREAD for problem in problems):
        return plan(problems, {}, {})
    try:
        there = examination.list_there(registry.repo, remote)
    except GitError:  # there is no remote, or it does not answer: what is local can be mended nevertheless
        there = {}
    return plan(problems, {ref: oid for oid, ref in registry.listing}, there)


def mend(registry: Registry, repairs: Iterable[Repair], remote: str, now: float) -> tuple[list[Repair], list[str]]:
    """Do the repairs; return those that were done, and a note for each that was not."""
    todo = list(repairs)
    oids = [repair.oid for repair in todo if repair.action is RepairKind.FETCH]
    fetched: set[str] = set()
    if oids:
        git, shown = examination.reach(registry.repo, remote)
        fetched = tag_fetcher.refetch(git, registry.repo.common_dir, shown, oids)
    done, notes = [], []
    for repair in todo:
        try:
            _mend(registry.repo, repair, fetched, now)
        except (NotMended, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            notes.append(f"{repair.subject} is as it was: {why}")
        else:
            done.append(repair)
    return done, notes


def _mend(repo: Repo, repair: Repair, fetched: set[str], now: float) -> None:
    path = file_checks.found(repo, repair.subject)
    match repair.action:
        case RepairKind.FETCH:
            if repair.oid not in fetched:
                raise NotMended("the fetch did not bring its object, or git holds the damaged one in a pack")
        case RepairKind.REMOVE_CACHE:
            if os.path.isdir(path):
                os.rmdir(path)  # what holds something is not ours
            else:
                os.unlink(path)
        case RepairKind.REMOVE_LOCK:
            number = leftovers.find_process(repo.common_dir)
            if number is not None:
                raise NotMended(f"git runs in this repository, as process {number}")
            _remove_old(path, now)
        case RepairKind.REMOVE_FILE:
            _remove_old(path, now)


def _remove_old(path: str, now: float) -> None:
    """Remove a file, unless a process wrote it anew in the meantime."""
    if now - os.lstat(path).st_mtime <= leftovers.STALE:
        raise NotMended("it was written anew")
    os.unlink(path)
