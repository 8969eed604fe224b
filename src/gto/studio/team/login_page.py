"""`/login` and `/logout`: a session for who knows a password, and few tries for who does not."""

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.output.published import Published
from gto.studio.context import context_of, cookie_of, team_of
from gto.studio.forms import back, read_index_form
from gto.studio.respond import respond
from gto.studio.team import accounts, audit, login_limits, sessions
from gto.studio.team.passwords import in_turn
from gto.studio.team.team import Team
from gto.studio.visitor import NOBODY

router = APIRouter()

MOST_FIELDS = 10
LONGEST_FIELD = 16 * 1024
"""Bytes: of forms that anybody may send."""
_REMEMBERED = 366 * 86400  # seconds that a browser is known


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
    # No session has made a token for it yet.
    async with request.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD) as form:
        return await in_turn(lambda: _log_in(request, form))


def _log_in(request: Request, form: FormData) -> Response:
    team = team_of(request)
    name, there = str(form.get("name", "")).strip().lower()[:200], back(form, "/models")
    origin = audit.origin_of(request)._replace(by="password")
    page = _page(team, there)._replace(name=name)
    if not team.settings.has_passwords:
        return respond(request, "login.html", page, 403)
    key = _browser_key(team)
    browser = login_limits.known_browser(team.box, name, request.cookies.get(key, ""))
    made = login_limits.begin(team.database, name, origin.address, browser)
    if made.wait:
        minutes = -(-made.wait // 60)
        said = f"Too many attempts. Try again in {minutes:.0f} minute{'s' if minutes > 1 else ''}."
        return respond(request, "login.html", page._replace(error=said), 429)
    person_id = _check(team, name, str(form.get("password", "")))
    if person_id is None:
        with team.database.record() as connection:
            audit.note(connection, NOBODY, origin, "login refused", name)
        said = "The name and the password do not fit together."
        return respond(request, "login.html", page._replace(error=said), 403)
    login_limits.succeed(team.database, made)
    with team.database.record() as connection:
        cookie = begin_session(request, connection, person_id)
    answer = with_session(team, RedirectResponse(there, 303), cookie)
    if not browser:
        mark = login_limits.browser_mark(team.box, name)
        _set_cookie(team, answer, key, mark, _REMEMBERED)
    return answer


def _browser_key(team: Team) -> str:
    return f"{team.settings.cookie}_browser"


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


def begin_session(request: Request, connection: Connection, person_id: int, by: str = "password") -> str:
    """Begin a session of who has just proved who they are, in place of the one that there was; return its cookie.

    `by` is how they proved it, for the audit log.
    """
    cookie = renew_session(request, connection, person_id)
    accounts.change(connection, person_id)
    origin = audit.origin_of(request)._replace(by=by)
    audit.note(connection, accounts.visitor(connection, person_id), origin, "login")
    return cookie


def renew_session(request: Request, connection: Connection, person_id: int) -> str:
    """Begin a session in place of the one that there was, as a person's rights or password are other ones now."""
    sessions.end(connection, cookie_of(request))
    agent, address = request.headers.get("user-agent", ""), audit.origin_of(request).address
    return sessions.begin(connection, person_id, team_of(request).settings.session, address, agent)


def with_session(team: Team, answer: Response, cookie: str) -> Response:
    """Set the cookie of a session."""
    return _set_cookie(team, answer, team.settings.cookie, cookie)


def _set_cookie(team: Team, answer: Response, key: str, value: str, seconds: int | None = None) -> Response:
    about = team.settings
    # Not strict: a link in a message leads to a page, and not to the login. What writes asks for a form's token.
    answer.set_cookie(
        key, value, seconds, httponly=True, secure=about.is_secure, samesite="lax", path=about.prefix or "/"
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
