"""Addresses of stores: their parts, and how they are shown without what is secret in them."""

import re
from typing import NamedTuple

from gto.exceptions import RemoteUnreachable

_SCHEME_RE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_URL_RE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:([^/?#]*)@)?([^/?#@]*)(/[^?#]*)?(?:[?#].*)?", re.DOTALL)
_SECRET_RE = re.compile(r"(?<=[?&])([^=&?\s'\"]+)=[^&\s'\"]*")
_USER_RE = re.compile(r"(?<=://)[^/?#\s]*@")
_BEGINNING_RE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)[^/?#]*@")


class Parts(NamedTuple):
    """What stands in a URL."""

    user: str
    """A name, perhaps with a password behind `:`; as it is written."""
    host: str
    """The host or bucket, with the port where one is given."""
    path: str
    """Without the first `/`."""


def scheme(url: str) -> str:
    """Return the scheme in lower case; empty for a path."""
    match = _SCHEME_RE.match(url)
    return match[1].lower() if match else ""


def split(url: str) -> Parts:
    """Take a URL apart."""
    match = _URL_RE.fullmatch(url)
    if match is None:
        raise RemoteUnreachable(shown(url), "this is no URL", "see the remote's `url` in .dvc/config")
    user, host, path = match.groups(default="")
    return Parts(user, host, path[1:])


def shown(url: str) -> str:
    """Return a URL as it may be printed: without a user, a query and a fragment."""
    if not scheme(url):
        return url
    return _USER_RE.sub("", re.split("[?#]", url, maxsplit=1)[0])


def without_user(url: str) -> str:
    """Return a URL without the name and password that may stand before its host."""
    return _BEGINNING_RE.sub(r"\1", url, count=1) if _BEGINNING_RE.match(url) else url


def masked(text: str) -> str:
    """Put `***` in the place of what URLs in a text hold behind `?` and before `@`."""
    return _USER_RE.sub("***@", _SECRET_RE.sub(r"\1=***", text))


def join(base: str, key: str) -> str:
    """Return a key below a base, either of which may be empty."""
    return f"{base.rstrip('/')}/{key}" if base and key else base or key


def leading_to(base: str, target: str) -> str:
    """Return the URL to which a server of `base` leads, whole or relative."""
    from urllib.parse import urljoin

    try:
        return urljoin(base, target)
    except ValueError:  # an address in brackets that is none
        raise RemoteUnreachable(shown(base), "it leads to what is no URL") from None


def is_true(text: str | None) -> bool:
    """Tell whether an option of DVC's is on; one that is not there is off."""
    return (text or "").strip().lower() in {"true", "yes", "on", "1"}


def is_false(text: str | None) -> bool:
    """Tell whether an option of DVC's is off; one that is not there is not."""
    return (text or "").strip().lower() in {"false", "no", "off", "0"}
