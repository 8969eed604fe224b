"""A backup holds all that Git does not, and either engine takes back what the other wrote."""

from __future__ import annotations

import json
import tarfile
from io import BytesIO
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


def rewritten(source: Path, target: Path, **members: bytes) -> None:
    """The backup of a source with other members, whole as a file; `table_x` is the rows of a table."""
    with tarfile.open(source) as old, tarfile.open(target, "w:gz") as new:
        for one in old.getmembers():
            content = old.extractfile(one)
            assert content is not None
            key = one.name.removesuffix(".json").removesuffix(".jsonl").replace("tables/", "table_")
            data = members.get(key, content.read())
            one.size = len(data)
            new.addfile(one, BytesIO(data))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_of_a_backup_that_is_damaged_or_lacks_rows_nothing_is_restored(
    engine: str, tmp_path: Path, server: Server
) -> None:
    database, fresh = new("sqlite", tmp_path, server), new(engine, tmp_path / "fresh", server)
    fill(database)
    (tmp_path / "team.yaml").write_text("repos: []\n")
    whole, bad = tmp_path / "studio.backup", tmp_path / "bad"
    made = backup.write_backup(database, str(whole), str(tmp_path / "team.yaml"), None)
    data, said = bytearray(whole.read_bytes()), made._asdict()

    def refused(reason: str, place: Path = tmp_path / "restored.yaml") -> None:
        with pytest.raises(BadFile, match=reason) as caught:
            backup.restore(fresh, str(bad), str(place), None)
        assert "\n" not in caught.value.message
        assert all(not rows for rows in contents(fresh).values())
        assert not place.exists()

    for at in (len(data) // 4, len(data) // 2, len(data) - 6):
        bad.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        refused("damaged")
    rewritten(whole, bad, table_person=b"")
    refused("'person' has 0 rows, and 1 by its manifest|do not fit")
    rewritten(whole, bad, manifest=json.dumps({**said, "tables": {**said["tables"], "audit": 7}}).encode())
    refused("'audit' has 1 rows, and 7 by its manifest")
    rewritten(whole, bad, manifest=json.dumps({**said, "tables": 7}).encode())
    refused("its manifest cannot be read")
    rewritten(whole, bad, table_audit=b'{"nothing": 1}\n')
    refused("rows of 'audit' do not fit its table")
    rewritten(whole, bad, table_audit=b"[]\n")
    refused("line 1: a row of 'audit' as JSON was expected")
    rewritten(whole, bad, table_audit=b"[" * 100_000)
    refused("line 1: a row of 'audit' as JSON was expected")
    rewritten(whole, bad, table_audit=b'{"id": %d}\n' % 2**70)
    refused("rows of 'audit' do not fit its table")
    for revision in ("null", "[]", "7"):
        rewritten(whole, bad, manifest=json.dumps({**said, "revision": json.loads(revision)}).encode())
        refused("its manifest cannot be read")
    with pytest.raises(OSError):  # noqa: PT011  whichever: the catalogue cannot be written
        backup.restore(fresh, str(whole), str(tmp_path / "team.yaml" / "no directory"), None)
    assert all(not rows for rows in contents(fresh).values())
    backup.restore(fresh, str(whole), None, None)
    assert contents(fresh) == contents(database)
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
