"""What is wrong with the files of a repository: locks and files left behind, refs and caches that are damaged."""

from collections.abc import Collection, Iterator

from gto.core.event import Problem
from gto.exceptions import duration
from gto.git import cache, leftover, ref_file
from gto.git.repo import Repo
from gto.registry.doctor import place

_MEND = "`gto doctor --fix` removes it"


def locks(repo: Repo, now: float) -> Iterator[Problem]:
    """Yield the locks that nobody can be waiting for any more."""
    for one in leftover.find_locks(repo.common_dir, now):
        if one.is_stale:
            reason = f"this lock is {duration(one.age)} old: the process that made it was killed"
            hint = f"{_MEND}; git cannot write what it locks until then"
            yield Problem("lock-stale", place.shown(repo, one.path), reason, hint)


def young_locks(repo: Repo, now: float) -> Iterator[str]:
    """Yield a note for each lock that may be of a process at work."""
    for one in leftover.find_locks(repo.common_dir, now):
        if not one.is_stale:
            age = duration(one.age)
            yield f"{place.shown(repo, one.path)} has been there for {age}: a git process is at work, or was killed"


def temporary(repo: Repo, now: float) -> Iterator[Problem]:
    """Yield the temporary files of gto in the work tree."""
    if repo.top is None:
        return
    for one in leftover.find_temporary(repo.git, repo.top, now):
        if one.is_stale:
            reason = f"gto was killed {duration(one.age)} ago while it wrote this file"
            yield Problem("file-left-behind", place.shown(repo, one.path), reason, _MEND)


def refs(repo: Repo, named: Collection[str]) -> Iterator[Problem]:
    """Yield the refs without an object id, but for the tags that are `named` already, and what is no ref at all."""
    for ref in ref_file.broken_refs(repo.common_dir):
        if ref.removeprefix("refs/tags/") not in named:
            reason = "the file of the ref holds no object id: git passes the ref over"
            hint = f"delete the file {ref} in the git directory, then fetch, or make the ref again"
            yield Problem("ref-broken", ref, reason, hint)


def packed_refs(repo: Repo) -> Iterator[Problem]:
    """Yield one problem for all the lines of packed-refs that are no refs."""
    lines = ref_file.broken_lines(repo.common_dir)
    if lines:
        path = place.shown(repo, f"{repo.common_dir}/packed-refs")
        number, text = lines[0]
        more = f", and {len(lines) - 1} more" if lines[1:] else ""
        reason = f"line {number} is no ref: '{text[:80]}'{more}; git reads no ref at all while it is there"
        hint = f"keep a copy of the file, delete the line (`sed -i {number}d {path}`), then `git fetch --tags`"
        yield Problem("packed-refs-broken", path, reason, hint)


def caches(repo: Repo) -> Iterator[Problem]:
    """Yield the caches that are damaged, or that something else stands in place of."""
    for path in cache.find_damaged(repo.common_dir):
        reason = "this cache of gto is damaged, or something else is in its place: it is not used"
        yield Problem("cache-damaged", place.shown(repo, path), reason, _MEND)
