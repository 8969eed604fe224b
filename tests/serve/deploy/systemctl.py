"""A stand-in for systemctl, where no systemd runs: it starts what a unit names, once the unit was loaded.

It is told where units and its own files are by SYSTEMCTL_UNITS and SYSTEMCTL_STATE. Hardening it does not do; the
real `systemd-analyze` reads the unit beside it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

UNITS, STATE = Path(os.environ["SYSTEMCTL_UNITS"]), Path(os.environ["SYSTEMCTL_STATE"])
LOADED = STATE / "loaded"


def main() -> int:
    """Do what the words say."""
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    verb, rest = words[0], [word for word in words[1:] if word.endswith(".service")]
    if verb == "daemon-reload":
        shutil.rmtree(LOADED, ignore_errors=True)
        shutil.copytree(UNITS, LOADED)
        return 0
    (unit,) = rest
    if verb == "is-active":
        known = (STATE / f"{unit}.pid").exists()
        sys.stdout.write("active\n" if pid_of(unit) else "failed\n" if known else "inactive\n")
    elif verb == "show":
        sys.stdout.write("0\n")
    elif verb == "status":
        sys.stdout.write((STATE / f"{unit}.log").read_text()[-2000:])
    elif verb == "restart":
        stop(unit)
        start(unit)
    return 0


def pid_of(unit: str) -> int | None:
    """The process of a unit; None where it has none that runs."""
    try:
        pid = int((STATE / f"{unit}.pid").read_text())
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    return pid if "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:1] else None


def stop(unit: str) -> None:
    """End the process of a unit."""
    pid = pid_of(unit)
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
        while pid_of(unit) is not None:
            time.sleep(0.01)


def start(unit: str) -> None:
    """Start what the loaded unit names."""
    lines = [line.partition("=") for line in (LOADED / unit).read_text().splitlines()]
    found = {key: value for key, _, value in lines}
    pairs = [shlex.split(value)[0].replace("%%", "%").partition("=") for key, _, value in lines if key == "Environment"]
    with (STATE / f"{unit}.log").open("ab") as log:
        process = subprocess.Popen(
            [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(found["ExecStart"])],
            cwd=found["WorkingDirectory"],
            env={**os.environ, **{key: value for key, _, value in pairs}},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (STATE / f"{unit}.pid").write_text(str(process.pid))


sys.exit(main())
