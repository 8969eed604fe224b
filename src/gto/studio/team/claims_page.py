"""`/people/-/groups`: the roles that everybody has whom the provider, or a proxy, names in a group of its own."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.exceptions import UsageError
from gto.output.published import Published
from gto.studio.context import context_of, team_of
from gto.studio.forms import read_index_form
from gto.studio.respond import respond
from gto.studio.team import accounts, audit, rights
from gto.studio.team.people_page import groups_for, read_roles
from gto.studio.team.rights import Control, ListedClaim
from gto.studio.visitor import Role

router = APIRouter()

_PATH = "/people/-/groups"


class ClaimsPage(NamedTuple):
    """The groups that give roles."""

    rows: tuple[ListedClaim, ...]
    groups: tuple[str, ...]
    """Those of repositories, in which the reader gives roles."""
    control: Control
    has_issuer: bool
    """Whether anybody says who is in a group."""
    error: str = ""
    hint: str = ""
    given: Mapping[str, str] = MappingProxyType({})
    """What the refused form held."""
    roles: tuple[Role, ...] = tuple(Role)

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {"groups": [one.as_dict() for one in self.rows], "error": self.error or None}


@router.get(_PATH, include_in_schema=False)
@router.get(f"{_PATH}.json", include_in_schema=False)
def show(request: Request) -> Response:
    """Answer the list."""
    return respond(request, "claims.html", _read(request))


@router.post(_PATH, include_in_schema=False)
def give(request: Request, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Give a group a role in a group of repositories, in place of the one that it has there."""
    given = {key: str(form.get(key, "")).strip() for key in ("claim", "group", "role")}
    try:
        return _change(request, given["claim"], read_roles(given))
    except UsageError as error:
        return _refuse(request, error, given)


@router.post(f"{_PATH}/remove", include_in_schema=False)
def take(request: Request, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Take a role from a group."""
    claim, group = (str(form.get(key, "")) for key in ("claim", "group"))
    try:
        return _change(request, claim, {group: None})
    except UsageError as error:
        return _refuse(request, error, {})


def _change(request: Request, claim: str, wanted: Mapping[str, Role | None]) -> Response:
    visitor, team = context_of(request).visitor, team_of(request)
    with team.database.record() as connection:
        had = accounts.roles_of_claim(connection, claim)
        now = rights.change_claim(connection, rights.control_of(visitor), claim, wanted, team.ways)
        if now != had:
            told = {group: str(role or "none") for group, role in wanted.items()}
            origin = audit.origin_of(request)
            audit.note(connection, visitor, origin, "change roles", claim, provider_group=True, roles=told)
    return RedirectResponse(_PATH, 303)


def _refuse(request: Request, error: UsageError, given: Mapping[str, str]) -> Response:
    page = _read(request)._replace(error=error.message, hint=error.hint or "", given=given)
    return respond(request, "claims.html", page, 400)


def _read(request: Request) -> ClaimsPage:
    control, team = rights.control_of(context_of(request).visitor), team_of(request)
    with team.database.engine.connect() as connection:
        rows = rights.find_claims(connection, control)
    return ClaimsPage(rows, groups_for(request, control), control, bool(team.ways.issuers))
