"""Repairs, done one by one: each is done whole or not at all."""

import os
from collections.abc import Iterable, Sequence

from gto.core.event import UNREAD, Problem
from gto.exceptions import GitError
from gto.git import leftover, refetch
from gto.git.repo import Repo
from gto.registry.doctor import place
from gto.registry.doctor import remote as remotes
from gto.registry.doctor.repair import Action, Repair, plan
from gto.registry.registry import Registry


class NotMended(Exception):
    """A repair was not done; the text says why."""


def decide(registry: Registry, problems: Sequence[Problem], remote: str) -> tuple[Repair, ...]:
    """Decide what to mend; the remote is asked only where the object of a tag could be there."""
    if not any(problem.code in UNREAD for problem in problems):
        return plan(problems, {}, {})
    try:
        there = remotes.list_there(registry.repo, remote)
    except GitError:  # there is no remote, or it does not answer: what is local can be mended nevertheless
        there = {}
    return plan(problems, {ref: oid for oid, ref in registry.listing}, there)


def mend(registry: Registry, repairs: Iterable[Repair], remote: str, now: float) -> tuple[list[Repair], list[str]]:
    """Do the repairs; return those that were done, and a note for each that was not."""
    todo = list(repairs)
    oids = [repair.oid for repair in todo if repair.action is Action.FETCH]
    fetched: set[str] = set()
    if oids:
        git, shown = remotes.reach(registry.repo, remote)
        fetched = refetch.refetch(git, registry.repo.common_dir, shown, oids)
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
    path = place.found(repo, repair.subject)
    match repair.action:
        case Action.FETCH:
            if repair.oid not in fetched:
                raise NotMended("the fetch did not bring its object, or git holds the damaged one in a pack")
        case Action.REMOVE_CACHE:
            if os.path.isdir(path):
                os.rmdir(path)  # what holds something is not ours
            else:
                os.unlink(path)
        case Action.REMOVE_LOCK:
            number = leftover.find_process(repo.common_dir)
            if number is not None:
                raise NotMended(f"git runs in this repository, as process {number}")
            _remove_old(path, now)
        case Action.REMOVE_FILE:
            _remove_old(path, now)


def _remove_old(path: str, now: float) -> None:
    """Remove a file, unless a process wrote it anew in the meantime."""
    if now - os.lstat(path).st_mtime <= leftover.STALE:
        raise NotMended("it was written anew")
    os.unlink(path)
