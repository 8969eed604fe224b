"""The tables of a team are made, brought up to date, or left alone, whatever the database held before."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select

from gto.exceptions import UsageError
from gto.studio.index.postgresql_database import LASTING, PostgresqlDatabase
from gto.studio.index.sqlite_database import SqliteDatabase
from gto.studio.team import accounts, migrate
from gto.studio.team.team_tables import metadata, person
from gto.studio.visitor import Role
from tests.studio.test_sync import contents
from tests.studio_app import studio_of
from tests.team_app import team_studio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gto.studio.index.database import Database
    from tests.postgresql import Server
    from tests.repo import Repo

BEFORE = Path(__file__).with_name("index_before_team.sql")


@pytest.fixture
def empty(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database that nobody has used."""
    if engine == "sqlite":
        with closing(SqliteDatabase(str(tmp_path / "empty.db"), is_lasting=True)) as made:
            yield made
        return
    server: Server = request.getfixturevalue("postgresql")
    url = server.new(is_empty=True)
    with closing(PostgresqlDatabase(url)) as made:
        yield made
    server.drop(url)


def test_an_empty_database_gets_the_tables_as_they_are_declared_once(empty: Database) -> None:
    assert migrate.migrate(empty) == (None, migrate.newest())
    assert migrate.migrate(empty) == (migrate.newest(), migrate.newest())
    migrate.require_current(empty)
    with empty.record() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL search_path TO {LASTING}")
        ours = {"include_name": lambda name, kind, _: kind != "table" or name in metadata.tables, "compare_type": True}
        context = MigrationContext.configure(connection, opts={**ours, "target_metadata": metadata})
        assert compare_metadata(context, metadata) == []


def test_tables_of_a_newer_release_are_left_alone(empty: Database) -> None:
    migrate.migrate(empty)
    with empty.record() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for work in (migrate.migrate, migrate.require_current):
        with pytest.raises(UsageError, match="newer release: revision 9999"):
            work(empty)
    with empty.read() as connection:
        assert migrate.current(connection) == "9999"


def test_an_index_of_another_release_is_made_anew_and_what_lasts_stays(
    empty: Database, registry: Repo, tmp_path: Path
) -> None:
    migrate.migrate(empty)
    with empty.record() as connection:
        accounts.add(connection, accounts.parse_who("ada", "Ada", "ada@example.com"))
        other = "UPDATE gto_index.state SET version = 1" if empty.schema == "gto_index" else "PRAGMA user_version = 1"
        for statement in ("DROP TABLE branch_commit", other):
            connection.exec_driver_sql(statement)
    again: Database = (
        SqliteDatabase(empty.path, is_lasting=True)
        if isinstance(empty, SqliteDatabase)
        else PostgresqlDatabase(empty.engine.url)
    )
    migrate.require_current(again)
    with again.read() as connection:
        assert connection.scalars(select(person.c.name)).all() == ["ada"]
    check(again, registry, tmp_path)


def test_the_index_of_the_release_before_becomes_a_team_s(registry: Repo, tmp_path: Path) -> None:
    path = tmp_path / "personal.db"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(BEFORE.read_text(encoding="utf-8"))
    done = registry.gto("studio", "migrate", "--data", str(tmp_path / "data"), "--database", str(path))
    assert (done.code, done.stdout) == (0, f"The database is up to date: revision {migrate.newest()}\n")
    check(SqliteDatabase(str(path), is_lasting=True), registry, tmp_path)


def check(database: Database, registry: Repo, tmp_path: Path) -> None:
    """See that a team's Studio on it shows what a new one shows."""
    with (
        team_studio({"team": (registry.path, [])}, database) as after,
        studio_of({"team": registry.path}, tmp_path / "new.db") as new,
    ):
        assert contents(database) == contents(new.database)
        browser = after.logged_in("eve", Role.VIEWER)
        assert browser.json("/models")["artifacts"] == new.json("/models")["artifacts"]
