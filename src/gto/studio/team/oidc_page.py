"""`/login/oidc`: to the provider of OpenID Connect, and back with a session."""

import time

from fastapi import APIRouter, HTTPException, Request
from sqlalchemy import delete, insert
from starlette.responses import RedirectResponse, Response

from gto.studio.context import team_of
from gto.studio.forms import back
from gto.studio.guard import read_cookies
from gto.studio.pages import errors
from gto.studio.team import audit, vouched
from gto.studio.team.login_page import begin_session, with_session
from gto.studio.team.oidc import Attempt, Provider
from gto.studio.team.oidc_answers import LoginRefused
from gto.studio.team.secrets_box import digest
from gto.studio.team.team import Team
from gto.studio.team.team_tables import login_attempt
from gto.studio.team.vouched_person import VouchedPerson
from gto.studio.visitor import NOBODY

router = APIRouter()

CALLBACK = "/login/oidc/callback"
"""To where the provider leads back."""

_LASTS = 600  # seconds that one may take at the provider


@router.get("/login/oidc", include_in_schema=False)
def leave(request: Request) -> Response:
    """Lead to the provider."""
    team, provider = _of(request)
    try:
        address, attempt = provider.begin()
    except LoginRefused as error:
        return errors.answer(request, 403, error.message, error.hint or "")
    body = {**attempt._asdict(), "back": back(request.query_params, "/models")}
    now = time.time()
    with team.database.record() as connection:
        connection.execute(delete(login_attempt).where(login_attempt.c.expires_at < now))
        values = {"digest": digest(attempt.state), "body": body, "expires_at": now + _LASTS}
        connection.execute(insert(login_attempt).values(values))
    answer = RedirectResponse(address, 303)
    # Who comes back must be who left: a link with somebody else's code would log one in as them.
    about = team.settings
    signed = team.box.sign("login", attempt.state)
    answer.set_cookie(
        _cookie(team), signed, _LASTS, path=about.prefix or "/", secure=about.is_secure, httponly=True, samesite="lax"
    )
    return answer


@router.get(CALLBACK, include_in_schema=False)
def come_back(request: Request) -> Response:
    """Begin a session of whom the provider vouches for."""
    team, provider = _of(request)
    origin = audit.origin_of(request)._replace(by="OpenID Connect")
    try:
        identity, there = _prove(request, team, provider)
        with team.database.record() as connection:
            row = vouched.sign_in(team.database, connection, identity, team.settings.noreply)
            cookie = begin_session(request, connection, row.id)
    except LoginRefused as error:
        with team.database.record() as connection:
            audit.note(connection, NOBODY, origin, "login refused", error.message, hint=error.hint)
        return errors.answer(request, 403, error.message, error.hint or "")
    answer = with_session(team, RedirectResponse(there, 303), cookie)
    answer.delete_cookie(_cookie(team), path=team.settings.prefix or "/")
    return answer


def _prove(request: Request, team: Team, provider: Provider) -> tuple[VouchedPerson, str]:
    """Return whom the provider vouches for, and where they were going."""
    given = request.query_params
    attempt, there = _take(request, team, given.get("state", ""))
    if given.get("iss", provider.settings.issuer) != provider.settings.issuer:  # RFC 9207
        raise LoginRefused("The answer is of another provider", "begin the login again")
    if "code" not in given:
        said = " ".join(given.get("error_description", given.get("error", "no reason")).split())[:200]
        raise LoginRefused("The provider refused the login", f"it says: {said}")
    return provider.finish(given["code"], attempt), there


def _take(request: Request, team: Team, state: str) -> tuple[Attempt, str]:
    """Return the attempt that somebody comes back from: once, in time, and in the browser that left."""
    same = (login_attempt.c.digest == digest(state)) & (login_attempt.c.expires_at > time.time())
    with team.database.record() as connection:
        row = connection.execute(delete(login_attempt).where(same).returning(login_attempt.c.body)).first()
    signed = read_cookies(request.headers, _cookie(team))
    if row is None or not any(team.box.is_signed("login", state, one) for one in signed):
        raise LoginRefused("This login was not begun here, took too long, or is over", "begin it again at /login")
    return Attempt(row.body["state"], row.body["nonce"], row.body["verifier"]), str(row.body["back"])


def _cookie(team: Team) -> str:
    return f"{team.settings.cookie}_login"


def _of(request: Request) -> tuple[Team, Provider]:
    team = team_of(request)
    if team.provider is None:
        raise HTTPException(404, "This Studio knows no provider of OpenID Connect.")
    return team, team.provider
