"""Saved views: addresses of the list of models or of a table of experiments, by a name, for one person or for all."""

import re
import time
from typing import Annotated, Any, NamedTuple
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, HTTPException, Request
from sqlalchemy import Connection, Row, delete, func, insert, select
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.exceptions import UsageError
from gto.studio.addresses import repository_url
from gto.studio.context import StudioContext, context_of, team_of
from gto.studio.forms import back, read_index_form
from gto.studio.index.query import QueryError
from gto.studio.index.query import parse as parse_words
from gto.studio.team import audit
from gto.studio.team.team import Team
from gto.studio.team.team_tables import saved_view
from gto.studio.visitor import Role

router = APIRouter()

MODELS = "/models"
_MOST = 100  # of one person
_NUMBER_RE = re.compile("[0-9]{1,9}")
_LONGEST_NAME, _LONGEST_QUERY = 100, 4000


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


@router.post("/views/save", include_in_schema=False)
def save(request: Request, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Save what a page shows under a name; one of this name in its place."""
    studio, team = context_of(request), team_of(request)
    page, query = str(form.get("page", "")), str(form.get("query", ""))
    name, is_shared = " ".join(str(form.get("name", "")).split()), bool(form.get("shared"))
    repository = _repository_of(studio, page)
    if not name or len(name) > _LONGEST_NAME or len(query) > _LONGEST_QUERY:
        raise UsageError("A view has a name of up to 100 letters, and what it shows is no longer than an address")
    if is_shared and not shares(studio, page):
        raise HTTPException(403, "Views for everybody are saved by contributors.")
    mine = (saved_view.c.person_id == studio.visitor.id) & (saved_view.c.page == page)
    values = {"person_id": studio.visitor.id, "is_shared": is_shared, "page": page, "repository": repository}
    with team.database.record() as connection:
        connection.execute(delete(saved_view).where(mine, saved_view.c.name == name))
        theirs = select(func.count()).where(saved_view.c.person_id == studio.visitor.id)
        if connection.execute(theirs).scalar_one() >= _MOST:
            raise UsageError(f"You have {_MOST} saved views", "remove one first")
        connection.execute(
            insert(saved_view).values({**values, "name": name, "query": query, "created_at": time.time()})
        )
        origin = audit.origin_of(request)
        audit.note(connection, studio.visitor, origin, "save view", name, repository=repository, shared=is_shared)
    return RedirectResponse(back(form, page), 303)


@router.post("/views/remove", include_in_schema=False)
def remove(request: Request, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Remove a view: one's own, or a shared one as an admin of all."""
    studio, team = context_of(request), team_of(request)
    number = str(form.get("id", ""))
    with team.database.record() as connection:
        row = _find(connection, int(number)) if _NUMBER_RE.fullmatch(number) else None
        if row is None or not _is_removable(studio, row):
            raise HTTPException(404, "There is no such view of yours.")
        connection.execute(delete(saved_view).where(saved_view.c.id == row.id))
        origin = audit.origin_of(request)
        told = {"repository": row.repository, "shared": row.is_shared}
        audit.note(connection, studio.visitor, origin, "remove view", row.name, **told)
    return RedirectResponse(back(form, row.page), 303)


def read_views(studio: StudioContext, team: Team, page: str) -> tuple[SavedView, ...]:
    """Return the views of a page: those of who asks, and those for all that name no repository hidden from them.

    Views of one repository are shown on its own page alone, and name no other.
    """
    theirs = (saved_view.c.person_id == studio.visitor.id) | saved_view.c.is_shared
    query = select(saved_view).where(saved_view.c.page == page, theirs).order_by(saved_view.c.name, saved_view.c.id)
    with team.database.engine.connect() as connection:
        rows = connection.execute(query).all()
    seen = {one.name for one in studio.places}
    is_seen = bool(seen) and page != MODELS
    return tuple(
        SavedView(row.id, row.name, row.page, row.query, row.is_shared, _is_removable(studio, row))
        for row in rows
        if row.person_id == studio.visitor.id or is_seen or (seen and _named_repositories(row.query) <= seen)
    )


def shares(studio: StudioContext, page: str) -> bool:
    """Tell whether who asks may save a view of a page for everybody."""
    if page == MODELS:
        return any(one >= Role.CONTRIBUTOR for one in studio.visitor.roles.values())
    return studio.may(Role.CONTRIBUTOR, _repository_of(studio, page))


def _repository_of(studio: StudioContext, page: str) -> str:
    """Return the repository of a page that has views, empty for that of all; UsageError where it has none."""
    if page == MODELS:
        return ""
    for one in studio.places:
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


def _find(connection: Connection, number: int) -> Row[Any] | None:
    return connection.execute(select(saved_view).where(saved_view.c.id == number)).first()


def _is_removable(studio: StudioContext, row: Row[Any]) -> bool:
    return row.person_id == studio.visitor.id or (bool(row.is_shared) and studio.runs_all)
