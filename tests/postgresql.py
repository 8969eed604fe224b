"""A server of PostgreSQL on loopback, and databases in it that are made in a moment."""

from __future__ import annotations

import glob
import itertools
import os
import pwd
import shutil
import subprocess
import time
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import pytest
from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.exc import OperationalError

from gto.studio.index import schema
from gto.studio.index.postgresql_database import INDEX, LASTING, PostgresqlDatabase
from gto.studio.team import migrate, team_tables
from tests.stores import free_port, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_SECONDS = 60.0
_TEMPLATE = "gto_template"
_SETTINGS = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "listen_addresses=127.0.0.1",
    "max_connections=200",
    "shared_buffers=32MB",
    "lc_messages=C",
)


_TABLES = ", ".join(
    f'{place}."{name}"'
    for place, tables in ((INDEX, schema.metadata.tables), (LASTING, team_tables.metadata.tables))
    for name in tables
)


class Server(NamedTuple):
    """A server that runs, in which one may make databases."""

    url: URL
    numbers: Iterator[int]

    def new(self, *, is_empty: bool = False) -> URL:
        """A database that holds an empty index, or nothing."""
        name = f"gto_{os.getpid()}_{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name}" + ("" if is_empty else f" TEMPLATE {_TEMPLATE}"))
        return self.url.set(database=name)

    def drop(self, url: URL) -> None:
        """Let go of a database, whoever still uses it."""
        self.run(f"DROP DATABASE {url.database} WITH (FORCE)")

    def run(self, statement: str) -> None:
        """Have the server do something that is no transaction."""
        engine = create_engine(self.url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()


class Databases:
    """Databases by the paths that tests name them by; one that nobody has open any more serves the next path."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._idle: list[_Reused] = []
        self._in_use: dict[Path, list[_Reused]] = {}

    def open(self, path: Path, _is_lasting: bool) -> PostgresqlDatabase:  # noqa: FBT001  as tests.studio_app has it
        """The database of a path, an empty one where none is open."""
        users = self._in_use.setdefault(path, [])
        idle = self._idle if not users else []
        made = idle.pop() if idle else _Reused(users[0].url if users else self._server.new())
        made.on_close = lambda: self._let_go(path, made)
        users.append(made)
        return made

    def _let_go(self, path: Path, one: _Reused) -> None:
        users = self._in_use[path]
        users.remove(one)
        if users:
            one.dispose()
            return
        del self._in_use[path]
        with one.record() as connection:
            is_usual = migrate.current(connection) == migrate.newest()
            if is_usual:
                connection.exec_driver_sql(f"TRUNCATE {_TABLES} RESTART IDENTITY")
        if is_usual:
            self._idle.append(one)
        else:
            one.dispose()
            self._server.drop(one.url)

    def close(self) -> None:
        """Close all connections."""
        for one in [*self._idle, *chain.from_iterable(self._in_use.values())]:
            one.dispose()


class _Reused(PostgresqlDatabase):
    """A database that is not closed, but emptied for the next test."""

    on_close: Callable[[], None]

    def __init__(self, url: URL) -> None:
        super().__init__(url)
        self.url = url

    def close(self) -> None:
        """Give it back."""
        self.on_close()

    def dispose(self) -> None:
        """Close its connections."""
        super().close()


@contextmanager
def serve_postgresql(place: Path) -> Iterator[Server]:
    """Run a server, whose files are at a place; with a template that has an empty index."""
    place.mkdir(parents=True)
    user = _user(place)
    data, port = place / "data", free_port()
    _run(user, "initdb", "-D", str(data), "-U", "gto", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
    options = [word for one in (*_SETTINGS, f"port={port}", f"unix_socket_directories={place}") for word in ("-c", one)]
    with running(_words(user, "postgres", "-D", str(data), *options), port, place):
        try:
            server = Server(make_url(f"postgresql://gto@127.0.0.1:{port}/postgres"), itertools.count())
            _wait(server)
            server.run(f"CREATE DATABASE {_TEMPLATE}")
            template = PostgresqlDatabase(server.url.set(database=_TEMPLATE))
            migrate.migrate(template)
            template.close()
            yield server
        finally:
            _run(user, "pg_ctl", "stop", "-D", str(data), "-m", "immediate", check=False)  # running() ends it anyway


def _program(name: str) -> str:
    found = [*sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}")), shutil.which(name)]
    if found[-1] is None and len(found) == 1:
        pytest.skip("needs PostgreSQL's server: apt-get install postgresql")
    return str(found[-1] or found[-2])


def _user(place: Path) -> str | None:
    """Whom the server runs as: not root, which it refuses."""
    _program("initdb")
    if os.geteuid() != 0:
        return None
    account = pwd.getpwnam("postgres")
    for one in (place, *place.parents):
        if one.stat().st_uid == 0 and one.stat().st_mode & 0o077 == 0:
            one.chmod(one.stat().st_mode | 0o011)  # on its way there it need not list what is there
    os.chown(place, account.pw_uid, account.pw_gid)
    return account.pw_name


def _words(user: str | None, program: str, *words: str) -> list[str]:
    argv = [_program(program), *words]
    return argv if user is None else ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *argv]


def _run(user: str | None, program: str, *words: str, check: bool = True) -> None:
    subprocess.run(_words(user, program, *words), check=check, capture_output=True, cwd="/", timeout=_SECONDS)


def _wait(server: Server) -> None:
    """Wait until it takes clients: it listens before."""
    end = time.monotonic() + _SECONDS
    while True:
        try:
            server.run("SELECT 1")
        except OperationalError:
            assert time.monotonic() < end
            time.sleep(0.05)
        else:
            return
