"""The files of a version for MLflow's clients: at an address that itself says who may have them, for an hour."""

import json
import time
from collections.abc import Mapping
from functools import partial
from typing import Annotated, NamedTuple
from urllib.parse import quote

from fastapi import HTTPException, Query, Request
from starlette.responses import Response

from gto.catalog.repositories import CatalogRepository
from gto.exceptions import NotFound, RepositoryNotFound
from gto.export.mlflow.model_names import from_mlflow, to_mlflow
from gto.studio.context import context_of
from gto.studio.downloads import file_page
from gto.studio.downloads.file_sizes import sizes_of
from gto.studio.downloads.located_version import ChosenVersion, LocatedVersion
from gto.studio.downloads.sending import downloads_of
from gto.studio.downloads.version_contents import SIGNED_SECONDS
from gto.studio.page_router import PageRouter
from gto.studio.protocols.mlflow.mlflow_calls import tell
from gto.studio.respond import json_response

router = PageRouter(include_in_schema=False)

_PURPOSE = "mlflow"
_START = "/signed/mlflow/"
_INFIX = "/mlflow-artifacts/artifacts"
"""Where clients cut an address in two."""
_ROUTE = f"{_START}{{signature}}/{{expires}}/{{repo}}/{{commit}}{_INFIX}"
_DIGITS = 12  # of a time

ERRORS = {_START: tell}
"""How errors below a path are told."""


class FilesLink(NamedTuple):
    """What an address opens, and until when."""

    repo: str
    name: str
    version: str
    commit: str
    expires: int


def make_address(request: Request, repo: str, name: str, version: str, commit: str) -> str:
    """Return the address of a version's files, which holds for an hour."""
    studio = context_of(request)
    link = FilesLink(repo, name, version, commit, int(time.time()) + SIGNED_SECONDS)
    base = studio.team.settings.url if studio.team else f"http://{request.headers['host']}"
    head = f"{base}{_START}{studio.sessions.sign(_PURPOSE, json.dumps(link))}/{link.expires}/{quote(repo, safe='')}"
    return f"{head}/{commit}{_INFIX}/{to_mlflow(name)}/{version}"  # clients quote what they find there, again


@router.get(_ROUTE, include_in_schema=False)
async def list_files(request: Request, path: Annotated[str, Query(max_length=8192)] = "") -> Response:
    """Answer what a directory of a version holds; nothing for a file."""
    link, below, _ = _opened(request, path)

    downloads, chosen = downloads_of(request), _chosen(link)
    known = downloads.found.recall(context_of(request), _place(request, link), chosen)
    if known is not None and all(content.size is not None for _, content in known.files):  # nobody has to be asked
        return json_response({"files": _children(known, below)})
    return json_response({"files": await downloads.work(lambda: _children(_locate(request, link), below))})


@router.api_route(f"{_ROUTE}/{{path:path}}", methods=["GET", "HEAD"], include_in_schema=False)
async def send_file(request: Request, path: str) -> Response:
    """Answer a file of a version."""
    link, below, left = _opened(request, path)
    return await file_page.send_file(request, partial(_locate, request, link), below, left)


def _opened(request: Request, path: str) -> tuple[FilesLink, str, int]:
    """Return what an address opens, the path below that, and for how many seconds; 403 where it was altered."""
    given: Mapping[str, str] = request.path_params
    name, _, rest = path.partition("/")
    version, _, below = rest.partition("/")
    digits = given["expires"]
    expires = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < _DIGITS else 0
    link = FilesLink(given["repo"], from_mlflow(name), version, given["commit"], expires)
    if not context_of(request).sessions.is_signed(_PURPOSE, json.dumps(link), given["signature"]):
        raise HTTPException(403, "This address of a version's files is not as it was made.")
    left = expires - int(time.time())
    if left <= 0:
        raise HTTPException(403, "This address of a version's files is over after an hour: ask for the version again.")
    return link, below, left


def _locate(request: Request, link: FilesLink) -> LocatedVersion:
    """Return where the files are, whoever asks: the signature says that they may."""
    return downloads_of(request).found.locate(context_of(request), _place(request, link), _chosen(link))


def _place(request: Request, link: FilesLink) -> CatalogRepository:
    found = next((one for one in context_of(request).worker.places if one.name == link.repo), None)
    if found is None:
        raise RepositoryNotFound(link.repo)
    return found


def _chosen(link: FilesLink) -> ChosenVersion:
    return ChosenVersion(link.repo, link.name, link.commit, link.commit)


def _children(found: LocatedVersion, below: str) -> list[dict[str, object]]:
    """Return files and directories right below a path."""
    start = f"{below.strip('/')}/" if below.strip("/") else ""
    sizes = _sizes(found)
    children: dict[str, dict[str, object]] = {}
    for path, _ in found.files:
        if path.startswith(start):
            child, more, _ = path[len(start) :].partition("/")
            size = sizes[path]
            told = {} if more or size is None else {"file_size": size}
            children[child] = {"path": child, "is_dir": bool(more), **told}
    if start and not children and start[:-1] not in sizes:
        raise NotFound(f"The version has no file '{start[:-1]}'", "list its files first")
    return list(children.values())


def _sizes(found: LocatedVersion) -> Mapping[str, int | None]:
    """Return how many bytes files have; nothing is asked where Git says it all."""
    told = {path: one.size for path, one in found.files}
    return sizes_of(found) if None in told.values() else told
