"""`/invitation/SECRET`: who got a link becomes a person here, or chooses a new password. It serves once.

Reading the page uses nothing up: what shows a preview of a link in a chat asks for it, too.
"""

from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from sqlalchemy import Connection, Row
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.exceptions import NotFound, UsageError
from gto.output.published import Published
from gto.studio.context import team_of
from gto.studio.pages import errors
from gto.studio.respond import respond
from gto.studio.team import accounts, audit, invitations, login_limits, rights, sessions
from gto.studio.team.login_page import LONGEST_FIELD, MOST_FIELDS, begin_session, with_session
from gto.studio.team.passwords import SHORTEST, check_new, in_turn
from gto.studio.team.team import Team
from gto.studio.visitor import parse_role

router = APIRouter()


class InvitationGone(NotFound):
    """A link serves no more."""

    def __init__(self) -> None:
        super().__init__("This link was used, has expired, or never was", "ask an admin of this Studio for another")


class InvitationPage(NamedTuple):
    """What somebody chooses who got a link."""

    name: str
    full_name: str
    email: str
    roles: tuple[tuple[str, str], ...]
    is_reset: bool
    """Whether they have an account, and choose a new password alone."""
    shortest: int = SHORTEST
    error: str = ""
    hint: str = ""
    field: str = ""

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {"name": self.name, "reset": self.is_reset, "error": self.error or None, "hint": self.hint or None}


@router.get("/invitation/{token}", include_in_schema=False)
def show(request: Request, token: str) -> Response:
    """Answer the form."""
    team = team_of(request)
    if not team.settings.has_passwords:
        return _refuse(request)
    with team.database.engine.connect() as connection:
        return _respond(request, _page_of(connection, _find(connection, token)))


@router.post("/invitation/{token}", include_in_schema=False)
async def accept(request: Request, token: str) -> Response:
    """Use the link."""
    if not team_of(request).settings.has_passwords:
        return _refuse(request)
    async with request.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD) as form:
        return await in_turn(lambda: _accept(request, token, form))


def _accept(request: Request, token: str, form: FormData) -> Response:
    team = team_of(request)
    with team.database.engine.connect() as connection:
        row = _find(connection, token)
        page = _page_of(connection, row)
    given = {key: str(form.get(key, "")) for key in ("full_name", "email", "password", "again")}
    if not page.is_reset:
        page = page._replace(full_name=given["full_name"].strip(), email=given["email"].strip())
    try:
        who = accounts.parse_who(page.name, page.full_name, page.email)
        kept = _hash(team, page.name, given)
        with team.database.record() as connection:
            if not invitations.use(connection, token):
                raise InvitationGone
            number = _person_of(request, connection, row, who, kept)
            cookie = begin_session(request, connection, number, by="invitation")
    except UsageError as error:
        return _respond(request, page._replace(error=error.message, hint=error.hint or "", field=_field_of(error)), 400)
    return _keep_secret(with_session(team, RedirectResponse("/models", 303), cookie))


def _find(connection: Connection, token: str) -> Row[Any]:
    found = invitations.find(connection, token)
    if found is None or not _is_still_given(connection, found):
        raise InvitationGone
    return found


def _is_still_given(connection: Connection, row: Row[Any]) -> bool:
    """Tell whether who made a link may make it now: a group of the issuer's may have lost what their rights rest on."""
    if not row.created_by:  # by the command line
        return True
    maker = accounts.find_or_none(connection, row.created_by)
    if maker is None or not maker.is_active:
        return False
    control = rights.control_of(accounts.visitor_of(connection, maker))
    return control.is_whole or (row.person_id is None and all(control.holds(one) for one in row.roles))


def _page_of(connection: Connection, row: Row[Any]) -> InvitationPage:
    roles = tuple(sorted(row.roles.items()))
    if row.person_id is None:
        return InvitationPage(row.name, row.full_name, row.email, roles, is_reset=False)
    who = accounts.find(connection, row.name)
    return InvitationPage(who.name, who.full_name, who.email, (), is_reset=True)


def _hash(team: Team, name: str, given: dict[str, str]) -> str:
    check_new(given["password"], name, given["again"])
    return team.passwords.hash(given["password"])


def _person_of(request: Request, connection: Connection, row: Row[Any], who: accounts.Who, kept: str) -> int:
    """Make the person whom the link is for, or give them the new password, and return their number."""
    origin = audit.origin_of(request)._replace(by="invitation")
    if row.person_id is not None:
        accounts.change(connection, row.person_id, password=kept)
        sessions.end_all(connection, row.person_id)
        login_limits.forget(connection, who.name)
        audit.note(connection, accounts.visitor(connection, row.person_id), origin, "password", who.name)
        return int(row.person_id)
    accounts.require_free(connection, who.email, team_of(request).settings.noreply)
    made = accounts.add(connection, who, kept)
    roles = {group: role for group, text in row.roles.items() if (role := parse_role(text)) is not None}
    accounts.set_roles(connection, made, roles)
    told = accounts.visitor(connection, made)
    audit.note(connection, told, origin, "join", who.name, invited_by=row.created_by, roles=row.roles)
    return made


def _field_of(error: UsageError) -> str:
    said = error.message.lower()
    return next((name for word, name in _FIELDS.items() if word in said), "")


_FIELDS = {"full name": "full_name", "e-mail": "email", "two passwords": "again", "password": "password"}


def _refuse(request: Request) -> Response:
    """Answer where no password can be chosen: the link was made by the command line, or before that was so."""
    said = "Nobody logs in with a password here, and so this link serves for nothing"
    return errors.answer(request, 403, said, "log in at `/login`; an admin of this Studio gives you a role then")


def _respond(request: Request, page: InvitationPage, status: int = 200) -> Response:
    return _keep_secret(respond(request, "invitation.html", page, status))


def _keep_secret(answer: Response) -> Response:
    """Have nobody else learn the address of this page: it holds the secret."""
    # Not `no-referrer`: with it a browser does not say where the form comes from.
    answer.headers["referrer-policy"] = "strict-origin"
    answer.headers["cache-control"] = "no-store"
    return answer
