"""Links that need no login: for an hour, to one file or archive of one version, made by who may see it."""

import json
import time
from collections.abc import Mapping
from functools import partial
from typing import Annotated, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import FormData
from starlette.responses import Response

from gto.exceptions import RepositoryNotFound, UsageError
from gto.studio.context import context_of, team_of
from gto.studio.downloads import file_page
from gto.studio.downloads.archive_formats import kind_of
from gto.studio.downloads.file_page import DownloadLink
from gto.studio.downloads.located_version import ChosenVersion, LocatedVersion
from gto.studio.downloads.sending import Sendable, downloads_of
from gto.studio.downloads.version_contents import SIGNED_SECONDS, archive_kind, archive_of
from gto.studio.forms import read_index_form
from gto.studio.respond import respond
from gto.studio.rest import answers
from gto.studio.team import audit
from gto.studio.team.audit import origin_of
from gto.studio.team.team import Team

router = APIRouter()

_PURPOSE = "download"
_FIELDS = {"version": "version", "path": "file", "archive": "archive"}
_DIGITS = 12  # of a time
_SIGNED = "/signed/{signature}/{expires}/{repo}/{commit}/{name:path}/-"


class LinkTarget(NamedTuple):
    """What a link opens, and until when."""

    repo: str
    name: str
    commit: str
    kind: str
    """`file` or `archive`."""
    path: str
    """Of the file; the name of an archive."""
    expires: int

    @property
    def text(self) -> str:
        """What is signed."""
        return json.dumps(self)


class LinkWish(BaseModel):
    """What a link is wanted to: a file, or all of a version as an archive."""

    model_config = ConfigDict(extra="forbid")

    version: str = Field(default="", max_length=500, description="Empty for the latest")
    path: str = Field(default="", max_length=4096, description="Of the file")
    archive: str = Field(default="", max_length=10, description="`tar.gz`, `tar` or `zip`, in the place of a path")


class LinkResource(BaseModel):
    """A link that needs no login."""

    url: str
    expires: int = Field(description="In seconds since 1970")
    version: str
    commit: str


def address_of(team: Team, target: LinkTarget) -> str:
    """Return the signed address of what a link opens."""
    signature = team.box.sign(_PURPOSE, target.text)
    words = (signature, target.expires, quote(target.repo), target.commit, quote(target.name), "-", target.kind)
    path = quote(target.path, errors="replace")
    return f"{team.settings.url}/signed/{'/'.join(map(str, words))}/{path}"


def make(request: Request, repo: str, name: str, wish: LinkWish) -> LinkResource:
    """Make a link to what the visitor may see, and note that."""
    studio, team = context_of(request), team_of(request)
    if studio.visitor.id is None:
        raise HTTPException(401, "Log in first.")
    if bool(wish.path) == bool(wish.archive):
        raise UsageError("A link leads to one file, or to an archive", "give one of `path` and `archive`")
    found = file_page.locate(request, repo, name, wish.version)
    if wish.archive:
        kind, path = "archive", f"{found.chosen.label}.{archive_kind(wish.archive).ending}"
    else:
        kind, path = "file", wish.path
        found.find(path)
    chosen = found.chosen
    target = LinkTarget(repo, name, chosen.commit, kind, path, int(time.time()) + SIGNED_SECONDS)
    subject, end = f"{name}@{chosen.version}", target.expires
    with team.database.record() as connection:
        audit.note(
            connection, studio.visitor, origin_of(request), "link", subject, repository=repo, path=path, expires=end
        )
    return LinkResource(url=address_of(team, target), expires=end, version=chosen.version, commit=chosen.commit)


@router.post("/m/{repo}/{name:path}/-/links", include_in_schema=False)
async def link_form(
    request: Request, repo: str, name: str, form: Annotated[FormData, Depends(read_index_form)]
) -> Response:
    """Make a link, and show it above the files."""
    given = {key: str(form.get(field, "")) for key, field in _FIELDS.items()}
    try:
        wish = LinkWish.model_validate(given)
    except ValidationError as error:
        raise UsageError("This is no path of a file", "load the page again") from error

    def work() -> Response:
        made = make(request, repo, name, wish)
        link = DownloadLink(made.url, wish.path or f"the .{wish.archive}")
        page = file_page.read(request, repo, name, wish.version, link)
        return respond(request, "files.html", page)

    return await downloads_of(request).work(work)


@router.post(
    "/api/v1/artifacts/{repo}/{name:path}/links",
    tags=["files"],
    status_code=201,
    responses={status: {"model": answers.ProblemDetails} for status in (400, 401, 404, 424, 503)},
)
async def link_resource(request: Request, repo: str, name: str, wish: LinkWish) -> LinkResource:
    """Make a link that opens one file, or one version as an archive, for an hour without a login."""
    return await downloads_of(request).work(partial(make, request, repo, name, wish))


@router.api_route(f"{_SIGNED}/{{kind}}/{{path:path}}", methods=["GET", "HEAD"], include_in_schema=False)
async def signed(request: Request) -> Response:
    """Answer what a link opens: 403 where it was altered, or is over."""
    target = _target(request.path_params)
    if not team_of(request).box.is_signed(_PURPOSE, target.text, request.path_params["signature"]):
        raise HTTPException(403, "This link is not as it was made.")
    left = target.expires - int(time.time())
    if left <= 0:
        raise HTTPException(403, "This link is over: links hold for an hour.")
    asked = partial(_locate, request, target)
    packed = kind_of(target.path)
    if target.kind == "file" or packed is None:
        return await file_page.send_file(request, asked, target.path, left)

    def make_archive() -> Sendable:
        return archive_of(asked(), packed)._replace(name=target.path)

    return await downloads_of(request).send(make_archive, request)


def _target(given: Mapping[str, str]) -> LinkTarget:
    """Return what an address names, whoever made it."""
    name, _, rest = f"{given['name']}/-/{given['kind']}/{given['path']}".partition("/-/")  # no name holds that
    kind, _, path = rest.partition("/")
    digits = given["expires"]
    expires = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < _DIGITS else 0
    return LinkTarget(given["repo"], name, given["commit"], kind, path, expires)


def _locate(request: Request, target: LinkTarget) -> LocatedVersion:
    """Return where the files are, whoever asks: the signature says that they may."""
    studio = context_of(request)
    for place in studio.worker.places:
        if place.name == target.repo:
            chosen = ChosenVersion(target.repo, target.name, target.commit, target.commit)
            return downloads_of(request).found.locate(studio, place, chosen)
    raise RepositoryNotFound(target.repo)
