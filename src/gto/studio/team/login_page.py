"""`/login` and `/logout`: a session for who knows a password, and few tries for who does not."""

from typing import Annotated, NamedTuple

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.output.published import Published
from gto.studio.context import context_of, cookie_of
from gto.studio.forms import back, read_index_form
from gto.studio.respond import respond
from gto.studio.team import accounts, audit, login_limits, sessions
from gto.studio.team.team import Team, team_of
from gto.studio.visitor import NOBODY

router = APIRouter()

_MOST_FIELDS = 10


class LoginPage(NamedTuple):
    """How one can log in."""

    next: str
    """Where it leads then."""
    has_passwords: bool
    provider: str
    """What the provider of OpenID Connect is called; empty where there is none."""
    name: str = ""
    error: str = ""
    is_out: bool = False
    """Whether somebody has just logged out."""

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {"passwords": self.has_passwords, "openid_connect": self.provider or None, "error": self.error or None}


@router.get("/login", include_in_schema=False)
def show(request: Request) -> Response:
    """Answer the form."""
    given = request.query_params
    there = back(given, "/models")
    if context_of(request).visitor.id is not None:
        return RedirectResponse(there, 303)
    page = _page(team_of(request), there)._replace(is_out="out" in given)
    return respond(request, "login.html", page)


@router.post("/login", include_in_schema=False)
async def log_in(request: Request) -> Response:
    """Begin a session, in place of the one that there was."""
    async with request.form(max_files=0, max_fields=_MOST_FIELDS) as form:  # no session has made a token for it yet
        return await run_sync(_log_in, request, form)


def _log_in(request: Request, form: FormData) -> Response:
    team = team_of(request)
    name, there = str(form.get("name", "")).strip().lower()[:200], back(form, "/models")
    origin = audit.origin_of(request)._replace(by="password")
    page = _page(team, there)._replace(name=name)
    if not team.settings.has_passwords:
        return respond(request, "login.html", page, 403)
    wait = login_limits.wait(team.database, name, origin.address)
    if wait:
        said = f"Too many attempts. Try again in {-(-wait // 60):.0f} minutes."
        return respond(request, "login.html", page._replace(error=said), 429)
    person_id = _check(team, name, str(form.get("password", "")))
    if person_id is None:
        with team.database.record() as connection:
            login_limits.note_failure(connection, name, origin.address)
            audit.note(connection, NOBODY, origin, "login refused", name)
        said = "The name and the password do not fit together."
        return respond(request, "login.html", page._replace(error=said), 403)
    with team.database.record() as connection:
        login_limits.forget(connection, name)
        cookie = begin_session(request, connection, person_id)
    return with_session(team, RedirectResponse(there, 303), cookie)


def _page(team: Team, there: str) -> LoginPage:
    provider = team.provider.settings.label if team.provider else ""
    return LoginPage(there, team.settings.has_passwords, provider)


def _check(team: Team, name: str, password: str) -> int | None:
    """Return the number of who has this name and password."""
    with team.database.engine.connect() as connection:
        row = accounts.find_or_none(connection, name)
    kept = row.password if row is not None and row.is_active else None
    if not team.passwords.check(kept, password):
        return None
    assert row is not None  # noqa: S101  nobody has no password
    if team.passwords.is_outdated(kept or ""):
        made = team.passwords.hash(password)
        with team.database.record() as connection:
            accounts.change(connection, row.id, password=made)
    return int(row.id)


def begin_session(request: Request, connection: Connection, person_id: int) -> str:
    """Begin a session of who has just proved who they are, in place of the one that there was; return its cookie."""
    team, origin = team_of(request), audit.origin_of(request)
    sessions.end(connection, cookie_of(request))
    agent = request.headers.get("user-agent", "")
    cookie = sessions.begin(connection, person_id, team.settings.session, origin.address, agent)
    accounts.change(connection, person_id)
    audit.note(connection, accounts.visitor(connection, person_id), origin, "login")
    return cookie


def with_session(team: Team, answer: Response, cookie: str) -> Response:
    """Set the cookie of a session."""
    about = team.settings
    # Not strict: a link in a message leads to a page, and not to the login. What writes asks for a form's token.
    answer.set_cookie(
        about.cookie, cookie, httponly=True, secure=about.is_secure, samesite="lax", path=about.prefix or "/"
    )
    return answer


@router.post("/logout", include_in_schema=False)
def log_out(request: Request, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """End the session."""
    del form
    studio, team = context_of(request), team_of(request)
    with team.database.record() as connection:
        sessions.end(connection, cookie_of(request))
        audit.note(connection, studio.visitor, audit.origin_of(request), "logout")
    answer = RedirectResponse("/login?out=1", 303)
    answer.delete_cookie(team.settings.cookie, path=team.settings.prefix or "/")
    return answer
