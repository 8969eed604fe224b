"""The file of the index: where it is, and how it is opened, made and read."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError

from gto.fs import cache_dir
from gto.studio.index.schema import VERSION, metadata

_BUSY = 30.0  # seconds that a writer waits for another


def path_for(addresses: list[str]) -> str:
    """Return the file for these repositories, in the user's cache directory: the same ones have the same file."""
    name = cache_dir.digest("\0".join(addresses).encode("utf-8", "surrogateescape"))
    return os.path.join(cache_dir.home(), "studio", f"{name}.db")


class Database:
    """The index in a SQLite file; readers see the state before a write until it is complete."""

    def __init__(self, path: str) -> None:
        self.path = path
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        self._engine = _connect(path)
        try:
            made = self._version()
        except DatabaseError:  # no database: the file can be made again
            made = -1
        if made != VERSION:
            self._make_anew()

    def _version(self) -> int:
        with self._engine.connect() as connection:
            return int(connection.execute(text("PRAGMA user_version")).scalar_one())

    def _make_anew(self) -> None:
        self._engine.dispose()
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                os.remove(self.path + suffix)
        with self._engine.begin() as connection:
            metadata.create_all(connection)
            connection.execute(text(f"PRAGMA user_version = {VERSION}"))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the index, whoever writes meanwhile."""
        with self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection in a transaction of its own; an exception takes all of it back."""
        with self._engine.connect() as connection:
            connection.execution_options(is_writer=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def _connect(path: str) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": _BUSY, "isolation_level": None},  # transactions begin where we say
        pool_size=8,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        for setting in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "cache_size = -8000"):
            connection.execute(f"PRAGMA {setting}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        is_writer = connection.get_execution_options().get("is_writer")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

    return engine
