"""A web server on loopback that keeps what is put to it: a remote of DVC's over HTTP."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from tests.loopback import running

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        path = Path(self.translate_path(self.path))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self._body())
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _body(self) -> bytes:
        if "Content-Length" in self.headers:
            return self.rfile.read(int(self.headers["Content-Length"]))
        parts: list[bytes] = []  # DVC sends chunks: a size in a line, then so many bytes, and the end of a line
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # many connections come at once

    def handle_error(self, *_: object) -> None:
        """A client that closes a connection early is no news."""


@contextmanager
def serve_files(root: Path) -> Iterator[str]:
    """Serve a directory until the block ends, and yield its URL."""
    root.mkdir(parents=True, exist_ok=True)
    server = _Server(("127.0.0.1", 0), partial(_Handler, directory=str(root)))
    with running(server):
        yield f"http://127.0.0.1:{server.server_port}"
