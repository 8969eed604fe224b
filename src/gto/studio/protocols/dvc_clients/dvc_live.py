"""`/api/live`: what DVCLive and `dvc exp run` post while an experiment runs."""

from functools import partial

from anyio.to_thread import run_sync
from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from gto.studio.context import context_of, team_of
from gto.studio.large_body import read_body
from gto.studio.live import live_store
from gto.studio.live.live_post import LARGEST, LivePost, read_post
from gto.studio.protocols.error_bodies import ToldError, plain
from gto.studio.repository_spellings import find_spelled
from gto.studio.team import audit
from gto.studio.visitor import Role

router = APIRouter()


def _tell(_request: Request, error: ToldError) -> Response:
    """Answer as text, which DVC prints."""
    return plain(error.status, error.sentence)


ERRORS = {"/api/live": _tell}
"""How errors below a path are told."""


@router.post("/api/live", include_in_schema=False)
async def take(request: Request) -> Response:
    """Keep what a post says; 200 is all that DVC looks at."""
    visitor = context_of(request).visitor
    if visitor.id is None or visitor.scopes is None:  # no page of a browser may send it
        raise HTTPException(403, "Send a token: `dvc studio login`, or `dvc config --global studio.token gto_...`.")
    body = await read_body(request, LARGEST)
    if body is None:
        raise HTTPException(413, "The body is too large, or did not come in time.")
    await run_sync(partial(_take, request, body))
    return plain(200, "taken")


def _take(request: Request, body: bytes) -> None:
    studio, team, post = context_of(request), team_of(request), read_post(body)
    place = find_spelled(studio, post.repo_url)
    if not studio.may(Role.CONTRIBUTOR, place.name):
        raise HTTPException(403, f"Experiments of '{place.name}' are shown by its contributors.")
    live_store.take(team.database, place.name, studio.visitor, post)
    _note(request, place.name, post)


def _note(request: Request, repository: str, post: LivePost) -> None:
    """Write the start and the end of an experiment down; its steps are too many."""
    if post.type == "data":
        return
    visitor, origin = context_of(request).visitor, audit.origin_of(request)
    with team_of(request).database.record() as connection:
        action = "start experiment" if post.type == "start" else "end experiment"
        audit.note(connection, visitor, origin, action, post.name, repository=repository, baseline=post.baseline)
