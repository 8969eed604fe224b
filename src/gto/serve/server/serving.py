"""A server that runs: its socket, uvicorn around the app, and its end, after the requests that are being answered."""

from __future__ import annotations

import asyncio
import errno
import gc
import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import uvicorn

from gto.exceptions import UsageError
from gto.serve.server.client_connection import ServeProtocol, end_waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gto.serve.server.serving_app import ServeApp

_BACKLOG = 256
_HINTS = {
    errno.EADDRINUSE: "name another with --port; 0 takes any that is free",
    errno.EACCES: "ports below 1024 are the administrator's; name another with --port",
}
_DRAIN_TICKS = 5  # of 0.1 s each, in which a connection that was taken comes to be known


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that is bound, and does not listen yet: who comes before the models are loaded is refused.

    UsageError where the port is taken, or the address is none of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, so that asyncio sends what it has at once: else each answer waits 40 ms for an acknowledgement.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        hint = _HINTS.get(error.errno or 0, "name an address of this machine with --host; 0.0.0.0 is all it has")
        raise UsageError(f"{host}:{port} cannot be listened on: {error.strerror or error}", hint) from error
    return made


class Server:
    """A web server around an app, which may be ended before it serves, too."""

    def __init__(self, app: ServeApp) -> None:
        self._app = app
        self._server: _UvicornServer | None = None
        self._is_ending = False

    def serve(self, listener: socket.socket, started: Callable[[], None] = lambda: None) -> None:
        """Serve until end() is called from another thread; `started` is called when clients are answered."""
        self._server = _UvicornServer(_config(self._app), self._app.settings.patience, started)
        self._server.should_exit = self._is_ending
        gc.freeze()  # what is loaded stays: circles are looked for among what requests leave
        gc.set_threshold(10_000, 20, 20)
        listener.listen(_BACKLOG)
        self._server.run(sockets=[listener])

    def drain(self) -> None:
        """Take no more connections, and have serve() return when those that there are have ended.

        Whoever sends a request on one is told to close it; one that is idle ends as it would without this, so that
        none is closed under a request that is on its way.
        """
        self._app.close_connections()
        if self._server is not None:
            self._server.is_draining = True

    def end(self) -> None:
        """Have serve() return, after the requests that are being answered."""
        self._is_ending = True
        self._app.close_connections()
        if self._server is not None:
            self._server.should_exit = True


def _config(app: ServeApp) -> uvicorn.Config:
    settings = app.settings
    bounds = {"most": settings.max_connections, "patience": settings.patience}
    return uvicorn.Config(
        app,
        http=type("BoundProtocol", (ServeProtocol,), bounds),
        ws="none",
        backlog=_BACKLOG,
        log_level="error",  # a warning for each request that is none could fill the disk
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="on",
        loop="asyncio",
        timeout_keep_alive=int(settings.patience) + 1,  # connections have a clock of their own
        timeout_graceful_shutdown=settings.grace,
    )


class _UvicornServer(uvicorn.Server):
    """A server that leaves signals to who runs it, and says when it serves."""

    def __init__(self, config: uvicorn.Config, patience: float, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._patience = patience
        self._say_started = started
        self.is_draining = False
        self._drain_ticks = 0

    async def on_tick(self, counter: int) -> bool:
        """End where the last connection ended while it drains.

        The sockets are not closed first: asyncio drops a connection that it has taken, and of which it has told nobody
        yet, where its server is closed in between.
        """
        if self.is_draining:
            if not self._drain_ticks:
                for listener in (one for server in self.servers for one in server.sockets):
                    asyncio.get_running_loop().remove_reader(listener.fileno())
            self._drain_ticks += 1
            is_empty = self._drain_ticks > _DRAIN_TICKS and not self.server_state.connections
            self.should_exit = self.should_exit or is_empty
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing."""
        yield

    async def main_loop(self) -> None:
        """Serve."""
        watch = asyncio.create_task(end_waiting(self.server_state.connections, self._patience))
        self._say_started()
        try:
            await super().main_loop()
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
