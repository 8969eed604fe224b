"""An HTTP server that answers what a hostile one would: redirects, lies about refs, bodies without an end."""

from __future__ import annotations

import socketserver
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event
from typing import TYPE_CHECKING

from tests.loopback import running

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ADVERTISED = "application/x-git-upload-pack-advertisement"
ABILITIES = b"\0multi_ack thin-pack side-band-64k ofs-delta shallow no-progress include-tag allow-tip-sha1-in-want"


@dataclass(slots=True)
class Web:
    """What is answered to every GET: a status, headers, a body, and after it the same piece for ever."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    endless: bytes = b""
    port: int = 0
    stopped: Event = field(default_factory=Event)
    seen: list[tuple[str, str]] = field(default_factory=list)
    """Path and Authorization of each request."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/x.git"


@contextmanager
def serve_web(web: Web) -> Iterator[Web]:
    """Answer on loopback until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            web.seen.append((self.path, self.headers.get("Authorization", "")))
            self.send_response(web.status)
            for key, value in web.headers.items():
                self.send_header(key, value)
            if not web.endless:
                self.send_header("Content-Length", str(len(web.body)))
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(web.body)
                while web.endless and not web.stopped.wait(0.001):
                    self.wfile.write(web.endless)

        do_POST = do_GET  # noqa: N815 - as the standard library calls it

    class Listener(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that gave up is no error."""

    listener = Listener(("127.0.0.1", 0), Handler)
    web.port = listener.server_port
    with running(listener, web.stopped):
        yield web


@contextmanager
def serve_git(refs: Sequence[tuple[str, bytes]]) -> Iterator[str]:
    """Say over git's own protocol that there are these refs, whatever is asked; yields the address."""
    advert = advertise(refs).body.partition(b"0000")[2]

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(ConnectionError):
                self.request.recv(1 << 16)
                self.request.sendall(advert)
                self.request.recv(1 << 16)

    class Listener(socketserver.ThreadingTCPServer):
        daemon_threads = True

    listener = Listener(("127.0.0.1", 0), Handler)
    with running(listener):
        yield f"git://127.0.0.1:{listener.server_address[1]}/x.git"


def advertise(refs: Sequence[tuple[str, bytes]]) -> Web:
    """A server that says that it has these refs: object ids and names, which may be any bytes."""
    lines = [b"# service=git-upload-pack\n", None]
    for number, (oid, name) in enumerate(refs):
        lines.append(oid.encode() + b" " + name + (ABILITIES if number == 0 else b"") + b"\n")
    body = b"".join(b"0000" if line is None else b"%04x%s" % (len(line) + 4, line) for line in [*lines, None])
    return Web(headers={"Content-Type": ADVERTISED}, body=body)
