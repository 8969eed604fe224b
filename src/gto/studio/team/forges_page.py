"""`/account/forges`: the tokens with which Studio pushes as a person: added, replaced, removed, never shown."""

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.exceptions import GTOException
from gto.output.published import Published
from gto.studio.context import context_of, team_of
from gto.studio.forms import back, read_index_form
from gto.studio.proposals.forge_client import ForgeToken
from gto.studio.proposals.push_access import check_token, parse_site
from gto.studio.respond import respond
from gto.studio.team import audit, write_settings
from gto.studio.team.write_settings import KeptToken

router = APIRouter()


class ForgesPage(NamedTuple):
    """The tokens of who asks."""

    tokens: tuple[KeptToken, ...]
    sites: tuple[str, ...]
    """Those of the repositories that they may see."""
    back: str
    site: str = ""
    """As it was typed."""
    name: str = ""
    error: str = ""
    hint: str = ""

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {"tokens": [one._asdict() for one in self.tokens], "sites": list(self.sites)}


@router.get("/account/forges", include_in_schema=False)
@router.get("/account/forges.json", include_in_schema=False)
def show(request: Request) -> Response:
    """Answer the list, and the form of a new one."""
    return respond(request, "forges.html", _page(request))


@router.post("/account/forges", include_in_schema=False)
def keep(request: Request, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Keep a token, in place of the one for the same forge."""
    given, name, secret = (str(form.get(key, "")).strip() for key in ("site", "forge_name", "forge_token"))
    studio, team = context_of(request), team_of(request)
    try:
        token = ForgeToken(parse_site(given), secret, name)
        check_token(token)
        with team.database.record() as connection:
            write_settings.keep_token(connection, team.box, _number(request), token)
            audit.note(connection, studio.visitor, audit.origin_of(request), "keep forge token", token.site)
    except GTOException as error:
        page = _page(request)._replace(site=given, name=name, error=error.message, hint=error.hint)
        return respond(request, "forges.html", page, 400)
    return RedirectResponse(back(form, "/account/forges?done=forge-token"), 303)


@router.post("/account/forges/remove", include_in_schema=False)
def remove(request: Request, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Remove a token."""
    site, team = str(form.get("site", "")), team_of(request)
    with team.database.record() as connection:
        if write_settings.remove_token(connection, _number(request), site):
            visitor = context_of(request).visitor
            audit.note(connection, visitor, audit.origin_of(request), "remove forge token", site)
    return RedirectResponse("/account/forges?done=forge-token-removed", 303)


def _number(request: Request) -> int:
    number = context_of(request).visitor.id
    if number is None:
        raise HTTPException(401, "Log in first.")
    return number


def _page(request: Request) -> ForgesPage:
    studio = context_of(request)
    with team_of(request).database.engine.connect() as connection:
        kept = tuple(write_settings.kept_tokens(connection, _number(request)))
        wanted = (write_settings.access_of(connection, studio.visitor, one).site for one in studio.places)
        sites = tuple(sorted({one for one in wanted if one}))
    return ForgesPage(kept, sites, back(request.query_params, ""))
