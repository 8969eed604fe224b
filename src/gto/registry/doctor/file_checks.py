"""What is wrong with files: locks and files left behind, refs and caches, annotations, the policy."""

import os
from collections.abc import Collection, Iterator

from gto.annotations.annotation import Annotation, find_conflicts
from gto.core.event import Problem
from gto.declared_targets import DEPLOY_FILE, read_declared
from gto.exceptions import BadFile, duration
from gto.git import leftovers
from gto.git.commit_files import Files
from gto.git.repo import Repo
from gto.registry import annotation_lookup, standings_cache
from gto.registry.registry import Registry
from gto.registry.remote_check import may_have_policy


def shown(repo: Repo, path: str) -> str:
    """Return a path as seen from the work tree's root, or from the git directory of a bare repository."""
    path_from_here = os.path.relpath(path, _base(repo))
    return path if path_from_here.startswith(os.pardir) else path_from_here


def found(repo: Repo, subject: str) -> str:
    """Return the path that a subject stands for."""
    return os.path.join(_base(repo), subject)


def _base(repo: Repo) -> str:
    return repo.top or repo.common_dir


_MEND = "`gto doctor --fix` removes it"


def locks(repo: Repo, now: float) -> Iterator[Problem]:
    """Yield the locks that nobody can be waiting for any more."""
    for one in leftovers.find_locks(repo.common_dir, now):
        if one.is_stale:
            reason = f"this lock is {duration(one.age)} old: the process that made it was killed"
            hint = f"{_MEND}; git cannot write what it locks until then"
            yield Problem("lock-stale", shown(repo, one.path), reason, hint)


def young_locks(repo: Repo, now: float) -> Iterator[str]:
    """Yield a note for each lock that may be of a process at work."""
    for one in leftovers.find_locks(repo.common_dir, now):
        if not one.is_stale:
            age = duration(one.age)
            yield f"{shown(repo, one.path)} has been there for {age}: a git process is at work, or was killed"


def temporary(repo: Repo, now: float) -> Iterator[Problem]:
    """Yield the temporary files of gto in the work tree."""
    if repo.top is None:
        return
    for one in leftovers.find_temporary(repo.git, repo.top, now):
        if one.is_stale:
            reason = f"gto was killed {duration(one.age)} ago while it wrote this file"
            yield Problem("file-left-behind", shown(repo, one.path), reason, _MEND)


def refs(repo: Repo, named: Collection[str]) -> Iterator[Problem]:
    """Yield the refs without an object id, but for the tags that are `named` already, and what is no ref at all."""
    for ref in leftovers.broken_refs(repo.common_dir):
        if ref.removeprefix("refs/tags/") not in named:
            reason = "the file of the ref holds no object id: git passes the ref over"
            hint = f"delete the file {ref} in the git directory, then fetch, or make the ref again"
            yield Problem("ref-broken", ref, reason, hint)


def packed_refs(repo: Repo) -> Iterator[Problem]:
    """Yield one problem for all the lines of packed-refs that are no refs."""
    lines = leftovers.broken_lines(repo.common_dir)
    if lines:
        path = shown(repo, f"{repo.common_dir}/packed-refs")
        number, text = lines[0]
        more = f", and {len(lines) - 1} more" if lines[1:] else ""
        reason = f"line {number} is no ref: '{text[:80]}'{more}; git reads no ref at all while it is there"
        hint = f"keep a copy of the file, delete the line (`sed -i {number}d {path}`), then `git fetch --tags`"
        yield Problem("packed-refs-broken", path, reason, hint)


def caches(repo: Repo) -> Iterator[Problem]:
    """Yield the caches that are damaged, or that something else stands in place of."""
    for path in standings_cache.find_damaged(repo.common_dir):
        reason = "this cache of gto is damaged, or something else is in its place: it is not used"
        yield Problem("cache-damaged", shown(repo, path), reason, _MEND)


def annotations(registry: Registry) -> Iterator[Problem]:
    """Yield what is wrong with the annotations of the revision that the repository was opened with."""
    if registry.repo.rev is None:
        return
    files = Files(registry.repo)
    reading = annotation_lookup.walk(registry, registry.repo.rev, files, [DEPLOY_FILE])
    yield from reading.problems
    yield from find_conflicts(reading.annotations)
    yield from _deploy_file(files, registry.repo.rev)
    seen: dict[str, Annotation] = {}
    for one in reading.annotations:
        first = seen.setdefault(one.name, one).file
        if first != one.file:
            reason = f"'{one.name}' is annotated in '{first}' as well as in '{one.file}'"
            yield Problem("annotated-twice", one.file, reason, "dvc.yaml counts: remove the other", one.name)
        if registry.config.types is not None and one.type is not None and one.type not in registry.config.types:
            reason = f"'{one.name}' is of type '{one.type}', which the configuration does not list"
            yield Problem("type-not-allowed", one.file, reason, "see `types` in .gto", one.name)
    if seen:
        from gto.registry.doctor.model_checks import side_cars  # what reads facts is imported where models may be

        yield from side_cars(registry, registry.repo.rev, list(seen.values()), files)


def _deploy_file(files: Files, commit: str) -> Iterator[Problem]:
    """Yield the first mistake in what `deploy.yaml` declares."""
    try:
        if (commit, DEPLOY_FILE) in files.kept:
            read_declared(files.read(commit, DEPLOY_FILE) or b"")
    except BadFile as error:
        where = f"line {error.line}: " if error.line else ""
        yield Problem(
            "deploy-file-wrong", DEPLOY_FILE, where + error.reason, error.hint or "`gto deploy plan` reads it"
        )


def policies(registry: Registry) -> Iterator[Problem]:
    """Yield the first mistake in the policy files: of the work tree, or of the default branch of the remote."""
    if not may_have_policy(registry):
        return
    from gto.registry.policy import sources  # only where a policy may be

    try:
        for source in sources.sources(registry):
            sources.trusted(registry, source)
    except BadFile as error:
        where = f"line {error.line}: " if error.line else ""
        hint = error.hint or "`gto policy check` looks at it alone"
        yield Problem("policy-wrong", error.path, where + error.reason, hint)
