"""How what runs on a target stands to what Git says is to run there."""

from enum import StrEnum
from typing import NamedTuple


class TargetState(StrEnum):
    """What is to be known of a target at a glance, in the words of Argo CD and Flux where they have one."""

    SYNCED = "synced"
    """It runs what Git says, and answers."""
    OUT_OF_SYNC = "out of sync"
    """It runs another version, or other files or settings."""
    NOT_READY = "not ready"
    """It has what Git says, and does not answer."""
    MISSING = "missing"
    """Nothing runs there."""
    UNREACHABLE = "unreachable"
    UNREPORTED = "not reported"
    UNDECLARED = "undeclared"
    """Something was reported of it, and `deploy.yaml` does not declare it any more."""
    EMPTY = "nothing to run"
    """Its stage holds no version, and nothing runs there."""
    REFUSED = "refused"
    """What Git says may not or cannot run there; only who deploys finds that out."""


BAD_STATES = frozenset({TargetState.OUT_OF_SYNC, TargetState.NOT_READY, TargetState.MISSING})
"""The states that count against an artifact's health."""


class WantedVersion(NamedTuple):
    """What Git says is to run on a target."""

    artifact: str
    version: str
    commit: str


class TargetReport(NamedTuple):
    """What somebody found on a target."""

    target: str
    artifact: str = ""
    """Empty where nothing of ours runs there."""
    version: str = ""
    """Empty where what is there does not tell it."""
    commit: str = ""
    is_ready: bool = False
    """Whether it answers."""
    is_in_sync: bool = True
    """False where who looked found other files or settings than Git has, though the version is the same."""
    detail: str = ""
    """What the platform says of its state."""
    unreachable: str = ""
    """Why the target could not be asked; empty where it could."""

    def runs(self, wanted: WantedVersion) -> bool:
        """Tell whether the version that runs is this one; a target that tells no commit is believed its version."""
        commit = self.commit or wanted.commit
        return (self.artifact, self.version, commit) == wanted


def state_of(*, is_declared: bool, wanted: WantedVersion | None, report: TargetReport | None) -> TargetState:
    """Return how a target stands; `wanted` is None where its stage holds no version."""
    if report is None or not is_declared:
        return TargetState.UNREPORTED if report is None else TargetState.UNDECLARED
    if report.unreachable:
        return TargetState.UNREACHABLE
    if not report.artifact:
        return TargetState.MISSING if wanted else TargetState.EMPTY
    if wanted is None or not report.is_in_sync or not report.runs(wanted):
        return TargetState.OUT_OF_SYNC
    return TargetState.SYNCED if report.is_ready else TargetState.NOT_READY
