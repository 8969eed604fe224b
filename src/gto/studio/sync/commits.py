"""The third phase begins: where branches and experiments stand, and the commits that they lead to, newest first."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from gto.git import commit_walk
from gto.git.commit_walk import BranchTip, Experiment, RefTips, WalkedCommit
from gto.registry.registry import Registry
from gto.studio.index.schema import artifact, branch, branch_commit, commit, experiment, standing

SKIP = "[skip studio]"
"""In the message of a commit that is not to be shown."""

_USUAL = ("main", "master")


class Bounds(NamedTuple):
    """How many commits of each branch are read."""

    most: int
    """The newest."""
    since: int | None
    """All since this second count too."""


class BranchCommits(NamedTuple):
    """A branch, and its own commits."""

    branch: BranchTip
    oids: tuple[str, ...]
    """Those that the default branch has not, the newest first; of the default branch all."""
    behind: int


class WalkedRepository(NamedTuple):
    """All that a walk found."""

    branches: tuple[BranchCommits, ...]
    """The default one first, then those that moved last."""
    experiments: tuple[Experiment, ...]
    commits: Mapping[str, WalkedCommit]


def walk(registry: Registry, staged: Iterable[str]) -> WalkedRepository:
    """Walk all branches; commits of experiments and of stages are read alone where no branch leads to them."""
    heads = commit_walk.read_tips(registry.git)
    branches = _branches(registry, heads)
    walked = commit_walk.walk(registry.git, [one.tip for one in branches])
    commits = {one.oid: one for one in walked}
    alone = [oid for oid in (*(one.commit for one in heads.experiments), *staged) if oid not in commits]
    commits |= {one.oid: one for one in commit_walk.read_commits(registry.git, alone)}
    experiments = tuple(one for one in heads.experiments if one.commit in commits)
    return WalkedRepository(tuple(_own_commits(branches, walked)), experiments, commits)


def staged_commits(connection: Connection, repository_id: int) -> list[str]:
    """Return the commits of the versions that stages show."""
    query = select(standing.c.commit).join(artifact).where(artifact.c.repository_id == repository_id)
    return sorted(set(connection.execute(query.where(standing.c.place == 0)).scalars()))


def _branches(registry: Registry, heads: RefTips) -> list[BranchTip]:
    """Return the branches, the default one first; without any, what is checked out."""
    head = registry.repo.rev
    if not heads.branches:
        return [BranchTip("HEAD", head)] if head else []
    names = {one.name for one in heads.branches}
    at_head = sorted(
        (one.name for one in heads.branches if one.tip == head), key=lambda name: (name not in _USUAL, name)
    )
    if registry.repo.is_own:
        wanted = [heads.default, *_USUAL, commit_walk.current_branch(registry.git), *at_head]
    else:  # a mirror has the remote's own HEAD
        wanted = [*at_head, *_USUAL]
    default = next((name for name in wanted if name in names), heads.branches[0].name)
    return sorted(heads.branches, key=lambda one: one.name != default)


def _own_commits(branches: Sequence[BranchTip], walked: Sequence[WalkedCommit]) -> Iterable[BranchCommits]:
    ranks = {one.oid: number for number, one in enumerate(walked)}
    parents = {one.oid: one.parents for one in walked}
    if not branches:
        return
    on_default = _reached([branches[0].tip], parents, frozenset())
    yield BranchCommits(branches[0], tuple(sorted(on_default, key=ranks.__getitem__)), 0)
    counts: dict[frozenset[str], int] = {}
    for one in sorted(branches[1:], key=lambda found: ranks.get(found.tip, len(ranks))):
        own = _reached([one.tip], parents, on_default)
        forks = frozenset({one.tip} & on_default | {up for oid in own for up in parents[oid] if up in on_default})
        if forks not in counts:
            counts[forks] = len(_reached(forks, parents, frozenset()))
        yield BranchCommits(one, tuple(sorted(own, key=ranks.__getitem__)), len(on_default) - counts[forks])


def _reached(tips: Iterable[str], parents: Mapping[str, Sequence[str]], known: Iterable[str]) -> set[str]:
    """Return the walked commits that these lead to, without those that are known and what is behind them."""
    found, stop = set[str](), known if isinstance(known, set | frozenset) else set(known)
    left = list(tips)
    while left:
        oid = left.pop()
        if oid in parents and oid not in found and oid not in stop:
            found.add(oid)
            left += parents[oid]
    return found


def write(connection: Connection, repository_id: int, found: WalkedRepository, bounds: Bounds) -> None:
    """Put what was walked in the place of what the index held, as far as the bounds reach."""
    for table in (branch, commit, experiment):
        connection.execute(delete(table).where(table.c.repository_id == repository_id))
    same = {"repository_id": repository_id}
    branches, places = [], []
    for number, one in enumerate(found.branches):
        about = {"name": one.branch.name, "tip": one.branch.tip, "place": number}
        branches.append({**same, **about, "total": len(one.oids), "behind": one.behind})
        read = [oid for place, oid in enumerate(one.oids) if _is_in(place, found.commits[oid], bounds)]
        places += [{**same, "branch": one.branch.name, "place": place, "oid": oid} for place, oid in enumerate(read)]
    experiments = [{**same, "oid": one.commit, **_without_commit(one)} for one in found.experiments]
    on_branches = {str(row["oid"]) for row in places} | {str(row["oid"]) for row in experiments}
    wanted = on_branches | set(staged_commits(connection, repository_id))
    commits = [{**same, **_row(found.commits[oid])} for oid in sorted(wanted) if oid in found.commits]
    for table, rows in ((branch, branches), (commit, commits), (branch_commit, places), (experiment, experiments)):
        if rows:
            connection.execute(insert(table), rows)


def _is_in(place: int, one: WalkedCommit, bounds: Bounds) -> bool:
    return place < bounds.most or (bounds.since is not None and one.time >= bounds.since)


def _without_commit(one: Experiment) -> dict[str, object]:
    return {"ref": one.ref, "name": one.name, "baseline": one.baseline}


def _row(one: WalkedCommit) -> dict[str, object]:
    return {
        "oid": one.oid,
        "parent": one.parents[0] if one.parents else None,
        "author": one.author,
        "author_email": one.author_email,
        "time": one.time,
        "subject": one.subject,
        "is_hidden": SKIP in one.message,
    }
