"""How a target stands."""

from __future__ import annotations

import pytest

from gto.core.target_state import TargetReport, TargetState, WantedVersion, state_of

WANTED = WantedVersion("churn", "v1.1.0", "c" * 40)
RUNS = TargetReport("prod", "churn", "v1.1.0", "c" * 40, is_ready=True)


@pytest.mark.parametrize(
    ("wanted", "report", "state"),
    [
        (WANTED, RUNS, TargetState.SYNCED),
        (WANTED, RUNS._replace(commit=""), TargetState.SYNCED),
        (WANTED, RUNS._replace(is_ready=False), TargetState.NOT_READY),
        (WANTED, RUNS._replace(version="v1.0.0"), TargetState.OUT_OF_SYNC),
        (WANTED, RUNS._replace(commit="d" * 40), TargetState.OUT_OF_SYNC),
        (WANTED, RUNS._replace(artifact="ranking"), TargetState.OUT_OF_SYNC),
        (WANTED, RUNS._replace(is_in_sync=False), TargetState.OUT_OF_SYNC),
        (WANTED, TargetReport("prod"), TargetState.MISSING),
        (WANTED, TargetReport("prod", unreachable="no route to host"), TargetState.UNREACHABLE),
        (WANTED, None, TargetState.UNREPORTED),
        (None, RUNS, TargetState.OUT_OF_SYNC),
        (None, TargetReport("prod"), TargetState.EMPTY),
    ],
)
def test_what_runs_is_held_against_what_git_says(
    wanted: WantedVersion | None, report: TargetReport | None, state: TargetState
) -> None:
    assert state_of(is_declared=True, wanted=wanted, report=report) == state


def test_a_target_that_is_not_declared_is_told_whatever_runs_there() -> None:
    assert state_of(is_declared=False, wanted=None, report=RUNS) == TargetState.UNDECLARED
