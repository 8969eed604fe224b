"""Objects of Git LFS servers: the batch API, and the basic transfer."""

import json
import os
from collections.abc import Generator, Iterable, Mapping, Sequence
from itertools import groupby
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from gto.exceptions import ContentMissing, GTOException, RemoteUnreachable, StoreRefused
from gto.git.repo import Repo
from gto.storage import http_client, urls
from gto.storage.http_connection import HttpSession
from gto.storage.http_store import HttpStore
from gto.storage.lfs_endpoint import object_key
from gto.storage.local_store import LocalStore
from gto.storage.location import LfsObject
from gto.storage.store_check import check_allowed
from gto.storage.transport import Transport, basic, git_transport

_TYPE = "application/vnd.git-lfs+json"
_MOST = 100  # objects of one request
_LARGEST = 16 << 20  # bytes of an answer
_FRAMING = frozenset({"connection", "content-length", "host", "transfer-encoding"})  # ours to say
_HEADER_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
_NOT_THERE, _REFUSED = frozenset({404, 410}), frozenset({401, 403})
_LOGIN = (
    "a credential helper of git must have the server's credentials, of somebody who may read there: "
    "`git credential approve` stores them (git help credentials)"
)
_NEVER_PUSHED = "it was never pushed: `git lfs push --all` sends it from a clone that has it"


class _Way(NamedTuple):
    """How an object is downloaded."""

    href: str
    headers: Mapping[str, str]


class _LfsServer(NamedTuple):
    """A server as it is spoken to."""

    url: str
    headers: Mapping[str, str]
    transport: Transport = Transport()


class LfsServers:
    """The servers that one download asks; each is asked for many objects at once."""

    def __init__(self, repo: Repo | None) -> None:
        """`repo` has the user's settings and credentials."""
        self._repo = repo
        self._ways: dict[tuple[str, str], _Way | GTOException] = {}
        self._servers: dict[str, _LfsServer] = {}
        self._transports: dict[str, Transport] = {}
        self._session = HttpSession()
        self._lock = Lock()

    def prepare(self, objects: Iterable[LfsObject]) -> None:
        """Ask for many objects with few requests; what a server refuses is told when the object is read."""
        asked = sorted({one for one in objects if urls.scheme(one.endpoint)}, key=lambda one: (one[2:], one[:2]))
        for _, group in groupby(asked, key=lambda one: one[2:]):
            members = list(group)
            for at in range(0, len(members), _MOST):
                part = members[at : at + _MOST]
                try:
                    self._ask(part)
                except GTOException as error:
                    # An object that is here already needs no server.
                    self._ways.update({(one.endpoint, one.oid): error for one in part})

    def read(self, one: LfsObject, start: int, end: int | None = None) -> Generator[bytes, None, None]:
        """Yield an object's bytes from `start` on, up to before `end`."""
        if not one.endpoint:
            hint = "`git remote add origin URL`, or `git config lfs.url URL`"
            raise RemoteUnreachable(one.oid, "nothing says where the Git LFS server of this repository is", hint)
        check_allowed(one.allowed, one.endpoint)
        if not urls.scheme(one.endpoint):
            yield from _directory(one).read(object_key(one.oid), start=start, end=end)
            return
        try:
            yield from self._store(one).read("", start=start, end=end)
        except StoreRefused:
            # What a server signs holds for minutes; another file may have taken longer.
            self._forget(one)
            store = self._store(one)
            try:
                yield from store.read("", start=start, end=end)
            except StoreRefused as error:
                raise StoreRefused(error.url, error.reason, _LOGIN) from error

    def _store(self, one: LfsObject) -> HttpStore:
        with self._lock:
            if (one.endpoint, one.oid) not in self._ways:
                self._ask([one])
            way = self._ways[one.endpoint, one.oid]
            server = self._servers.get(one.endpoint)
        if isinstance(way, GTOException):
            self._forget(one)
            raise way
        assert server is not None  # noqa: S101  who knows a way has asked the server
        return HttpStore(way.href, self._session, way.headers, self._transport(one, way.href, server))

    def _transport(self, one: LfsObject, href: str, server: _LfsServer) -> Transport:
        """Return how the server is reached that has the bytes: git's settings may hold for each another."""
        if self._repo is None or _site(href) == _site(server.url):
            return server.transport
        from gto.git.lfs_config import web_settings

        with self._lock:
            if _site(href) not in self._transports:
                self._transports[_site(href)] = git_transport(web_settings(self._repo, _site(href)), os.environ)
            found = self._transports[_site(href)]
        return self._bound(one, found, server.transport.known)

    def _forget(self, one: LfsObject) -> None:
        with self._lock:
            self._ways.pop((one.endpoint, one.oid), None)

    def _ask(self, objects: Sequence[LfsObject]) -> None:
        first = objects[0]
        check_allowed(first.allowed, first.endpoint)
        server = self._servers.get(first.endpoint) or self._meet(first)
        body = {
            "operation": "download",
            "transfers": ["basic"],
            "hash_algo": "sha256",
            "objects": [{"oid": one.oid, "size": one.size} for one in objects],
        }
        answer = self._post(server, body)
        if answer.status == 401 and first.trusted:  # noqa: PLR2004  the server wants to know who asks
            answer.close()
            server = self._login(server)
            answer = self._post(server, body)
        self._servers[first.endpoint] = server
        found = _read(answer, server)
        for one in objects:
            self._ways[one.endpoint, one.oid] = _way(one, found.get(one.oid), server)

    def _post(self, server: _LfsServer, body: object) -> http_client.Response:
        headers = {**server.headers, "Accept": _TYPE, "Content-Type": _TYPE}
        url, data = f"{server.url}/objects/batch", json.dumps(body).encode()
        request = http_client.Request(url, "POST", headers, data, secret=True, transport=server.transport, retries=2)
        return http_client.send(request, self._session)

    def _meet(self, one: LfsObject) -> _LfsServer:
        """Return a server as the user's configuration has it be spoken to."""
        headers: dict[str, str] = {}
        url = one.endpoint
        if urls.scheme(url) == "ssh":
            url, headers = self._by_ssh(one)
        elif urls.split(url).user and one.trusted:
            from urllib.parse import unquote

            name, _, password = map(unquote, urls.split(url).user.partition(":"))
            headers = {"Authorization": basic(name, password)} if password else {}
        found = _LfsServer(urls.without_user(url), headers)
        if self._repo is not None and one.trusted:
            found = self._configured(found)
        elif self._repo is not None:  # a stranger's server is reached as all are
            found = found._replace(transport=self._configured(found).transport)
        return found._replace(transport=self._bound(one, found.transport, found.url if one.trusted else ""))

    def _bound(self, one: LfsObject, transport: Transport, known: str) -> Transport:
        """Return how servers are reached for an object: a stranger's are told nothing of who asks, nor are private."""
        is_strange = not one.trusted or (self._repo is not None and not self._repo.is_own)
        if not one.trusted:
            transport = transport._replace(certificate="", key="")
        return transport._replace(public=is_strange and not one.any_address, known=known)

    def _configured(self, server: _LfsServer) -> _LfsServer:
        from gto.git.lfs_config import web_settings

        assert self._repo is not None  # noqa: S101  the caller asked
        settings = web_settings(self._repo, server.url)
        pairs = [value.partition(":") for key, value in settings if key == "http.extraheader" and ":" in value]
        headers = {**server.headers, **{name.strip(): text.strip() for name, _, text in pairs}}
        return server._replace(headers=headers, transport=git_transport(settings, os.environ))

    def _login(self, server: _LfsServer) -> _LfsServer:
        from gto.git.lfs_config import fill_credential

        found = fill_credential(self._repo, server.url) if self._repo is not None else None
        if found is None:
            raise StoreRefused(urls.shown(server.url), "the Git LFS server wants credentials", _LOGIN)
        return server._replace(headers={**server.headers, "Authorization": basic(*found)})

    def _by_ssh(self, one: LfsObject) -> tuple[str, dict[str, str]]:
        """Return the URL and headers that the host of the repository tells over SSH."""
        from gto.git.lfs_config import authenticate, read_settings

        if self._repo is None or not one.trusted:
            hint = "trust the remote, or set lfs.url in your own configuration"
            raise StoreRefused(one.endpoint, "SSH wants your key, and a repository of others names this host", hint)
        text = authenticate(one.endpoint, read_settings(self._repo, "HEAD"))
        told = _loaded(text, one.endpoint)
        _, host, path = urls.split(one.endpoint)
        usual = f"https://{host.partition(':')[0]}/{path}" + ("/info/lfs" if path.endswith(".git") else ".git/info/lfs")
        href = told.get("href")
        return (href.rstrip("/") if isinstance(href, str) and href else usual), _headers(told.get("header"))


def _directory(one: LfsObject) -> LocalStore:
    """Return the directory of objects of a repository on this machine."""
    if not one.trusted:
        hint = "--allow-local reads it nevertheless"
        raise RemoteUnreachable(one.endpoint, "a repository of others names this path", hint)
    for inner in ("lfs/objects", ".git/lfs/objects"):
        place = os.path.join(one.endpoint, inner)
        if os.path.isdir(place):
            return LocalStore(place)
    raise ContentMissing(os.path.join(one.endpoint, "lfs/objects", object_key(one.oid)), "`git lfs push` sends it")


def _read(answer: http_client.Response, server: _LfsServer) -> dict[str, dict[str, Any]]:
    if answer.status in _NOT_THERE:
        answer.close()
        if _TYPE in answer.headers.get("Content-Type", ""):
            return {}  # it is one, and has none of them
        hint = "`git lfs env` shows where git-lfs looks; lfs.url and .lfsconfig name another server"
        raise RemoteUnreachable(urls.shown(server.url), "there is no Git LFS server", hint)
    if answer.status in _REFUSED:
        answer.close()
        reason = f"the Git LFS server lets you not read these files (status {answer.status})"
        raise StoreRefused(urls.shown(server.url), reason, _LOGIN)
    told = _loaded(http_client.check(answer).body(_LARGEST).decode("utf-8", "replace"), server.url)
    listed = told.get("objects")
    if told.get("transfer", "basic") != "basic" or told.get("hash_algo", "sha256") != "sha256":
        raise RemoteUnreachable(urls.shown(server.url), "the Git LFS server wants a transfer that was not offered")
    if not isinstance(listed, list):
        raise RemoteUnreachable(urls.shown(server.url), "the Git LFS server lists no objects")
    return {one["oid"]: one for one in listed if isinstance(one, dict) and isinstance(one.get("oid"), str)}


def _loaded(text: str, url: str) -> dict[str, Any]:
    found = http_client.parse_object(text)
    if found is None:
        raise RemoteUnreachable(urls.shown(url), "it does not answer as a Git LFS server does", "is lfs.url right?")
    return found


def _way(one: LfsObject, told: Mapping[str, Any] | None, server: _LfsServer) -> _Way | GTOException:
    """Return how an object is downloaded, or why it cannot be."""
    shown = f"{urls.shown(server.url)}/objects/{one.oid}"
    if told is None:
        return ContentMissing(shown, _NEVER_PUSHED)
    error = told.get("error")
    if isinstance(error, dict):
        code, words = error.get("code"), str(error.get("message", ""))
        if isinstance(code, int) and code in _NOT_THERE:
            return ContentMissing(shown, _NEVER_PUSHED)
        return RemoteUnreachable(shown, f"{words[:200]} (code {code})")
    actions = told.get("actions")
    action = actions.get("download") if isinstance(actions, dict) else None
    if not isinstance(action, dict) or not isinstance(action.get("href"), str):
        return ContentMissing(shown, "the Git LFS server offers no download of it")
    try:
        href, headers = urls.leading_to(f"{server.url}/", action["href"]), _headers(action.get("header"))
    except RemoteUnreachable as refused:
        return refused
    if _site(href) == _site(server.url) and not any(name.lower() == "authorization" for name in headers):
        headers = {**server.headers, **headers}
    return _Way(href, headers)


def _site(url: str) -> str:
    """Return scheme and host of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _headers(told: object) -> dict[str, str]:
    """Return the headers that a server wants to see, those that are none left out."""
    if not isinstance(told, dict):
        return {}
    return {
        name: value
        for name, value in told.items()
        if isinstance(name, str)
        and isinstance(value, str)
        and name
        and set(name) <= _HEADER_NAME
        and name.lower() not in _FRAMING
        and value.isprintable()
    }
