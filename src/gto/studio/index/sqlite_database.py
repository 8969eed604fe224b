"""A database in a file of SQLite: where the index of this user is, and how a file is opened, made and checked."""

import os
import shutil
import sqlite3
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Lock

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.exc import DatabaseError, DBAPIError, SQLAlchemyError
from sqlalchemy.schema import CreateIndex, CreateTable

from gto.catalog.repositories import CatalogRepository
from gto.exceptions import GTOException, LockHeld, UsageError
from gto.fs import cache_dir, file_lock
from gto.studio.index.database import Claim, Database, forget_kept, reason_of
from gto.studio.index.dialects import storable_json
from gto.studio.index.own_file import FILES, keep_directory, keep_file
from gto.studio.index.schema import VERSION, metadata
from gto.studio.lasting.lasting_file import Lasting, LastingFile

_BUSY = 30.0  # seconds that a writer waits for another
_UNUSED = 30 * 86400.0  # seconds after which the index of other repositories is removed
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def home() -> str:
    """Return the directory of indexes, in the user's cache directory."""
    return os.path.join(cache_dir.home(), "studio")


def path_for(places: Sequence[CatalogRepository]) -> str:
    """Return the file for these repositories: the same ones, under the same names, have the same file."""
    told = repr([(one.name, one.address, one.entry.branch) for one in places])
    return os.path.join(home(), f"{cache_dir.digest(told.encode('utf-8', 'surrogateescape'))}.db")


def lasting_path() -> str:
    """Return the file of what lasts, which all indexes of this user share; not in the cache, which anybody empties."""
    return os.path.join(cache_dir.user_directory("XDG_DATA_HOME", ".local", "share"), "gto", "studio.db")


def open_lasting(path: str) -> LastingFile:
    """Open the file of what lasts, which is made where it is not there."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    keep_file(path)
    return LastingFile(connect(path))


def statements() -> list[str]:
    """Return what makes the tables of an index, as SQLite keeps it."""
    dialect = sqlite_dialect.dialect()
    made: list[str] = []
    for table in metadata.tables.values():
        made += [str(CreateTable(table).compile(dialect=dialect))]
        made += [str(CreateIndex(one).compile(dialect=dialect)) for one in table.indexes]
    return sorted(one.strip() for one in made)


def open_database(places: Sequence[CatalogRepository]) -> "tuple[SqliteDatabase, str]":
    """Open the index of these repositories; where it cannot be kept, a temporary one, and why."""
    path = path_for(places)
    try:
        keep_directory(home())
        _sweep(path)
        return SqliteDatabase(path, lasting=lasting_path()), ""
    except (OSError, SQLAlchemyError, LockHeld) as error:
        why = f"the index cannot be kept in {path}: {reason_of(error)}"
    try:
        return SqliteDatabase(os.path.join(tempfile.mkdtemp(prefix="gto-studio-"), "index.db"), is_temporary=True), why
    except (OSError, SQLAlchemyError) as error:
        place = tempfile.gettempdir()
        raise GTOException(f"There is no room for an index: {why}; in {place}: {reason_of(error)}") from error


def _sweep(keep: str) -> None:
    """Remove the indexes of repositories that were not opened for a month."""
    with suppress(FileNotFoundError), os.scandir(home()) as found:
        old = [one.path for one in found if one.name.endswith(".db") and one.path != keep and _is_unused(one)]
        for path in old:
            _remove(path)


def _is_unused(one: "os.DirEntry[str]") -> bool:
    return one.stat(follow_symlinks=False).st_mtime < time.time() - _UNUSED


def _remove(path: str) -> None:
    for suffix in FILES:
        with suppress(FileNotFoundError):
            os.remove(path + suffix)


class SqliteDatabase(Database):
    """A database in a SQLite file; readers see the state before a write until it is complete."""

    schema = "main"

    def __init__(
        self, path: str, *, is_temporary: bool = False, is_lasting: bool = False, lasting: str | None = None
    ) -> None:
        """Open it; the index in it is made where it is not there, is of other tables, or cannot be read.

        A temporary file is removed in the end. A lasting one holds more than an index: it is never replaced. Beside
        another one `lasting` is the file of what lasts; None for one in its directory.
        OSError, or an error of SQLAlchemy, where it cannot be written.
        """
        self.path = path
        self._is_temporary = is_temporary
        self.is_lasting = is_lasting
        self._lasting_path = lasting or os.path.join(os.path.dirname(path), "lasting.db")
        self._lasting: LastingFile | None = None
        self._claimed: set[str] = set()
        self._claiming = Lock()
        self._statements = statements()
        self._version = zlib.crc32(repr((VERSION, self._statements)).encode()) & 0x7FFFFFFF
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        keep_file(path)
        super().__init__(connect(path), connect(path))
        with self._alone():
            if not self._is_ours():
                self._replace()
            with self.write() as connection:  # it can be written
                connection.execute(text(f"PRAGMA user_version = {self._version}"))
            os.utime(path)  # it is in use

    @property
    def lasting(self) -> Lasting:
        """What is kept that is not of the index: in this file, or in one of its own that is made at first need.

        OSError, or an error of SQLAlchemy, where it cannot be.
        """
        if self.is_lasting:
            return self
        with self._claiming:
            if self._lasting is None:
                self._lasting = open_lasting(self._lasting_path)
            return self._lasting

    def make_anew(self) -> None:
        """Put an empty index in its place."""
        with self._alone():
            self._replace()

    def is_damage(self, error: BaseException) -> bool:
        """Tell whether an error says that the file is no sound database; one that lasts is its owner's to mend."""
        return not self.is_lasting and _is_damage(error)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with file_lock.hold(f"{self.path}.lock", _BUSY):
            yield

    def _is_ours(self) -> bool:
        """Tell whether the index's tables are ours to the letter: a trigger on one would run at a write."""
        try:
            with self.engine.connect() as connection:
                if int(connection.execute(text("PRAGMA user_version")).scalar_one()) != self._version:
                    return False
                found = connection.execute(text("SELECT tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
                ours = [row.sql for row in found if row.tbl_name in metadata.tables or not self.is_lasting]
                return sorted(ours) == self._statements
        except DatabaseError as error:
            if self.is_damage(error):
                return False
            raise

    def _replace(self) -> None:
        self.close_connections()
        if not self.is_lasting:
            _remove(self.path)
        keep_file(self.path)
        with self.write() as connection:
            for name in reversed(metadata.tables):
                connection.exec_driver_sql(f'DROP TABLE IF EXISTS "{name}"')
            metadata.create_all(connection)
            connection.execute(text(f"PRAGMA user_version = {self._version}"))

    @contextmanager
    def used_by_process(self) -> Iterator[None]:
        """Use it for as long as this process runs; UsageError where another one does."""
        try:
            held = file_lock.hold(f"{self.path}.in-use", 0)
            held.__enter__()
        except LockHeld as error:
            hint = "SQLite serves one process; `--database postgresql://...` serves any number of them"
            raise UsageError(f"'{self.path}' is in use by another process of Studio", hint) from error
        try:
            yield
        finally:
            held.__exit__(None, None, None)

    def claim(self, name: str) -> Claim | None:
        """Claim what has this name; None where another thread has it."""
        with self._claiming:
            if name in self._claimed:
                return None
            self._claimed.add(name)
        return _ClaimInProcess(self._claimed, name)

    def state(self, connection: Connection) -> object:
        """Return what is another whenever another connection wrote."""
        return connection.exec_driver_sql("PRAGMA data_version").scalar_one()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection in a transaction of its own; an exception takes all of it back."""
        with self.record() as connection:
            forget_kept(connection)
            yield connection

    def close_connections(self) -> None:
        """Close every connection; the next reader opens another."""
        super().close()

    def close(self) -> None:
        """Close every connection, and remove the file where it is temporary."""
        self.close_connections()
        if self._lasting is not None:
            self._lasting.close()
        if self._is_temporary:
            shutil.rmtree(os.path.dirname(self.path), ignore_errors=True)


class _ClaimInProcess(Claim):
    def __init__(self, claimed: set[str], name: str) -> None:
        super().__init__()
        self._claimed = claimed
        self._name = name

    def _is_known(self) -> bool:
        return self._name in self._claimed

    def _give_back(self) -> None:
        self._claimed.discard(self._name)


def _is_damage(error: BaseException) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlite_errorcode", None) in _DAMAGED


def connect(path: str) -> Engine:
    """Return the engine of a file."""
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": _BUSY, "isolation_level": None},  # transactions begin where we say
        pool_size=8,
        pool_use_lifo=True,  # the connection that keeps what was read last
        json_serializer=storable_json,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        for setting in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "cache_size = -1000"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute("PRAGMA trusted_schema = OFF")  # what a file that is not ours would have run

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        is_writer = connection.get_execution_options().get("is_writer")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

    return engine
