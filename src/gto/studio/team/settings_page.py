"""`/r/REPO/-/settings`: how Studio writes to a repository of a team, as its admins choose, as a page and by REST."""

from typing import Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.catalog.repositories import CatalogRepository
from gto.exceptions import UsageError
from gto.output.published import Published
from gto.studio.addresses import repository_url
from gto.studio.context import context_of, team_of
from gto.studio.forms import read_index_form
from gto.studio.proposals.forge_site import FORGE_WORDS, ForgeSettings
from gto.studio.proposals.push_access import token_site
from gto.studio.respond import respond
from gto.studio.rest.answers import ProblemDetails
from gto.studio.team import audit, write_settings
from gto.studio.team.write_settings import RepositorySettings
from gto.studio.visitor import Role
from gto.studio.write_access import WriteMode

router = APIRouter()

_PAGE = "/r/{repo}/-/settings"
_API = "/api/v1/repositories/{repo}/settings"
_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (400, 401, 403, 404)}


class SettingsPage(NamedTuple):
    """What an admin says of a repository."""

    repo: str
    address: str
    is_remote: bool
    settings: RepositorySettings
    site: str
    """For which forge people give tokens, if the repository is on one."""
    may_name_site: bool
    error: str = ""
    hint: str = ""

    @property
    def modes(self) -> tuple[WriteMode, ...]:
        """Those that can be chosen."""
        return tuple(WriteMode)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The forges that are known."""
        return FORGE_WORDS

    @property
    def kind(self) -> str:
        """The one that is chosen."""
        return self.settings.forge.partition(",")[0]

    @property
    def forge_site(self) -> str:
        """Where its pages are, as an admin says it."""
        return self.settings.forge.partition(",")[2]

    def as_dict(self) -> Published:
        """Return it for JSON."""
        told = {"site": self.site or None, "unknown_mode": self.settings.unknown_mode or None}
        return {"repo": self.repo, **self.settings.as_dict(), **told, "error": self.error or None}


class SettingsResource(BaseModel):
    """How Studio writes to a repository."""

    write_mode: Literal["off", "own", "server"] = Field(description="Not at all, as who asks, or as the server")
    forge: str = Field(
        "", max_length=500, description="Its kind, or KIND,SITE (SITE: admins of all); empty for what its address tells"
    )


@router.get(_PAGE, include_in_schema=False)
@router.get(f"{_PAGE}.json", include_in_schema=False)
def show(request: Request, repo: str) -> Response:
    """Answer the form."""
    page = _page(request, repo, _read(request, repo))
    return respond(request, "repository_settings.html", page)


@router.post(_PAGE, include_in_schema=False)
def save(request: Request, repo: str, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Keep what an admin chose."""
    mode, forge, site = (str(form.get(key, "")).strip() for key in ("write_mode", "forge", "site"))
    before = _read(request, repo)
    kind, _, known = before.forge.partition(",")
    if "site" not in form and forge == kind:  # who may not name it leaves it as it is
        site = known
    mode = mode if mode in {one.value for one in WriteMode} else before.mode.value
    wanted = RepositorySettings(WriteMode(mode), f"{forge},{site}" if forge and site else forge)
    try:
        _keep(request, repo, wanted)
    except UsageError as error:
        page = _page(request, repo, wanted)._replace(error=error.message, hint=error.hint)
        return respond(request, "repository_settings.html", page, 400)
    return RedirectResponse(f"{repository_url(repo, '-/settings')}?done=settings", 303)


@router.get(_API, tags=["repositories"], responses=_PROBLEMS)
def read_settings(request: Request, repo: str) -> SettingsResource:
    """Tell how Studio writes to a repository; this is for its admins."""
    return SettingsResource.model_validate(_read(request, repo).as_dict())


@router.put(_API, tags=["repositories"], responses=_PROBLEMS)
def put_settings(request: Request, repo: str, wanted: SettingsResource) -> SettingsResource:
    """Choose how Studio writes to a repository; this is for its admins."""
    _keep(request, repo, RepositorySettings(WriteMode(wanted.write_mode), wanted.forge.strip()))
    return wanted


def _read(request: Request, repo: str) -> RepositorySettings:
    place = context_of(request).place(repo)
    with team_of(request).database.engine.connect() as connection:
        return write_settings.settings_of(connection, place)


def _keep(request: Request, repo: str, wanted: RepositorySettings) -> None:
    studio = context_of(request)
    place = studio.place(repo)
    with team_of(request).database.record() as connection:
        before = write_settings.settings_of(connection, place)
        if "," in wanted.forge and wanted.forge != before.forge and not studio.visitor.may(Role.ADMIN, ()):
            raise UsageError("Where a forge has its pages is for an admin of all repositories", "name its kind alone")
        write_settings.keep_settings(connection, place, wanted)
        changes = {"before": before.as_dict(), "after": wanted.as_dict()}
        audit.note(connection, studio.visitor, audit.origin_of(request), "settings", repo, repository=repo, **changes)


def _page(request: Request, repo: str, settings: RepositorySettings) -> SettingsPage:
    studio = context_of(request)
    place = studio.place(repo)
    may_name_site = studio.visitor.may(Role.ADMIN, ())
    return SettingsPage(repo, place.shown_address, place.is_remote, settings, _site(place, settings), may_name_site)


def _site(place: CatalogRepository, settings: RepositorySettings) -> str:
    try:
        forge = write_settings.forge_settings(place, settings.forge)
    except UsageError:
        forge = ForgeSettings()
    return token_site(place.address, forge) if place.is_remote else ""
