"""What a client of MLflow sends, in the query or as JSON, and how errors are told to it."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from gto.exceptions import CommitTaken, GTOException, NotFound, UsageError, VersionTaken
from gto.export.mlflow.served_versions import ServedModel
from gto.studio.context import StudioContext, context_of
from gto.studio.protocols.error_bodies import ToldError
from gto.studio.protocols.mlflow.served_models import ModelMemory
from gto.studio.respond import json_response

_LONGEST = 10_000  # characters of a value
_NAME = 500  # of a name
_LARGEST = 2**31  # numbers
_CODES = {
    400: "INVALID_PARAMETER_VALUE",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "ENDPOINT_NOT_FOUND",
    409: "RESOURCE_CONFLICT",
    413: "REQUEST_LIMIT_EXCEEDED",
    424: "INVALID_STATE",
    503: "TEMPORARILY_UNAVAILABLE",
}


class ModelExists(GTOException):
    """What was to be made is there."""


def tell(_request: Request, error: ToldError) -> Response:
    """Answer with an error, as MLflow's clients read it."""
    text = error.sentence
    code = _CODES.get(error.status, "BAD_REQUEST")
    if isinstance(error.cause, NotFound):
        code = "RESOURCE_DOES_NOT_EXIST"
    if isinstance(error.cause, CommitTaken | ModelExists | VersionTaken):
        code = "RESOURCE_ALREADY_EXISTS"
    return json_response({"error_code": code, "message": text}, error.status)


class Call(NamedTuple):
    """A request, and what it says."""

    request: Request
    repo: str
    """The repository in the path; empty where all are asked."""
    given: Mapping[str, object]
    body: bytes = b""

    @property
    def studio(self) -> StudioContext:
        """The Studio that is asked, as who asks may see it."""
        return context_of(self.request)

    @property
    def memory(self) -> ModelMemory:
        """What was found before."""
        found = self.request.app.state.mlflow_models
        assert isinstance(found, ModelMemory)  # noqa: S101  every app has it
        return found

    def model(self, connection: Connection) -> ServedModel:
        """Return the artifact that is named."""
        return self.memory.find(self.studio, connection, self.repo, self.text("name", most=_NAME))

    def recall(self, connection: Connection) -> ServedModel | None:
        """Return the artifact that is named as model() does, by one query; None where that does not tell all."""
        return self.memory.recall(self.studio, connection, self.repo, self.text("name", most=_NAME))

    def text(self, key: str, *, most: int = _LONGEST) -> str:
        """Return a text that must be there."""
        found = self.find_text(key, most=most)
        if not found:
            raise UsageError(
                f"Missing value for required parameter '{key}'", "see the documentation of MLflow's REST API"
            )
        return found

    def find_text(self, key: str, *, most: int = _LONGEST) -> str:
        """Return a text; empty where there is none."""
        value = self.given.get(key)
        if value is None:
            return ""
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise UsageError(f"Invalid value for parameter '{key}'", "it is a text")
        text = str(value)
        if len(text) > most or "\0" in text:
            raise UsageError(
                f"Invalid value for parameter '{key}'", f"it has at most {most} characters, none of them zero"
            )
        return text

    def texts(self, key: str) -> list[str]:
        """Return a list of texts."""
        value = self.given.get(key)
        items = value if isinstance(value, list) else [] if value is None else [value]
        if not all(isinstance(one, str) for one in items):
            raise UsageError(f"Invalid value for parameter '{key}'", "it is a list of texts")
        return [one for one in items if isinstance(one, str)]

    def number(self, key: str, usual: int, most: int) -> int:
        """Return a number from 1 on."""
        text = self.find_text(key, most=20)
        if not text:
            return usual
        if not (text.isascii() and text.isdigit() and 0 < int(text) < _LARGEST):
            raise UsageError(f"Invalid value {text} for parameter '{key}'", "it is a positive integer")
        if int(text) > most:
            raise UsageError(f"Invalid value {text} for parameter '{key}'", f"it is at most {most}")
        return int(text)

    def tags(self) -> dict[str, str]:
        """Return the tags by their keys."""
        value = self.given.get("tags")
        items = value if isinstance(value, list) else []
        pairs = [(one.get("key"), one.get("value", "")) for one in items if isinstance(one, dict)]
        return {key: text for key, text in pairs if isinstance(key, str) and isinstance(text, str)}


async def read_call(request: Request) -> Call:
    """Return what a request says; UsageError where it is no JSON."""
    given: dict[str, object] = {}
    for key, value in request.query_params.multi_items():
        before = given.get(key)
        given[key] = [*before, value] if isinstance(before, list) else [value]
    body = b"" if request.method == "GET" else await request.body()
    if body:
        try:
            told = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise UsageError("The body of the request is no JSON", "MLflow's clients send an object") from error
        if not isinstance(told, dict):
            raise UsageError("The body of the request is no object", "MLflow's clients send an object of JSON")
        given |= told
    return Call(request, str(request.path_params.get("repo", "")), given, body)
