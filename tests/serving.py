"""A process that serves, and requests to it over a connection each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.measured import ROOT, measured

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PLAIN = Path(__file__).parent / "serve" / "plain_server.py"


class Reply(NamedTuple):
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401  JSON
        return json.loads(self.body)


class ServingServer(NamedTuple):
    """A server that runs."""

    port: int
    process: subprocess.Popen[str]
    log: Path
    """What it wrote to stderr."""
    started: Mapping[str, Any]
    """What it said as it began to serve."""

    def ask(self, path: str, body: object = None, headers: Mapping[str, str] | None = None, method: str = "") -> Reply:
        """Send a request; bytes as they are, all else as JSON."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
            connection.request(method or ("GET" if body is None else "POST"), path, data, dict(headers or {}))
            answer = connection.getresponse()
            return Reply(answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    @property
    def most_memory(self) -> int:
        """The most bytes that the process ever had in memory."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))


@contextmanager
def serving(argv: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> Iterator[ServingServer]:
    """Run a server that says as JSON where it listens, until the block ends; then it must end well by SIGTERM."""
    with tempfile.NamedTemporaryFile("w+", suffix=".log") as log:
        process = subprocess.Popen(argv, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=log, text=True)
        with process:
            try:
                assert process.stdout is not None
                line = process.stdout.readline()
                assert line, Path(log.name).read_text()
                told = json.loads(line)
                port = told["port"] if "port" in told else int(told["address"].rpartition(":")[2])
                yield ServingServer(port, process, Path(log.name), told)
                if process.poll() is None:
                    process.terminate()
                assert process.wait(30) == 0
            finally:
                process.kill()


@contextmanager
def serving_plain(**options: object) -> Iterator[ServingServer]:
    """Serve the models of `plain_server.py`."""
    env = dict(os.environ)
    with serving([sys.executable, *measured(env), str(PLAIN), json.dumps(options)], ROOT, env) as found:
        yield found
