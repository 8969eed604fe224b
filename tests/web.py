"""A web server on loopback that serves bytes, in ranges too, and does what servers do when they fail."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from tests.loopback import running

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping


class Asked(NamedTuple):
    """A request that came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Reply(NamedTuple):
    """What is answered."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}
    length: int | None = None
    """The length that is told, where it is not the body's; -1 for none."""
    drop_after: int | None = None
    """How many bytes of the body are sent before the connection is closed."""
    hang: bool = False
    """Whether nothing comes after that, and the connection stays open."""


@dataclass(slots=True)
class Web:
    """A running server; `files` are its bytes by path, `rules` answer instead, each as often as it says."""

    port: int = 0
    scheme: str = "http"
    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    asked: list[Asked] = field(default_factory=list)
    clients: set[tuple[str, int]] = field(default_factory=set)
    """Their addresses: as many as connections."""
    stopped: Event = field(default_factory=Event)
    _rules: list[tuple[str, Callable[[Asked, Reply], Reply | None], int]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def rule(self, path: str, act: Callable[[Asked, Reply], Reply | None], times: int = 1 << 30) -> None:
        """Have requests of a path answered by `act`, which gets the usual reply too."""
        with self._lock:
            self._rules.append((path, act, times))

    def ranges_asked(self, path: str) -> list[str]:
        """The ranges that were asked for, in their order; empty for the whole."""
        return [one.headers.get("Range", "") for one in self.asked if one.path == path]

    def reply(self, asked: Asked) -> Reply:
        """What is answered to a request."""
        with self._lock:
            self.asked.append(asked)
        usual = self._usual(asked)
        act = self._next_rule(unquote(asked.path.partition("?")[0]))
        return (act(asked, usual) if act else None) or usual

    def _next_rule(self, path: str) -> Callable[[Asked, Reply], Reply | None] | None:
        with self._lock:
            for number, (own, act, times) in enumerate(self._rules):
                if own == path and times > 0:
                    self._rules[number] = (own, act, times - 1)
                    return act
        return None

    def _usual(self, asked: Asked) -> Reply:
        body = self.files.get(unquote(asked.path.partition("?")[0]))
        if body is None:
            return Reply(404, b"nothing here")
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", asked.headers.get("Range", ""))
        if not (match and self.ranges):
            return Reply(200, body)
        start = int(match[1])
        if start >= len(body):
            return Reply(416)
        part = body[start : int(match[2]) + 1 if match[2] else None]
        return Reply(206, part, {"Content-Range": f"bytes {start}-{start + len(part) - 1}/{len(body)}"})


def _encrypted(listener: ThreadingHTTPServer, tls: ssl.SSLContext | None) -> str:
    """Have a server speak TLS, where that is wanted, and return the scheme of its URLs."""
    if tls is None:
        return "http"
    # Each connection greets in its own thread: a client that goes away then stops no other.
    listener.socket = tls.wrap_socket(listener.socket, server_side=True, do_handshake_on_connect=False)
    return "https"


@contextmanager
def serve_web(tls: ssl.SSLContext | None = None) -> Iterator[Web]:
    """Serve until the block ends; with `tls`, encrypted."""
    web = Web()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            web.clients.add(self.client_address[:2])
            self._send(
                web.reply(
                    Asked(self.command, self.path, {name.title(): value for name, value in self.headers.items()}, body)
                )
            )

        do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815  the names that the library calls

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.length != -1:
                self.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
            else:
                self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body if reply.drop_after is None else reply.body[: reply.drop_after])
            if reply.hang:
                self.wfile.flush()
                web.stopped.wait()
            if reply.drop_after is not None or reply.length is not None or reply.hang:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
            pass

    class Listener(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that goes away is what some tests want."""

    listener = Listener(("127.0.0.1", 0), Handler)
    web.port = listener.server_port
    web.scheme = _encrypted(listener, tls)
    with running(listener, web.stopped):
        yield web
