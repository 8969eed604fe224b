"""A Studio that runs: its index, the thread that reads Git, and the web server, until it is interrupted."""

import errno
import gc
import os
import socket
import webbrowser
from collections.abc import Callable
from typing import NamedTuple

import uvicorn

from gto.catalog.parallel import Way
from gto.catalog.repositories import Search
from gto.exceptions import UsageError
from gto.studio.app import make_app
from gto.studio.context import Context, Settings
from gto.studio.index.database import Database, path_for
from gto.studio.session import Sessions
from gto.studio.sync.worker import Worker

HOST = "127.0.0.1"
PORT = 8765
"""The usual port; where it is taken, another one is."""

_BACKLOG = 64


class Options(NamedTuple):
    """What the command line says of a Studio."""

    port: int | None = None
    """None for the usual one, or any that is free."""
    socket: str | None = None
    """The path of a Unix socket that takes the place of a port."""
    opens_browser: bool = True
    settings: Settings = Settings()


def run(found: Search, way: Way, options: Options, say: Callable[[str], None]) -> None:
    """Serve a Studio of these repositories until it is interrupted; `say` is told its address."""
    listener = listen(options)
    try:
        database = Database(path_for([place.address for place in found.places]))
        worker = Worker(database, found.places, way)
        sessions = Sessions(f"gto_studio_{_port(listener)}")
        context = Context(database, worker, sessions, way, options.settings, found.failures)
        app = make_app(context, _hosts(listener))
        address = _address(listener, sessions.new_token())
        worker.start()
        say(address)
        if options.opens_browser and options.socket is None:
            webbrowser.open(address)
        _collect_seldom()
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, lifespan="on")
        try:
            uvicorn.Server(config).run(sockets=[listener])
        finally:
            worker.stop()
            database.close()
    finally:
        listener.close()
        if options.socket is not None:
            os.unlink(options.socket)


def _collect_seldom() -> None:
    """Have circles of values looked for seldom, and not among what is loaded: it took half of a large page's time."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def listen(options: Options) -> socket.socket:
    """Return the socket that is served: of loopback, or a file that only this user may open."""
    if options.socket is not None:
        return _listen_on_file(options.socket)
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, options.port if options.port is not None else PORT))
    except OSError as error:
        if error.errno != errno.EADDRINUSE or options.port is not None:
            made.close()
            hint = "--port 0 takes any that is free"
            raise UsageError(f"Port {options.port} cannot be listened on: {error.strerror}", hint) from error
        made.bind((HOST, 0))
    made.listen(_BACKLOG)
    return made


def _listen_on_file(path: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    try:
        made.bind(path)
        os.chmod(path, 0o600)
    except OSError as error:
        made.close()
        raise UsageError(
            f"'{path}' cannot be made: {error.strerror}", "remove what is there, or name another"
        ) from error
    made.listen(_BACKLOG)
    return made


def _port(listener: socket.socket) -> int:
    return int(listener.getsockname()[1]) if listener.family is socket.AF_INET else 0


def _hosts(listener: socket.socket) -> frozenset[str]:
    port = _port(listener)
    return frozenset({f"{name}:{port}" for name in (HOST, "localhost")} if port else {"localhost"})


def _address(listener: socket.socket, token: str) -> str:
    port = _port(listener)
    return f"http://{HOST}:{port}/models?token={token}" if port else f"http://localhost/models?token={token}"
