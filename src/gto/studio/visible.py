"""The index as one sees it who may see some of its repositories."""

from contextlib import AbstractContextManager
from typing import NamedTuple

from sqlalchemy import Connection

from gto.studio.index.database import Database


class VisibleIndex(NamedTuple):
    """The part of an index that belongs to some repositories."""

    database: Database
    repositories: frozenset[str] | None
    """None for all."""

    def read(self) -> AbstractContextManager[Connection]:
        """Yield a connection that sees one state of it, whoever writes meanwhile."""
        return self.database.read() if self.repositories is None else self.database.read_of(self.repositories)

    def read_once(self) -> AbstractContextManager[Connection]:
        """Yield a connection for one query."""
        return self.database.read_once() if self.repositories is None else self.read()
