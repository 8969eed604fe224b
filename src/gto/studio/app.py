"""The web app: its routes, what stands before them, and how errors are answered."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

import anyio.to_thread
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from gto.exceptions import GTOException, NotFound
from gto.studio.actions.advice import advice
from gto.studio.context import StudioContext, context_of
from gto.studio.downloads import file_api, file_page
from gto.studio.downloads.sending import Downloads
from gto.studio.guard import OPEN
from gto.studio.index.database import reason_of
from gto.studio.pages import (
    action_page,
    annotation_page,
    api_page,
    compare,
    compare_models,
    deployment_page,
    errors,
    experiment_forms,
    experiments,
    history,
    kit_page,
    long_text,
    model,
    model_list,
    plots,
    repository_list,
    repository_page,
    review_list,
    schema_file,
)
from gto.studio.pages.promotions import Promotions
from gto.studio.protocols.dvc_clients import dvc_downloads
from gto.studio.protocols.error_bodies import ToldError, bodies_of, find_body
from gto.studio.protocols.hub import hub_routes
from gto.studio.protocols.mlflow import mlflow_routes, served_files
from gto.studio.protocols.mlflow.served_models import ModelMemory
from gto.studio.protocols.oci import registry_routes
from gto.studio.protocols.oci.making import ArtifactMaker
from gto.studio.protocols.oci.preparing import ArtifactPreparer
from gto.studio.protocols.plain_http import plain_downloads
from gto.studio.respond import make_templates
from gto.studio.rest import deployment_routes, routes
from gto.version import __version__


class Page(Protocol):
    """A module of routes."""

    @property
    def router(self) -> APIRouter:
        """Its routes."""


# The router asks one after the other: what is asked most comes first; that of a model takes every address below it.
_ASKED_MOST = (hub_routes, plain_downloads, model_list, file_api, file_page, routes, mlflow_routes, served_files)
_PAGES = (
    registry_routes,
    dvc_downloads,
    action_page,
    annotation_page,
    history,
    long_text,
    schema_file,
    compare,
    compare_models,
    plots,
    experiments,
    experiment_forms,
    review_list,
    deployment_page,
    deployment_routes,
    repository_list,
    repository_page,
    api_page,
    kit_page,
    model,
)
Check = Callable[[Request], Awaitable[None]]

_THREADS = 4  # more of them make each answer slower: the work is Python's


def make_app(
    context: StudioContext, before: Sequence[Middleware], pages: Sequence[Page] = (), *, check: Check | None = None
) -> FastAPI:
    """Return the app of a Studio, with what stands `before` it and with more pages than every Studio has.

    `check` is called with each request that a route is found for, and raises where it may not be asked.
    """
    app = FastAPI(
        title="GTO Studio",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # pages/api_page.py answers it: behind the check, as every route
        middleware=list(before),
        lifespan=_running,
    )
    app.state.context = context
    app.state.everything = context
    app.state.templates = make_templates()
    app.state.templates.filters["advice"] = advice
    app.state.promotions = Promotions()
    app.state.downloads = Downloads()
    app.state.mlflow_models = ModelMemory()
    app.state.artifact_maker = ArtifactMaker()
    every = (*_ASKED_MOST, *pages, *_PAGES)
    app.state.error_bodies = bodies_of(every)
    for page in every:
        app.include_router(page.router, dependencies=[Depends(check)] if check else None)
    static = os.path.join(os.path.dirname(__file__), "static")
    app.mount("/static", StaticFiles(directory=static))
    app.add_exception_handler(GTOException, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(SQLAlchemyError, _index_error)
    return app


@asynccontextmanager
async def _running(app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
    preparer = ArtifactPreparer(app.state.everything, app.state.artifact_maker, app.state.downloads)
    preparer.start()
    yield
    preparer.close()


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, GTOException)  # noqa: S101  it is registered for this class
    status = 404 if isinstance(error, NotFound) else errors.refusal_status(error)
    return _tell(request, ToldError(status, error.message, error.hint, error))


def _tell(request: Request, error: ToldError) -> Response:
    """Answer with an error: in the body of the protocol that the path is of, else with a page."""
    body = find_body(request.scope)
    if body is None:
        try:
            return errors.answer(request, error.status, error.message, error.hint)
        except SQLAlchemyError as unread:  # what stands around the error on each page
            return _index_error(request, unread)
    studio = context_of(request)  # paths of the server are for who runs all
    return body(request, error._replace(message=studio.told(error.message), hint=studio.told(error.hint)))


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  it is registered for this class
    hint = "the parameters are described under /api"
    if any(one["loc"] == ("body",) for one in error.errors()):  # no field is wrong, but all of it
        hint = f"the body is an object in JSON, sent as `Content-Type: application/json`; {hint}"
    wrong = [f"{'.'.join(map(str, one['loc'][1:])) or 'body'}: {one['msg']}" for one in error.errors()]
    return _tell(request, ToldError(400, "; ".join(wrong), hint, error))


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  it is registered for this class
    told = ToldError(error.status_code, str(error.detail), cause=error)
    if find_body(request.scope) is None and request.url.path.startswith(
        OPEN
    ):  # a page would tell whoever has no session what the index holds
        return _plain_error(error.status_code, f"{error.detail}\n")
    answer = _tell(request, told)
    for name, value in (error.headers or {}).items():  # which methods there are, or when to come back
        answer.headers.setdefault(name, value)
    return answer


def _index_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, SQLAlchemyError)  # noqa: S101  it is registered for this class
    studio = context_of(request)
    worker = studio.worker
    written = getattr(request.state, "written", "")
    if isinstance(error, IntegrityError) and not written:  # another process wrote the same row
        return _tell(
            request, ToldError(409, "Somebody else did the same at this moment", "load the page, and look", error)
        )
    worker.complain(error)
    done = (
        f"Written: {written}. Git has it; the index catches up, and nothing needs to be sent again.\n"
        if written
        else ""
    )
    usual = "" if written else "nothing in Git is touched"
    hint = "it is made anew: load this page again" if worker.database.is_damage(error) else usual
    if (body := find_body(request.scope)) is not None and not written:
        return body(request, ToldError(503, _unread(studio, error), hint, error))
    return _plain_error(503, f"{done}{_unread(studio, error)}\n{hint}\n")


def _unread(studio: StudioContext, error: SQLAlchemyError) -> str:
    """Say that the database fails; why, and so where it is, to who runs all."""
    if not studio.runs_all:
        return "The database cannot be used now: try again in a moment."
    return f"The {'database' if studio.team else 'index'} cannot be read: {reason_of(error)}"


def _plain_error(status: int, text: str) -> Response:
    """Answer without the templates, which read the index."""
    return Response(text, status, media_type="text/plain")
