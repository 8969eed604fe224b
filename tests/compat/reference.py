"""GTO 1.10.1 beside the project: its environment, made once, and a process of it whose clock the test sets."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests import environment
from tests.repo import Result

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from typing import IO

VERSION = "1.10.1"
HERE = Path(__file__).parent
PACKAGES = HERE / "reference.txt"


def make_environment() -> Path:
    """Return the Python of an environment that holds GTO 1.10.1; whoever comes first makes it, others wait."""
    return environment.make_environment(f"gto-{VERSION}", [f"gto=={VERSION}"], constraints=PACKAGES)


def preload() -> str:
    """Return the library that `faketime` puts before a process."""
    seen = subprocess.run(
        ["faketime", "-f", "2022-01-01 00:00:00", "env"], capture_output=True, text=True, check=True, timeout=60
    )
    values = dict(line.partition("=")[::2] for line in seen.stdout.splitlines())
    return values["LD_PRELOAD"]


@dataclass(slots=True)
class Reference:
    """A process of GTO 1.10.1."""

    process: subprocess.Popen[str]
    clock: Path
    faked: Mapping[str, str]
    """The variables that make a process read the clock."""

    def __call__(self, argv: list[str], cwd: Path, time: datetime, env: Mapping[str, str] | None = None) -> Result:
        """Run one command line at that second, in the environment of the test that asks."""
        self.set_clock(time)
        question = {"argv": argv, "cwd": str(cwd), "env": {**os.environ, **self.faked, **(env or {})}}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"the process of GTO {VERSION} ended at {argv}"
        said = json.loads(answer)
        return Result(said["stdout"], said["stderr"], said["code"])

    def set_clock(self, time: datetime) -> None:
        """Let the process read this time, and no other."""
        set_clock(self.clock, time)


def set_clock(file: Path, time: datetime) -> None:
    """Write the time as libfaketime reads it: in the process's own zone, which is UTC here."""
    file.write_text(f"{time:%Y-%m-%d %H:%M:%S}\n", encoding="ascii")


@contextmanager
def started(python: Path, clock: Path, time: datetime) -> Iterator[Reference]:
    """Start a process of GTO 1.10.1, and end it."""
    set_clock(clock, time)
    faked = {
        "LD_PRELOAD": preload(),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "COLUMNS": "1000",
    }
    with subprocess.Popen(
        [str(python), "-I", "-X", "utf8", str(HERE / "worker.py")],
        env={**os.environ, **faked},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            yield Reference(process, clock, faked)
        finally:
            close(process.stdin)
            process.wait(timeout=60)


def close(pipe: IO[str] | None) -> None:
    """Tell a process that no more will come."""
    if pipe is not None:
        pipe.close()
