"""What is known of many versions, one after another: each blob parsed once, each tree read once."""

from collections.abc import Iterator, Sequence

from gto.core.event import Problem
from gto.exceptions import GitError, GTOException, MirrorDamaged, NotMirrored, RemoteFailed
from gto.git.commit_files import Files
from gto.git.object_cache import ObjectCache
from gto.lineage.collect import CollectedFacts, gather_from
from gto.lineage.values import Values
from gto.registry.registry import Registry
from gto.registry.resolve import Target

AT_ONCE = 200
"""Commits that are read together: what is in memory at a time."""
UNREADABLE = "lineage-commit"
"""A commit that cannot be read."""


def gather_each(
    registry: Registry, points: Sequence[Target], cache: ObjectCache | None = None, *, at_once: int = AT_ONCE
) -> Iterator[CollectedFacts]:
    """Yield what gather() returns of each version alone, in the order given, as it is read: some commits at a time.

    A commit that git cannot read costs its own versions: each is told of by a problem alone. A remote that cannot be
    reached raises. `cache` is kept by who calls again for the same repository; it is not for several threads.
    """
    kept = cache or ObjectCache()
    for some in _parts(points, at_once):
        files = Files(registry.repo, kept)
        try:
            files.open(point.commit for point in some)
            found = gather_from(registry, some, files)
        except (GitError, MirrorDamaged, NotMirrored) as error:
            if not _is_of_objects(error):
                raise
            found = [_alone(registry, point, kept) for point in some]
        yield from found


def _is_of_objects(error: GTOException) -> bool:
    """Tell whether it is for what a commit holds; a remote that cannot be reached is the same for every version."""
    return not isinstance(error, GitError) or (error.status is not None and not isinstance(error, RemoteFailed))


def _parts(points: Sequence[Target], commits: int) -> Iterator[list[Target]]:
    """Yield points in their order, as many as have so many commits."""
    part: list[Target] = []
    seen: set[str] = set()
    for point in points:
        if point.commit not in seen and len(seen) == commits:
            yield part
            part, seen = [], set()
        part.append(point)
        seen.add(point.commit)
    if part:
        yield part


def _alone(registry: Registry, point: Target, cache: ObjectCache) -> CollectedFacts:
    try:
        return gather_from(registry, [point], Files(registry.repo, cache))[0]
    except (GitError, MirrorDamaged, NotMirrored) as error:
        if not _is_of_objects(error):
            raise
        problem = Problem(UNREADABLE, point.commit, error.message, error.hint or "", point.artifact or "")
        return CollectedFacts(point, None, None, None, (), Values({}), Values({}), (), {}, {}, (), (problem,))
