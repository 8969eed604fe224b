"""A backup holds all that Git does not, and either engine takes back what the other wrote."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select

from gto.exceptions import BadFile, UsageError
from gto.studio.index.postgresql_database import PostgresqlDatabase
from gto.studio.index.sqlite_database import SqliteDatabase
from gto.studio.team import accounts, audit, backup, migrate
from gto.studio.team.audit import RequestOrigin
from gto.studio.team.team_tables import forge_token, metadata, person
from gto.studio.visitor import EVERY, NOBODY, Role

if TYPE_CHECKING:
    from pathlib import Path

    from gto.studio.index.database import Database
    from tests.postgresql import Server


@pytest.fixture
def server(postgresql: Server) -> Server:
    """PostgreSQL."""
    return postgresql


def new(engine: str, place: Path, server: Server) -> Database:
    """A database without anybody."""
    if engine == "sqlite":
        made: Database = SqliteDatabase(str(place / "studio.db"), is_lasting=True)
    else:
        made = PostgresqlDatabase(server.new())
    migrate.require_current(made)
    return made


def fill(database: Database) -> None:
    """Put somebody in, with what has bytes, JSON and letters of all kinds."""
    with database.record() as connection:
        ada = accounts.add(connection, accounts.parse_who("ada", "Ada Lövelace 🧮", "ada@example.com"), "hash")
        accounts.set_roles(connection, ada, {EVERY: Role.ADMIN, "lab": Role.VIEWER})
        values = {"person_id": ada, "host": "git.example.com", "user_name": "", "secret": b"\0\xff", "created_at": 1.5}
        connection.execute(insert(forge_token).values(values))
        audit.note(connection, NOBODY, RequestOrigin(), "test", "it", refs=["a", "b"])


def contents(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables that last."""
    with database.read() as connection:
        return {name: [tuple(row) for row in connection.execute(select(one))] for name, one in metadata.tables.items()}


@pytest.mark.parametrize("source", ["sqlite", "postgresql"])
@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_what_is_restored_is_what_was_backed_up(source: str, target: str, tmp_path: Path, server: Server) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "team.yaml").write_text("repos: []\n")
    old, fresh = new(source, tmp_path / "one", server), new(target, tmp_path / "other", server)
    fill(old)
    path = str(tmp_path / "studio.backup")
    backup.write_backup(old, path, str(tmp_path / "team.yaml"), None)
    backup.restore(fresh, path, str(tmp_path / "restored.yaml"), None)
    assert contents(fresh) == contents(old)
    assert (tmp_path / "restored.yaml").read_text() == "repos: []\n"
    with fresh.record() as connection:  # numbers go on after those that came
        assert accounts.add(connection, accounts.parse_who("eve", "Eve", "eve@example.com")) == 2
    assert (tmp_path / "studio.backup").stat().st_mode & 0o777 == 0o600
    for one in (old, fresh):
        one.close()


def test_a_database_in_use_is_not_overwritten(tmp_path: Path, server: Server) -> None:
    database = new("sqlite", tmp_path, server)
    path = str(tmp_path / "studio.backup")
    backup.write_backup(database, path, None, None)
    fill(database)
    before = contents(database)
    with pytest.raises(UsageError, match="in use"):
        backup.restore(database, path, None, None)
    assert contents(database) == before
    database.close()


def test_a_file_that_is_no_backup_or_half_of_one_changes_nothing(tmp_path: Path, server: Server) -> None:
    database = new("sqlite", tmp_path, server)
    fill(database)
    whole = tmp_path / "studio.backup"
    backup.write_backup(database, str(whole), None, None)
    fresh = new("sqlite", tmp_path / "fresh", server)
    bad = tmp_path / "bad"
    for data in (b"", b"no backup", whole.read_bytes()[:-200]):
        bad.write_bytes(data)
        with pytest.raises(BadFile):
            backup.restore(fresh, str(bad), None, None)
        with fresh.read() as connection:
            assert connection.execute(select(person)).first() is None
    for one in (database, fresh):
        one.close()


def test_a_backup_of_a_stranger_writes_no_file_but_those_it_is_asked_for(tmp_path: Path, server: Server) -> None:
    database = new("sqlite", tmp_path, server)
    path = tmp_path / "studio.backup"
    with tarfile.open(path, "w:gz") as archive:
        link = tarfile.TarInfo("manifest.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(BadFile, match="no file"):
        backup.restore(database, str(path), str(tmp_path / "x.yaml"), None)
    assert not (tmp_path / "x.yaml").exists()
    database.close()
