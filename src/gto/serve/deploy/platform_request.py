"""A request to a platform's own interface, or to what it runs: one answer, in bounded time and bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from gto.exceptions import DeployFailed
from gto.serve.deploy.polling import polls

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_ANSWER = 8 << 20
_LONGEST_SAID = 1000
_SECONDS = 25.0
_RETRIES = 4  # of who only reads, over some three seconds: a deployment is not put back for one bad answer
_OK, _REFUSED, _MISSING, _CONFLICT = 200, frozenset({401, 403}), 404, 409


class PlatformApi(NamedTuple):
    """An interface that answers in JSON, and who asks it."""

    start: str
    """What every path is put behind: `https://api.heroku.com`."""
    headers: Mapping[str, str]
    hint: str
    """What to do where it refuses who asks."""

    def ask(self, method: str, path: str, body: object = None, more: Mapping[str, str] = {}, waits: float = 0) -> Any:  # noqa: ANN401  JSON
        """Return the answer; DeployFailed says what the platform says where it refuses.

        Where somebody else has what is asked for, it is asked for again, for up to `waits` seconds.
        """
        status, value = _CONFLICT, None
        for _ in polls(waits):
            status, value = self._send(method, path, body, more)
            if status != _CONFLICT:
                break
        return self._checked(path, status, value)

    def find(self, path: str) -> Any:  # noqa: ANN401  JSON
        """Return what is there; None where nothing is."""
        status, value = self._send("GET", path, None, {})
        return None if status == _MISSING else self._checked(path, status, value)

    def _send(self, method: str, path: str, body: object, more: Mapping[str, str]) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Accept": "application/json", **self.headers, **more}
        status, text = send_request(self.start + path, method, data, headers)
        try:
            return status, json.loads(text or b"null")
        except (ValueError, RecursionError):
            return status, text.decode("utf-8", "replace")

    def _checked(self, path: str, status: int, value: Any) -> Any:  # noqa: ANN401  JSON
        if status < 300:  # noqa: PLR2004  what says yes
            return value
        told = value.get("message") or value.get("error") if isinstance(value, dict) else None
        said = str(told or value or "nothing")
        for secret in self.headers.get("Authorization", "").split()[1:]:  # who answers may tell what was sent
            said = said.replace(secret, "***")
        said = said[-_LONGEST_SAID:]
        raise DeployFailed(f"{self.start}{path} answers {status}: {said}", self.hint if status in _REFUSED else "")


def send_request(
    url: str, method: str, body: bytes | None = None, headers: Mapping[str, str] = {}
) -> tuple[int, bytes]:
    """Return the status and the body of an answer; StorageError where there is none.

    Redirects are not followed: no header, which may hold a token, goes to another host than was named.
    """
    from gto.storage.http_client import Request, send

    told = {"Content-Type": "application/json"} if body is not None else {}
    retries = _RETRIES if method == "GET" else 0
    request = Request(url, method, {**told, **headers}, body, follow=False, seconds=_SECONDS, retries=retries)
    answer = send(request)
    return answer.status, answer.body(_LONGEST_ANSWER)


def ask_sample(start: str, artifact: str, request: bytes) -> bytes:
    """Send a request of the Open Inference Protocol to the model that answers below an address."""
    url = f"{start.rstrip('/')}/v2/models/{quote(artifact, safe='')}/infer"
    status, text = send_request(url, "POST", request)
    if status != _OK:
        raise DeployFailed(f"{url} answers {status}: {text.decode('utf-8', 'replace')[:_LONGEST_SAID]}")
    return text
