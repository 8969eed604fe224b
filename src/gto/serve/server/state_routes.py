"""The routes beside those that ask a model: health, readiness, metadata, loading and unloading, metrics."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from gto import version
from gto.exceptions import GTOException
from gto.serve.server.error_answers import SERVER_ERROR, ErrorLog, error_body, status_of
from gto.serve.server.model_repository import ModelRepository
from gto.serve.server.overview_page import HEADERS, overview
from gto.serve.server.server_metrics import ServerMetrics
from gto.serve.server.server_settings import ServerSettings, is_address

_EXTENSIONS = ["model_repository", "binary_tensor_data"]
_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_READY = {True: 200, False: 503}


def add_routes(api: FastAPI, repository: ModelRepository, settings: ServerSettings, metrics: ServerMetrics) -> None:
    """Add all routes, and the answers to errors, which are those of the protocol."""
    _add_health(api, repository)
    _add_models(api, repository)
    _add_loading(api, repository, settings)
    _add_errors(api)

    @api.get("/", include_in_schema=False)
    async def page(request: Request) -> Response:
        address = str(request.base_url).rstrip("/")
        return HTMLResponse(overview(repository, address), headers=HEADERS)

    @api.get("/metrics")
    async def measured() -> Response:
        return Response(metrics.text(repository.models), media_type=_METRICS_TYPE)


def _add_health(api: FastAPI, repository: ModelRepository) -> None:
    @api.get("/v2")
    async def server() -> Any:  # noqa: ANN401  JSON
        return {"name": "gto", "version": version.__version__, "extensions": _EXTENSIONS}

    @api.get("/v2/health/live")
    async def live() -> Any:  # noqa: ANN401  as above
        return {"live": True}

    @api.get("/ping")  # as SageMaker asks
    @api.get("/v2/health/ready")
    async def ready() -> Response:
        is_ready = repository.is_ready
        return JSONResponse({"ready": is_ready}, _READY[is_ready])


def _add_models(api: FastAPI, repository: ModelRepository) -> None:
    def tell_ready(name: str, wanted: str = "") -> Response:
        served = repository.find(name, wanted).served
        return JSONResponse({"name": name, "version": served.version, "ready": True}, headers=_of(served.header))

    def tell(name: str, wanted: str = "") -> Response:
        model = repository.find(name, wanted)
        there = [one.served.version for one in repository.models if one.served.name == model.served.name]
        return JSONResponse(
            {**model.metadata(), "versions": list(dict.fromkeys(there))}, headers=_of(model.served.header)
        )

    @api.get("/v2/models/{name:path}/versions/{wanted}/ready")
    async def version_ready(name: str, wanted: str) -> Response:
        return tell_ready(name, wanted)

    @api.get("/v2/models/{name:path}/versions/{wanted}")
    async def version_metadata(name: str, wanted: str) -> Response:
        return tell(name, wanted)

    @api.get("/v2/models/{name:path}/ready")
    async def model_ready(name: str) -> Response:
        return tell_ready(name)

    @api.get("/v2/models/{name:path}")
    async def model_metadata(name: str) -> Response:
        return tell(name)


def _of(served: str) -> dict[str, str]:
    return {"GTO-Model-Version": served}


def _add_loading(api: FastAPI, repository: ModelRepository, settings: ServerSettings) -> None:
    def refuse(request: Request) -> None:
        """Refuse where clients may not, and what a page of another site has a browser send."""
        origin, host = request.headers.get("origin"), request.headers.get("host", "")
        if not settings.may_load or (origin and (origin.partition("://")[2] != host or not is_address(host))):
            raise HTTPException(HTTPStatus.FORBIDDEN, "this server lets nobody load and unload models over HTTP")

    @api.post("/v2/repository/index")
    async def index() -> Any:  # noqa: ANN401  JSON
        return repository.index()

    @api.post("/v2/repository/models/{name:path}/load")
    async def load(request: Request, name: str) -> Response:
        refuse(request)
        await run_in_threadpool(repository.load, name)
        return Response(status_code=200)

    @api.post("/v2/repository/models/{name:path}/unload")
    async def unload(request: Request, name: str) -> Response:
        refuse(request)
        repository.unload(name)
        return Response(status_code=200)


def _add_errors(api: FastAPI) -> None:
    log = ErrorLog()

    @api.exception_handler(GTOException)
    async def declared(_: Request, error: Exception) -> Response:
        assert isinstance(error, GTOException)  # noqa: S101  by what it is registered for
        return Response(error_body(error), status_of(error), media_type="application/json")

    @api.exception_handler(HTTPException)
    async def of_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  as above
        is_route = error.detail != HTTPStatus(error.status_code).phrase
        said = error.detail if is_route else f"{error.detail}: {request.method} {request.url.path}; see /openapi.json"
        return JSONResponse({"error": said}, error.status_code, headers=error.headers)

    @api.middleware("http")
    async def unforeseen(request: Request, go_on: Any) -> Response:  # noqa: ANN401  Starlette's
        try:
            found: Response = await go_on(request)
        except Exception as error:  # noqa: BLE001  whatever it is, the client learns nothing of it
            log.note(error)
            return PlainTextResponse(error_body(None), SERVER_ERROR, media_type="application/json")
        return found
