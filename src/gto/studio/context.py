"""What every route is given: the index, who keeps it up to date, and how this Studio was started."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar, cast

from starlette.requests import Request

from gto.catalog.parallel import Way, failed, open_place
from gto.catalog.repositories import CatalogRepository, Failure
from gto.core.nearness import did_you_mean
from gto.exceptions import GTOException, RepositoryNotFound
from gto.git import command
from gto.registry.registry import Registry
from gto.studio.index.database import Database
from gto.studio.login import Sessions
from gto.studio.sync.worker import Worker

T = TypeVar("T")

_SECONDS = 10.0  # that a page may take to read commits


class StudioSettings(NamedTuple):
    """How this Studio was started."""

    read_only: bool = False
    """Whether nothing may be written."""
    push: bool = False
    """Whether forms suggest to push what they write."""
    now: int | None = None
    """The second at which every page is drawn, for pictures that do not change; None for the clock."""


class StudioContext(NamedTuple):
    """One Studio that runs."""

    database: Database
    worker: Worker
    sessions: Sessions
    way: Way
    settings: StudioSettings
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

    def read_git(self, repo: str, work: Callable[[Registry], T]) -> T | Failure:
        """Read a repository as it was fetched last, within seconds; a Failure says why it cannot be read."""
        place = self.place(repo)
        try:
            with command.within(_SECONDS):
                return work(open_place(place, Way(_SECONDS, offline=True)))
        except (GTOException, OSError) as error:
            return failed(place, error)


def cookie_of(request: Request) -> str:
    """Return the cookie of a request's session, as the guard read it; empty where there is none."""
    return str(request.scope.get("state", {}).get("cookie", ""))


def context_of(request: Request) -> StudioContext:
    """Return the Studio that a request came to."""
    return cast("StudioContext", request.app.state.context)
