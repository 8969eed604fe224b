"""Git processes that run, and how they are ended: with their children."""

import os
import signal
import subprocess
from contextlib import suppress
from threading import Event

_PS = ("ps", "-A", "-o", "pid=,ppid=")
_running: set["subprocess.Popen[bytes]"] = set()
_over = Event()


def is_over() -> bool:
    """Tell whether no process may be started any more."""
    return _over.is_set()


def join(process: "subprocess.Popen[bytes]") -> None:
    """Keep a process in mind that was just started; where it is over, it is ended at once."""
    _running.add(process)
    if _over.is_set():  # since somebody asked
        end(process)


def leave(process: "subprocess.Popen[bytes]") -> None:
    """Forget a process that has ended."""
    _running.discard(process)


def stop() -> None:
    """End all processes that run, and have none started any more: this process is about to end."""
    _over.set()
    for process in tuple(_running):
        end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill git and its children: ssh and git-remote-https go on without it, and hold its pipes open."""
    family = [process.pid]
    with suppress(OSError, subprocess.SubprocessError, ValueError):
        listed = subprocess.run(  # noqa: S603  a fixed list
            _PS, capture_output=True, check=True, timeout=10
        )
        pairs = [(int(pid), int(parent)) for pid, parent in map(bytes.split, listed.stdout.splitlines())]
        for member in family:
            family += [pid for pid, parent in pairs if parent == member]
    process.kill()
    for pid in family[1:]:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
