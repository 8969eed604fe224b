"""A team's Studio whose repositories have a remote, in either engine; it may send webhooks to this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.studio.index.postgresql_database import PostgresqlDatabase
from gto.studio.index.sqlite_database import SqliteDatabase
from tests.team_app import team_studio
from tests.web import Reply, serve_web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gto.studio.index.database import Database
    from tests.repo import Repo
    from tests.team_app import TeamStudio
    from tests.web import Web


@pytest.fixture
def base(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """An empty database."""
    if engine == "sqlite":
        return SqliteDatabase(str(tmp_path / "studio.db"), is_lasting=True)
    return PostgresqlDatabase(request.getfixturevalue("postgresql").new())


@pytest.fixture
def team(registry: Repo, base: Database) -> Iterator[TeamStudio]:
    """Two repositories of two groups; both are GitHub's sample."""
    registry.git("remote", "add", "origin", "git@github.com:Codertocat/Hello-World.git")
    places = {"churn": (registry.path, ["marketing"]), "secret": (registry.path, ["lab"])}
    with team_studio(places, base, private_webhooks=True) as made:
        yield made


@pytest.fixture
def web() -> Iterator[Web]:
    """A server on loopback that takes what is posted to `/hook`."""
    with serve_web() as running:
        running.rule("/hook", lambda _asked, _usual: Reply(202, b"thanks"))
        yield running
