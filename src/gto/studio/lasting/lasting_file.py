"""Where a Studio of one person keeps what lasts: a small file beside no index; a team's lies in its database."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from sqlalchemy import Connection, Engine, event

from gto.studio.index.dialects import make_storable
from gto.studio.lasting.lasting_tables import LASTING_FOR_ONE, metadata


class Lasting(Protocol):
    """What lasts, however it is kept: the database of a team, or the file of one person."""

    def read(self) -> AbstractContextManager[Connection]:
        """Yield a connection that sees one state of it."""

    def record(self) -> AbstractContextManager[Connection]:
        """Yield a connection in a transaction that writes into it; an exception takes all of it back."""

    def wait_for_turn(self, connection: Connection, name: str) -> None:
        """Let nobody else have a turn of this name before the transaction ends."""


class LastingFile:
    """The tables that last, in a SQLite file that several processes may use."""

    def __init__(self, engine: Engine) -> None:
        """`engine` is of the file; tables that are not there are made."""
        self._engine = engine
        event.listen(engine, "before_cursor_execute", make_storable, retval=True)
        with self.record() as connection:
            metadata.create_all(connection, tables=list(LASTING_FOR_ONE))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of it."""
        with self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def record(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that writes into it; an exception takes all of it back."""
        with self._engine.connect() as connection:
            connection.execution_options(is_writer=True)
            with connection.begin():
                yield connection

    def wait_for_turn(self, connection: Connection, name: str) -> None:
        """Do nothing: SQLite lets one write at a time."""
        del connection, name

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()
