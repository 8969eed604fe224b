"""`/people/NAME`: one person, as an admin sees them: their roles, whether they may log in, and with what."""

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.exceptions import UsageError
from gto.output.published import Published
from gto.studio.context import context_of, team_of
from gto.studio.forms import read_index_form
from gto.studio.respond import respond
from gto.studio.team import audit, invitations, rights, sessions, tokens
from gto.studio.team.invitations import Invited
from gto.studio.team.people_page import change_roles, groups_for, show_link
from gto.studio.team.rights import Control, ListedPerson
from gto.studio.team.sessions import ListedSession
from gto.studio.team.tokens import ListedToken
from gto.studio.visitor import Role, parse_role

router = APIRouter()

_FIELD = "role in "


class PersonPage(NamedTuple):
    """One person."""

    who: ListedPerson
    groups: tuple[str, ...]
    """Those in which the reader gives roles."""
    control: Control
    sessions: tuple[ListedSession, ...]
    """For an admin of everything; none for others, as are the tokens."""
    tokens: tuple[ListedToken, ...]
    has_passwords: bool
    error: str = ""
    hint: str = ""
    roles: tuple[Role, ...] = tuple(Role)

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {
            **self.who.as_dict(),
            "sessions": [one.as_dict() for one in self.sessions],
            "tokens": [one.as_dict() for one in self.tokens],
            "error": self.error or None,
        }


@router.get("/people/{name}", include_in_schema=False)
@router.get("/people/{name}.json", include_in_schema=False)  # the router asks for it first: else it were a name
def show(request: Request, name: str) -> Response:
    """Answer the page."""
    return respond(request, "person.html", _read(request, name))


@router.post("/people/{name}/roles", include_in_schema=False)
def give_roles(request: Request, name: str, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Change the roles of a person in the groups that the form names."""
    wanted: dict[str, Role | None] = {}
    with team_of(request).database.engine.connect() as connection:
        rights.find(connection, rights.control_of(context_of(request).visitor), name)  # else it is not there
    try:
        for key, value in form.multi_items():
            if key.startswith(_FIELD):
                wanted[key.removeprefix(_FIELD)] = _read_role(str(value))
        return change_roles(request, name, wanted)
    except UsageError as error:
        return _refuse(request, name, error)


def _read_role(text: str) -> Role | None:
    role = parse_role(text)
    if text and role is None:
        raise UsageError(f"There is no role '{text}'", f"choose {', '.join(map(str, Role))}")
    return role


@router.post("/people/{name}/active", include_in_schema=False)
def let_in(request: Request, name: str, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Let a person log in again, or no more."""
    is_active, team = str(form.get("active", "")) == "1", team_of(request)
    try:
        with team.database.record() as connection:
            who = rights.find(connection, rights.WHOLE, name)
            rights.set_active(connection, who, is_active=is_active, ways=team.ways)
            action = "activate" if is_active else "deactivate"
            audit.note(connection, context_of(request).visitor, audit.origin_of(request), action, name)
    except UsageError as error:
        return _refuse(request, name, error)
    return RedirectResponse(f"/people/{name}?done={'' if is_active else 'in'}active", 303)


@router.post("/people/{name}/end", include_in_schema=False)
def end(request: Request, name: str, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """End one session of a person, take one of their tokens back, or end all sessions."""
    visitor, origin = context_of(request).visitor, audit.origin_of(request)
    key, number = (str(form.get(one, "")) for one in ("key", "token"))
    with team_of(request).database.record() as connection:
        who = rights.find(connection, rights.WHOLE, name)
        if number:
            for one in tokens.find_all(connection, who.id):
                if str(one.id) == number:
                    tokens.take_back(connection, who.id, one.id)
                    audit.note(connection, visitor, origin, "remove token", one.name, of=name, prefix=one.prefix)
        elif sessions.end_by_key(connection, who.id, key) if key else sessions.end_all(connection, who.id):
            audit.note(connection, visitor, origin, "end sessions", name, which=key or "all")
    done = "token-removed" if number else "session" if key else "sessions"
    return RedirectResponse(f"/people/{name}?done={done}", 303)


@router.post("/people/{name}/reset", include_in_schema=False)
def make_link(request: Request, name: str, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Make a link with which a person chooses a new password."""
    del form
    visitor, team = context_of(request).visitor, team_of(request)
    try:
        team.settings.require_passwords()
        with team.database.record() as connection:
            who = rights.find(connection, rights.WHOLE, name)
            who.require_active()
            invited = Invited(who.name, who.full_name, who.email, person_id=who.id)
            secret = invitations.make(connection, invited, visitor.name)
            audit.note(connection, visitor, audit.origin_of(request), "invite", name, reset=True)
    except UsageError as error:
        return _refuse(request, name, error)
    return show_link(request, name, secret, is_reset=True)


def _read(request: Request, name: str) -> PersonPage:
    control = rights.control_of(context_of(request).visitor)
    with team_of(request).database.engine.connect() as connection:
        who = rights.find(connection, control, name)
        mine = context_of(request).visitor.session
        ways = (sessions.find_all(connection, who.id, mine), tokens.find_all(connection, who.id))
    shown = ways if control.is_whole else ((), ())
    return PersonPage(who, groups_for(request, control), control, *shown, team_of(request).settings.has_passwords)


def _refuse(request: Request, name: str, error: UsageError) -> Response:
    page = _read(request, name)._replace(error=error.message, hint=error.hint or "")
    return respond(request, "person.html", page, 400)
