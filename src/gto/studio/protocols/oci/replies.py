"""How the registry answers errors: with OCI's body, and with what leads a client to its token."""

import re
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gto.exceptions import (
    ArtifactNotFound,
    EmptyStage,
    RepositoryNotFound,
    StorageError,
    VersionNotFound,
)
from gto.studio.context import context_of
from gto.studio.protocols.error_bodies import ToldError

API = {"docker-distribution-api-version": "registry/2.0"}
"""What every answer says of itself."""
SERVICE = "gto-studio"
_CODES = {401: "UNAUTHORIZED", 403: "DENIED", 405: "UNSUPPORTED", 413: "SIZE_INVALID", 429: "TOOMANYREQUESTS"}
_NAMED_RE = re.compile("/v2/(?P<name>.+)/(?:manifests|blobs|tags|referrers)/.*")
_SAFE_NAME_RE = re.compile("[a-z0-9._/-]{1,255}")


def refusal(status: int, code: str, message: str) -> Response:
    """Answer with an error."""
    return JSONResponse({"errors": [{"code": code, "message": message}]}, status, API)


def tell_error(request: Request, error: ToldError) -> Response:
    """Answer with what was raised, in OCI's body."""
    message = error.sentence
    answer = refusal(error.status, _code(error), message)
    if error.status == 401:  # noqa: PLR2004  HTTP's number
        challenge(request, answer)
    return answer


def _code(error: ToldError) -> str:
    if isinstance(error.cause, RepositoryNotFound | ArtifactNotFound):
        return "NAME_UNKNOWN"
    if isinstance(error.cause, VersionNotFound | EmptyStage):
        return "MANIFEST_UNKNOWN"
    if isinstance(error.cause, StorageError):
        return "BLOB_UNKNOWN"
    return _CODES.get(error.status, "NAME_UNKNOWN" if error.status == 404 else "UNKNOWN")  # noqa: PLR2004  HTTP's


def challenge(request: Request, answer: Response) -> None:
    """Say where a token is to be had, for those that ask with none."""
    studio = context_of(request)
    where = studio.team.settings.url if studio.team else str(request.base_url).rstrip("/")
    words = [f'realm="{where}/token"', f'service="{SERVICE}"']
    named = _NAMED_RE.fullmatch(request.url.path)
    if named and _SAFE_NAME_RE.fullmatch(named["name"]):
        words.append(f'scope="repository:{quote(named["name"])}:pull"')
    answer.headers["www-authenticate"] = f"Bearer {','.join(words)}"
