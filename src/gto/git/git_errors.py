"""Why git could not write, told from its words: the declared error for a lock, a full disk, a damaged file of refs."""

import os
import re
import time
from collections.abc import Sequence

from gto.exceptions import GitError, Locked, Unwritable

_LOCK_RE = re.compile(r"Unable to create '(.{1,4096}?\.lock)': File exists")
_SYSTEM_RE = re.compile(
    r"No space left on device|Out of diskspace|Disk quota exceeded|File too large"
    r"|Read-only file system|Permission denied|Operation not permitted|Input/output error"
)
_TOLD_NOTHING_RE = re.compile(  # git 2.39 drops the system's reason here
    r"unable to create directory for \S+|couldn't write '[^'\n]+'|couldn't set '[^'\n]+'"
    r"|insufficient permission for adding an object"
)
_FULL = frozenset({"No space left on device", "Out of diskspace", "Disk quota exceeded", "File too large"})
_PACKED = "packed-refs: "
_ELSEWHERE = frozenset({"push", "fetch", "clone", "ls-remote"})  # their words may be about another machine


def explain(directory: str, args: Sequence[str], status: int | None, err: str) -> GitError:
    """Return the error that fits what git said in `directory`; a plain GitError where nothing more is known."""
    lock = _LOCK_RE.search(err)
    if lock:
        return Locked(args, status, err, lock[1], _age(os.path.join(directory, lock[1])))
    plain = GitError(args, status, err)
    if status is not None and status < 0:
        plain.message = f"git {plain.verb} was killed, by signal {-status}"
        plain.args = (plain.message,)
        plain.hint = "run this again; was memory short?"
        return plain
    if plain.verb not in _ELSEWHERE:
        told = _SYSTEM_RE.search(err)
        if told:
            return Unwritable(args, status, err, told[0], _hint(told[0]))
        untold = _TOLD_NOTHING_RE.search(err)
        if untold:
            return Unwritable(args, status, err, untold[0], "is the disk full, or are the files not yours to write?")
    if _PACKED in err:
        plain.hint = "`gto doctor` names the line and says what to do"
    return plain


def _hint(reason: str) -> str:
    if reason in _FULL:
        return "free some space, then run this again"
    if reason == "Input/output error":
        return "the disk may be failing: save a copy of the repository, then run `git fsck`"
    return "make the git directory writable, or run this in a clone of your own"


def _age(path: str) -> float | None:
    try:
        return max(time.time() - os.stat(path).st_mtime, 0.0)
    except OSError:
        return None
