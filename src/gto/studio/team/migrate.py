"""Brings the tables of a team to the form that this release reads: `gto studio migrate`."""

import os

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from gto.exceptions import UsageError
from gto.studio.index.database import Database
from gto.studio.index.postgresql_database import LASTING
from gto.studio.team.team_tables import metadata


def newest() -> str:
    """Return the revision that this release reads, as its files say."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    assert found is not None  # noqa: S101  there is a first one
    return found


def current(connection: Connection) -> str | None:
    """Return the revision of a database; None where the tables were never made."""
    return MigrationContext.configure(connection).get_current_revision()


def migrate(database: Database) -> tuple[str | None, str]:
    """Bring the tables up to date, all in one transaction; return the revision before, and the one after."""
    with database.record() as connection:
        return upgrade(connection)


def upgrade(connection: Connection) -> tuple[str | None, str]:
    """Do so in the transaction of a connection."""
    _use_lasting(connection)
    before = current(connection)
    _check_known(before)
    command.upgrade(_config(connection), "head")
    return before, newest()


def rebuild(connection: Connection, revision: str) -> None:
    """Make the tables anew as they were at a revision, in the transaction of a connection: what was in them is gone."""
    _check_known(revision)
    _use_lasting(connection)
    metadata.drop_all(connection)
    connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
    command.upgrade(_config(connection), revision)


def _use_lasting(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL search_path TO {LASTING}")
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7190021147002)")  # one process at a time


def require_current(database: Database) -> None:
    """Make the tables where there are none; raise UsageError where they are of another release."""
    with database.read() as connection:
        found = current(connection)
    if found is None:
        migrate(database)
    elif found != newest():
        _check_known(found)
        hint = "`gto studio migrate` brings it up to date; a backup of it is written by that release"
        raise UsageError(f"The database is of an older release (revision {found}, this one reads {newest()})", hint)


def require_made(database: Database) -> None:
    """Raise UsageError where the tables are not there, or are of another release; nothing is made."""
    with database.read() as connection:
        found = current(connection)
    if found is None:
        raise UsageError("The database holds no Studio yet", "`gto studio serve` makes one")
    require_current(database)


def _check_known(revision: str | None) -> None:
    known = {one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision is not None and revision not in known:
        hint = "run that release, or restore a backup of this one"
        raise UsageError(f"The database is of a newer release: revision {revision} is unknown here", hint)


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", os.path.join(os.path.dirname(__file__), "migrations").replace("%", "%%"))
    return config
