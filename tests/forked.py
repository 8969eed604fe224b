"""A process that has imported gto, run as a script: it forks, and the child becomes the gto that was asked for."""

from __future__ import annotations

import gc
import json
import marshal
import os
import pkgutil
import posix
import runpy
import signal
import socket
import sys
import time
from importlib import import_module
from typing import Any, NoReturn

import gto

LATE = ("base64", "difflib", "encodings.ascii", "hashlib", "hmac", "secrets", "struct", "tempfile", "textwrap", "yaml")
"""What commands import only when they need it, beside what is gto's own."""


def main(line: socket.socket) -> None:
    """Answer each request with the child's exit code, until the other end closes."""
    import_all()
    gc.freeze()  # a collection in a child would copy all that was imported
    while True:
        request, fds, *_ = socket.recv_fds(line, 1 << 16, 3)
        if not request:
            return
        while not request.endswith(b"\n"):
            request += line.recv(1 << 16)
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.close(reader)
            line.close()
            hand_over_lines(writer)
            become(fds, **json.loads(request))
        for fd in (*fds, writer):
            os.close(fd)
        with open(reader, "rb") as lines:
            take_lines(lines.read())
        line.sendall(b"%d" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def import_all() -> None:
    """Import all of gto, and what commands import late; nothing of gto runs here."""
    for module in pkgutil.walk_packages(gto.__path__, "gto."):
        is_others = module.name.startswith("gto.serve.adapters.")  # what the servers of others import
        if module.name != "gto.__main__" and not is_others:
            import_module(module.name)
    for name in LATE:
        import_module(name)


def become(fds: list[int], args: list[str], cwd: str, env: dict[str, str], limit: int) -> NoReturn:
    """Do what `python -m gto ARGS` does in a new process, and end as it ends; a signal ends it after `limit` seconds.

    Python's own streams stay: those of this process are over pipes, as the new ones are, and hold nothing.
    """
    signal.alarm(limit)
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    sys.argv[1:] = args
    runpy.run_module("gto", run_name="__main__", alter_sys=True)
    sys.exit()


# Under coverage the tracer goes on in the child. To start coverage again and to save a file takes longer than most
# commands do, so that the child's lines are added to those of this process, which saves them once, at its end.


def measured() -> dict[str, Any]:
    """What coverage has seen so far of each file; empty where nothing is measured."""
    coverage = sys.modules.get("coverage")
    return {} if coverage is None else coverage.process_startup.coverage._collector.data  # noqa: SLF001 - all else goes through a file


def hand_over_lines(writer: int) -> None:
    """In the child: forget what the parent has seen; at the end, write what was seen since."""
    data = measured()
    parents = data.copy()
    data.clear()

    def leave(code: int, _: object = parents) -> None:  # kept: to free it would copy the memory that both share
        with open(writer, "wb") as lines:
            lines.write(marshal.dumps(dict(data)))
        posix._exit(code)  # noqa: SLF001 - os._exit as it was before coverage came

    os._exit = leave  # type: ignore[assignment]  # its NoReturn


def take_lines(text: bytes) -> None:
    """Add what a child has seen; a child that was killed has written nothing."""
    data = measured()
    for file, seen in marshal.loads(text).items() if text else ():  # noqa: S302 - written by our own child
        data.setdefault(file, seen).update(seen)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
