"""Google's Workload Identity Federation: the token of another provider is exchanged for one of Google's."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from gto.exceptions import StoreRefused
from gto.storage import http_client, urls
from gto.storage.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from obstore.store import GCSCredential

_SCOPE = "https://www.googleapis.com/auth/devstorage.read_only"
_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
_LARGEST = 1 << 20  # bytes of an answer
_LIFETIME = 3600  # seconds


def federated(path: str, url: str) -> Callable[[], GCSCredential] | None:
    """Return what gets tokens for a credential file of the type `external_account`; None for one of another type."""
    try:
        with open(path, encoding="utf-8") as file:
            told = json.load(file)
    except (OSError, ValueError):
        return None  # obstore says what is wrong with it
    if not isinstance(told, dict) or told.get("type") != "external_account":
        return None
    return lambda: _credential(told, urls.shown(url))


def _credential(told: Mapping[str, Any], url: str) -> GCSCredential:
    from datetime import UTC, datetime, timedelta

    impersonated = told.get("service_account_impersonation_url")
    form = {
        "audience": told.get("audience"),
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "scope": _PLATFORM if impersonated else _SCOPE,
        "subject_token": _subject(told.get("credential_source"), url),
        "subject_token_type": told.get("subject_token_type"),
    }
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = _asked(str(told.get("token_url")), kind, urlencode(form), url)
    token, seconds = answer.get("access_token"), answer.get("expires_in")
    expires = datetime.now(UTC) + timedelta(seconds=seconds if isinstance(seconds, int) else _LIFETIME)
    if impersonated and isinstance(token, str):
        wanted = json.dumps({"scope": [_SCOPE], "lifetime": f"{_LIFETIME}s"})
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = _asked(str(impersonated), headers, wanted, url)
        token, expires = answer.get("accessToken"), _time(answer.get("expireTime"), expires)
    if not isinstance(token, str):
        raise StoreRefused(url, "the token service of its credentials answers without a token", _HINT)
    return {"token": token, "expires_at": expires}


_HINT = "see GOOGLE_APPLICATION_CREDENTIALS, or the remote's credentialpath; `gcloud storage ls` must work with it too"


def _subject(source: object, url: str) -> str:
    """Return the token of the other provider: from a file, or from a URL as in GitHub's jobs."""
    if isinstance(source, dict) and isinstance(source.get("file"), str):
        try:
            with open(source["file"], encoding="utf-8") as file:
                text = file.read(_LARGEST)
        except (OSError, UnicodeDecodeError) as error:
            raise StoreRefused(
                url, f"'{source['file']}', the token of its credentials, cannot be read", _HINT
            ) from error
    elif isinstance(source, dict) and isinstance(source.get("url"), str):
        headers = {name: str(value) for name, value in (source.get("headers") or {}).items()}
        text = _text(http_client.Request(source["url"], "GET", headers, secret=True, transport=_transport()), url)
    else:
        reason = "its credentials want a token from a program, a certificate or AWS, and GTO asks files and URLs"
        raise StoreRefused(url, reason, "`gcloud auth application-default login` makes credentials of another kind")
    form = source.get("format")
    if isinstance(form, dict) and form.get("type") == "json":
        return str(_loaded(text, url).get(str(form.get("subject_token_field_name")), ""))
    return text.strip() if "file" in source else text


def _asked(to: str, headers: Mapping[str, str], body: str, url: str) -> dict[str, Any]:
    request = http_client.Request(to, "POST", headers, body.encode(), secret=True, transport=_transport())
    return _loaded(_text(request, url), url)


def _text(request: http_client.Request, url: str) -> str:
    answer = http_client.send(request._replace(retries=2))
    if answer.status >= 400:  # noqa: PLR2004  a refusal
        answer.close()
        raise StoreRefused(url, f"{answer.url} answers its credentials with status {answer.status}", _HINT)
    return answer.body(_LARGEST).decode("utf-8", "replace")


def _transport() -> Transport:
    return Transport(ca=os.environ.get("REQUESTS_CA_BUNDLE", ""))


def _loaded(text: str, url: str) -> dict[str, Any]:
    found = http_client.parse_object(text)
    if found is None:
        raise StoreRefused(url, "the token of its credentials is not what their file promises", _HINT)
    return found


def _time(text: object, otherwise: datetime) -> datetime:
    from datetime import datetime

    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return otherwise
