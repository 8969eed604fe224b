"""`/auth/device-login`: somebody who is logged in lets a program in that waits, or turns it away."""

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.exceptions import UsageError
from gto.output.published import Published
from gto.studio.addresses import url
from gto.studio.context import context_of, team_of
from gto.studio.forms import read_index_form
from gto.studio.respond import respond
from gto.studio.team import audit, device_logins
from gto.studio.team.account_page import read_days
from gto.studio.team.device_logins import OpenDeviceLogin
from gto.studio.visitor import Visitor

router = APIRouter()

_PATH = "/auth/device-login"
_MAY = {
    "read": "see what you see, and download files",
    "experiments": "show experiments here while they run, where you are a contributor",
    "write": "do what your roles let you do",
    "admin": "do all that you may do",
}
_LONGEST = 40  # characters of what is typed


class DevicePage(NamedTuple):
    """A program that waits, and what became of it."""

    code: str
    waiting: OpenDeviceLogin | None = None
    error: str = ""
    done: str = ""
    """`in` or `away`, once that was said."""

    @property
    def may(self) -> tuple[str, ...]:
        """What it may do when it is let in."""
        return tuple(_MAY[one] for one in self.waiting.scopes if one in _MAY) if self.waiting else ()

    @property
    def days(self) -> str:
        """How long its token is meant to last, as the form has it."""
        lasts = self.waiting.days if self.waiting else None
        return "never" if lasts is None else f"{lasts:g}"

    def as_dict(self) -> Published:
        """Return it for JSON."""
        waiting = self.waiting.as_dict() if self.waiting else None
        return {"code": self.code, "waiting": waiting, "error": self.error or None, "done": self.done or None}


@router.get(_PATH, include_in_schema=False)
@router.get(f"{_PATH}.json", include_in_schema=False)
def show(request: Request) -> Response:
    """Answer which program waits with a code, or the form for one."""
    given = request.query_params
    done = given.get("done", "")
    if done in {"in", "away"}:
        return _respond(request, DevicePage("", done=done))
    return _respond(request, _read(request, given.get("code", "")))


@router.post(_PATH, include_in_schema=False)
def decide(request: Request, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Let a program in, or turn it away."""
    page, (visitor, number) = _read(request, str(form.get("code", ""))), _myself(request)
    waiting = page.waiting
    if waiting is None:
        return _respond(request, page, 404)
    lets = form.get("do") == "allow"
    try:
        days = read_days(str(form.get("days", page.days))) if lets else None
    except UsageError as error:
        return _respond(request, page._replace(error=error.message), 400)
    with team_of(request).database.record() as connection:
        if not lets:
            device_logins.turn_away(connection, waiting)
        elif not device_logins.let_in(connection, waiting, number, days):
            raise HTTPException(409, "This program waits no more.")
        told: dict[str, object] = {
            "scopes": list(waiting.scopes),
            "asked_from": waiting.address,
            "token": waiting.token_name,
        }
        action = "let program in" if lets else "turn program away"
        audit.note(connection, visitor, audit.origin_of(request), action, waiting.client, repository="", **told)
    return RedirectResponse(url(_PATH, done="in" if lets else "away"), 303)


def _read(request: Request, typed: str) -> DevicePage:
    """Read who waits with a code; one that nothing waits with is counted, so that nobody tries many."""
    team, (_, number) = team_of(request), _myself(request)
    code = device_logins.shown_code(typed[:_LONGEST])
    if not code:
        return DevicePage("")
    with team.database.engine.connect() as connection:
        if not device_logins.may_try(connection, number):
            return DevicePage(code, error="Too many codes were wrong: try again in a quarter of an hour.")
        waiting = device_logins.find_waiting(connection, team.box, code)
    if waiting is not None:
        return DevicePage(code, waiting)
    with team.database.record() as connection:
        device_logins.note_wrong(connection, number)
    return DevicePage(
        code, error="No program waits with this code. Codes hold for a quarter of an hour, and serve once."
    )


def _myself(request: Request) -> tuple[Visitor, int]:
    visitor = context_of(request).visitor
    if visitor.id is None or visitor.scopes is not None:  # a token lets nobody in beside itself
        raise HTTPException(403, "Somebody lets a program in with a browser.")
    return visitor, visitor.id


def _respond(request: Request, page: DevicePage, status: int = 200) -> Response:
    answer = respond(request, "device_login.html", page, status)
    answer.headers["cache-control"] = "no-store"
    return answer
