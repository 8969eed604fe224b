"""Versions whose commits could be lost: no branch reaches them, or they are gone already."""

from collections.abc import Iterator

from gto.core.event import Problem
from gto.core.snapshot import Snapshot
from gto.git.reach import read_reach
from gto.registry.registry import Registry

SHALLOW = "this clone is shallow: whether branches reach the versions' commits was not looked at"


def unreached(registry: Registry, snapshot: Snapshot) -> Iterator[Problem]:
    """Yield the active versions whose commit is missing, or reached by no branch."""
    head = registry.repo.rev
    versions = [
        (artifact.name, version)
        for artifact in snapshot.artifacts.values()
        for version in artifact.versions
        if version.is_registered and version.is_active
    ]
    if head is None or registry.repo.is_shallow or not versions:
        return
    reach = read_reach(registry.git, (version.commit for _, version in versions), head)
    for name, version in versions:
        ref, commit = version.registrations[-1].ref, version.commit
        if commit in reach.missing:
            reason = f"the commit of {version.name}, {commit[:7]}, is not in this repository"
            hint = f"`git fetch origin {commit}` may bring it; `gto deprecate {name} {version.name}` gives it up"
            yield Problem("commit-missing", ref, reason, hint, name)
        elif commit in reach.unreached:
            reason = f"no branch reaches the commit of {version.name}, {commit[:7]}: only tags keep it"
            hint = f"`git branch keep-{commit[:7]} {commit[:7]}` keeps it; push that branch too"
            yield Problem("version-unreached", ref, reason, hint, name)
