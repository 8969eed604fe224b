"""What a page says when it cannot be shown."""

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from gto.exceptions import CannotLocate, GTOException, Outdated, PolicyRefused, Raced, StorageError, StoreNotAllowed
from gto.output.published import Published
from gto.studio.context import context_of
from gto.studio.respond import json_response, respond
from gto.studio.write_access import WriteRefused

_TITLES = {
    400: "Not possible as asked",
    401: "Log in first",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    409: "Somebody was first",
    413: "Too large",
    422: "Not taken",
    503: "Not now",
}


class ErrorPage(NamedTuple):
    """An error, and what to do."""

    status: int
    message: str
    hint: str
    command: str = ""
    """What does it instead; empty where nothing does."""

    @property
    def title(self) -> str:
        """The error in a few words."""
        return _TITLES.get(self.status, "This cannot be shown")

    def as_dict(self) -> Published:
        """Return it as RFC 9457 has problems."""
        told = {"status": self.status, "title": self.title, "detail": self.message, "hint": self.hint}
        return {**told, "command": self.command} if self.command else told


def refusal_status(error: GTOException) -> int:
    """Return the status of a refusal: 403 by a rule, 409 where somebody was first, 424 by a store, else 400."""
    match error:
        case PolicyRefused() | WriteRefused() | StoreNotAllowed():
            return 403
        case Outdated() | Raced():
            return 409
        case CannotLocate():
            return 404
        case StorageError():  # not 5xx where it lasts: programs would ask again and again
            return 503 if error.passing else 424
        case _:
            return 400


def problem(page: ErrorPage) -> Response:
    """Answer with an error as RFC 9457 has it."""
    return json_response(page.as_dict(), page.status, "application/problem+json")


def answer(request: Request, status: int, message: str, hint: str) -> Response:
    """Answer with the page of an error. Paths of the server are for who runs all."""
    studio = context_of(request)
    message, hint = studio.told(message), studio.told(hint)
    return respond(request, "error.html", ErrorPage(status, message, hint), status)
