"""What every route is given: the index, who keeps it up to date, and how this Studio was started."""

from typing import NamedTuple, cast

from starlette.requests import Request

from gto.catalog.parallel import Way
from gto.catalog.repositories import CatalogRepository
from gto.core.nearness import did_you_mean
from gto.exceptions import RepositoryNotFound
from gto.studio.index.database import Database
from gto.studio.session import Sessions
from gto.studio.sync.worker import Worker


class Settings(NamedTuple):
    """How this Studio was started."""

    read_only: bool = False
    """Whether nothing may be written."""
    push: bool = False
    """Whether forms suggest to push what they write."""
    now: int | None = None
    """The second at which every page is drawn, for pictures that do not change; None for the clock."""


class Context(NamedTuple):
    """One Studio that runs."""

    database: Database
    worker: Worker
    sessions: Sessions
    way: Way
    settings: Settings
    catalogue: str | None = None
    """The file that lists the repositories; None where they were named."""
    groups: tuple[str, ...] = ()
    """The groups of the catalogue that count; none for all."""

    def place(self, repo: str) -> CatalogRepository:
        """Return a repository by its name, or raise RepositoryNotFound."""
        for place in self.worker.places:
            if place.name == repo:
                return place
        raise RepositoryNotFound(repo, did_you_mean(repo, [place.name for place in self.worker.places]))


def context_of(request: Request) -> Context:
    """Return the Studio that a request came to."""
    return cast("Context", request.app.state.context)
