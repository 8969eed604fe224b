"""A Studio for a team that runs: its database, who reads Git, and the web server, until it is ended."""

import errno
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Event
from typing import NamedTuple

from fastapi import FastAPI
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError
from starlette.middleware import Middleware

from gto.catalog.parallel import Way
from gto.exceptions import UsageError
from gto.fs import cache_dir
from gto.git import process_tree
from gto.studio.app import make_app
from gto.studio.connection import StudioProtocol
from gto.studio.context import StudioContext, StudioSettings
from gto.studio.downloads import signed_links
from gto.studio.index.database import Database
from gto.studio.index.postgresql_database import PostgresqlDatabase
from gto.studio.index.sqlite_database import SqliteDatabase
from gto.studio.server import QuietServer, collect_seldom, config_of
from gto.studio.team import (
    account_page,
    accounts,
    audit_page,
    forges_page,
    housekeeping,
    invitation_page,
    login_page,
    migrate,
    monitoring,
    oidc_page,
    people_page,
    person_page,
    settings_page,
    token_routes,
    write_routes,
)
from gto.studio.team.access import authorize
from gto.studio.team.announced import Announcer
from gto.studio.team.oidc import OidcSettings, Provider
from gto.studio.team.passwords import Passwords
from gto.studio.team.secrets_box import SecretsBox, keep_secret
from gto.studio.team.sessions import TeamForms
from gto.studio.team.team import Team, TeamSettings, parse_url
from gto.studio.team.team_guard import TeamGuard
from gto.studio.team.team_worker import TeamWorker, WorkerSettings
from gto.studio.team.trusted_proxy import TrustedProxy
from gto.studio.team.watched_catalogue import WatchedCatalogue
from gto.studio.webhooks import hook_page, outbox, receive, target_page, webhook_api
from gto.studio.webhooks.deliverer import Deliverer

PORT = 8765
"""The usual port."""

_PAGES = (
    login_page,
    oidc_page,
    invitation_page,
    account_page,
    people_page,
    person_page,
    audit_page,
    token_routes,
    forges_page,
    settings_page,
    write_routes,
    receive,
    hook_page,
    target_page,
    webhook_api,
    signed_links,
    monitoring,
)
_BACKLOG = 128
_LAST_TRANSACTION = 10.0  # seconds that the index has in the end
_LAST_POST = 5.0  # seconds that webhooks have: what is cut off is sent again


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
    reading: WorkerSettings = WorkerSettings()
    """How much of Git this process reads."""
    way: Way = Way()
    studio: StudioSettings = StudioSettings()
    oidc: OidcSettings | None = None
    proxy: TrustedProxy = TrustedProxy()
    has_passwords: bool = True
    audit_days: float = 365.0
    log_format: str = "text"
    log_level: str = "info"
    allow_private_webhooks: bool = False
    ca_file: str | None = None
    """Certificate authorities that webhooks believe; `oidc` has its own."""


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
    database = _open(options)
    try:
        if is_whole:
            migrate.require_current(database)
    except BaseException:
        database.close()
        raise
    return database


def migrate_database(options: ServeOptions) -> tuple[str | None, str]:
    """Bring the tables of the database that the options name up to date; return the revision before, and after."""
    database = _open(options)
    try:
        return migrate.migrate(database)
    finally:
        database.close()


def _open(options: ServeOptions) -> Database:
    os.makedirs(options.data, mode=0o700, exist_ok=True)
    text = options.database or os.path.join(options.data, "studio.db")
    if "://" not in text:
        return SqliteDatabase(os.path.abspath(text), is_lasting=True)
    # A connection for each reading, one for its claim, and those of pages.
    return PostgresqlDatabase(_server_url(text), pool=8 + 2 * options.reading.jobs)


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
    settings = TeamSettings(
        url,
        options.public,
        proxy=options.proxy,
        has_passwords=options.has_passwords,
        audit_days=options.audit_days,
        every=options.reading.every,
        allow_private_webhooks=options.allow_private_webhooks,
        ca_file=options.ca_file or "",
    )
    provider = Provider(options.oidc, url + oidc_page.CALLBACK) if options.oidc else None
    database = open_team_database(options, is_whole=is_whole)
    given = options.secrets or (keep_secret(os.path.join(options.data, "secret")),)
    return Team(database, settings, SecretsBox(given), Passwords(), provider)


@contextmanager
def working(team: Team, options: ServeOptions) -> Iterator[TeamWorker]:
    """Yield who reads Git, and delivers webhooks, for as long as this process runs.

    What is being read or sent in the end is left to others.
    """
    if not options.reading.jobs and isinstance(team.database, SqliteDatabase):
        hint = "leave out --no-worker, or name a database with `--database postgresql://...`"
        raise UsageError("Nobody would read Git: SQLite serves one process", hint)
    # Mirrors and all else that can be made again belong to this Studio, not to the user that runs it.
    os.environ.setdefault(cache_dir.VARIABLE, os.path.abspath(os.path.join(options.data, "cache")))
    database, deliverer = team.database, Deliverer(team)
    with ExitStack() as stack:
        stack.enter_context(database.used_by_process())
        catalogue = WatchedCatalogue(options.catalog, options.groups)
        announce = Announcer(outbox.announce)
        work = (outbox.forget, lambda database: housekeeping.forget(database, team.settings.audit_days))
        worker = TeamWorker(database, catalogue, options.way, options.reading, announce=announce, housekeeping=work)
        stack.callback(worker.join, _LAST_TRANSACTION)
        stack.callback(deliverer.join, _LAST_POST)
        stack.callback(process_tree.stop)
        stack.callback(worker.close)
        stack.callback(deliverer.close)
        worker.start()
        if options.reading.jobs:
            deliverer.start()
        yield worker


class TeamReader:
    """`gto studio worker`: reads Git and delivers webhooks for a team's Studio until it is ended."""

    def __init__(self, options: ServeOptions) -> None:
        self._options = options
        self._is_ending = Event()

    def run(self, say: Callable[[str], None]) -> None:
        """Read until end() is called from another thread."""
        with ExitStack() as stack:
            team = open_team(self._options)
            stack.callback(team.database.close)
            worker = stack.enter_context(working(team, self._options))
            say(f"{len(worker.places)} repositories, {self._options.reading.jobs} at once")
            self._is_ending.wait()

    def end(self) -> None:
        """Have run() return, after what is being written."""
        self._is_ending.set()


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
            worker = stack.enter_context(working(team, options))
            context = StudioContext(
                team.database,
                worker,
                TeamForms(team.box),
                options.way,
                options.studio,
                worker.catalogue.found.catalogue,
                options.groups,
            )
            self._server = QuietServer(config_of(make_team_app(context, team), TeamProtocol))
            self._server.should_exit = self._is_ending
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
