"""The file of the index is this user's alone, and holds what we put there."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from gto.studio.index.schema import repository
from gto.studio.index.sqlite_database import SqliteDatabase, open_database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROW = {"name": "a", "address": "a", "is_remote": False, "groups": [], "position": 0}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where indexes are kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "gto" / "studio"


def opened() -> tuple[str, str]:
    """Where the index of no repositories is, and why it is not where it should be."""
    database, why = open_database([])
    with closing(database):
        return database.path, why


def mode(path: str | Path) -> int:
    """Who may do what with a file."""
    return stat.S_IMODE(os.lstat(path).st_mode)


def test_directory_and_files_are_closed_to_others_whatever_they_were_before(home: Path) -> None:
    home.mkdir(parents=True)
    home.chmod(0o777)
    old = os.umask(0)
    try:
        path, why = opened()
        assert (why, mode(home), mode(path), mode(f"{path}.lock")) == ("", 0o700, 0o600, 0o600)
        os.chmod(path, 0o644)
        database = SqliteDatabase(path)
        with database.write() as connection:
            connection.execute(repository.insert().values(ROW))
            assert {mode(one) for one in home.iterdir()} == {0o600}
        database.close()
    finally:
        os.umask(old)


def link(path: Path) -> None:
    path.symlink_to(path.with_name("mine"))


def other_name(path: Path) -> None:
    path.hardlink_to(path.with_name("mine"))


def of_another_user(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    path.write_bytes(b"")
    os.chown(path, 65534, 65534)


@pytest.mark.parametrize("suffix", ["", "-wal", "-journal", ".lock"])
@pytest.mark.parametrize("plant", [link, other_name, of_another_user, os.mkfifo])
def test_what_another_user_put_there_is_not_opened_and_a_temporary_index_serves(
    home: Path, suffix: str, plant: Callable[[Path], None]
) -> None:
    path, _ = opened()
    place = home / f"{os.path.basename(path)}{suffix}"
    place.unlink(missing_ok=True)
    (home / "mine").write_bytes(b"x" * 100)
    plant(place)
    instead, why = opened()
    assert not os.path.exists(instead)
    assert why == f"the index cannot be kept in {path}: '{place.name}' is no file of this user's own"
    assert (home / "mine").read_bytes() == b"x" * 100


def test_a_directory_that_is_a_link_or_another_users_holds_no_index(home: Path) -> None:
    home.parent.mkdir(parents=True)
    home.symlink_to("elsewhere")
    (home.parent / "elsewhere").mkdir()
    assert opened()[1].endswith("the directory is not this user's own")
    home.unlink()
    home.mkdir()
    of_another_user(home / "x")
    os.chown(home, 65534, 65534)
    assert opened()[1].endswith("the directory is not this user's own")


@pytest.mark.parametrize(
    "planted",
    [
        "CREATE TRIGGER t AFTER INSERT ON repository BEGIN UPDATE repository SET address = 'evil'; END",
        "CREATE VIEW v AS SELECT 1",
        "CREATE TABLE t (a)",
        "ALTER TABLE repository ADD COLUMN a",
        "DROP INDEX event_time",
    ],
)
def test_an_index_that_holds_more_or_less_than_ours_is_made_anew(tmp_path: Path, planted: str) -> None:
    path = tmp_path / "index.db"
    SqliteDatabase(str(path)).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(planted)
        connection.commit()
    database = SqliteDatabase(str(path))
    with database.write() as writer:
        writer.execute(repository.insert().values(ROW))
    with database.read() as reader:
        assert reader.execute(select(repository.c.address)).scalars().all() == ["a"]
        told = reader.exec_driver_sql("SELECT sql FROM sqlite_master").scalars().all()
    assert planted not in told
    database.close()


def test_an_index_of_ours_is_kept(tmp_path: Path) -> None:
    for number in range(2):
        database = SqliteDatabase(str(tmp_path / "index.db"))
        with database.write() as connection:
            assert connection.execute(select(func.count()).select_from(repository)).scalar_one() == number
            connection.execute(repository.insert().values({**ROW, "name": str(number)}))
        database.close()
