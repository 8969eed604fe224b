"""`/v2/` and `/token`: the routes of the Distribution specification that read."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlencode

from fastapi import HTTPException, Request
from starlette.responses import JSONResponse, Response

from gto.core.names import RESERVED_STAGES
from gto.oci.artifact import tag_of_version
from gto.studio.authorization_header import ANONYMOUS, read_token
from gto.studio.context import context_of
from gto.studio.downloads.sending import downloads_of
from gto.studio.index import events, lookup
from gto.studio.page_router import PageRouter
from gto.studio.protocols.artifact_names import list_oci
from gto.studio.protocols.oci.asked_model import MODELCAR, AskedModel, find_model
from gto.studio.protocols.oci.blobs import answer_blob
from gto.studio.protocols.oci.manifests import TAG_RE, answer_manifest
from gto.studio.protocols.oci.replies import API, refusal, tell_error

router = PageRouter()
ERRORS = {"/v2/": tell_error, "/token": tell_error}

_LATEST = "latest"
_LASTS = 300  # seconds that a token is told to hold: it holds as long as the one that it was made of
_MOST = 1000  # names of a list
_PATH_RE = re.compile("(?P<name>.+)/(?P<what>manifests|blobs|tags)/(?P<which>[^/]+)")


@router.get("/token", include_in_schema=False)
async def token(request: Request) -> Response:
    """Answer the token by which a client goes on: the one that it came with, or that of anybody."""
    given = read_token(request.headers)
    if not given and "authorization" in request.headers:
        raise HTTPException(401, "Send a personal token as the password: it begins with `gto_`.")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = given or ANONYMOUS
    told = {"token": found, "access_token": found, "expires_in": _LASTS, "issued_at": now}
    return JSONResponse(told, headers={"cache-control": "no-store"})


@router.api_route("/v2/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
async def read(request: Request, path: str) -> Response:
    """Answer what a client reads."""
    studio = context_of(request)
    if not studio.is_known and "authorization" not in request.headers:
        raise HTTPException(401, "Ask for a token first: anybody gets one for what is public.")
    if not path:
        return JSONResponse({}, headers=API)
    if path == "_catalog":
        return await downloads_of(request).work(partial(_catalog, request))
    match = _PATH_RE.fullmatch(path)
    if match is None or (match["what"] == "tags" and match["which"] != "list"):
        raise HTTPException(404, "This registry has no such address.")
    asked = await downloads_of(request).work(partial(find_model, studio, match["name"]))
    if match["what"] == "tags":
        return await downloads_of(request).work(partial(_tags, request, match["name"], asked))
    if match["what"] == "manifests":
        return await answer_manifest(request, asked, match["which"])
    return await answer_blob(request, asked, match["which"])


@router.api_route("/v2/{path:path}", methods=["POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
async def write(path: str) -> Response:
    """Refuse: what is here is what Git says."""
    del path
    text = "This registry only reads: versions come from Git. `gto register` makes one, and it can be pulled here."
    answer = refusal(405, "UNSUPPORTED", text)
    answer.headers["allow"] = "GET, HEAD"
    return answer


def _catalog(request: Request) -> Response:
    with context_of(request).database.read() as connection:
        names = list_oci(connection)
    return _listed(
        request,
        "/v2/_catalog",
        sorted([*names, *(MODELCAR + one for one in names)]),
        lambda page: {"repositories": page},
    )


def _tags(request: Request, name: str, asked: AskedModel) -> Response:
    with asked.studio.database.read() as connection:
        found = lookup.find_repository(connection, asked.key.repo)
        state = events.artifact_state(connection, found.id, asked.key.name)
    active = {tag_of_version(one.name) for one in state.versions if one.semver is not None and one.is_active}
    stages = {one.stage for one in state.standing} - RESERVED_STAGES
    every = active | stages | ({_LATEST} if active else set())
    tags = sorted(filter(TAG_RE.fullmatch, every)) if state.is_active else []
    return _listed(request, f"/v2/{name}/tags/list", tags, lambda page: {"name": name, "tags": page})


def _listed(
    request: Request, path: str, names: Sequence[str], form: Callable[[Sequence[str]], dict[str, object]]
) -> Response:
    """Answer one page of names, and where the next one is."""
    asked = request.query_params.get("n", "")
    most = min(int(asked), _MOST) if asked.isascii() and asked.isdigit() and len(asked) < 9 else _MOST  # noqa: PLR2004  digits that no number of names has
    after = request.query_params.get("last", "")
    left = [one for one in names if one > after]
    answer = JSONResponse(form(left[:most]), headers=API)
    if 0 < most < len(left):
        answer.headers["link"] = f'<{path}?{urlencode({"n": most, "last": left[most - 1]})}>; rel="next"'
    return answer
