"""An interface of a cloud on loopback, in JSON: what it was asked is kept, and what it answers is a function's."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import parse_qs, urlsplit

from tests.loopback import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

Object = dict[str, Any]
Reply = tuple[int, object]


class Asked(NamedTuple):
    """A request."""

    method: str
    path: str
    query: dict[str, str]
    headers: Message
    body: Any


class Cloud(Protocol):
    """What stands behind the interface."""

    registry: str
    """Where `/v2/` of registries is sent on to; empty for none."""

    def answer(self, asked: Asked) -> Reply:
        """The status and the JSON of an answer."""
        ...


@contextmanager
def cloud_on_loopback(cloud: Cloud) -> Iterator[str]:
    """Serve until the block ends, and yield the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"cloud": cloud}))
    server.daemon_threads = True
    with running(server):
        yield f"http://127.0.0.1:{server.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cloud: Cloud

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
        """Say nothing."""

    def do_GET(self) -> None:
        body = self._body()
        url = urlsplit(self.path)
        if self.cloud.registry and url.path.startswith("/v2/") and not url.path.startswith("/v2/models/"):
            self._hand_on(body)
            return
        query = {key: values[-1] for key, values in parse_qs(url.query).items()}
        value = json.loads(body) if body else None
        status, answer = self.cloud.answer(Asked(self.command, url.path, query, self.headers, value))
        self._send(status, [("Content-Type", "application/json")], json.dumps(answer).encode())

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET  # noqa: N815  http.server names them

    def _hand_on(self, body: bytes) -> None:
        """To the registry, for who has the right name."""
        if "Authorization" not in self.headers:
            self._send(401, [("WWW-Authenticate", 'Basic realm="registry"')], b"{}")
            return
        inner = HTTPConnection(self.cloud.registry)
        inner.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for key, value in self.headers.items():  # some of them are there several times
            if key.lower() not in _HOPS:
                inner.putheader(key, value)
        inner.putheader("Content-Length", str(len(body)))
        inner.endheaders(body)
        answer = inner.getresponse()
        headers = [(key, value) for key, value in answer.getheaders() if key.lower() not in {"date", "connection"}]
        self._send(answer.status, headers, answer.read())
        inner.close()

    def _send(self, status: int, headers: list[tuple[str, str]], data: bytes) -> None:
        self.send_response(status)
        for key, value in headers:
            self.send_header(key, value)
        if "content-length" not in {key.lower() for key, _ in headers}:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found


_HOPS = {"connection", "transfer-encoding", "content-length", "authorization"}
