"""HTTP requests: connections that are kept open, time limits, redirects that carry no credentials to another host."""

import re
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import local
from typing import NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

from gto.exceptions import ContentMissing, GTOException, RemoteUnreachable, StoreRefused
from gto.storage import urls
from gto.storage.http_connection import connect, make, silence, until
from gto.storage.location import CHUNK
from gto.storage.transport import Transport
from gto.version import __version__

_SECRETS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key", "private-token", "job-token"})
_MOVED = frozenset({301, 302, 303, 307, 308})
_MOST_MOVES = 5
_GONE, _REFUSED, _PASSING = frozenset({404, 410}), frozenset({401, 403, 407}), frozenset({408, 425, 429})
_LENGTH_RE = re.compile("[0-9]{1,19}")
_CONTROL_RE = re.compile(r"[\x00-\x20\x7f]")


class _Kept(dict[tuple[object, ...], HTTPConnection]):
    """The open connections of one thread, by where they lead; closed when the thread ends."""

    def __del__(self) -> None:
        for connection in self.values():
            connection.close()


_threads = local()


def _kept() -> _Kept:
    if not hasattr(_threads, "kept"):
        _threads.kept = _Kept()
    kept: _Kept = _threads.kept
    return kept


class Request(NamedTuple):
    """What is asked of a server."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    secret: bool = False
    """Whether all headers are secret, whatever they are called: none of them goes to another host."""
    transport: Transport = Transport()
    """Through which proxy the server is reached, with which certificates."""
    follow: bool = True
    """Whether redirects are followed."""
    seconds: float | None = None
    """The longest until the answer's headers are there; with None, a server must only not be silent for too long."""


class Response:
    """What a server says; its body is read once."""

    def __init__(self, request: Request, response: HTTPResponse, connection: HTTPConnection) -> None:
        """The connection is kept for others when the body was read to its end."""
        self.url = urls.shown(request.url)
        self.status = response.status
        self.headers = response.headers
        self._response = response
        self._connection = connection
        self._is_read = False

    @property
    def length(self) -> int | None:
        """The length of the body as the server tells it."""
        text = self.headers.get("Content-Length", "")
        return int(text) if _LENGTH_RE.fullmatch(text) else None

    def chunks(self) -> Iterator[bytes]:
        """Yield the body; one that ends before the length that was told raises RemoteUnreachable."""
        length, found = self.length, 0
        try:
            while chunk := self._response.read1(CHUNK):
                found += len(chunk)
                yield chunk
            if length is not None and found < length:
                raise RemoteUnreachable(self.url, f"the answer ended after {found} of {length} bytes", passing=True)
            self._is_read = True
        except (OSError, HTTPException) as error:
            raise failure(self.url, error) from error
        finally:
            self.close()

    def body(self, most: int) -> bytes:
        """Return the body, which must not be longer than `most` bytes."""
        found = bytearray()
        for chunk in self.chunks():
            found += chunk
            if len(found) > most:
                raise RemoteUnreachable(self.url, f"the answer is longer than {most} bytes")
        return bytes(found)

    def close(self) -> None:
        """Let go of the answer, whether it was read or not."""
        if not self._is_read and not self._response.isclosed():
            self._connection.close()  # what is left of it would be taken for the next answer
        self._response.close()


def send(request: Request) -> Response:
    """Return the answer to a request, whatever its status; redirects are followed, unless it forbids that."""
    for _ in range(_MOST_MOVES + 1):
        answer = _send_once(request)
        target = answer.headers.get("Location", "")
        if answer.status not in _MOVED or not target or not request.follow:
            return answer
        answer.close()
        request = _moved(request, urljoin(request.url, target), answer.status)
    raise RemoteUnreachable(urls.shown(request.url), f"it redirects more than {_MOST_MOVES} times")


def check(answer: Response) -> Response:
    """Return an answer that says yes; another one is closed, and an exception says what it means."""
    if answer.status < 300:  # noqa: PLR2004  what says yes
        return answer
    answer.close()
    raise refusal(answer.url, answer.status)


def refusal(url: str, status: int) -> GTOException:
    """Return what a status means that is no yes."""
    if status in _GONE:
        return ContentMissing(url)
    if status in _REFUSED:
        hint = "see the remote's user and password in .dvc/config.local; strangers' remotes get none of yours"
        return StoreRefused(url, f"the server wants credentials, or other ones (status {status})", hint)
    passing = status in _PASSING or status >= 500  # noqa: PLR2004  the server's own trouble
    return RemoteUnreachable(url, f"the server answered with status {status}", passing=passing)


def failure(url: str, error: Exception) -> RemoteUnreachable:
    """Return what an error of a connection means."""
    if isinstance(error, ssl.SSLCertVerificationError):
        hint = "a certificate of your own: `dvc remote modify NAME ssl_verify FILE`, or SSL_CERT_FILE"
        return RemoteUnreachable(url, f"its certificate is not trusted: {error.verify_message}", hint)
    if isinstance(error, TimeoutError):
        hint = "run this again; GTO_TIMEOUT says how many seconds a server may be silent"
        return RemoteUnreachable(url, "it does not answer in time", hint, passing=True)
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
    return RemoteUnreachable(url, reason.strip("[]"), passing=True)


def _moved(request: Request, url: str, status: int) -> Request:
    old, new = urlsplit(request.url), urlsplit(url)
    if new.scheme not in {"http", "https"} or (old.scheme == "https" and new.scheme != "https"):
        raise RemoteUnreachable(urls.shown(request.url), f"it redirects to '{urls.shown(url)}', which is not safe")
    headers = dict(request.headers)
    if _origin(old) != _origin(new):
        headers = {
            name: value for name, value in headers.items() if not request.secret and name.lower() not in _SECRETS
        }
        headers |= {name: value for name, value in request.headers.items() if name.lower() in {"range", "accept"}}
    if status == 303 and request.method != "HEAD":  # noqa: PLR2004  see other
        return request._replace(url=url, headers=headers, method="GET", body=None)
    return request._replace(url=url, headers=headers)


def _origin(url: SplitResult) -> tuple[str, str, int]:
    try:
        port = url.port
    except ValueError:
        port = None
    return url.scheme, (url.hostname or "").lower(), port or {"http": 80, "https": 443}.get(url.scheme, 0)


def _send_once(request: Request) -> Response:
    url = urlsplit(request.url)
    shown = urls.shown(request.url)
    if url.scheme not in {"http", "https"} or not url.hostname or _CONTROL_RE.search(request.url):
        raise RemoteUnreachable(shown, "this is no URL of a web server")
    end = None if request.seconds is None else time.monotonic() + request.seconds
    key = (*_origin(url), request.transport, request.seconds)
    kept = _kept()
    connection = kept.pop(key, None)
    response: HTTPResponse | None = None
    try:
        if connection is not None:
            response = _ask_again(connection, request, url, end)
        if connection is None or response is None:
            connection = make(url, request.transport)
            with until(end, connection):
                connect(connection, request.seconds or silence())
                response = _ask(connection, request, url)
    except (OSError, HTTPException, ValueError) as error:
        if connection is not None:
            connection.close()
        raise failure(shown, error) from error
    kept[key] = connection
    return Response(request, response, connection)


def _ask_again(
    connection: HTTPConnection, request: Request, url: SplitResult, end: float | None
) -> HTTPResponse | None:
    """Ask over a connection that was kept; None where the server has closed it meanwhile: a new one is opened then."""
    with suppress(OSError, HTTPException), until(end, connection):
        return _ask(connection, request, url)
    connection.close()
    return None


def _ask(connection: HTTPConnection, request: Request, url: SplitResult) -> HTTPResponse:
    through = connection.__dict__.get("proxy_headers")
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    target = path if through is None else request.url.split("#")[0]
    headers = {"User-Agent": f"gto/{__version__}", "Accept-Encoding": "identity", **request.headers, **(through or {})}
    connection.request(request.method, target, request.body, headers)
    return connection.getresponse()
