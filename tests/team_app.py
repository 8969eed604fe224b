"""A team's Studio without a server: its app, its people, and a browser for each of them."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.testclient import TestClient

from gto.catalog.entry import CatalogEntry
from gto.catalog.parallel import Way
from gto.catalog.repositories import CatalogRepository, Search
from gto.studio.context import StudioContext, StudioSettings
from gto.studio.sync.worker import Worker
from gto.studio.team import accounts, migrate, sessions, tokens
from gto.studio.team.announced import Announcer
from gto.studio.team.passwords import Passwords
from gto.studio.team.repository_sources import RepositorySources
from gto.studio.team.secrets_box import SecretsBox
from gto.studio.team.serve import make_team_app
from gto.studio.team.serve_options import TeamSettings
from gto.studio.team.sessions import TeamForms
from gto.studio.team.team import Team
from gto.studio.team.trusted_proxy import TrustedProxy
from gto.studio.visitor import EVERY, Role
from gto.studio.webhooks import outbox
from tests.studio_app import open_database, read_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fastapi import FastAPI
    from httpx2 import Response

    from gto.catalog.store_lists import StoreLists
    from gto.studio.index.database import Database
    from gto.studio.team.oidc import Provider

HOST = "studio.test"
URL = f"https://{HOST}"
OWN = {"origin": URL, "sec-fetch-site": "same-origin"}
SECRET = "a secret of a Studio in a test, long enough"  # noqa: S105  it keeps nothing secret


class Browser(NamedTuple):
    """Somebody's browser, with the session of who logged in."""

    client: TestClient
    team: Team

    def get(self, path: str, **headers: str) -> Response:
        """What a page answers, as a browser asks for it."""
        return self.client.get(path, headers={"accept": "text/html", **headers})

    def json(self, path: str, **query: str) -> dict[str, Any]:
        """What a page says, as JSON."""
        answer = self.client.get(f"{path}.json", params=query or None)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert isinstance(found, dict)
        return found

    def form(self, path: str, /, **fields: str) -> Response:
        """The answer to a form that a page of this Studio sends."""
        cookie = self.client.cookies.get(self.team.settings.cookie, "")
        token = TeamForms(self.team.box).form_token(cookie or "")
        return self.client.post(path, data={"form_token": token, **fields}, headers=OWN)


class TeamStudio(NamedTuple):
    """A team's Studio."""

    context: StudioContext
    team: Team
    app: FastAPI

    def sync(self) -> None:
        """Read every repository now."""
        read_all(self.team.database, self.context, Announcer(outbox.announce))

    def browser(self, cookie: str = "") -> Browser:
        """A browser, of nobody or with a session."""
        client = TestClient(self.app, base_url=URL, follow_redirects=False)
        if cookie:
            client.cookies.set(self.team.settings.cookie, cookie)
        return Browser(client, self.team)

    def person(self, name: str, roles: Mapping[str, Role], password: str | None = None) -> int:
        """A new person, by number."""
        kept = self.team.passwords.hash(password) if password else None
        who = accounts.parse_who(name, name.title(), f"{name.partition(chr(64))[0]}@example.com")
        with self.team.database.record() as connection:
            made = accounts.add(connection, who, kept)
            accounts.set_roles(connection, made, roles)
        return made

    def cookie(self, person_id: int) -> str:
        """The cookie of a new session."""
        with self.team.database.record() as connection:
            return sessions.begin(connection, person_id, self.team.settings.session, "127.0.0.1", "a test")

    def logged_in(self, name: str, role: Role, group: str = EVERY) -> Browser:
        """The browser of a new person with a role."""
        return self.browser(self.cookie(self.person(name, {group: role})))

    def token(self, person_id: int, *scopes: str, expires_in: float | None = None) -> str:
        """A new token of a person."""
        end = None if expires_in is None else time.time() + expires_in
        with self.team.database.record() as connection:
            return tokens.make(connection, person_id, "test", scopes, end)


@contextmanager
def team_studio(
    repositories: Mapping[str, tuple[Path | str, Sequence[str]]],
    database: Path | Database,
    *,
    synced: bool = True,
    public: tuple[str, ...] = (),
    catalogue: str | None = None,
    provider: Provider | None = None,
    proxy: TrustedProxy | None = None,
    url: str = URL,
    private_webhooks: bool = False,
    settings: StudioSettings | None = None,
    sources: RepositorySources | None = None,
    stores: StoreLists | None = None,
) -> Iterator[TeamStudio]:
    """A team's Studio over these repositories, paths or URLs with their groups by name, read once."""
    places = [
        CatalogRepository(
            name, str(path), CatalogEntry("url" if isinstance(path, str) else "path", str(path), groups=tuple(groups))
        )
        for name, (path, groups) in repositories.items()
    ]
    made = open_database(database, is_lasting=True) if isinstance(database, Path) else database
    migrate.require_current(made)
    about = TeamSettings(
        url,
        public,
        proxy=proxy or TrustedProxy(),
        allow_private_webhooks=private_webhooks,
        sources=sources or RepositorySources(),
    )
    team = Team(made, about, SecretsBox([SECRET]), Passwords(), provider)
    found = Search(tuple(places), stores=stores).limited()
    worker, way = Worker(made, found.places, Way(60.0)), Way(60.0)
    context = StudioContext(made, worker, TeamForms(team.box), way, settings or StudioSettings(), catalogue)
    studio = TeamStudio(context, team, make_team_app(context, team))
    if synced:
        studio.sync()
    try:
        yield studio
    finally:
        made.close()
