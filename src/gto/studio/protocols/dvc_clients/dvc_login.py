"""`/api/device-login`: how `dvc studio login` begins, and asks for its token until a person has let it in."""

from collections.abc import Mapping
from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import Response

from gto.exceptions import UsageError
from gto.studio.context import team_of
from gto.studio.large_body import read_body
from gto.studio.protocols.error_bodies import ToldError
from gto.studio.respond import json_response
from gto.studio.team import audit, device_logins, tokens
from gto.studio.team.device_logins import DeviceWish
from gto.webhook import json_fields

router = APIRouter()

_LARGEST = 64 << 10  # bytes of a body
_SCOPES = {"EXPERIMENTS": "experiments", "DATASETS": "read", "MODELS": "read"}
"""What DVC calls a scope, and the least that does it."""
_DAYS = 90.0
_LONGEST = 100  # characters of a name
_PENDING, _OVER = "authorization_pending", "authorization_expired"


def _tell(_request: Request, error: ToldError) -> Response:
    """Answer as DVC reads it."""
    return _unkept(json_response({"detail": error.sentence}, error.status))


ERRORS = {"/api/device-login": _tell}
"""How errors below a path are told."""


@router.post("/api/device-login", include_in_schema=False)
async def begin(request: Request) -> Response:
    """Begin: answer the code that a person types, and the one that the program asks by."""
    given = await _read(request)
    if given is None:
        return _refuse("a JSON object is expected, as application/json")
    return await run_sync(_begin, request, _wish(given))


@router.post("/api/device-login/token", include_in_schema=False)
async def ask(request: Request) -> Response:
    """Answer the token once, after somebody let the program in; each refusal is one of two words that DVC knows."""
    given = await _read(request)
    return await run_sync(_ask, request, json_fields.text(given, ("code",)))


async def _read(request: Request) -> dict[str, Any] | None:
    """Read a body; a page of another site cannot send one of this type without being asked."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await read_body(request, _LARGEST) if kind == "application/json" else None
    return None if body is None else json_fields.parse_body(body, "")


def _wish(given: Mapping[str, Any]) -> DeviceWish:
    """Return what a program asks for; UsageError where it is not to be had."""
    client = json_fields.text(given, ("client_name",))[:_LONGEST] or "A program"
    name = json_fields.text(given, ("token_name",))[:_LONGEST] or f"{client} login"[:_LONGEST]
    asked = [one.upper() for one in json_fields.texts(given, ("scopes",))] or list(_SCOPES)
    if unknown := sorted(set(asked) - set(_SCOPES)):
        raise UsageError(f"'{unknown[0][:_LONGEST]}' is no scope", f"one of {', '.join(_SCOPES)}")
    days = given.get("expires_in_days")
    wanted = float(days) if isinstance(days, int) and not isinstance(days, bool) and abs(days) < 1 << 31 else _DAYS
    lasts = None if given.get("never_expires") is True else wanted
    return DeviceWish(client, tokens.parse_new(name, [_SCOPES[one] for one in asked], lasts))


def _begin(request: Request, wish: DeviceWish) -> Response:
    team = team_of(request)
    with team.database.record() as connection:
        team.database.wait_for_turn(connection, "device login")
        try:
            made = device_logins.begin(connection, team.box, wish, audit.origin_of(request).address)
        except UsageError as error:
            return json_response({"detail": f"{error.message}: {error.hint}"}, 429)
    told = {"device_code": made.secret, "user_code": made.code, "token_name": wish.token.name}
    there = {
        "verification_uri": f"{team.settings.url}/auth/device-login",
        "token_uri": f"{team.settings.url}/api/device-login/token",
    }
    return _unkept(json_response({**told, **there, "expires_in": device_logins.SECONDS}))


def _ask(request: Request, secret: str) -> Response:
    team = team_of(request)
    with team.database.engine.connect() as connection:
        row = device_logins.find_asking(connection, secret)
    if row is None:
        return _refuse(_OVER)
    if row.person_id is None:
        return _refuse(_PENDING)
    with team.database.record() as connection:
        made = device_logins.redeem(connection, row, audit.origin_of(request))
    return _refuse(_OVER) if made is None else _unkept(json_response({"access_token": made}))


def _refuse(detail: str) -> Response:
    return _unkept(json_response({"detail": detail}, 400))


def _unkept(answer: Response) -> Response:
    answer.headers["cache-control"] = "no-store"
    return answer
