"""A `gto` without the start of Python: forked from a process that has imported it, one for each process of pytest."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from functools import cache
from selectors import EVENT_READ, DefaultSelector
from threading import Lock
from time import monotonic
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVER = os.path.join(os.path.dirname(__file__), "forked.py")
READ_AT_START = ("COVERAGE", "LANG", "LC_", "LD_", "PYTHON")
"""Variables that Python, coverage or the system's loader reads when a process starts: a fork would not obey them."""
PIPE_HOLDS = 4096
"""So many bytes of input can be written before anybody reads."""
_BUSY = Lock()
_MEASURED: dict[str, str] = {}  # what tells a process that its coverage is measured


class Forks(NamedTuple):
    """The process that forks, our end of the line to it, and what it read at its start."""

    server: subprocess.Popen[bytes]
    line: socket.socket
    read: Mapping[str, str]


class Left(NamedTuple):
    """What a gto left behind; its code is negative for a signal."""

    stdout: bytes
    stderr: bytes
    code: int


def run(args: tuple[str, ...], cwd: str, env: Mapping[str, str], text: bytes, limit: int) -> Left | None:
    """What a forked gto leaves behind; None where only a new process would do. The limit is in seconds."""
    if len(text) > PIPE_HOLDS or not _BUSY.acquire(blocking=False):
        return None
    try:
        forks = started()
        if read_at_start(env) != forks.read:
            return None
        words = {"args": args, "cwd": cwd, "env": dict(env), "limit": limit}
        return ask(forks.line, json.dumps(words).encode() + b"\n", text, limit)
    finally:
        _BUSY.release()


@cache
def started() -> Forks:
    """Start the server, when it is first asked for."""
    ours, theirs = socket.socketpair()
    argv = [sys.executable, "-P", SERVER, str(theirs.fileno())]
    std = subprocess.PIPE  # as a gto has them: its streams are made here
    env = {**os.environ, **_MEASURED}
    with theirs:
        server = subprocess.Popen(argv, pass_fds=[theirs.fileno()], stdin=std, stdout=std, stderr=std, env=env)
    return Forks(server, ours, read_at_start(os.environ))


def measure_here_alone() -> None:
    """Let coverage be measured in the forked gto alone: in a process of its own it takes longer than the process."""
    for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
        _MEASURED[name] = os.environ.pop(name)


def stop() -> None:
    """Let the server, if there is one, save what coverage has seen, and end."""
    if started.cache_info().currsize:
        forks = started()
        started.cache_clear()
        forks.line.close()
        _, complaint = forks.server.communicate()
        assert forks.server.returncode == 0, complaint.decode()


def ask(line: socket.socket, request: bytes, text: bytes, limit: int) -> Left:
    """Send the request with the ends of three pipes; wait for what comes out of them, then for the exit code."""
    with ExitStack() as stack:
        (stdin, inlet), (outlet, stdout), (errors, stderr) = (pipe(stack) for _ in range(3))
        sent = socket.send_fds(line, [request], [file.fileno() for file in (stdin, stdout, stderr)])
        line.sendall(request[sent:])
        inlet.write(text)
        for file in (stdin, inlet, stdout, stderr):
            file.close()
        try:
            out, err = drain(outlet, errors, limit)
        finally:
            code = line.recv(16)
        return Left(out, err, int(code))


def pipe(stack: ExitStack) -> tuple[IO[bytes], IO[bytes]]:
    """Both ends of a new pipe, closed with the stack at the latest."""
    reader, writer = os.pipe()
    return (
        stack.enter_context(open(reader, "rb", buffering=0)),
        stack.enter_context(open(writer, "wb", buffering=0)),
    )


def drain(outlet: IO[bytes], errors: IO[bytes], limit: int) -> tuple[bytes, bytes]:
    """What comes out of two pipes until nobody holds their other ends; TimeoutError after so many seconds."""
    end = monotonic() + limit
    out, err = bytearray(), bytearray()
    with DefaultSelector() as waiting:
        waiting.register(outlet, EVENT_READ, out)
        waiting.register(errors, EVENT_READ, err)
        while waiting.get_map():
            ready = waiting.select(end - monotonic())
            if not ready:
                raise TimeoutError
            for key, _ in ready:
                chunk = os.read(key.fd, 1 << 16)
                key.data.extend(chunk)
                if not chunk:
                    waiting.unregister(key.fileobj)
    return bytes(out), bytes(err)


def read_at_start(env: Mapping[str, str]) -> dict[str, str]:
    """Those of the variables that only a new process obeys."""
    return {name: value for name, value in env.items() if name.startswith(READ_AT_START)}
