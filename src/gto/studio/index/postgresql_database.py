"""A database in a server of PostgreSQL, which several processes share."""

import os
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from json import JSONDecoder
from select import POLLIN, poll
from typing import Any

from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    Connection,
    Dialect,
    Engine,
    MetaData,
    Table,
    bindparam,
    create_engine,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import InvalidatePoolError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.schema import CreateIndex, CreateTable

from gto.exceptions import UsageError
from gto.storage import urls
from gto.studio.index.database import Claim, Database, forget_kept, reason_of
from gto.studio.index.dialects import storable_json
from gto.studio.index.schema import VERSION, metadata

INDEX = "gto_index"
"""The schema of what can be read from Git again."""
LASTING = "gto_studio"
"""The schema of what Git cannot hold."""

_STATE = Table("state", MetaData(INDEX), Column("version", BigInteger), Column("writes", BigInteger))
_USUAL_ORDER = f"CREATE INDEX artifact_changed ON {INDEX}.artifact (changed_at DESC NULLS LAST)"  # of the list
_TURN = 7_190_021_147_001  # the advisory lock of who makes the tables
_WAIT = select(func.pg_advisory_xact_lock(bindparam("number", type_=BigInteger)))
_SECONDS = 10  # to connect
_MOMENT = 1.0  # seconds
_USED = "gto-used"
_DECODER = JSONDecoder()


class PostgresqlDatabase(Database):
    """The index in a schema of its own, and beside it the one of the team's tables."""

    schema = INDEX
    is_lasting = True

    def __init__(self, url: URL, *, pool: int = 8) -> None:
        """Open it; the index is made where it is not there, or is of other tables. UsageError where it cannot be."""
        super().__init__(_connect(url, pool), _connect(url, pool))
        self._at_once = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._version = _version(self.engine.dialect)
        try:
            with self.record() as connection:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")
                connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {LASTING}")
                if not self._is_ours(connection):
                    self._replace(connection)
        except SQLAlchemyError as error:
            self.close()
            shown = urls.shown(url.render_as_string())
            reason, hint = reason_of(error), "PostgreSQL 13 or later, at the host, port and user of --database"
            if "permission denied" in reason:
                hint = "its user may create schemas in it: GRANT CREATE ON DATABASE ... TO ..."
            raise UsageError(f"The database {shown} cannot be used: {reason}", hint) from error

    @property
    def lasting(self) -> "PostgresqlDatabase":
        """What is kept that is not of the index: the tables beside it."""
        return self

    def state(self, connection: Connection) -> object:
        """Return the number of the last write into the index."""
        return connection.execute(select(_STATE.c.writes)).scalar_one()

    @contextmanager
    def read_once(self) -> Iterator[Connection]:
        """Yield a connection for one query: to begin and to end a transaction are two more."""
        with self._at_once.connect() as connection:
            self.ask_before_kept(connection)
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection in a transaction of its own; an exception takes all of it back."""
        with self.record() as connection:
            forget_kept(connection)
            yield connection
            # In the end, so that nobody waits for another longer than the end takes.
            connection.execute(update(_STATE).values(writes=_STATE.c.writes + 1))

    def claim(self, name: str) -> Claim | None:
        """Claim what has this name by an advisory lock, which ends with its connection; None where somebody has it."""
        connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            claim = _ClaimOfConnection(connection, _number(name))
        except BaseException:
            connection.close()
            raise
        if claim.is_ours:
            return claim
        connection.close()
        return None

    @contextmanager
    def used_by_process(self) -> Iterator[None]:
        """Use it beside any number of other processes."""
        yield

    def wait_for_turn(self, connection: Connection, name: str) -> None:
        """Let nobody else have a turn of this name before the transaction ends."""
        connection.execute(_WAIT, {"number": _number(f"turn {name}")})

    def make_anew(self) -> None:
        """Put an empty index in its place."""
        with self.write() as connection:
            names = ", ".join(f'{INDEX}."{name}"' for name in metadata.tables)
            connection.exec_driver_sql(f"TRUNCATE {names}")

    def _is_ours(self, connection: Connection) -> bool:
        if connection.exec_driver_sql(f"SELECT to_regclass('{INDEX}.state')").scalar_one() is None:
            return False
        return bool(connection.execute(select(_STATE.c.version)).scalar() == self._version)

    def _replace(self, connection: Connection) -> None:
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {INDEX} CASCADE")
        connection.exec_driver_sql(f"CREATE SCHEMA {INDEX}")
        metadata.create_all(connection)
        connection.exec_driver_sql(_USUAL_ORDER)
        _index_search(connection)
        _STATE.create(connection)
        connection.execute(insert(_STATE).values(version=self._version, writes=0))


class _ClaimOfConnection(Claim):
    def __init__(self, connection: Connection, number: int) -> None:
        super().__init__()
        self._connection = connection
        self._number = number
        self.is_ours = bool(connection.execute(select(func.pg_try_advisory_lock(number))).scalar_one())

    def _is_known(self) -> bool:
        try:
            self._connection.execute(select(1))
        except SQLAlchemyError:
            return False
        return True

    def _give_back(self) -> None:
        try:
            self._connection.execute(select(func.pg_advisory_unlock(self._number)))
        except SQLAlchemyError:  # the server knows nothing of it any more
            self._connection.invalidate()
        self._connection.close()


def _number(name: str) -> int:
    """Return the number of an advisory lock: 64 bits with a sign."""
    return int.from_bytes(blake2b(f"gto-studio {name}".encode(), digest_size=8).digest(), signed=True)


def _version(dialect: Dialect) -> int:
    made = [str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables]
    made += [
        str(CreateIndex(one).compile(dialect=dialect)) for table in metadata.sorted_tables for one in table.indexes
    ]
    return zlib.crc32(repr((VERSION, _USUAL_ORDER, sorted(made))).encode())


def _index_search(connection: Connection) -> None:
    """Have parts of words found without looking at each artifact, where the server has the extension for that."""
    with suppress(SQLAlchemyError), connection.begin_nested():
        connection.exec_driver_sql(f"CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA {LASTING}")
        place = connection.exec_driver_sql(
            "SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'pg_trgm'"
        ).scalar_one()  # quoted where that is wanted; whoever made it before chose another
        operators = f"{place}.gin_trgm_ops"
        connection.exec_driver_sql(f"CREATE INDEX artifact_search ON {INDEX}.artifact USING gin (search {operators})")


def _read_json(text: bytes) -> object:
    """Return the value of JSON that we wrote: in UTF-8, without blanks around it; json.loads() has to find that out."""
    return _DECODER.raw_decode(text.decode())[0]


def _check_before_use(engine: Engine) -> None:
    """Have a connection looked at before it is used: the server may have been started again.

    To ask it costs a tenth of a small answer. One that was used a moment ago is asked only where it has something to
    say: where it has ended it says so.
    """

    @event.listens_for(engine, "checkin")
    def note(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info[_USED] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def check(connection: Any, record: ConnectionPoolEntry, _user: object) -> None:  # noqa: ANN401  psycopg's
        if _USED not in record.info:  # it is new
            return
        looking = poll()
        try:
            looking.register(connection.fileno(), POLLIN)
            if looking.poll(0) or time.monotonic() - record.info[_USED] > _MOMENT:
                engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error


def _connect(url: URL, pool: int) -> Engine:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={
            "connect_timeout": _SECONDS,
            # Readers see one state of the index, without asking for that at each page.
            "options": f"-c search_path={INDEX},{LASTING} -c timezone=UTC "
            "-c default_transaction_isolation=repeatable\\ read",
            "application_name": f"gto-studio-{os.getpid()}",
        },
        pool_size=pool,
        pool_use_lifo=True,  # the connection that keeps what was read last
        json_serializer=storable_json,
        json_deserializer=_read_json,
    )
    _check_before_use(engine)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("is_writer"):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")

    return engine
