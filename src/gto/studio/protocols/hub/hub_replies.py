"""How answers and errors are told to the Hub's clients."""

from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from gto.exceptions import (
    AlreadyInStage,
    ArtifactNotFound,
    EmptyStage,
    NotFound,
    Outdated,
    Raced,
    RepositoryNotFound,
    VersionNotFound,
    VersionTaken,
)
from gto.studio.protocols.error_bodies import ToldError
from gto.studio.respond import json_response

_NOT_FOUND = 404


def json_body(value: object, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON."""
    answer = json_response(value)
    answer.headers.update(headers or {})
    return answer


def moment(seconds: float) -> str:
    """Return a moment as the Hub writes it; its clients read no other form."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def tell_error(request: Request, error: ToldError) -> Response:
    """Answer with an error: clients know what is missing by a header, and show the sentence of another."""
    text = error.sentence
    answer = json_response({"error": text}, _status(error))
    line = " ".join(text.split()).encode("ascii", "replace").decode()
    answer.headers["x-error-message"] = "".join(one for one in line if one.isprintable())
    commit = getattr(request.state, "hub_commit", "")
    if code := _code(error, has_revision=bool(commit)):
        answer.headers["x-error-code"] = code
    if commit:  # so that clients keep in mind that this version has no such file
        answer.headers["x-repo-commit"] = commit
    return answer


def _status(error: ToldError) -> int:
    """Return the status; 409 says that the tag is there, which some callers do not mind."""
    if isinstance(error.cause, VersionTaken | AlreadyInStage):
        return 409
    return 412 if isinstance(error.cause, Outdated | Raced) else error.status


def _code(error: ToldError, *, has_revision: bool) -> str:
    match error.cause:
        case RepositoryNotFound() | ArtifactNotFound():
            return "RepoNotFound"
        case VersionNotFound() | EmptyStage():
            return "RevisionNotFound"
        case _ if error.status == _NOT_FOUND and has_revision:
            return "EntryNotFound"
        case NotFound():  # several artifacts have that name here
            return "RepoNotFound"
        case _:
            return ""
