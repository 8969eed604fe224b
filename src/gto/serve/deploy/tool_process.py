"""The platforms' own tools (ssh, docker, kubectl, flyctl), run by argument list: the one place that starts them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, NamedTuple

from gto.exceptions import ToolMissing
from gto.fs.child_variables import without_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import IO

MOST_READ = 64 << 20
"""Bytes of what a tool writes that are read."""
_LONGEST = 2000  # characters of what a tool says that an error repeats


class ToolAnswer(NamedTuple):
    """How a tool ended, and what it said."""

    argv: tuple[str, ...]
    status: int
    """Its exit code; -1 where it did not end in time and was ended."""
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        """What it wrote to stdout."""
        return self.out.decode("utf-8", "replace")

    @property
    def said(self) -> str:
        """What it complained of, at most some lines; the end counts more than the beginning."""
        if self.status == -1:
            return "it did not end in time"
        text = (self.err or self.out).decode("utf-8", "replace").strip()
        return text[-_LONGEST:] or f"exit code {self.status}"


class ToolCall(NamedTuple):
    """What a tool is started with."""

    argv: Sequence[str]
    data: bytes | None = None
    """What it reads on stdin; nothing without."""
    seconds: float = 60
    env: Mapping[str, str] = {}
    """Variables beside those of this process."""
    cwd: str | None = None
    install: str = ""
    """What to do where the tool is not there."""
    source: IO[bytes] | None = None
    """A file that it reads on stdin, in the place of `data`."""


def run_tool(call: ToolCall) -> ToolAnswer:
    """Run a tool to its end, and return what it said, whatever its exit code; ToolMissing where there is none."""
    with TemporaryFile() as out, TemporaryFile() as err:  # who says more than memory holds fills none
        try:
            process = subprocess.Popen(  # noqa: S603  the arguments are a list; no shell reads them
                list(call.argv),
                stdin=call.source or (subprocess.DEVNULL if call.data is None else subprocess.PIPE),
                stdout=out,
                stderr=err,
                env={**without_secrets(), **call.env},
                cwd=call.cwd,
                start_new_session=True,
            )
        except (FileNotFoundError, PermissionError) as error:
            raise ToolMissing(call.argv[0], call.install) from error
        with process:
            status = _wait(process, call)
        return ToolAnswer(tuple(call.argv), status, _begin_of(out), _end_of(err))


def _wait(process: subprocess.Popen[bytes], call: ToolCall) -> int:
    """Return the exit code of a tool; -1 where it had to be ended."""
    try:
        process.communicate(call.data, timeout=call.seconds)
    except subprocess.TimeoutExpired:
        _end(process)
        return -1
    except BaseException:  # Ctrl-C: what it started ends with us
        _end(process)
        raise
    return process.returncode


def _begin_of(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(MOST_READ)


def _end_of(file: IO[bytes]) -> bytes:
    file.seek(max(0, file.seek(0, os.SEEK_END) - MOST_READ))
    return file.read()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a tool with what it started."""
    with suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
