"""The mirrors of a catalogue's remote repositories, brought up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gto.catalog.parallel import Way, each, open_place
from gto.catalog.repositories import CatalogRepository, Failure, Search, problems
from gto.exceptions import NotMirrored

if TYPE_CHECKING:
    from gto.git.tag_reader import Listing


class Synced(NamedTuple):
    """What came of one repository."""

    repo: str
    is_remote: bool
    is_new: bool = False
    """Whether nothing was fetched from it before."""
    tags: int = 0
    """How many it has now."""
    added: int = 0
    """Tags that are new, or name another object than before."""
    gone: int = 0

    def __str__(self) -> str:
        """Say what happened."""
        if not self.is_remote:
            return f"{self.repo}: local, nothing to fetch"
        if self.is_new:
            return f"{self.repo}: fetched, {self.tags} tag(s)"
        if not self.added + self.gone:
            return f"{self.repo}: up to date, {self.tags} tag(s)"
        return f"{self.repo}: {self.added} new tag(s), {self.gone} gone"


class Sync(NamedTuple):
    """What came of all repositories, in the catalogue's order."""

    done: tuple[Synced, ...]
    failures: tuple[Failure, ...]

    def as_dict(self) -> dict[str, object]:
        """Return it as `gto repos sync --json` prints it."""
        return {"repos": [one._asdict() for one in self.done], "problems": problems(self.failures)}


def sync(found: Search, way: Way) -> Sync:
    """Fetch what remote repositories have; local ones are only said to be so."""
    answers = each(found.places, lambda place: _sync(place, way), way)
    done = [answer for answer in answers if not isinstance(answer, Failure)]
    failures = [answer for answer in answers if isinstance(answer, Failure)]
    return Sync(tuple(done), (*failures, *found.failures))


def _sync(place: CatalogRepository, way: Way) -> Synced:
    if not place.is_remote:
        return Synced(place.name, is_remote=False)
    before = _known(place, way)
    after = set(open_place(place, way).listing)
    if before is None:
        return Synced(place.name, is_remote=True, is_new=True, tags=len(after))
    was = set(before)
    gone = {name for _, name in was} - {name for _, name in after}
    return Synced(place.name, is_remote=True, tags=len(after), added=len(after - was), gone=len(gone))


def _known(place: CatalogRepository, way: Way) -> Listing | None:
    try:
        return open_place(
            CatalogRepository(place.name, place.address, place.entry._replace(branch=None)), way._replace(offline=True)
        ).listing
    except NotMirrored:
        return None
