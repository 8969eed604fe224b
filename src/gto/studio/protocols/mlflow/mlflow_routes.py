"""The routes of MLflow's model registry: below `/mlflow/REPO` for one repository, at the root for all."""

from collections.abc import Awaitable, Callable
from functools import partial

from anyio.to_thread import run_sync
from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gto.exceptions import UsageError
from gto.export.mlflow.refused_writes import REFUSED
from gto.export.mlflow.registry_bodies import Body
from gto.studio.page_router import PageRouter
from gto.studio.protocols.mlflow import registry_reads, registry_search, registry_writes, served_files
from gto.studio.protocols.mlflow.mlflow_calls import Call, read_call, tell
from gto.studio.respond import json_response

ROOT, OF_REPOSITORY = "", "/mlflow/{repo}"
API = "/api/2.0/mlflow"
ERRORS = {"/mlflow/": tell, "/api/2.0/mlflow": tell, "/api/3.0/mlflow": tell, **served_files.ERRORS}
"""How errors below a path are told."""

_READS: tuple[tuple[str, str, Callable[[Call], Body]], ...] = (
    ("GET", "registered-models/get", registry_reads.get_model),
    ("GET", "registered-models/alias", registry_reads.get_by_alias),
    ("POST", "registered-models/get-latest-versions", registry_reads.get_latest_versions),
    ("GET", "registered-models/get-latest-versions", registry_reads.get_latest_versions),
    ("GET", "model-versions/get-download-uri", registry_reads.get_download_uri),
    ("GET", "model-versions/get", registry_reads.get_version),
    ("GET", "registered-models/search", registry_search.search_models),
    ("GET", "model-versions/search", registry_search.search_versions),
)
_WRITES: tuple[tuple[str, str, Callable[[Call], Body]], ...] = (
    ("POST", "registered-models/alias", registry_writes.set_alias),
    ("DELETE", "registered-models/alias", registry_writes.delete_alias),
    ("POST", "registered-models/create", registry_writes.create_model),
    ("POST", "model-versions/create", registry_writes.create_version),
    ("POST", "model-versions/transition-stage", registry_writes.transition_stage),
)
_INFO = {
    "store_type": "SqlStore",
    "workspaces_enabled": False,
    "multipart_uploads_enabled": False,
    "multipart_downloads_enabled": False,
}

router = PageRouter(include_in_schema=False)


def _reading(work: Callable[[Call], Body]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        call = await read_call(request)
        return json_response(await run_sync(work, call))

    return answer


def _writing(work: Callable[[Call], Body]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        call = await read_call(request)
        return await run_sync(partial(registry_writes.once, call, work))

    return answer


async def server_info() -> Response:
    """Answer what this server can do beyond the registry: nothing."""
    return json_response(_INFO)


async def refuse(path: str) -> Response:
    """Say why something is not done, and what to do instead."""
    if path in REFUSED:
        raise UsageError(*REFUSED[path])
    hint = "keep the tracking server for runs, and set MLFLOW_REGISTRY_URI alone to this address"
    raise HTTPException(404, f"Studio is a model registry, and has no '{path[:100]}': {hint}")


for _prefix in (OF_REPOSITORY, ROOT):
    for _method, _path, _work in _READS:
        router.add_api_route(f"{_prefix}{API}/{_path}", _reading(_work), methods=[_method])
    for _method, _path, _work in _WRITES:
        router.add_api_route(f"{_prefix}{API}/{_path}", _writing(_work), methods=[_method])
    router.add_api_route(f"{_prefix}/api/3.0/mlflow/server-info", server_info, methods=["GET"])
    router.add_api_route(f"{_prefix}{API}/{{path:path}}", refuse, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
