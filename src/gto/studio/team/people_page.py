"""`/people`: who is here, with which roles, and links for others; as far as one is admin."""

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.exceptions import UsageError
from gto.output.published import Published
from gto.studio.addresses import count_pages, read_number, url
from gto.studio.context import context_of, team_of
from gto.studio.forms import read_index_form
from gto.studio.respond import respond
from gto.studio.team import accounts, audit, invitations, rights
from gto.studio.team.invitations import Invited, OpenInvitation
from gto.studio.team.login_page import renew_session, with_session
from gto.studio.team.rights import Control, ListedPerson
from gto.studio.visitor import EVERY, Role, parse_role

router = APIRouter()

_PAGE = 100


class PeoplePage(NamedTuple):
    """People, and the links that nobody used yet."""

    rows: tuple[ListedPerson, ...]
    total: int
    number: int
    text: str
    """What names and addresses are searched for."""
    open: tuple[OpenInvitation, ...]
    """For an admin of everything; none for others."""
    groups: tuple[str, ...]
    """Those in which the reader gives roles."""
    control: Control
    error: str = ""
    hint: str = ""
    given: Mapping[str, str] = MappingProxyType({})
    """What the refused form held."""
    roles: tuple[Role, ...] = tuple(Role)

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return count_pages(self.total, _PAGE)

    def link(self, number: int) -> str:
        """Return the address of another page."""
        return url("/people", q=self.text, page=number)

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {
            "total": self.total,
            "page": self.number,
            "pages": self.pages,
            "people": [one.as_dict() for one in self.rows],
            "invitations": [one.as_dict() for one in self.open],
            "error": self.error or None,
        }


class LinkPage(NamedTuple):
    """A link that was just made: it is shown this once."""

    name: str
    address: str
    is_reset: bool
    days: float

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {"name": self.name, "url": self.address, "expires_at": time.time() + self.days * 86400.0}


@router.get("/people", include_in_schema=False)
@router.get("/people.json", include_in_schema=False)
def show(request: Request) -> Response:
    """Answer the list."""
    return respond(request, "people.html", _read(request))


@router.post("/people/-/add", include_in_schema=False)
def add(request: Request, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Give a role to who is here already, or make a link for who is not."""
    given = {key: str(form.get(key, "")).strip() for key in ("name", "group", "role", "full_name", "email")}
    name = given["name"].lower()
    try:
        roles = read_roles(given)
        with team_of(request).database.engine.connect() as connection:
            is_known = accounts.find_or_none(connection, name) is not None
        if is_known:
            return change_roles(request, name, roles)
        wish = accounts.parse_invited(name, given["full_name"], given["email"])
        return _invite(request, Invited(*wish, roles=roles))
    except UsageError as error:
        page = _read(request)._replace(error=error.message, hint=error.hint or "", given=given)
        return respond(request, "people.html", page, 400)


def read_roles(given: Mapping[str, str]) -> dict[str, Role]:
    """Return the role that a form gives in a group of repositories."""
    role = parse_role(given["role"])
    if role is None or not given["group"]:
        raise UsageError("A role and a group of repositories are chosen from the lists", "choose both")
    return {given["group"]: role}


def change_roles(request: Request, name: str, wanted: Mapping[str, Role | None]) -> Response:
    """Give a person roles, or take them, write it down, and lead to their page."""
    visitor, team = context_of(request).visitor, team_of(request)
    control, cookie = rights.control_of(visitor), ""
    with team.database.record() as connection:
        who = rights.find(connection, rights.WHOLE, name)
        rights.change_roles(connection, control, who, wanted, team.ways)
        told = {group: str(role or "none") for group, role in wanted.items() if who.roles.get(group) != role}
        if told:
            audit.note(connection, visitor, audit.origin_of(request), "change roles", name, roles=told)
            cookie = renew_session(request, connection, who.id) if who.id == visitor.id else ""
    answer = RedirectResponse(f"/people/{name}?done=roles", 303)
    return with_session(team, answer, cookie) if cookie else answer


def _invite(request: Request, invited: Invited) -> Response:
    visitor, team = context_of(request).visitor, team_of(request)
    team.settings.require_passwords()
    rights.control_of(visitor).require(invited.roles)
    with team.database.record() as connection:
        secret = invitations.make(connection, invited, visitor.name)
        told = {group: str(role) for group, role in invited.roles.items()}
        audit.note(connection, visitor, audit.origin_of(request), "invite", invited.name, roles=told)
    return show_link(request, invited.name, secret, is_reset=False)


def show_link(request: Request, name: str, secret: str, *, is_reset: bool) -> Response:
    """Answer a link that was just made, this once."""
    address = f"{team_of(request).settings.url}{invitations.PATH}{secret}"
    answer = respond(request, "invited.html", LinkPage(name, address, is_reset, invitations.DAYS))
    answer.headers["cache-control"] = "no-store"
    return answer


@router.post("/people/-/withdraw", include_in_schema=False)
def withdraw(request: Request, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Take back a link that nobody used yet."""
    with team_of(request).database.record() as connection:
        name = invitations.withdraw(connection, str(form.get("key", "")))
        if name:
            visitor, origin = context_of(request).visitor, audit.origin_of(request)
            audit.note(connection, visitor, origin, "withdraw invitation", name)
    return RedirectResponse("/people?done=withdrawn", 303)


def groups_for(request: Request, control: Control) -> tuple[str, ...]:
    """Return the groups of repositories in which an admin gives roles: those of the catalogue, and any other in use."""
    if not control.is_whole:
        return tuple(sorted(control.groups))
    of_places = {group for place in context_of(request).places for group in place.entry.groups}
    with team_of(request).database.engine.connect() as connection:
        return EVERY, *sorted((of_places | rights.groups_of(connection)) - {EVERY})


def _read(request: Request) -> PeoplePage:
    given = request.query_params
    text, number = given.get("q", "").strip()[:200], read_number(given)
    control = rights.control_of(context_of(request).visitor)
    with team_of(request).database.engine.connect() as connection:
        every = rights.find_all(connection, control)
        links = invitations.find_open(connection) if control.is_whole else ()
    found = [one for one in every if text.casefold() in f"{one.name} {one.full_name} {one.email}".casefold()]
    shown = tuple(found[(number - 1) * _PAGE : number * _PAGE])
    return PeoplePage(shown, len(found), number, text, links, groups_for(request, control), control)
