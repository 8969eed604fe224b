"""How an error is told under the paths of each protocol: with the body that its clients read."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from gto.studio.pages.errors import ErrorPage, problem


class ToldError(NamedTuple):
    """An error that is to be told."""

    status: int
    message: str
    hint: str = ""
    cause: Exception | None = None
    """What was raised; None where the guard refuses."""

    @property
    def sentence(self) -> str:
        """The message, and what to do about it."""
        return f"{self.message.removesuffix('.')}: {self.hint}" if self.hint else self.message


ErrorBody = Callable[[Request, ToldError], Response]
"""Answers with an error, as the clients of one protocol read it."""


def bodies_of(pages: Iterable[object]) -> Mapping[str, ErrorBody]:
    """Return who tells errors, by the beginning of the path: what modules of routes have as `ERRORS`."""
    found: dict[str, ErrorBody] = {"/api/": _problem}
    for page in pages:
        found |= getattr(page, "ERRORS", {})
    return dict(sorted(found.items(), key=lambda pair: -len(pair[0])))  # the longest first


def _problem(_request: Request, error: ToldError) -> Response:
    return problem(ErrorPage(error.status, error.message, error.hint))


def find_body(scope: Scope) -> ErrorBody | None:
    """Return who tells the errors of a request's path; None for a page."""
    bodies = cast("Mapping[str, ErrorBody]", scope["app"].state.error_bodies)
    path = str(scope["path"])
    return next((body for start, body in bodies.items() if path.startswith(start)), None)


def is_of_protocol(scope: Scope) -> bool:
    """Tell whether what asks is a client of another tool's, and no browser."""
    return find_body(scope) not in {None, _problem}


def say(scope: Scope, status: int, message: str) -> Response:
    """Answer with a refusal, before any route was found: in the protocol's body, else as a sentence."""
    body = find_body(scope)
    return body(Request(scope), ToldError(status, message)) if body else plain(status, message)


def plain(status: int, text: str) -> Response:
    """Answer with a sentence."""
    return Response(f"{text}\n", status, media_type="text/plain")
