"""A team's Studio without repositories that are read: what people see of each other needs none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.studio.index.postgresql_database import PostgresqlDatabase
from gto.studio.team import migrate
from tests.team_app import team_studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gto.studio.index.database import Database
    from tests.postgresql import Server
    from tests.team_app import TeamStudio


@pytest.fixture
def people(tmp_path: Path) -> Iterator[TeamStudio]:
    """A Studio with two groups of repositories, which nobody has read."""
    places = {"churn": (tmp_path / "churn", ["marketing"]), "fraud": (tmp_path / "fraud", ["lab"])}
    with team_studio(places, tmp_path / "studio.db", synced=False) as made:
        yield made


@pytest.fixture
def wide(postgresql: Server) -> Iterator[Database]:
    """The tables of a team in PostgreSQL, with more connections than tests use."""
    made = PostgresqlDatabase(postgresql.new(), pool=20)
    migrate.require_current(made)
    yield made
    made.close()
