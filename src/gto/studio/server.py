"""A Studio that runs: its index, the thread that reads Git, and the web server, until it is interrupted."""

import errno
import gc
import os
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Event, Thread
from typing import NamedTuple

import uvicorn
from fastapi import FastAPI
from starlette.middleware import Middleware

from gto.catalog.parallel import Way
from gto.catalog.repositories import Search
from gto.exceptions import UsageError
from gto.git import process_tree
from gto.studio.app import make_app
from gto.studio.authorization_header import PREFIX
from gto.studio.connection import StudioProtocol
from gto.studio.context import StudioContext, StudioSettings
from gto.studio.guard import Guard
from gto.studio.index.sqlite_database import open_database
from gto.studio.login import Sessions
from gto.studio.opening import open_browser
from gto.studio.peer import is_told
from gto.studio.sync.worker import Worker

HOST = "127.0.0.1"
PORT = 8765
"""The usual port; where it is taken, another one is."""

_KEY_VARIABLE = "GTO_STUDIO_TOKEN"
_SHORTEST_KEY = 24  # characters
_BACKLOG = 32
_PATIENCE = 2.0  # seconds that the browser waits for the first list
_LAST_REQUESTS = 1  # seconds that requests have when it ends
_LAST_TRANSACTION = 0.5  # seconds that the index has: what is not complete then is taken back, and read again


class Options(NamedTuple):
    """What the command line says of a Studio."""

    port: int | None = None
    """None for the usual one, or any that is free."""
    socket: str | None = None
    """The path of a Unix socket that takes the place of a port."""
    opens_browser: bool = True
    settings: StudioSettings = StudioSettings()
    groups: tuple[str, ...] = ()
    """The groups of the catalogue that count; none for all."""


class Notices(NamedTuple):
    """Who is told what happens."""

    say: Callable[[str], None]
    """Called with the address."""
    note: Callable[[str], None]
    """Called with what is no answer."""
    tell: Callable[[int, int], None]
    """Called with how many versions of how many are read, while that is done for the first time."""


class StudioServer:
    """The web server of a Studio, which may be ended before it serves, too."""

    def __init__(self) -> None:
        self._server: uvicorn.Server | None = None
        self._is_ending = False

    def serve(self, app: FastAPI, listener: socket.socket, protocol: type[StudioProtocol] = StudioProtocol) -> None:
        """Serve until end() is called from another thread."""
        self._server = _QuietServer(_config_of(app, protocol))
        self._server.should_exit = self._is_ending
        _collect_seldom()
        self._server.run(sockets=[listener])

    def end(self) -> None:
        """Have serve() return, after the requests that are being answered."""
        self._is_ending = True
        if self._server is not None:
            self._server.should_exit = True


class Studio(StudioServer):
    """A Studio of these repositories, which is served until it is ended."""

    def __init__(self, found: Search, way: Way, options: Options) -> None:
        super().__init__()
        self._found = found
        self._way = way
        self._options = options

    def run(self, notices: Notices) -> None:
        """Serve until end() is called from another thread."""
        with ExitStack() as stack:
            listener = stack.enter_context(listening(self._options))
            database, why = open_database(self._found.places)
            stack.callback(database.close)
            if why:
                notices.note(why)
            worker = Worker(database, self._found.places, self._way, notices.tell)
            worker.failures = self._found.failures
            stack.callback(worker.join, _LAST_TRANSACTION)
            stack.callback(process_tree.stop)  # a remote that hangs holds nobody up
            stack.callback(worker.close)
            sessions = Sessions(f"gto_studio_{_port(listener)}", _key())
            context = StudioContext(
                database,
                worker,
                sessions,
                self._way,
                self._options.settings,
                self._found.catalogue,
                self._options.groups,
            )
            app = make_app(context, [Middleware(Guard, sessions=sessions, hosts=_hosts(listener))])
            worker.start()
            address = _address(listener, sessions.new_token())
            notices.say(address)
            if self._options.opens_browser and self._options.socket is None:
                opening = Thread(target=_open, args=(worker, address, sessions.is_opened), daemon=True)
                stack.callback(opening.join, _LAST_REQUESTS)
                stack.callback(sessions.is_opened.set)  # its file goes with it
                opening.start()
            self.serve(app, listener)


def _open(worker: Worker, address: str, is_used: Event) -> None:
    """Open the browser; a list that is not complete yet is waited for, but not for long."""
    worker.wait_for_tags(_PATIENCE)
    open_browser(address, is_used, in_file=not is_told())  # where it is told, a key serves nobody else


def _config_of(app: FastAPI, protocol: type[StudioProtocol]) -> uvicorn.Config:
    """Return how a Studio is served."""
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        backlog=_BACKLOG,  # so many are taken at once, before any of them is let go
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="on",
        loop="asyncio",  # uvloop, where it is installed, saves nothing here, and no signal ends it
        timeout_keep_alive=int(protocol.patience) + 1,  # not its own 5 seconds: DVC asks again after just so many
        timeout_graceful_shutdown=_LAST_REQUESTS,
    )


class _QuietServer(uvicorn.Server):
    """A server that leaves signals to who runs it: uvicorn would send itself each of them again at the end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing."""
        yield


@contextmanager
def listening(options: Options) -> Iterator[socket.socket]:
    """Yield the socket that is served: of loopback, or a file that only this user may open, and that goes with it."""
    if options.socket is None:
        with _listen(options.port) as made:
            yield made
        return
    with _listen_on_file(options.socket) as made:
        try:
            yield made
        finally:
            with suppress(FileNotFoundError):
                os.unlink(options.socket)


def _collect_seldom() -> None:
    """Have circles of values looked for seldom, and not among what is loaded: it took half of a large page's time."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _listen(port: int | None) -> socket.socket:
    # Named as TCP, so that asyncio sends what it has at once: else each answer waits 40 ms for an acknowledgement.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, PORT if port is None else port))
    except OSError as error:
        if error.errno != errno.EADDRINUSE or port is not None:
            made.close()
            hint = "--port 0 takes any that is free"
            raise UsageError(f"Port {port or PORT} cannot be listened on: {error.strerror}", hint) from error
        made.bind((HOST, 0))
    made.listen(_BACKLOG)
    return made


def _listen_on_file(path: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)  # nobody else may open it, from the first moment on
    try:
        if _is_left_over(path):
            os.unlink(path)
        made.bind(path)
    except OSError as error:
        made.close()
        hint = "remove what is there, or name another"
        raise UsageError(f"'{path}' cannot be made: {error.strerror or error}", hint) from error
    finally:
        os.umask(mask)
    made.listen(_BACKLOG)
    return made


def _is_left_over(path: str) -> bool:
    """Tell whether a socket is there that nobody serves: a Studio that was killed left it."""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as other:
        if stat.S_ISSOCK(os.lstat(path).st_mode):
            return other.connect_ex(path) == errno.ECONNREFUSED
    return False


def _key() -> str:
    """Return the token that lets programs in, from the environment; empty where nobody named one."""
    given = os.environ.get(_KEY_VARIABLE, "")
    if given and (not given.startswith(PREFIX) or len(given) < _SHORTEST_KEY):
        hint = f"`{_KEY_VARIABLE}={PREFIX}$(openssl rand -hex 20)`"
        raise UsageError(f"{_KEY_VARIABLE} is no token: it begins with '{PREFIX}', and nobody guesses it", hint)
    return given


def _port(listener: socket.socket) -> int:
    return int(listener.getsockname()[1]) if listener.family is socket.AF_INET else 0


def _hosts(listener: socket.socket) -> frozenset[str]:
    port = _port(listener)
    return frozenset({f"{name}:{port}" for name in (HOST, "localhost")} if port else {"localhost"})


def _address(listener: socket.socket, token: str) -> str:
    port = _port(listener)
    return f"http://{HOST}:{port}/models?token={token}" if port else f"http://localhost/models?token={token}"
