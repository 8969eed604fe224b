"""What a client learns of an error: a status and one sentence, and nothing of the code or of other requests."""

from __future__ import annotations

import json
import logging

from gto.exceptions import GTOException, MalformedRequest, ModelFailed, ModelNotReady, NotFound, WrongData
from gto.models.sample_run import said
from gto.output.escape import one_line
from gto.serve.server.request_body import TooLarge

SERVER_ERROR = 500
_KINDS: tuple[tuple[type[GTOException], int, str], ...] = (
    (WrongData, 422, "schema"),
    (MalformedRequest, 400, "protocol"),
    (TooLarge, 413, "size"),
    (NotFound, 404, "not-found"),
    (ModelNotReady, 503, "not-ready"),
    (ModelFailed, SERVER_ERROR, "model"),
)
_MOST_LOGGED = 100
"""Different errors; of more, nothing is written."""


def status_of(error: GTOException) -> int:
    """Return the status of HTTP for an error."""
    return next((status for kind, status, _ in _KINDS if isinstance(error, kind)), 400)


def kind_of(error: GTOException) -> str:
    """Return the word by which errors are counted."""
    return next((word for kind, _, word in _KINDS if isinstance(error, kind)), "request")


def error_body(error: GTOException | None) -> bytes:
    """Return the body of an answer, as the protocol has it; without an error, of one that nobody foresaw."""
    if error is None:
        return b'{"error":"the server failed; its log says why"}'
    return json.dumps({"error": error.message + (f"; {error.hint}" if error.hint else "")}).encode()


class ErrorLog:
    """Writes what went wrong on the server's side, each kind of it once."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str, int]] = set()

    def note(self, error: Exception) -> None:
        """Write one line, where this error at this place was not written before."""
        cause = error.__cause__ if isinstance(error, ModelFailed) and isinstance(error.__cause__, Exception) else error
        place = cause.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        file, line = (place.tb_frame.f_code.co_filename, place.tb_lineno) if place is not None else ("", 0)
        key = type(cause).__name__, file, line
        if key in self._seen or len(self._seen) >= _MOST_LOGGED:
            return
        self._seen.add(key)
        text = one_line(f"{error}: {said(cause)}, in {file}, line {line}")  # a request's values may be in it
        logging.getLogger("gto.serve").error("%s", text)
