"""The web app: its routes, what stands before them, and how errors are answered."""

import os
from collections.abc import AsyncIterator, Callable, Sequence
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
from gto.studio.respond import make_templates
from gto.studio.rest import routes
from gto.version import __version__


class Page(Protocol):
    """A module of routes."""

    router: APIRouter


# The router asks one after the other: what is asked most comes first; that of a model takes every address below it.
_PAGES = (
    model_list,
    file_api,
    file_page,
    routes,
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
    repository_list,
    repository_page,
    api_page,
    kit_page,
    model,
)
Check = Callable[[Request], None]

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
        lifespan=_few_threads,
    )
    app.state.context = context
    app.state.templates = make_templates()
    app.state.templates.filters["advice"] = advice
    app.state.promotions = Promotions()
    app.state.downloads = Downloads()
    for page in (*pages, *_PAGES):
        app.include_router(page.router, dependencies=[Depends(check)] if check else None)
    static = os.path.join(os.path.dirname(__file__), "static")
    app.mount("/static", StaticFiles(directory=static))
    app.add_exception_handler(GTOException, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(SQLAlchemyError, _index_error)
    return app


@asynccontextmanager
async def _few_threads(_app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
    yield


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, GTOException)  # noqa: S101  it is registered for this class
    status = 404 if isinstance(error, NotFound) else errors.refusal_status(error)
    return errors.answer(request, status, error.message, error.hint)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  it is registered for this class
    wrong = [f"{'.'.join(str(part) for part in one['loc'][1:])}: {one['msg']}" for one in error.errors()]
    return errors.answer(request, 400, "; ".join(wrong), "the parameters are described under /api")


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  it is registered for this class
    if request.url.path.startswith(OPEN):  # a page would tell whoever has no session what the index holds
        return _plain_error(error.status_code, f"{error.detail}\n")
    return errors.answer(request, error.status_code, str(error.detail), "")


def _index_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, SQLAlchemyError)  # noqa: S101  it is registered for this class
    worker = context_of(request).worker
    written = getattr(request.state, "written", "")
    if isinstance(error, IntegrityError) and not written:  # another process wrote the same row
        return errors.answer(request, 409, "Somebody else did the same at this moment", "load the page, and look")
    worker.complain(error)
    done = (
        f"Written: {written}. Git has it; the index catches up, and nothing needs to be sent again.\n"
        if written
        else ""
    )
    usual = "" if written else "nothing in Git is touched"
    hint = "it is made anew: load this page again" if worker.database.is_damage(error) else usual
    return _plain_error(503, f"{done}The index cannot be read: {reason_of(error)}\n{hint}\n")


def _plain_error(status: int, text: str) -> Response:
    """Answer without the templates, which read the index."""
    return Response(text, status, media_type="text/plain")
