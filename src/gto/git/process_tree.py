"""Git processes that run, and how they are ended: with their children."""

import os
import signal
import subprocess
import sys
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


def new_group() -> int | None:
    """Return what has a process lead a group of its own, which is ended whole; None where it stays in this one.

    On a terminal it stays: ssh and gpg ask their user there, and a terminal stops a group in the background that does.
    """
    if sys.platform == "win32":
        return None
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return 0
    return None


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill git and its children: ssh and git-remote-https go on without it, and hold its pipes open."""
    if sys.platform != "win32":
        with suppress(OSError):
            if os.getpgid(process.pid) == process.pid:
                os.killpg(process.pid, signal.SIGKILL)
                return
    family = [process.pid]
    pairs = _parents()
    for member in family:
        family += [pid for pid, parent in pairs if parent == member]
    process.kill()
    for pid in family[1:]:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def _parents() -> list[tuple[int, int]]:
    """Return all processes with their parents: as the kernel tells, else as `ps` does."""
    pairs: list[tuple[int, int]] = []
    for pid in filter(str.isdecimal, os.listdir("/proc") if sys.platform == "linux" else ()):
        with suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/stat", "rb") as file:
            pairs.append((int(pid), int(file.read().rpartition(b")")[2].split()[1])))  # a name may hold anything
    if not pairs:
        with suppress(OSError, subprocess.SubprocessError, ValueError):
            listed = subprocess.run(  # noqa: S603  a fixed list
                _PS, capture_output=True, check=True, timeout=10
            )
            pairs = [(int(pid), int(parent)) for pid, parent in map(bytes.split, listed.stdout.splitlines())]
    return pairs
