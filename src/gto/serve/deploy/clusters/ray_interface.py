"""The REST interface of Ray's dashboard, asked with Ray's own token, which goes to the one cluster that it is of."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from gto.exceptions import DeployFailed
from gto.serve.deploy.platform_request import PlatformApi
from gto.storage.address_check import is_loopback

Json = dict[str, Any]

_APPLICATIONS = "/api/serve/applications/"
_ADDRESS = "RAY_DASHBOARD_ADDRESS"
TOKEN_HINT = "Ray's token is taken from RAY_AUTH_TOKEN, RAY_AUTH_TOKEN_PATH or ~/.ray/auth_token"  # noqa: S105  no token


def read_applications(address: str) -> Json:
    """Return what a dashboard tells of Serve, its `applications` by name among it."""
    found = _api(address).ask("GET", _APPLICATIONS)
    if not isinstance(found, dict) or not isinstance(found.get("applications"), dict):
        raise DeployFailed(f"{address} is no dashboard of Ray", "its port is 8265 as a rule")
    return found


def put_applications(address: str, body: Json) -> None:
    """Send all applications; those that are left out are removed."""
    _api(address).ask("PUT", _APPLICATIONS, body)


def _api(address: str) -> PlatformApi:
    start, token = address.rstrip("/"), _token()
    if token and not is_loopback(urlsplit(start).hostname or "") and os.environ.get(_ADDRESS, "").rstrip("/") != start:
        hint = (
            f"set {_ADDRESS} to it where it is yours: whoever changes deploy.yaml could have the token sent elsewhere"
        )
        raise DeployFailed(
            f"Ray's token is not sent to {start}: nothing but deploy.yaml says that it is of there", hint
        )
    return PlatformApi(start, {"Authorization": f"Bearer {token}"} if token else {}, TOKEN_HINT)


def _token() -> str:
    """Return the token as Ray's own clients find it; empty for none."""
    if token := os.environ.get("RAY_AUTH_TOKEN", "").strip():
        return token
    path = os.environ.get("RAY_AUTH_TOKEN_PATH") or os.path.expanduser("~/.ray/auth_token")
    with suppress(OSError, ValueError), open(path, encoding="utf-8") as file:
        return file.read().strip()
    return ""
