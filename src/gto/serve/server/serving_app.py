"""The app of `gto serve`: requests that ask a model go straight to it, all else to FastAPI's routes."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.responses import JSONResponse

from gto import version
from gto.serve.server.inference import Inference, read_path
from gto.serve.server.openapi import document
from gto.serve.server.server_metrics import ServerMetrics
from gto.serve.server.server_settings import ServerSettings
from gto.serve.server.state_routes import add_routes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gto.serve.server.inference import Receive, Scope, Send
    from gto.serve.server.model_repository import ModelRepository


_MISDIRECTED = 421
_OTHER_NAME = {
    "error": "this server answers under its address, or as localhost; `gto serve --allow-host NAME` takes a name, too"
}


class ServeApp:
    """The app, as ASGI has it."""

    def __init__(self, repository: ModelRepository, settings: ServerSettings) -> None:
        self.repository = repository
        self.settings = settings
        self.metrics = ServerMetrics()
        self.inference = Inference(repository, settings, self.metrics)
        self.api = FastAPI(
            title="GTO",
            version=version.__version__,
            lifespan=self._lifespan,
            docs_url=None,  # these pages load scripts from elsewhere, which do as pages of this server may
            redoc_url=None,
        )
        setattr(self.api, "openapi", lambda: document(repository))  # noqa: B010  as FastAPI's manual says, and mypy refuses
        add_routes(self.api, repository, settings, self.metrics)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] == "http" and not self.settings.answers(_host_of(scope)):
            await JSONResponse(_OTHER_NAME, _MISDIRECTED)(scope, receive, send)
            return
        if scope["type"] == "http" and scope["method"] == "POST":
            asked = read_path(scope["path"])
            if asked is not None:
                await self.inference.answer(asked, scope, receive, send)
                return
        await self.api(scope, receive, self._closing(send) if self.inference.is_closing else send)

    def close_connections(self) -> None:
        """Have each answer from now on end its connection, so that clients come to whoever listens beside this one."""
        self.inference.is_closing = True

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        yield
        self.inference.end()

    @staticmethod
    def _closing(send: Send) -> Send:
        async def pass_on(message: Any) -> None:  # noqa: ANN401  ASGI's
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
            await send(message)

        return pass_on


def _host_of(scope: Scope) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")


def make_app(repository: ModelRepository, settings: ServerSettings | None = None) -> ServeApp:
    """Return the app that serves a repository of models."""
    return ServeApp(repository, settings or ServerSettings())
