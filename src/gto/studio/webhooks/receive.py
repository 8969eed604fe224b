"""`/webhook/KIND/REPO` and `/webhook/dvc`: what forges send, and DVC. It has a repository looked at, and no more."""

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import quote

from anyio.to_thread import run_sync
from fastapi import APIRouter, HTTPException, Request
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from starlette.background import BackgroundTask
from starlette.responses import Response

from gto.catalog.repositories import CatalogRepository
from gto.studio.context import StudioContext, context_of, team_of
from gto.studio.index.schema import repository
from gto.studio.large_body import read_body
from gto.studio.protocols.error_bodies import ToldError
from gto.studio.repository_spellings import spelled
from gto.studio.respond import json_response
from gto.studio.team.team import Team
from gto.studio.webhooks import hook_secrets, received_log
from gto.webhook.forges import find
from gto.webhook.incoming import LARGEST, IncomingWebhook, WebhookRefusal, read_delivery, read_dvc_notice
from gto.webhook.repository_address import comparable

router = APIRouter()

_OF_NOTICE = 1 << 20  # bytes of what DVC says
_UNSIGNED = 401
_NO_BODY = WebhookRefusal(413, "the body is too large, or did not come in time")
_NOT_SIGNED = WebhookRefusal(_UNSIGNED, "the signature or the secret is wrong, lacking or too old")


def _tell_dvc(_request: Request, error: ToldError) -> Response:
    """Answer with what DVC prints."""
    return json_response({"detail": error.message}, error.status)


ERRORS = {"/webhook/dvc": _tell_dvc}
"""How errors below a path are told."""


class _Delivery(NamedTuple):
    """A request of a forge, to be judged."""

    request: Request
    kind: str
    repo: str
    secrets: tuple[str, ...]

    @property
    def team(self) -> Team:
        return team_of(self.request)

    @property
    def place(self) -> CatalogRepository | None:
        """The repository; whoever asks is nobody, and the secret alone counts."""
        places = context_of(self.request).worker.places
        return next((one for one in places if one.name == self.repo), None)


@router.post("/webhook/dvc", include_in_schema=False)
async def receive_notice(request: Request) -> Response:
    """Take what `dvc exp push` says, with a token of who may see the repository."""
    studio = context_of(request)
    if studio.visitor.id is None or studio.visitor.scopes is None:  # no page of a browser may send it
        raise HTTPException(401, "Send a token: `dvc config studio.token gto_...`.")
    body = await read_body(request, _OF_NOTICE)
    told = _NO_BODY if body is None else read_dvc_notice(body, time.time())
    if isinstance(told, WebhookRefusal):
        raise HTTPException(told.status, told.reason)
    found = await run_sync(spelled, studio, told.repository)
    if not found:
        raise HTTPException(404, "no repository of this Studio that you may see is at this address")
    await run_sync(_take_all, studio, team_of(request), told, found)
    return json_response({"url": f"{team_of(request).settings.url}/r/{quote(found[0].name)}/experiments"})


@router.post("/webhook/{kind}/{repo}", include_in_schema=False)
async def receive(request: Request, kind: str, repo: str) -> Response:
    """Take a delivery of a forge."""
    forge = find(kind)
    if forge is None:
        return _refused(WebhookRefusal(404, "this is no webhook of a forge that is known"))
    secrets = await run_sync(_read_secrets, team_of(request), repo)
    told = _Delivery(request, kind, repo, secrets)
    if forge.begin(secrets, request.headers, time.time()) is None:  # it cannot be right, whatever the body
        return _refuse(told, _NOT_SIGNED)
    body = await read_body(request, LARGEST)
    if body is None:
        return _refuse(told, _NO_BODY)
    return await run_sync(_judge, told, body)


def _read_secrets(team: Team, repo: str) -> tuple[str, ...]:
    with team.database.engine.connect() as connection:
        return hook_secrets.read(connection, team.box, repo)


def _judge(one: _Delivery, body: bytes) -> Response:
    told = read_delivery(one.request.headers, body, one.secrets, time.time(), one.kind)
    if isinstance(told, WebhookRefusal):
        return _refuse(one, told)
    if one.place is None:  # it was taken out of the catalogue
        return _refuse(one, _NOT_SIGNED)
    if told.is_test or not told.tells_of_push:
        _note(one.team, one.repo, told, 200)
        return json_response({"status": "nothing to look at"})
    addresses = _addresses(one.place, _remotes(one.team))
    if addresses and not any(map(told.names, addresses)):
        named = told.repository or "another repository"
        return _refuse(one, WebhookRefusal(422, f"it tells of {named}, which is not at the address of this one"))
    return _take(context_of(one.request), one.team, told, one.place)


def _take(studio: StudioContext, team: Team, told: IncomingWebhook, place: CatalogRepository) -> Response:
    """Have a repository looked at; only then the delivery counts as taken."""
    with team.database.engine.connect() as connection:
        if received_log.has(connection, place.name, told):
            return json_response({"status": "known"})
    studio.worker.ask(place.name)
    _note(team, place.name, told, 202)
    return json_response({"status": "asked"}, 202)


def _take_all(studio: StudioContext, team: Team, told: IncomingWebhook, found: Sequence[CatalogRepository]) -> None:
    for place in found:
        _take(studio, team, told, place)


def _note(team: Team, repo: str, told: IncomingWebhook, status: int) -> None:
    with suppress(IntegrityError), team.database.record() as connection:  # another process was first
        received_log.note(connection, repo, told, status)


def _refuse(one: _Delivery, why: WebhookRefusal) -> Response:
    """Refuse, and note it when the answer is sent: how long that takes tells nobody which repositories there are."""
    answer = _refused(why)
    answer.background = BackgroundTask(_note_refusal, one, why)
    return answer


def _note_refusal(one: _Delivery, why: WebhookRefusal) -> None:
    """Tell it to the admins of a repository that there is."""
    if one.place is not None:
        with one.team.database.engine.connect() as connection:
            is_new = received_log.is_to_be_noted(connection, one.repo, one.kind, why.status)
        if is_new:
            with suppress(IntegrityError), one.team.database.record() as connection:
                received_log.note_refusal(connection, one.repo, one.kind, why)


def _refused(why: WebhookRefusal) -> Response:
    return json_response({"error": why.reason}, why.status)


def _remotes(team: Team) -> dict[str, str]:
    """Return the addresses of repositories' remotes by name, as far as they were read."""
    with team.database.engine.connect() as connection:
        found = connection.execute(
            select(repository.c.name, repository.c.remote).where(repository.c.remote.is_not(None))
        )
        return {row.name: row.remote for row in found}


def _addresses(place: CatalogRepository, remotes: dict[str, str]) -> tuple[str, ...]:
    """Return where a repository is for others; none where it is on this machine alone."""
    known = {one: comparable(one) for one in (place.address, remotes.get(place.name, ""))}
    return tuple(one for one, form in known.items() if form and not form.startswith("/"))
