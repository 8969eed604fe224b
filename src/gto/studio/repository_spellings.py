"""The repository that a client of others means: by its name here, by an address in any spelling, by owner and name."""

import re
from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import select

from gto.catalog.repositories import CatalogRepository
from gto.exceptions import NotFound, UsageError
from gto.studio.context import StudioContext
from gto.studio.index.schema import repository
from gto.webhook.repository_address import comparable

LONGEST = 2000
"""Characters of what a client calls a repository."""
_OWNED_RE = re.compile(r"(?:([a-z]+):)?([^:/\s@]+(?:/[^:/\s@]+)+)", re.IGNORECASE)
_SHOWN = 200


def find_spelled(studio: StudioContext, text: str) -> CatalogRepository:
    """Return the repository that a text means; NotFound for none, UsageError for several."""
    found = spelled(studio, text)
    if not found:
        hint = (
            "an address, or `owner/name`, as the page of repositories shows it; a path that is not whole says nothing"
        )
        raise NotFound(f"No repository that you may see is at '{text[:_SHOWN]}'", hint)
    if len(found) > 1:
        names = " and ".join(f"'{one.name}'" for one in found)
        raise UsageError(f"'{text[:_SHOWN]}' may be {names}", "take one of these names in its place")
    return found[0]


def spelled(studio: StudioContext, text: str) -> tuple[CatalogRepository, ...]:
    """Return the repositories that a text may mean, of those that the visitor sees: what fits best shuts out others."""
    if not text or len(text) > LONGEST:
        return ()
    with studio.database.read() as connection:
        read = select(repository.c.name, repository.c.remote)
        remotes: dict[str, str | None] = {row.name: row.remote for row in connection.execute(read)}
    return _best(studio.places, remotes, text)


def _best(
    places: Iterable[CatalogRepository], remotes: Mapping[str, str | None], text: str
) -> tuple[CatalogRepository, ...]:
    told = [(one, _addresses(one, remotes)) for one in places]
    for is_meant in (_is_written, _is_same, _is_owned):
        found = tuple(one for one, addresses in told if is_meant(one.name, addresses, text))
        if found:
            return found
    return ()


Meaning = Callable[[str, tuple[str, ...], str], bool]


def _addresses(place: CatalogRepository, remotes: Mapping[str, str | None]) -> tuple[str, ...]:
    return tuple(one for one in (place.address, remotes.get(place.name)) if one)


def _is_written(name: str, addresses: tuple[str, ...], text: str) -> bool:
    return text == name or _bare(text) in map(_bare, addresses)


def _bare(address: str) -> str:
    return address.rstrip("/").removesuffix(".git").removeprefix("file://")


def _is_same(_: str, addresses: tuple[str, ...], text: str) -> bool:
    return (comparable(text) or text.casefold()) in map(comparable, addresses)


def _is_owned(_: str, addresses: tuple[str, ...], text: str) -> bool:
    """Tell whether a text is `owner/name` at the forge of an address, perhaps with the forge's kind before it."""
    asked = _OWNED_RE.fullmatch(text)
    if asked is None:
        return False
    provider, owned = (asked[1] or "").casefold(), asked[2].casefold().removesuffix(".git")
    parts = (comparable(one).partition("/") for one in addresses)
    return any(host and provider in host and path == owned for host, _, path in parts)
