"""A smart HTTP server on 127.0.0.1: git's own http-backend, counted, with a password or with a fault where asked."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import tempfile
import traceback
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedReader
from math import inf
from threading import Event, Lock
from typing import IO, TYPE_CHECKING, Literal, NamedTuple

from tests.loopback import running
from tests.repo import Repo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PUSH = "/git-receive-pack"  # a Fault's `only`: the request that carries a push, not the listing before it
FETCH = "/git-upload-pack"

_CHUNK = 1 << 16
_LONGEST_LINE = 1 << 16


class Request(NamedTuple):
    """One request that was answered: its method, path and query, and the bytes of both bodies."""

    method: str
    path: str
    received: int
    sent: int


class Counts(NamedTuple):
    """How many requests were answered, and the bytes of their bodies."""

    requests: int
    received: int
    sent: int


class Fault(NamedTuple):
    """What goes wrong with requests from now on.

    `hang`: nothing is done and nothing answered. `hang after`: it is done, then nothing is answered.
    `lose`: it is done, then the connection is closed without an answer. `error`: nothing is done, the answer is 500.
    `drop`: it is done, and the connection is closed after `after` bytes of the answer.
    """

    kind: Literal["hang", "hang after", "lose", "error", "drop"]
    only: str = ""
    """Text that the path of the request ends with, as PUSH and FETCH; other requests go well."""
    after: int = 0
    times: int | None = None
    """How many requests go wrong; None for all."""


@dataclass(slots=True)
class Server:
    """A running server, and the directory whose repositories it serves."""

    root: Path
    port: int = 0
    login: tuple[str, str] | None = None
    """The name and password without which every request is answered with 401; None lets everybody in."""
    users: dict[str, str] = field(default_factory=dict)
    """Names and passwords of more people who may come in."""
    stopped: Event = field(default_factory=Event)
    errors: list[str] = field(default_factory=list)
    """What went wrong with the server itself: serve() raises it in the end."""
    _lock: Lock = field(default_factory=Lock)
    _requests: list[Request] = field(default_factory=list)
    _fault: Fault | None = None

    def new(self, name: str = "models.git", *settings: str) -> Repo:
        """Return a new bare repository that is served; settings as in `uploadpack.allowFilter=true`."""
        repo = Repo(self.root / name)
        repo.path.mkdir(parents=True)
        repo.git("init", "--quiet", "--bare")
        for setting in settings:
            repo.git("config", *setting.split("=", 1))
        return repo

    def url(self, name: str = "models.git", userinfo: str = "") -> str:
        """Return the address of a repository below `root`; userinfo as in `ada:secret`."""
        return f"http://{userinfo and f'{userinfo}@'}127.0.0.1:{self.port}/{name}"

    def fail(self, fault: Fault) -> None:
        """Have requests go wrong from now on."""
        with self._lock:
            self._fault = fault

    def mend(self) -> None:
        """Have every request go well again."""
        with self._lock:
            self._fault = None

    @property
    def requests(self) -> list[Request]:
        """The requests that were answered since the start or the last forget()."""
        with self._lock:
            return list(self._requests)

    @property
    def counts(self) -> Counts:
        """The sums over `requests`."""
        seen = self.requests
        return Counts(len(seen), sum(one.received for one in seen), sum(one.sent for one in seen))

    def forget(self) -> None:
        """Start counting anew."""
        with self._lock:
            self._requests.clear()

    def note(self, request: Request) -> None:
        """Count a request."""
        with self._lock:
            self._requests.append(request)

    def fault_of(self, path: str) -> Fault | None:
        """Return what is to go wrong with a request, which counts as one of the fault's `times`."""
        with self._lock:
            fault = self._fault
            if fault is None or not path.endswith(fault.only):
                return None
            if fault.times is not None:
                self._fault = fault._replace(times=fault.times - 1) if fault.times > 1 else None
            return fault


@contextmanager
def serve(root: Path, login: tuple[str, str] | None = None) -> Iterator[Server]:
    """Serve the repositories below a directory, for reading and writing, until the block ends."""
    root.mkdir(parents=True, exist_ok=True)
    server = Server(root, login=login)
    listener = _Listener(server)
    server.port = listener.server_port
    with running(listener, server.stopped):
        yield server
    assert not server.errors, "\n".join(server.errors)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # many processes come at once

    def __init__(self, server: Server) -> None:
        self.site = server
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - as the standard library calls it
        """Keep what happened; a client that was killed is none of the server's errors."""
        self.site.errors.append(traceback.format_exc())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # an answer comes in pieces, none of which is to wait
    server: _Listener

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        """Answer the requests of one connection, until the client is gone."""
        with suppress(ConnectionError):
            super().handle()

    def finish(self) -> None:
        with suppress(ConnectionError):
            super().finish()

    def do_GET(self) -> None:
        site = self.server.site
        with tempfile.TemporaryFile() as body:
            received = self._read_body(body)
            if self._user() is None:
                self._say(401, received, ("WWW-Authenticate", 'Basic realm="models"'))
                return
            fault = site.fault_of(self.path.partition("?")[0])
            if fault is not None and fault.kind == "error":
                self._say(500, received)
            elif fault is not None and fault.kind == "hang":
                self._hang()
            else:
                self._answer(body, received, fault)

    do_POST = do_GET  # noqa: N815 - as the standard library calls it

    def _user(self) -> str | None:
        """Return the name of who asks; None for one who may not."""
        site = self.server.site
        known = dict([site.login]) if site.login else {}
        known |= site.users
        for name, password in known.items():
            expected = base64.b64encode(f"{name}:{password}".encode()).decode()
            if self.headers.get("Authorization") == f"Basic {expected}":
                return name
        return None if known else "anybody"  # git lets nobody push who has no name

    def _read_body(self, body: IO[bytes]) -> int:
        """Copy the body of the request, chunked or not, and return its length."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline(_LONGEST_LINE).partition(b";")[0], 16):
                self._copy(body, size)
                self.rfile.readline(_LONGEST_LINE)
            self.rfile.readline(_LONGEST_LINE)
        else:
            self._copy(body, int(self.headers.get("Content-Length") or 0))
        length = body.tell()
        body.seek(0)
        return length

    def _copy(self, body: IO[bytes], size: int) -> None:
        while size:
            piece = self.rfile.read(min(size, _CHUNK))
            if not piece:
                raise ConnectionResetError
            body.write(piece)
            size -= len(piece)

    def _answer(self, body: IO[bytes], received: int, fault: Fault | None) -> None:
        """Let git do what was asked; where nothing of it may be seen, read its answer and keep it."""
        with subprocess.Popen(
            ["git", "http-backend"], stdin=body, stdout=subprocess.PIPE, env=self._variables(received)
        ) as backend:
            out = backend.stdout
            assert isinstance(out, BufferedReader)
            try:
                if fault is not None and fault.kind in ("hang after", "lose"):
                    out.read()
                    backend.wait()
                    self._hang() if fault.kind == "hang after" else self._cut()
                else:
                    self._pass_on(out, received, fault.after if fault else inf)
            except ConnectionError:
                out.read()  # as behind a real server: what was asked is done to its end
                raise

    def _variables(self, received: int) -> dict[str, str]:
        """Return what a CGI program is told in its environment."""
        path, _, query = self.path.partition("?")
        return {
            **os.environ,
            "GIT_PROJECT_ROOT": str(self.server.site.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(received),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REMOTE_ADDR": "127.0.0.1",
            "REMOTE_USER": self._user() or "",
        }

    def _pass_on(self, out: BufferedReader, received: int, left: float) -> None:
        """Send git's answer as it comes, up to so many bytes."""
        self._send_head(out)
        sent = 0
        while piece := out.read1(_CHUNK):
            piece = piece[: int(min(left, _CHUNK))]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if piece else b"")
            sent += len(piece)
            left -= len(piece)
            if left <= 0:
                out.read()
                self._cut()
                return
        self.server.site.note(Request(self.command, self.path, received, sent))
        self.wfile.write(b"0\r\n\r\n")

    def _send_head(self, out: BufferedReader) -> None:
        """Turn the head of a CGI answer into that of an HTTP answer."""
        status, headers = 200, []
        while line := out.readline(_LONGEST_LINE).decode().rstrip("\r\n"):
            key, _, value = line.partition(": ")
            if key.lower() == "status":
                status = int(value.split()[0])
            else:
                headers.append((key, value))
        self._start(status, ("Transfer-Encoding", "chunked"), *headers)

    def _say(self, status: int, received: int, *headers: tuple[str, str]) -> None:
        """Send an answer that is nothing but its status."""
        self.server.site.note(Request(self.command, self.path, received, 0))
        self._start(status, ("Content-Length", "0"), *headers)

    def _start(self, status: int, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for key, value in headers:
            self.send_header(key, value)
        self.end_headers()

    def _hang(self) -> None:
        """Keep the connection, and say nothing, as long as the server runs."""
        self.server.site.stopped.wait()
        self._cut()

    def _cut(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
