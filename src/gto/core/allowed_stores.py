"""Which stores a repository may read: addresses of stores in one form, and whether one is at or below another."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from gto.exceptions import UsageError

_URL_RE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(?:[^/]*@)?([^/@]*)(/.*)?", re.DOTALL)
_UNCLEAR_RE = re.compile(r"[\x00-\x1f\x7f\\?#]")
_SLASH_RE = re.compile("%(?:2f|5c)", re.IGNORECASE)
_PORT_RE = re.compile(r"(.*?)(?::([0-9]*))?")
_PORTS = {"http": "80", "https": "443", "ssh": "22"}
_MOST_ENCODINGS = 10  # one within the other: each is one more reading of what may be long
_CLOUDS = frozenset({"s3", "gs", "azure"})  # their names and paths are taken as they are written
_ENDPOINT = {"s3": "endpointurl", "gs": "endpointurl", "azure": "account_name"}
OPTIONS = ("endpointurl", "account_name")
"""The options of DVC that decide, beside the URL, which store it is."""
_FORMS = "write it as s3://bucket/prefix, https://host/path or /an/absolute/path"


class StoreLocation(NamedTuple):
    """Where a store is."""

    scheme: str
    """In lower case; empty for a path of this machine."""
    host: str
    """The bucket, or the host with its port; empty for a path."""
    segments: tuple[str, ...]
    """The names of its path."""
    endpoint: str = ""
    """Who has the bucket: the URL of an endpoint, an account of Azure; empty for what the server's settings say."""

    @property
    def path(self) -> str:
        """The path that the names make."""
        return "/" + "/".join(self.segments)

    def holds(self, other: "StoreLocation") -> bool:
        """Tell whether another one is this, or below it."""
        same = (self.scheme, self.host, self.endpoint) == (other.scheme, other.host, other.endpoint)
        return same and other.segments[: len(self.segments)] == self.segments


class AllowedStores(NamedTuple):
    """The stores that one repository may read; no other is opened for it, whoever asks."""

    groups: tuple[str, ...]
    """The groups of the repository, for errors."""
    locations: tuple[StoreLocation, ...] = ()

    def holds(self, location: StoreLocation) -> bool:
        """Tell whether a store is one of them, or below one."""
        return any(one.holds(location) for one in self.locations)

    def and_path(self, path: str) -> "AllowedStores":
        """Return them and one directory of this machine."""
        own = StoreLocation("", "", tuple(filter(None, path.split("/"))))
        return self._replace(locations=(*self.locations, own))


def parse_location(url: str, options: Mapping[str, str]) -> StoreLocation:
    """Return where the store of a URL, or of an absolute path, is; UsageError where it could be read in two ways."""
    if _UNCLEAR_RE.search(url):
        raise UsageError("an address of a store holds no '?', '#', backslash or control character", _FORMS)
    match = _URL_RE.fullmatch(url)
    if match is None:
        if not url.startswith("/"):
            raise UsageError("it is neither a URL nor an absolute path", _FORMS)
        return StoreLocation("", "", _segments(url))
    scheme, host, path = match[1].lower(), match[2], match[3] or ""
    if scheme == "file":
        return StoreLocation("", "", _segments(_decoded(path)))
    if not host:
        raise UsageError("it names no host and no bucket", _FORMS)
    if scheme in _CLOUDS:
        return StoreLocation(scheme, host, _segments(path), _endpoint(scheme, options))
    inner = path[1:] if scheme != "ssh" else path.strip("/")
    return StoreLocation(scheme, _host(scheme, host, options), _segments(_decoded(inner.removesuffix("/")), "//"))


def check_key(key: str) -> None:
    """Raise UsageError where the path of an object leads, or may lead, out of its store."""
    bare = _bare(key)  # what is behind `;` some servers leave out, and read `..;` as `..`
    if {".", ".."} & {one.partition(";")[0] for one in re.split(r"[/\\]", bare)} or "\0" in key:
        raise UsageError("the path of the file leads out of its store", "name it without '..'")


def _segments(path: str, empty: str = "") -> tuple[str, ...]:
    check_key(path)
    if empty and (empty in path or path.startswith("/")):
        raise UsageError("two slashes follow each other in its path", _FORMS)
    return tuple(filter(None, path.split("/")))


def _decoded(path: str) -> str:
    """Return a path as its server reads it; one that servers read in different ways is refused."""
    once = _unquoted(path)
    if _SLASH_RE.search(path) or _unquoted(once) != once:
        raise UsageError("its path is percent-encoded twice, or hides a slash", _FORMS)
    return once


def _bare(text: str) -> str:
    """Return a text without any percent-encoding; UsageError where it was encoded again and again."""
    for _ in range(_MOST_ENCODINGS):
        if (found := _unquoted(text)) == text:
            return text
        text = found
    raise UsageError("the path of the file is percent-encoded again and again", "name it as it is")


def _unquoted(text: str) -> str:
    from urllib.parse import unquote  # which takes two milliseconds to import

    return unquote(text, errors="surrogateescape")


def _host(scheme: str, host: str, options: Mapping[str, str]) -> str:
    match = _PORT_RE.fullmatch(host.lower())
    name, port = (match[1], match[2] or "") if match else (host.lower(), "")
    if scheme == "ssh":
        port = options.get("port") or port
    port = port.lstrip("0")
    return name if port in {"", _PORTS.get(scheme, "")} else f"{name}:{port}"


def _endpoint(scheme: str, options: Mapping[str, str]) -> str:
    given = options.get(_ENDPOINT[scheme], "")
    if scheme == "azure" or not given:
        return given
    found = parse_location(given, {})
    if found.scheme not in {"http", "https"}:
        raise UsageError("its endpointurl is no URL of a server", "write it as https://HOST")
    return f"{found.scheme}://{found.host}" + (found.path if found.segments else "")
