"""A version behind Ray Serve: `import_path: gto.serve.adapters.ray_deployment:app` with `args: {place: churn#prod}`."""

from collections.abc import Mapping
from typing import Any

from ray import serve
from starlette.requests import Request
from starlette.responses import Response

from gto.serve.adapters.model_place import bring_from
from gto.serve.server.model_repository import ModelRepository
from gto.serve.server.server_settings import ServerSettings
from gto.serve.server.serving_app import make_app


class RayDeployment:
    """A deployment of Ray Serve's with the routes and checks of `gto serve`."""

    def __init__(
        self, place: str, repo: str = ".", *, trusted: bool = False, labels: Mapping[str, str] | None = None
    ) -> None:
        """`place` is a selector, a file, or a directory with a model; `labels` record what `gto deploy` put there."""
        self.labels = dict(labels or {})
        repository = ModelRepository()
        repository.put(bring_from(place, repo, trusted=trusted))
        self._app = make_app(repository, ServerSettings(may_load=False))

    async def __call__(self, request: Request) -> Response:
        """Answer a request."""
        answer = Response()

        async def keep(message: Any) -> None:  # noqa: ANN401  ASGI's
            if message["type"] == "http.response.start":
                answer.status_code, answer.raw_headers = message["status"], list(message["headers"])
            else:
                answer.body += message.get("body", b"")

        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        await self._app({**request.scope, "path": path or "/", "root_path": ""}, request.receive, keep)
        return answer


def app(arguments: dict[str, Any]) -> serve.Application:
    """Return the application of Ray Serve; the arguments are those of RayDeployment."""
    return serve.deployment(RayDeployment).options(name="gto").bind(**arguments)
