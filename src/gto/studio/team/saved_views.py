"""Views that people saved: addresses of the list of models or of a table of experiments, each under a name."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from sqlalchemy import Row, select

from gto.catalog.repositories import CatalogRepository
from gto.exceptions import UsageError
from gto.studio.addresses import repository_url
from gto.studio.index.query import QueryError
from gto.studio.index.query import parse as parse_words
from gto.studio.team.team import Team
from gto.studio.team.team_tables import saved_view
from gto.studio.visitor import Role, Visitor

MODELS = "/models"


class SavedView(NamedTuple):
    """One view of a page."""

    id: int
    name: str
    page: str
    query: str
    is_shared: bool
    is_removable: bool

    @property
    def href(self) -> str:
        """Its address."""
        return self.page + (f"?{self.query}" if self.query else "")


def read_views(team: Team, visitor: Visitor, seen: Collection[str], page: str) -> tuple[SavedView, ...]:
    """Return the views of a page: a visitor's own, and those for all that name only repositories that they see.

    Views of one repository are shown on its own page alone, and name no other.
    """
    theirs = (saved_view.c.person_id == visitor.id) | saved_view.c.is_shared
    query = select(saved_view).where(saved_view.c.page == page, theirs).order_by(saved_view.c.name, saved_view.c.id)
    with team.database.engine.connect() as connection:
        rows = connection.execute(query).all()
    is_seen = bool(seen) and page != MODELS
    return tuple(
        SavedView(row.id, row.name, row.page, row.query, row.is_shared, is_removable(visitor, row))
        for row in rows
        if row.person_id == visitor.id or is_seen or (seen and _named_repositories(row.query) <= set(seen))
    )


def shares(visitor: Visitor, places: Sequence[CatalogRepository], page: str) -> bool:
    """Tell whether a visitor may save a view of a page for everybody."""
    if page == MODELS:
        return any(one >= Role.CONTRIBUTOR for one in visitor.roles.values())
    repository = repository_of(places, page)
    return any(one.name == repository and visitor.may(Role.CONTRIBUTOR, one.entry.groups) for one in places)


def repository_of(places: Sequence[CatalogRepository], page: str) -> str:
    """Return the repository of a page that has views, empty for that of all; UsageError where it has none."""
    if page == MODELS:
        return ""
    for one in places:
        if page == repository_url(one.name, "experiments"):
            return one.name
    raise UsageError("Only the list of models and tables of experiments have views that are saved")


def _named_repositories(query: str) -> set[str]:
    """Return the repositories that a query names."""
    pairs = parse_qsl(query)
    named = {value.partition("/")[0] for key, value in pairs if key in {"repo", "m"}}
    for text in (value for key, value in pairs if key == "q"):
        try:
            named |= {one.value for one in parse_words(text) if one.key == "repo"}
        except QueryError:  # nobody knows what it names
            named.add(text)
    return named


def is_removable(visitor: Visitor, row: Row[Any]) -> bool:
    """Tell whether a visitor may remove a view: their own, or a shared one as an admin of all."""
    return row.person_id == visitor.id or (bool(row.is_shared) and visitor.may(Role.ADMIN, ()))
