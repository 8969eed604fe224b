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
from gto.exceptions import GTOException, UsageError
from gto.fs import atomic_write, cache_dir
from gto.git import process_tree
from gto.studio.app import make_app
from gto.studio.connection import StudioProtocol
from gto.studio.context import StudioContext, StudioSettings
from gto.studio.downloads import signed_links
from gto.studio.index.database import Database
from gto.studio.index.postgresql_database import PostgresqlDatabase
from gto.studio.index.sqlite_database import SqliteDatabase
from gto.studio.live import live_page
from gto.studio.protocols.dvc_clients import dvc_live, dvc_login
from gto.studio.server import StudioServer
from gto.studio.team import (
    account_page,
    accounts,
    audit_page,
    claims_page,
    device_page,
    forges_page,
    hidden_commits_page,
    housekeeping,
    invitation_page,
    login_page,
    migrate,
    monitoring,
    oidc_page,
    people_page,
    person_page,
    saved_views_page,
    settings_page,
    token_routes,
    watched_page,
    write_routes,
)
from gto.studio.team.access import authorize
from gto.studio.team.announced import Announcer
from gto.studio.team.oidc import Provider
from gto.studio.team.passwords import Passwords
from gto.studio.team.secrets_box import SecretsBox, keep_secret
from gto.studio.team.serve_options import ServeOptions, parse_url
from gto.studio.team.sessions import TeamForms
from gto.studio.team.team import Team
from gto.studio.team.team_guard import TeamGuard
from gto.studio.team.team_worker import TeamWorker
from gto.studio.team.watched_catalogue import WatchedCatalogue
from gto.studio.webhooks import hook_page, outbox, receive, target_page, webhook_api
from gto.studio.webhooks.deliverer import Deliverer

_PAGES = (
    login_page,
    oidc_page,
    invitation_page,
    account_page,
    people_page,
    person_page,
    claims_page,
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
    dvc_login,
    dvc_live,
    device_page,
    live_page,
    watched_page,
    saved_views_page,
    hidden_commits_page,
    monitoring,
)
_BACKLOG = 128
_ADDRESS = "address"  # the file that says where Studio was served last
_LAST_TRANSACTION = 10.0  # seconds that the index has in the end
_LOOK = 5.0  # seconds between two looks at whether threads run
_LAST_POST = 5.0  # seconds that webhooks have: what is cut off is sent again


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
    return PostgresqlDatabase(_server_url(text), pool=8 + 2 * options.team.reading.jobs)


def _server_url(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:  # the second: a port that is none
        raise UsageError("The database is named by no address", "postgresql://USER@HOST/NAME") from error
    if url.get_backend_name() != "postgresql":
        hint = "postgresql://USER@HOST/NAME, or the path of a SQLite file"
        raise UsageError(f"Studio keeps nothing in a database of '{url.get_backend_name()}'", hint)
    return url


def with_address(options: ServeOptions) -> ServeOptions:
    """Return options with the address of the Studio that is, or was, served from the same directory, if they name none.

    What prints a link need not be told again where people find Studio.
    """
    if options.team.url:
        return options
    try:
        with open(os.path.join(options.data, _ADDRESS), encoding="utf-8") as file:
            return options._replace(team=options.team._replace(url=file.read().strip()))
    except FileNotFoundError:
        return options


def open_team(options: ServeOptions, *, is_whole: bool = True) -> Team:
    """Open the database, as open_team_database() does, and the secret."""
    url = parse_url(options.team.url or options.local_url)
    settings, oidc = options.team._replace(url=url), options.oidc
    provider = Provider(oidc, url + oidc_page.CALLBACK, settings.ca_file or None) if oidc.issuer else None
    database = open_team_database(options, is_whole=is_whole)
    given = options.secrets or (keep_secret(os.path.join(options.data, "secret")),)
    return Team(database, settings, SecretsBox(given), Passwords(), provider)


class TeamThreads(NamedTuple):
    """What works beside the web server."""

    worker: TeamWorker
    deliverer: Deliverer

    def ended(self) -> tuple[str, ...]:
        """Return the names of threads that ended by a fault: what they do is done no more in this process."""
        return tuple(one.thread.name for one in self if one.has_ended())


@contextmanager
def working(team: Team, options: ServeOptions) -> Iterator[TeamThreads]:
    """Yield who reads Git, and delivers webhooks, for as long as this process runs.

    What is being read or sent in the end is left to others.
    """
    reading = team.settings.reading
    if not reading.jobs and isinstance(team.database, SqliteDatabase):
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
        worker = TeamWorker(database, catalogue, Way(options.timeout), reading, announce=announce, housekeeping=work)
        stack.callback(worker.join, _LAST_TRANSACTION)
        stack.callback(deliverer.join, _LAST_POST)
        stack.callback(process_tree.stop)
        stack.callback(worker.close)
        stack.callback(deliverer.close)
        worker.start()
        if reading.jobs:
            deliverer.start()
        yield TeamThreads(worker, deliverer)


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
            threads = stack.enter_context(working(team, self._options))
            say(f"{len(threads.worker.places)} repositories, {self._options.team.reading.jobs} at once")
            while not self._is_ending.wait(_LOOK):
                if ended := threads.ended():  # whoever keeps this process running starts another one
                    raise GTOException(f"A thread has ended by a fault: {', '.join(ended)}", "see the log above")

    def end(self) -> None:
        """Have run() return, after what is being written."""
        self._is_ending.set()


def make_team_app(context: StudioContext, team: Team, ended: Callable[[], tuple[str, ...]] = tuple) -> FastAPI:
    """Return the app of a team's Studio; `ended` names the threads that ended by a fault."""
    registry = monitoring.make_registry(team.database, ended)
    before = (Middleware(monitoring.Monitor, registry=registry), Middleware(TeamGuard, team=team, studio=context))
    app = make_app(context, before, _PAGES, check=authorize)
    app.state.everything = context._replace(team=team)
    app.state.metrics, app.state.ended = registry, ended
    app.state.revision = migrate.newest()  # which is in files: `/ready` does not read them each time
    return app


class TeamStudio(StudioServer):
    """A team's Studio, which is served until it is ended."""

    def __init__(self, options: ServeOptions) -> None:
        super().__init__()
        self._options = options

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
            atomic_write.replace(os.path.join(options.data, _ADDRESS), f"{team.settings.url}\n".encode())
            threads = stack.enter_context(working(team, options))
            worker = threads.worker
            context = StudioContext(
                team.database,
                worker,
                TeamForms(team.box),
                Way(options.timeout),
                StudioSettings(presign=options.presign),
                worker.catalogue.found.catalogue,
                options.groups,
            )
            say(team.settings.url)
            with team.database.read() as connection:
                if not accounts.expects_admin(connection, team.ways):
                    note(f"nobody is admin yet: {team.settings.first_admin}")
            self.serve(make_team_app(context, team, threads.ended), listener, TeamProtocol)


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
