"""A Studio without a server: its app over repositories of a test, asked as a browser with a session would ask."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

from starlette.middleware import Middleware
from starlette.testclient import TestClient

from gto.catalog.entry import CatalogEntry
from gto.catalog.parallel import Way, failed, open_place
from gto.catalog.repositories import CatalogRepository
from gto.exceptions import GTOException
from gto.studio.app import make_app
from gto.studio.context import StudioContext, StudioSettings
from gto.studio.guard import Guard
from gto.studio.index.sqlite_database import SqliteDatabase
from gto.studio.login import Sessions
from gto.studio.sync.repository import sync_rest, sync_tags
from gto.studio.sync.repository_row import note_failure
from gto.studio.sync.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from httpx2 import Response

    from gto.studio.index.database import Database
    from gto.studio.sync.repository import Announce

HOST = "127.0.0.1:8765"
OWN = {"origin": f"http://{HOST}", "sec-fetch-site": "same-origin"}
"""Headers of a form that a page of this Studio sends."""


def open_file(path: Path, is_lasting: bool) -> Database:  # noqa: FBT001  of any database
    """The database in a file."""
    return SqliteDatabase(str(path), is_lasting=is_lasting)


opener: ContextVar[Callable[[Path, bool], Database]] = ContextVar("opener", default=open_file)
"""How a database is opened that a test names by a path: `engine` in tests/studio/conftest.py says in which engine."""


def read_all(database: Database, context: StudioContext, announce: Announce | None = None) -> None:
    """Read every repository of a Studio into its index."""
    for place in context.worker.places:
        try:
            registry = open_place(place, context.way)
            sync_tags(database, place.name, registry, context.worker.beside(place)._replace(announce=announce))
            sync_rest(database, place.name, registry, lambda *_: None, again=True)
        except (GTOException, OSError) as error:
            note_failure(database, failed(place, error))


class Studio(NamedTuple):
    """A Studio and its browser."""

    context: StudioContext
    client: TestClient
    database: Database
    sessions: Sessions

    def sync(self) -> None:
        """Read every repository now."""
        read_all(self.database, self.context)

    def form(self, path: str, **fields: str) -> Response:
        """The answer to a form that a page of this Studio sends."""
        token = self.sessions.form_token(self.client.cookies[self.sessions.cookie])
        return self.client.post(path, data={"form_token": token, **fields}, headers=OWN)

    def json(self, path: str, **query: str | list[str]) -> dict[str, object]:
        """What a page says, as JSON."""
        answer = self.client.get(f"{path}.json", params=query or None)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert isinstance(found, dict)
        return found

    def page(self, path: str, **query: str | list[str]) -> str:
        """A page's HTML."""
        answer = self.client.get(path, params=query or None)
        assert answer.status_code == 200, answer.text
        return answer.text


def open_database(path: Path, *, is_lasting: bool = False) -> Database:
    """The database that a test names by a path, in the engine of this test."""
    return opener.get()(path, is_lasting)


@contextmanager
def studio_of(
    repositories: Mapping[str, Path | str],
    database: Path,
    settings: StudioSettings | None = None,
    *,
    synced: bool = True,
    catalogue: str | None = None,
) -> Iterator[Studio]:
    """A Studio over these repositories, paths or URLs by name, read once; nothing looks by itself afterwards."""
    places = [
        CatalogRepository(name, str(path), CatalogEntry("url" if isinstance(path, str) else "path", str(path)))
        for name, path in repositories.items()
    ]
    made = open_database(database)
    sessions, way = Sessions(), Way(60.0)
    context = StudioContext(made, Worker(made, places, way), sessions, way, settings or StudioSettings(), catalogue)
    app = make_app(context, [Middleware(Guard, sessions=sessions, hosts=frozenset({HOST}))])
    with TestClient(app, base_url=f"http://{HOST}", follow_redirects=False) as client:
        opened = sessions.redeem(sessions.new_token())
        assert opened is not None
        client.cookies.set(sessions.cookie, opened)
        studio = Studio(context, client, made, sessions)
        if synced:
            studio.sync()
        try:
            yield studio
        finally:
            made.close()
