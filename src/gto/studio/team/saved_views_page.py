"""Routes that save a view of a page under a name, for one person or for all, and remove it."""

import re
import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from sqlalchemy import Connection, Row, delete, func, insert, select
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.exceptions import UsageError
from gto.studio.context import context_of, team_of
from gto.studio.forms import back, read_index_form
from gto.studio.team import audit
from gto.studio.team.saved_views import is_removable, repository_of
from gto.studio.team.team_tables import saved_view

router = APIRouter()

_MOST = 100  # of one person
_NUMBER_RE = re.compile("[0-9]{1,9}")
_LONGEST_NAME, _LONGEST_QUERY = 100, 4000


@router.post("/views/save", include_in_schema=False)
def save(request: Request, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Save what a page shows under a name; one of this name in its place."""
    studio, team = context_of(request), team_of(request)
    page, query = str(form.get("page", "")), str(form.get("query", ""))
    name, is_shared = " ".join(str(form.get("name", "")).split()), bool(form.get("shared"))
    repository = repository_of(studio.places, page)
    if not name or len(name) > _LONGEST_NAME or len(query) > _LONGEST_QUERY:
        raise UsageError("A view has a name of up to 100 letters, and what it shows is no longer than an address")
    if is_shared and not studio.shares_views(page):
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
        if row is None or not is_removable(studio.visitor, row):
            raise HTTPException(404, "There is no such view of yours.")
        connection.execute(delete(saved_view).where(saved_view.c.id == row.id))
        origin = audit.origin_of(request)
        told = {"repository": row.repository, "shared": row.is_shared}
        audit.note(connection, studio.visitor, origin, "remove view", row.name, **told)
    return RedirectResponse(back(form, row.page), 303)


def _find(connection: Connection, number: int) -> Row[Any] | None:
    return connection.execute(select(saved_view).where(saved_view.c.id == number)).first()
