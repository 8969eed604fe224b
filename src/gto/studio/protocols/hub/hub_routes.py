"""`/hf`: the routes of the Hub that its clients ask; segments of paths are read as they were sent."""

from functools import partial

from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from gto.studio.context import context_of
from gto.studio.downloads.sending import downloads_of
from gto.studio.page_router import PageRouter
from gto.studio.protocols.hub import repository_files, repository_info, repository_search, tag_writes
from gto.studio.protocols.hub.hub_replies import json_body, tell_error
from gto.studio.protocols.hub.hub_revision import find_revision
from gto.studio.protocols.raw_path import raw_segments

router = PageRouter()
ERRORS = {"/hf/": tell_error}

_KINDS = ("models", "datasets")
_ROLES = {True: "write", False: "read"}
_MOST_NAMESPACES = 100
_API = "/hf/api/{kind}/{namespace}/{slug}"


@router.api_route("/hf/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
async def read(request: Request) -> Response:
    """Answer what a client reads."""
    match raw_segments(request.scope)[1:]:
        case ("api", "whoami-v2"):
            return _whoami(request)
        case ("api", kind) if kind in _KINDS:
            return await downloads_of(request).work(partial(repository_search.search, request, kind))
        case ("api", kind, namespace, slug, *rest) if kind in _KINDS:
            return await downloads_of(request).work(partial(_read_api, request, (kind, namespace, slug), rest))
        case ("datasets", namespace, slug, "resolve" | "raw", revision, *path):
            return await _resolve(request, ("datasets", namespace, slug, revision), path)
        case (namespace, slug, "resolve" | "raw", revision, *path):
            return await _resolve(request, ("models", namespace, slug, revision), path)
        case _:
            raise HTTPException(404, "This Hub has no such address.")


@router.post(f"{_API}/paths-info/{{revision:path}}", include_in_schema=False)
async def paths_info(request: Request) -> Response:
    """Answer what some paths are."""
    match raw_segments(request.scope)[2:]:
        case (kind, namespace, slug, _, revision) if kind in _KINDS:
            asked = await repository_files.read_asked_paths(request)
            find = partial(find_revision, request, (kind, namespace, slug, revision))
            return await downloads_of(request).work(lambda: repository_files.paths_info(find(), asked))
    raise HTTPException(404, "This Hub has no such address.")


@router.post(f"{_API}/tag/{{revision:path}}", include_in_schema=False)
async def create_tag(request: Request) -> Response:
    """Register a version, or assign a stage."""
    match raw_segments(request.scope)[2:]:
        case (kind, namespace, slug, _, revision) if kind in _KINDS:
            wish = await tag_writes.read_tag_wish(request)
            return await run_in_threadpool(tag_writes.create_tag, request, (kind, namespace, slug, revision), wish)
    raise HTTPException(404, "This Hub has no such address.")


@router.api_route("/hf/{path:path}", methods=["POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
async def write(request: Request) -> Response:
    """Refuse: what is here is what Git says."""
    del request
    text = (
        "This Hub only reads, and makes tags: commit and push with Git, and `create_tag` or `gto register` a version."
    )
    raise HTTPException(405, text, {"allow": "GET, HEAD"})


def _read_api(request: Request, name: tuple[str, str, str], rest: list[str]) -> Response:
    """Answer what is asked of one model or data set."""
    match rest:
        case []:
            return repository_info.info(find_revision(request, (*name, "")))
        case ["revision", revision]:
            return repository_info.info(find_revision(request, (*name, revision)))
        case ["tree", revision, *below]:
            return repository_files.tree(find_revision(request, (*name, revision)), "/".join(below).strip("/"))
        case ["refs"]:
            return repository_info.refs(find_revision(request, (*name, "")))
        case ["commits", revision]:
            return repository_info.commits(find_revision(request, (*name, revision)))
        case _:
            raise HTTPException(404, "This Hub has no such address.")


async def _resolve(request: Request, name: tuple[str, str, str, str], path: list[str]) -> Response:
    """Answer a file, or lead to the store that has it."""
    downloads, asked = downloads_of(request), "/".join(path)
    find = partial(find_revision, request, name)
    if context_of(request).settings.presign:
        found = await downloads.work(lambda: repository_files.redirect(find(), asked))
        if found is not None:
            return found
    answer = await downloads.send(lambda: repository_files.sendable(find(), asked), request)
    answer.headers["x-repo-commit"] = request.state.hub_commit
    return answer


def _whoami(request: Request) -> Response:
    """Answer whose token this is; the names of repositories stand for those of organisations."""
    studio = context_of(request)
    if not studio.is_known:
        raise HTTPException(401, "Send a token: `hf auth login`, or HF_TOKEN.")
    name, scopes = studio.visitor.name or "owner", studio.visitor.scopes
    token = {"displayName": f"studio-{name}", "role": _ROLES[scopes is None or "write" in scopes]}
    spaces = [{"name": one} for one in repository_info.namespaces(studio)[:_MOST_NAMESPACES]]
    about = {"type": "user", "id": name, "name": name, "fullname": studio.visitor.full_name or name}
    return json_body({**about, "email": None, "orgs": spaces, "auth": {"type": "access_token", "accessToken": token}})
