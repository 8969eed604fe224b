"""Which problems can be mended safely, and how: a decision, made of what was found."""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import NamedTuple

from gto.core.event import NULL_OID, UNREAD, Problem


class Action(Enum):
    """What a repair does; the value says it."""

    REMOVE_LOCK = "remove the lock"
    REMOVE_FILE = "remove the file"
    REMOVE_CACHE = "remove the cache, which is made again"
    FETCH = "fetch the tag's object again"


class Repair(NamedTuple):
    """One thing to do, for the problem of this code and subject."""

    code: str
    subject: str
    action: Action
    oid: str = ""
    """The object to fetch."""


_REMOVE = {
    "lock-stale": Action.REMOVE_LOCK,
    "file-left-behind": Action.REMOVE_FILE,
    "cache-damaged": Action.REMOVE_CACHE,
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
                repairs.append(Repair(code, subject, Action.FETCH, oid))
    return tuple(repairs)
