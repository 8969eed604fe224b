"""`/account`: who one is, one's password, sessions and tokens."""

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.exceptions import UsageError
from gto.output.published import Published
from gto.studio.context import context_of, cookie_of, team_of
from gto.studio.forms import read_index_form
from gto.studio.respond import respond
from gto.studio.team import accounts, audit, login_limits, sessions, tokens
from gto.studio.team.login_page import renew_session, with_session
from gto.studio.team.passwords import SHORTEST, check_new
from gto.studio.team.sessions import ListedSession
from gto.studio.team.tokens import ListedToken
from gto.studio.visitor import Role, Visitor

router = APIRouter()

_NEVER = "never"
_DIGITS = 5


class AccountPage(NamedTuple):
    """All that one sees of oneself."""

    who: accounts.Who
    roles: tuple[tuple[str, Role], ...]
    has_password: bool
    """Whether one logs in with a password, and so may change it."""
    is_vouched: bool
    """Whether an issuer says who one is, so that it is not changed here."""
    sessions: tuple[ListedSession, ...]
    tokens: tuple[ListedToken, ...]
    now: float
    made: str = ""
    """The token that was just made: it is shown this once."""
    error: str = ""
    hint: str = ""
    part: str = ""
    """The form that the error is about."""
    given: Mapping[str, str] = MappingProxyType({})
    """What the refused form held."""
    shortest: int = SHORTEST
    scopes: tuple[tuple[str, str], ...] = (
        ("read", "sees what you see"),
        ("experiments", "shows experiments while they run, and sees nothing"),
        ("write", "does both, registers, assigns and describes, as far as your roles go"),
        ("admin", "also manages people, repositories and tokens, as far as your roles go"),
    )

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {
            **self.who._asdict(),
            "roles": {group: str(role) for group, role in self.roles},
            "sessions": [one.as_dict() for one in self.sessions],
            "tokens": [one.as_dict() for one in self.tokens],
            "error": self.error or None,
        }


@router.get("/account", include_in_schema=False)
@router.get("/account.json", include_in_schema=False)
def show(request: Request) -> Response:
    """Answer the page."""
    return _respond(request, _read(request))


@router.post("/account", include_in_schema=False)
def change_names(request: Request, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Change the full name and the address, with which one's tags are written from then on."""
    visitor, number = _myself(request)
    given = {key: str(form.get(key, "")) for key in ("full_name", "email")}
    was = {"full_name": visitor.full_name, "email": visitor.email}
    try:
        who = accounts.parse_who(visitor.name, given["full_name"], given["email"])
        with team_of(request).database.record() as connection:
            accounts.require_own_words(accounts.find(connection, visitor.name))
            accounts.require_free(connection, who.email, team_of(request).settings.noreply, number)
            accounts.change(connection, number, full_name=who.full_name, email=who.email)
            now = {"full_name": who.full_name, "email": who.email}
            audit.note(connection, visitor, audit.origin_of(request), "account", who.name, was=was, now=now)
    except UsageError as error:
        return _refuse(request, "names", error, given)
    return RedirectResponse("/account?done=names", 303)


@router.post("/account/password", include_in_schema=False)
def change_password(request: Request, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Change the password, and end all other sessions; this one goes on under another cookie."""
    team, (visitor, number) = team_of(request), _myself(request)
    old, new, again = (str(form.get(key, "")) for key in ("old", "new", "again"))
    try:
        _check_old(request, visitor, old)
        check_new(new, visitor.name, again)
    except UsageError as error:
        return _refuse(request, "password", error)
    kept = team.passwords.hash(new)
    with team.database.record() as connection:
        accounts.change(connection, number, password=kept)
        sessions.end_all(connection, number)
        cookie = renew_session(request, connection, number)
        audit.note(connection, visitor, audit.origin_of(request), "password", visitor.name)
    return with_session(team, RedirectResponse("/account?done=password", 303), cookie)


def _check_old(request: Request, visitor: Visitor, old: str) -> None:
    """Raise UsageError where it is not the password: whoever found a browser open may not guess at it, either."""
    team = team_of(request)
    made = login_limits.begin(team.database, visitor.name, audit.origin_of(request).address, visitor.session)
    if made.wait:
        raise UsageError("Too many attempts", "try again in some minutes")
    with team.database.engine.connect() as connection:
        kept = accounts.find(connection, visitor.name).password
    if not team.passwords.check(kept, old):
        raise UsageError("The old password is another one", "an admin makes a link for who does not know it")
    login_limits.succeed(team.database, made)


@router.post("/account/sessions/end", include_in_schema=False)
def end_sessions(request: Request, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """End one session, or all but this one."""
    visitor, number = _myself(request)
    key = str(form.get("key", ""))
    with team_of(request).database.record() as connection:
        mine = (connection, number)
        if sessions.end_by_key(*mine, key) if key else sessions.end_all(*mine, cookie_of(request)):
            origin = audit.origin_of(request)
            audit.note(connection, visitor, origin, "end sessions", visitor.name, which=key or "others")
    return RedirectResponse(f"/account?done={'session' if key else 'sessions'}", 303)


@router.post("/account/tokens", include_in_schema=False)
def make_token(request: Request, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Make a token, and show it this once."""
    visitor, number = _myself(request)
    given = {key: str(form.get(key, "")) for key in ("name", "scope", "days")}
    try:
        with team_of(request).database.record() as connection:
            wanted = tokens.parse_new(given["name"], (given["scope"],), read_days(given["days"]))
            made = tokens.make_for(connection, number, wanted, request.headers)
            told = tokens.find_all(connection, number)[0]
            tokens.note_made(connection, visitor, audit.origin_of(request), told)
    except UsageError as error:
        return _refuse(request, "tokens", error, given)
    return _respond(request, _read(request)._replace(made=made))


@router.post("/account/tokens/remove", include_in_schema=False)
def remove_token(request: Request, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Take a token back."""
    visitor, number = _myself(request)
    text = str(form.get("id", ""))
    with team_of(request).database.record() as connection:
        found = [one for one in tokens.find_all(connection, number) if str(one.id) == text]
        for one in found:
            tokens.take_back(connection, number, one.id)
            audit.note(connection, visitor, audit.origin_of(request), "remove token", one.name, prefix=one.prefix)
    return RedirectResponse("/account?done=token-removed", 303)


def _myself(request: Request) -> tuple[Visitor, int]:
    visitor = context_of(request).visitor
    if visitor.id is None:  # a route of nobody is refused before
        raise HTTPException(401, "Log in first.")
    return visitor, visitor.id


def read_days(text: str) -> float | None:
    """Return how long a token lasts, as a form says it; None for until it is taken back."""
    if text == _NEVER:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < _DIGITS):
        raise UsageError("A token expires after a number of days, or never", "choose one of those offered")
    return float(text)


def _read(request: Request) -> AccountPage:
    visitor, number = _myself(request)
    with team_of(request).database.engine.connect() as connection:
        row = accounts.find(connection, visitor.name)
        return AccountPage(
            accounts.Who(row.name, row.full_name, row.email),
            tuple(sorted(visitor.roles.items())),
            row.password is not None and team_of(request).settings.has_passwords,
            bool(row.issuer),
            sessions.find_all(connection, number, visitor.session),
            tokens.find_all(connection, number),
            time.time(),
        )


def _refuse(
    request: Request, part: str, error: UsageError, given: Mapping[str, str] = MappingProxyType({})
) -> Response:
    page = _read(request)._replace(error=error.message, hint=error.hint or "", part=part, given=given)
    return _respond(request, page, 400)


def _respond(request: Request, page: AccountPage, status: int = 200) -> Response:
    answer = respond(request, "account.html", page, status)
    answer.headers["cache-control"] = "no-store"
    return answer
