"""A Studio for a team that runs: its database, who reads Git, and the web server, until it is ended."""

import errno
import os
import socket
from collections.abc import Callable
from contextlib import ExitStack
from typing import NamedTuple

from fastapi import FastAPI
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError
from starlette.middleware import Middleware

from gto.catalog import file as catalog_file
from gto.catalog.parallel import Way
from gto.exceptions import UsageError
from gto.git import process_tree
from gto.studio.app import make_app
from gto.studio.connection import StudioProtocol
from gto.studio.context import StudioContext, StudioSettings
from gto.studio.downloads import signed_links
from gto.studio.index.database import Database
from gto.studio.index.postgresql_database import PostgresqlDatabase
from gto.studio.index.sqlite_database import SqliteDatabase
from gto.studio.server import QuietServer, collect_seldom, config_of
from gto.studio.sync.worker import Worker
from gto.studio.team import accounts, login_page, migrate, monitoring, oidc_page
from gto.studio.team.access import authorize
from gto.studio.team.oidc import OidcSettings, Provider
from gto.studio.team.passwords import Passwords
from gto.studio.team.secrets_box import SecretsBox, keep_secret
from gto.studio.team.sessions import TeamForms
from gto.studio.team.team import Team, TeamSettings, parse_url
from gto.studio.team.team_guard import TeamGuard
from gto.studio.team.trusted_proxy import TrustedProxy

PORT = 8765
"""The usual port."""

_PAGES = (login_page, oidc_page, monitoring, signed_links)
_BACKLOG = 128
_LAST_TRANSACTION = 10.0  # seconds that the index has in the end


class ServeOptions(NamedTuple):
    """How a Studio for a team is started."""

    data: str
    """The directory of what it keeps: the database, where no other is named, and the secret."""
    database: str | None = None
    """`postgresql://...`, or the path of a SQLite file; None for one in the directory."""
    url: str | None = None
    """Where people find it; None for this machine and the port."""
    host: str = "127.0.0.1"
    port: int = PORT
    catalog: str | None = None
    groups: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    """The secret, and those before it; without any the one in a file of the directory counts."""
    public: tuple[str, ...] = ()
    every: float = 60.0
    """Seconds after which all repositories are read again."""
    way: Way = Way()
    studio: StudioSettings = StudioSettings()
    oidc: OidcSettings | None = None
    proxy: TrustedProxy = TrustedProxy()
    has_passwords: bool = True
    log_format: str = "text"
    log_level: str = "info"


class TeamProtocol(StudioProtocol):
    """HTTP for whoever comes."""

    checks_user = False
    most = 1000


def open_team_database(options: ServeOptions, *, is_whole: bool = True) -> Database:
    """Open the database that the options name; its tables are made where there are none.

    UsageError where they are of another release. Without `is_whole` nothing is made, and they may be of any.
    """
    text = options.database or os.path.join(options.data, "studio.db")
    if not is_whole and "://" not in text and not os.path.exists(text):
        raise UsageError(f"There is no Studio in '{options.data}'", "--data or --database names where one is")
    os.makedirs(options.data, mode=0o700, exist_ok=True)
    if "://" not in text:
        database: Database = SqliteDatabase(os.path.abspath(text), is_lasting=True)
    else:
        database = PostgresqlDatabase(_server_url(text))
    try:
        if is_whole:
            migrate.require_current(database)
    except BaseException:
        database.close()
        raise
    return database


def _server_url(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise UsageError("The database is named by no address", "postgresql://USER@HOST/NAME") from error
    if url.get_backend_name() != "postgresql":
        hint = "postgresql://USER@HOST/NAME, or the path of a SQLite file"
        raise UsageError(f"Studio keeps nothing in a database of '{url.get_backend_name()}'", hint)
    return url


def open_team(options: ServeOptions, *, is_whole: bool = True) -> Team:
    """Open the database, as open_team_database() does, and the secret."""
    url = parse_url(options.url or f"http://{options.host}:{options.port}")
    settings = TeamSettings(url, options.public, proxy=options.proxy, has_passwords=options.has_passwords)
    provider = Provider(options.oidc, url + oidc_page.CALLBACK) if options.oidc else None
    database = open_team_database(options, is_whole=is_whole)
    given = options.secrets or (keep_secret(os.path.join(options.data, "secret")),)
    return Team(database, settings, SecretsBox(given), Passwords(), provider)


def make_team_app(context: StudioContext, team: Team) -> FastAPI:
    """Return the app of a team's Studio."""
    registry = monitoring.make_registry(team.database)
    before = (Middleware(monitoring.Monitor, registry=registry), Middleware(TeamGuard, team=team, studio=context))
    app = make_app(context, before, _PAGES, check=authorize)
    app.state.metrics = registry
    return app


class TeamStudio:
    """A team's Studio, which is served until it is ended."""

    def __init__(self, options: ServeOptions) -> None:
        self._options = options
        self._server: QuietServer | None = None
        self._is_ending = False

    def run(self, say: Callable[[str], None], note: Callable[[str], None]) -> None:
        """Serve until end() is called from another thread; `say` is called with the address, `note` with hints."""
        options = self._options
        monitoring.log_to_stderr(options.log_format, options.log_level)
        with ExitStack() as stack:
            listener = stack.enter_context(_listen(options.host, options.port))
            if options.port == 0:
                options = options._replace(port=listener.getsockname()[1])
            team = open_team(options)
            stack.callback(team.database.close)
            found = catalog_file.find_all(options.catalog, options.groups)
            worker = Worker(team.database, found.places, options.way, every=options.every)
            worker.failures = found.failures
            stack.callback(worker.join, _LAST_TRANSACTION)
            stack.callback(process_tree.stop)
            stack.callback(worker.close)
            forms, catalogue = TeamForms(team.box), found.catalogue
            context = StudioContext(
                team.database, worker, forms, options.way, options.studio, catalogue, options.groups
            )
            self._server = QuietServer(config_of(make_team_app(context, team), TeamProtocol))
            self._server.should_exit = self._is_ending
            worker.start()
            say(team.settings.url)
            with team.database.read() as connection:
                if not accounts.has_admin(connection):
                    note("nobody is admin yet: `gto studio invite NAME --role admin` prints a link for the first one")
            collect_seldom()
            self._server.run(sockets=[listener])

    def end(self) -> None:
        """Have run() return, after the requests that are being answered."""
        self._is_ending = True
        if self._server is not None:
            self._server.should_exit = True


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, as in gto.studio.server
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        hint = "--port names another" if error.errno == errno.EADDRINUSE else "--host is an address of this machine"
        raise UsageError(f"{host}, port {port}, cannot be listened on: {error.strerror}", hint) from error
    made.listen(_BACKLOG)
    return made
