"""A machine to deploy to: a real sshd on loopback, a real `systemd-analyze`, and a stand-in for systemctl."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests import stores

if TYPE_CHECKING:
    from collections.abc import Iterator

STAND_IN = Path(__file__).parent / "systemctl.py"
SERVER = '''\
"""The least that answers as a model server does."""
import json, os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port, model = int(sys.argv[1]), open(sys.argv[2]).read().strip()
if model == "broken":
    sys.exit("the model cannot be loaded")
version = os.environ["GTO_DEPLOYED_VERSION"] if model != "of another" else "v9.9.9"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.reply({"model": model, "version": version})

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.reply({"model_version": version, "outputs": []})

    def reply(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
'''


@dataclass(frozen=True, slots=True)
class Machine:
    """What is known of it."""

    place: Path
    ssh: str
    """The command that reaches it as host `box`, for GTO_SSH."""

    @property
    def units(self) -> Path:
        """Where its units are."""
        return self.place / "units"

    @property
    def root(self) -> Path:
        """Where its releases are."""
        return self.place / "opt"

    def values(self, port: int, **more: object) -> dict[str, object]:
        """The settings of a target there, whose model is a file beside the program that serves it."""
        return {
            "host": "box",
            "directory": str(self.root),
            "unit_directory": str(self.units),
            "interpreter": sys.executable,
            "command": ["{python}", "{model}/serve.py", "{port}", "{model}/weights.txt"],
            "port": port,
            **more,
        }

    def pids(self) -> list[int]:
        """The processes that its units started."""
        return [int(path.read_text()) for path in (self.place / "state").glob("*.pid")]

    def break_off(self) -> None:
        """End all sessions of ssh, on both sides, and what they run; what units started goes on, as under systemd."""
        marks = {f"SYSTEMCTL_STATE={self.place}/state".encode(), f"GTO_SSH={self.ssh}".encode()}
        kept = {*self.pids(), os.getpid()}
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                told = set((process / "environ").read_bytes().split(b"\0"))
                if int(process.name) not in kept and told & marks:
                    os.kill(int(process.name), signal.SIGKILL)


@contextmanager
def make_machine(place: Path) -> Iterator[Machine]:
    """Run sshd, with the stand-in first in its PATH; what its units started ends with it."""
    programs, state, units = place / "bin", place / "state", place / "units"
    for one in (programs, state, units):
        one.mkdir(parents=True)
    program = programs / "systemctl"
    line = f'exec {shlex.quote(sys.executable)} -S -E {shlex.quote(str(STAND_IN))} "$@"'
    # The lock of the script is not for what the unit starts: systemd starts it elsewhere.
    program.write_text(f"#!/bin/sh\n{line} 9>&-\n")
    program.chmod(0o755)
    path = f"{programs}:/usr/local/bin:/usr/bin:/bin"
    # With SHLVL bash reads none of the user's own files: what they start would be broken off, too, and leave its locks.
    env = f"SetEnv PATH={path} SHLVL=2 SYSTEMCTL_UNITS={units} SYSTEMCTL_STATE={state}"
    with stores.serve_ssh(place / "ssh", env) as ssh:
        (place / "known").write_text(ssh.known)
        config = [
            *("Host box", "HostName 127.0.0.1", f"Port {ssh.port}", f"IdentityFile {ssh.key}", "IdentitiesOnly yes"),
            *(f"User {stores.this_user()}", f"UserKnownHostsFile {place}/known", "LogLevel ERROR"),
            # One connection for all: to shake hands takes longer than all else that a script does.
            *("ControlMaster auto", f"ControlPath {place}/m", "ControlPersist 120"),
        ]
        (place / "config").write_text("\n".join(config) + "\n")
        machine = Machine(place, f"ssh -F {place}/config")
        try:
            yield machine
        finally:
            subprocess.run(["ssh", "-F", f"{place}/config", "-O", "exit", "box"], capture_output=True, check=False)
            for pid in machine.pids():
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
