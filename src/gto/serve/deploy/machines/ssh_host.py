"""A machine that is reached by the OpenSSH client, with the user's own configuration and keys."""

from __future__ import annotations

import os
import shlex
from typing import IO, NamedTuple

from gto.exceptions import DeployFailed
from gto.serve.deploy.tool_process import ToolAnswer, ToolCall, run_tool

VARIABLE = "GTO_SSH"
"""The command in the place of `ssh`, with arguments: `ssh -F other-config`."""
_CONNECT = 10  # seconds
_NO_CONNECTION = 255  # ssh's exit code, where it is not the script's


class SshHost(NamedTuple):
    """A machine, and how scripts are run on it."""

    name: str
    """As ssh takes it: `user@host`, or an alias of the user's configuration."""
    port: int | None = None
    sudo: bool = False

    def run(
        self, script: str, *, seconds: float = 30, data: bytes | None = None, source: IO[bytes] | None = None
    ) -> ToolAnswer:
        """Run a script of a POSIX shell there; it reads what it gets on stdin."""
        command = f"{'sudo -n ' if self.sudo else ''}sh -c {shlex.quote(script)}"
        port = ["-p", str(self.port)] if self.port is not None else []
        quiet = ["-T", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={_CONNECT}", "-o", "ServerAliveInterval=15"]
        ssh = shlex.split(os.environ.get(VARIABLE, "")) or ["ssh"]
        argv = [*ssh, *quiet, *port, "--", self.name, command]
        install = "install the OpenSSH client"
        return run_tool(ToolCall(argv, data, seconds, install=install, source=source))

    def must(
        self, script: str, what: str, *, seconds: float, data: bytes | None = None, source: IO[bytes] | None = None
    ) -> ToolAnswer:
        """Run a script that must end with 0; DeployFailed says that `what` failed."""
        answer = self.run(script, seconds=seconds, data=data, source=source)
        if answer.status != 0:
            raise DeployFailed(f"{what} on '{self.name}' failed: {answer.said}", hint_of(self.name, answer))
        return answer


def is_connected(answer: ToolAnswer) -> bool:
    """Tell whether the machine was reached at all."""
    return answer.status not in (_NO_CONNECTION, -1)


def hint_of(name: str, answer: ToolAnswer) -> str:
    """Return the next step after an answer that is not good."""
    return "" if is_connected(answer) else f"`ssh {name} true` must work without a question"
