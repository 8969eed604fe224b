"""`/watched`: what happened to the models that somebody follows, as a page and as a feed that a reader may open."""

from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, HTTPException, Request
from sqlalchemy import Row, delete, insert, select
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.output.published import Published
from gto.studio.addresses import artifact_url
from gto.studio.context import StudioContext, context_of, team_of
from gto.studio.forms import back, read_index_form
from gto.studio.index import event_list, list_counts, lookup
from gto.studio.index.database import Reader, kept
from gto.studio.index.event_list import EventQuery, ListedEvent
from gto.studio.respond import render, respond
from gto.studio.team import accounts, audit
from gto.studio.team.team import Team
from gto.studio.team.team_tables import person, watched
from gto.studio.team.watched_models import models_of
from gto.studio.visible import VisibleIndex
from gto.studio.visitor import Role
from gto.studio.words import iso

router = APIRouter()

FEED = "/watched.atom"
"""The path of the feed; whoever asks for it shows the token that its address holds, and nothing else counts."""
_MOST = 100  # events
_PURPOSE = "watched"
_DIGITS = 9  # of a person's number


class WatchedPage(NamedTuple):
    """What somebody follows, and what happened to it, the newest first."""

    models: tuple[tuple[str, str], ...]
    """Repository and name of each."""
    lines: tuple[ListedEvent, ...]
    stages: tuple[str, ...]
    feed: str
    """The address of the feed, with its token."""
    name: str = "Watched models"
    repo: str = ""
    path: str = "/watched"

    def link(self, path: str = "") -> str:
        """Return the address of this page, or of its feed, which names itself without the token."""
        return path or self.path

    def as_dict(self) -> Published:
        """Return it for JSON."""
        events = [{"repo": one.repo, **one.line.as_dict()} for one in self.lines]
        return {"models": [{"repo": repo, "artifact": name} for repo, name in self.models], "events": events}


@router.get("/watched", include_in_schema=False)
@router.get("/watched.json", include_in_schema=False)
def show_watched(request: Request) -> Response:
    """Answer what happened to the models that the visitor watches."""
    studio, team = context_of(request), team_of(request)
    assert studio.visitor.id is not None  # noqa: S101  the route asks for a name
    return respond(request, "watched.html", _read(team, studio.database, studio.visitor.id))


@router.get(FEED, include_in_schema=False)
def watched_feed(request: Request, token: str = "") -> Response:
    """Answer it as a feed to a program that holds the token of its address: that opens nothing else."""
    studio, team = context_of(request), team_of(request)
    number, _, signature = token.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) <= _DIGITS):
        raise HTTPException(404, "There is no such feed.")
    reader = _as_seen_by(team, studio, int(number), signature)
    page = _read(team, reader, int(number))
    values = {"page": page, "base": team.settings.url, "updated": iso(page.lines[0].line.time if page.lines else 0)}
    return Response(render(request, "history.atom", values), media_type="application/atom+xml")


@router.post("/m/{repo}/{name:path}/-/watch", include_in_schema=False)
def watch(request: Request, repo: str, name: str, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Follow a model, or no longer."""
    studio, team = context_of(request), team_of(request)
    with studio.database.read() as connection:
        lookup.find_artifact(connection, lookup.find_repository(connection, repo), name)
    row = {"person_id": studio.visitor.id, "repository": repo, "artifact": name}
    starts = not form.get("end")
    with team.database.record() as connection:
        connection.execute(delete(watched).where(*(watched.c[key] == value for key, value in row.items())))
        if starts:
            connection.execute(insert(watched).values(row))
        action = "watch" if starts else "end watching"
        audit.note(connection, studio.visitor, audit.origin_of(request), action, name, repository=repo)
    return RedirectResponse(back(form, artifact_url(repo, name)), 303)


def _read(team: Team, reader: Reader, person_id: int) -> WatchedPage:
    with team.database.engine.connect() as connection:
        wanted = models_of(connection, person_id)
        signed = _signed(connection.execute(select(person).where(person.c.id == person_id)).one())
    with reader.read() as connection:
        seen = set(lookup.repository_names(connection))
        models = tuple(one for one in wanted if one[0] in seen)
        lines = event_list.find(connection, EventQuery(only=models, limit=_MOST)).lines if models else ()
        stages = kept(connection, list_counts.stages)
    token = f"{person_id}.{team.box.sign(_PURPOSE, signed)}"
    return WatchedPage(models, lines, stages, f"{FEED}?token={token}")


def _signed(row: Row[Any]) -> str:
    """Return what the token of a feed is made of: who changes the password has another address, and the old is dead."""
    return f"{row.id} {row.password or ''}"


def _as_seen_by(team: Team, studio: StudioContext, person_id: int, signature: str) -> Reader:
    """Return the index as a person sees it, who is not the one that asks; 404 without the signature of their feed."""
    with team.database.engine.connect() as connection:
        row = connection.execute(select(person).where(person.c.id == person_id, person.c.is_active)).first()
        if row is None or not team.box.is_signed(_PURPOSE, _signed(row), signature):
            raise HTTPException(404, "There is no such feed.")
        visitor = accounts.visitor_of(connection, row)
    visitor = visitor._replace(roles={**dict.fromkeys(team.settings.public, Role.VIEWER), **visitor.roles})
    if visitor.sees_all:
        return VisibleIndex(team.database, None)
    places = studio.worker.places
    return VisibleIndex(team.database, frozenset(one.name for one in places if visitor.role_in(one.entry.groups)))
