"""Stores that are web servers: each object has a URL."""

import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from typing import NamedTuple
from urllib.parse import quote, unquote

from gto.exceptions import RemoteUnreachable, SendsNoParts
from gto.storage import http_client, urls
from gto.storage.http_connection import HttpSession
from gto.storage.location import StoreAddress
from gto.storage.transport import Transport, basic, verified

_PARTIAL, _PAST_THE_END = 206, 416
_PACKED = (".gz", ".tgz", ".bz2", ".xz", ".zst", ".br")  # of such a file some servers tell what it is itself
_RETRIES = 2  # of what is asked about a file; its bytes are asked for again by who takes them
_NO_HEAD = frozenset({403, 405, 501})  # a signed URL, among others, holds for GET alone
_RANGE_RE = re.compile(r"bytes ([0-9]{1,19})-")
_HOST_RE = re.compile(r"[^:/]*://[^/?#]*")
_UNQUOTED_RE = re.compile(r"[ \x80-\U0010ffff]+")


class HttpStore(NamedTuple):
    """A directory of a web server; or one URL, whose key is empty."""

    url: str
    session: HttpSession
    headers: Mapping[str, str] = {}
    """Credentials, where they may be sent."""
    transport: Transport = Transport()

    def stat(self, key: str, version: str | None = None) -> int | None:  # noqa: ARG002  URLs have no versions
        """Return the length that the server tells; None where it tells none."""
        answer = self._ask(key, "HEAD", retries=_RETRIES)
        if answer.status in _NO_HEAD:
            answer.close()
            answer = self._ask(key, "GET", retries=_RETRIES)
        _unpacked(http_client.check(answer), self._name(key)).close()
        return answer.length

    def read(
        self,
        key: str,
        version: str | None = None,  # noqa: ARG002  as above
        start: int = 0,
        end: int | None = None,
    ) -> Generator[bytes, None, None]:
        """Yield the bytes from `start` on, up to before `end`.

        Of a server without ranges the rest of a file is had by dropping what stands before; a part that is not its
        beginning is SendsNoParts: who asks for many parts would have the file sent as often.
        """
        wanted = f"bytes={start}-{'' if end is None else end - 1}"
        answer = self._ask(key, "GET", {"Range": wanted} if start or end is not None else {})
        if start and answer.status == _PAST_THE_END:
            answer.close()
            return
        at = 0
        if _unpacked(http_client.check(answer), self._name(key)).status == _PARTIAL:
            match = _RANGE_RE.match(answer.headers.get("Content-Range", ""))
            if not match or int(match[1]) != start:
                answer.close()
                raise RemoteUnreachable(answer.url, "the server sent another range than it was asked for")
            at = start
        elif end is not None and start:
            answer.close()
            raise SendsNoParts(answer.url)
        with closing(answer.chunks()) as chunks:
            for chunk in chunks:
                if part := chunk[max(start - at, 0) : None if end is None else max(end - at, 0)]:
                    yield part
                at += len(chunk)
                if end is not None and at >= end:
                    return

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Refuse: a web server does not list its directories in a form that programs read."""
        hint = "name a file instead of a directory"
        raise RemoteUnreachable(urls.shown(urls.join(self.url, prefix)), "a web server lists no files", hint)

    def sign(self, key: str, seconds: int) -> str | None:  # noqa: ARG002  nobody can sign a web server's URL
        """Return None: HTTP knows no signed URLs."""
        return None

    def _name(self, key: str) -> str:
        return urls.shown(urls.join(self.url, key))

    def _ask(
        self, key: str, method: str, headers: Mapping[str, str] | None = None, retries: int = 0
    ) -> http_client.Response:
        url = urls.join(_quoted(self.url), quote(key, errors="surrogateescape"))
        request = http_client.Request(url, method, {**self.headers, **(headers or {})}, secret=True)
        return http_client.send(request._replace(transport=self.transport, retries=retries), self.session)


def _unpacked(answer: http_client.Response, name: str) -> http_client.Response:
    """Return an answer whose body is the file; one that the server packs, although nobody asked for it, is refused."""
    coding = answer.headers.get("Content-Encoding", "").strip()
    if coding.lower() in {"", "identity"} or name.lower().endswith(_PACKED):
        return answer
    answer.close()
    reason = f"the server sends it packed (Content-Encoding: {coding[:40]!r}), and was asked for the file itself"
    raise RemoteUnreachable(answer.url, reason, "have the server send files of this kind as they are")


def _quoted(url: str) -> str:
    """Return a URL in which blanks and letters beyond ASCII are written as browsers send them."""
    host = _HOST_RE.match(url)
    start = host.end() if host else 0
    return url[:start] + _UNQUOTED_RE.sub(lambda match: quote(match[0], errors="surrogateescape"), url[start:])


def open_http(where: StoreAddress) -> HttpStore:
    """Return the web server of an address; credentials go only where the user's own configuration leads."""
    user, host, _ = urls.split(where.url)
    url = urls.without_user(where.url)
    if not host:
        raise RemoteUnreachable(urls.shown(url), "it names no host")
    if not where.trusted:
        return HttpStore(url, HttpSession(), transport=Transport(public=True, allowed=where.allowed))
    ca, verify = verified(where.options.get("ssl_verify", ""))
    return HttpStore(url, HttpSession(), _login(where, user), Transport(ca=ca, verify=verify, allowed=where.allowed))


def _login(where: StoreAddress, user: str) -> dict[str, str]:
    """Return the headers of DVC's options `auth`, `user`, `password`, `custom_auth_header`."""
    name, _, password = map(unquote, user.partition(":"))
    name, password = where.options.get("user", name), where.options.get("password", password)
    if urls.is_true(where.options.get("ask_password")) and not password:
        hint = "put it into .dvc/config.local: `dvc remote modify --local NAME password ...`"
        raise RemoteUnreachable(urls.shown(where.url), "the remote says ask_password, and GTO asks nobody", hint)
    match where.options.get("auth", "basic").lower():
        case "custom" if where.options.get("custom_auth_header"):
            return {where.options["custom_auth_header"]: password}
        case "basic":
            return {"Authorization": basic(name, password)} if name or password else {}
        case other:
            hint = "`dvc get` may know it; GTO knows basic and custom"
            raise RemoteUnreachable(urls.shown(where.url), f"its auth is '{other}'", hint)
