"""Runs a command and says what it took: CPU of it and its children, wall time, peak memory."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU-seconds, seconds, bytes; `finished` is false where the time cap ended it."""

    cpu: float
    wall: float
    memory: int
    finished: bool = True


def run(argv: Sequence[str], cwd: Path, env: Mapping[str, str], cap: float) -> Cost:
    """Run once; a command that fails raises, one over the cap is killed."""
    start = time.monotonic()
    process = subprocess.Popen(  # the group is killed whole
        argv, cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    finished = True
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        if finished and time.monotonic() - start > cap:
            finished = False
            os.killpg(process.pid, signal.SIGKILL)
        time.sleep(0.002)
    process.returncode = os.waitstatus_to_exitcode(status)
    if finished and process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, argv)
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(cpu, time.monotonic() - start, usage.ru_maxrss * 1024, finished)


def median(costs: Sequence[Cost]) -> Cost:
    """Return the medians; unfinished if one run was."""
    return Cost(
        statistics.median(cost.cpu for cost in costs),
        statistics.median(cost.wall for cost in costs),
        max(cost.memory for cost in costs),
        all(cost.finished for cost in costs),
    )


def repeat(once: Callable[[], Cost], times: int) -> Cost:
    """Run several times and return the medians; one that does not finish is not run again."""
    costs: list[Cost] = []
    for _ in range(times):
        costs.append(once())
        if not costs[-1].finished:
            break
    return median(costs)
