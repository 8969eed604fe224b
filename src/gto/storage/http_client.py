"""HTTP requests: time limits, redirects that carry no credentials to another host, what answers and errors mean."""

import json
import re
import ssl
import time
from collections.abc import Generator, Mapping
from contextlib import closing, suppress
from typing import Any, NamedTuple

from urllib3 import BaseHTTPResponse, HTTPResponse, Retry, Timeout
from urllib3.exceptions import HTTPError, MaxRetryError, ProxyError
from urllib3.exceptions import TimeoutError as TooLate
from urllib3.util import Url, parse_url

from gto.exceptions import ContentMissing, GTOException, RemoteUnreachable, StoreRefused
from gto.git.command import limit
from gto.storage import urls
from gto.storage.http_connection import HttpSession, TimedConnection
from gto.storage.location import CHUNK
from gto.storage.store_check import check_allowed
from gto.storage.transport import CONNECT, Transport, silence
from gto.version import __version__

_SECRETS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key", "private-token", "job-token"})
_MOVED = frozenset({301, 302, 303, 307, 308})
_MOST_MOVES = 5
_SLOWEST = 16 << 10  # bytes a second: what a server that tells a length must bring at least
_GONE, _REFUSED = frozenset({404, 410}), frozenset({401, 403, 407})
_PASSING = frozenset({408, 425, 429})
_BUSY = frozenset({*_PASSING, 500, 502, 503, 504})
_LENGTH_RE = re.compile("[0-9]{1,19}")
_CONTROL_RE = re.compile(r"[\x00-\x20\x7f]")
_NO_VALUE_RE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
_NO_END = "GTO_TIMEOUT says how many seconds an answer may take whose length no server tells"


class Request(NamedTuple):
    """What is asked of a server."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    secret: bool = False
    """Whether all headers are secret, whatever they are called: none of them goes to another host."""
    transport: Transport = Transport()
    """Through which proxy the server is reached, with which certificates, and whether a stranger names it."""
    follow: bool = True
    """Whether redirects are followed."""
    seconds: float | None = None
    """The longest until the answer's headers are there; with None, as long as a server may be silent."""
    retries: int = 0
    """How often the server is asked again where it is busy or hangs up; who reads a body goes on where it broke off."""


class Response:
    """What a server says; its body is read once."""

    def __init__(self, url: str, raw: BaseHTTPResponse) -> None:
        """The connection is kept for others when the body was read to its end."""
        self.url = urls.shown(url)
        self.status = raw.status
        self.headers = raw.headers
        self._raw = raw
        self._line = raw.connection.line if isinstance(raw.connection, TimedConnection) else None

    @property
    def length(self) -> int | None:
        """The length of the body as the server tells it."""
        text = self.headers.get("Content-Length", "")
        return int(text) if _LENGTH_RE.fullmatch(text) else None

    def chunks(self) -> Generator[bytes, None, None]:
        """Yield the body; one that ends before the length that was told, or never, raises RemoteUnreachable.

        A body has GTO_TIMEOUT seconds, and more only where the server tells how long it is.
        """
        length, found = self.length, 0
        seconds = limit() + (length or 0) / _SLOWEST
        end = time.monotonic() + seconds
        try:
            while chunk := self._read(end, seconds):
                found += len(chunk)
                yield chunk
            if length is not None and found < length:
                raise RemoteUnreachable(self.url, f"the answer ended after {found} of {length} bytes", passing=True)
        except (OSError, HTTPError) as error:
            raise failure(self.url, error) from error
        finally:
            self.close()

    def _read(self, end: float, seconds: float) -> bytes:
        if self._raw.closed:
            return b""  # it was read to its end, and its connection may serve another already
        if time.monotonic() >= end:
            raise RemoteUnreachable(self.url, f"the answer has no end after {seconds:.3g} s", _NO_END)
        if self._line is not None:
            self._line.settimeout(silence())
        return self._raw.read1(CHUNK) or b""

    def body(self, most: int) -> bytes:
        """Return the body, which must not be longer than `most` bytes."""
        found = bytearray()
        with closing(self.chunks()) as chunks:
            for chunk in chunks:
                found += chunk
                if len(found) > most:
                    raise RemoteUnreachable(self.url, f"the answer is longer than {most} bytes")
        return bytes(found)

    def head(self, most: int, seconds: float) -> bytes:
        """Return what comes of the body in so many seconds, at most so many bytes; the rest is left."""
        found, end = bytearray(), time.monotonic() + seconds
        with suppress(OSError, HTTPError):  # the status came: what follows it may be missing
            while len(found) < most and (left := end - time.monotonic()) > 0 and not self._raw.closed:
                if self._line is not None:
                    self._line.settimeout(left)
                if not (piece := self._raw.read1(most - len(found))):
                    break
                found += piece
        self.close()
        return bytes(found)

    def close(self) -> None:
        """Let go of the answer, whether it was read or not."""
        if isinstance(self._raw, HTTPResponse) and self._raw.length_remaining == 0:
            self._raw.drain_conn()  # there is nothing more to come, and the connection may serve others
        self._raw.close()
        self._raw.release_conn()


def send(request: Request, session: HttpSession | None = None) -> Response:
    """Return the answer to a request, whatever its status; redirects are followed, unless it forbids that.

    urllib3 would follow them too, but by one proxy, and from https to http.
    """
    session = session or HttpSession()
    for _ in range(_MOST_MOVES + 1):
        answer = _send_once(request, session)
        target = answer.headers.get("Location", "")
        if answer.status not in _MOVED or not target or not request.follow:
            return answer
        answer.close()
        request = _moved(request, urls.leading_to(request.url, target), answer.status)
        check_allowed(request.transport.allowed, request.url)
    raise RemoteUnreachable(urls.shown(request.url), f"it redirects more than {_MOST_MOVES} times")


def _send_once(request: Request, session: HttpSession) -> Response:
    shown = urls.shown(request.url)
    url = _parsed(request.url)
    if url.scheme not in {"http", "https"} or not url.host or _CONTROL_RE.search(request.url):
        raise RemoteUnreachable(shown, "this is no URL of a web server")
    quiet = request.seconds or silence()
    headers = {"User-Agent": f"gto/{__version__}", "Accept-Encoding": "identity", **request.headers}
    for name, value in headers.items():  # which may be a secret, that what refuses it would tell
        if _NO_VALUE_RE.search(value):
            raise RemoteUnreachable(shown, f"what is to be sent as {name} holds a character that no header takes")
    try:
        raw = session.manager(url, request.transport).urlopen(
            request.method,
            request.url,
            redirect=False,
            body=request.body,
            headers=headers,
            retries=_retries(request.retries),
            timeout=Timeout(connect=min(CONNECT, quiet), read=quiet, total=quiet),
            preload_content=False,
            decode_content=False,
            enforce_content_length=False,  # chunks() tells it in its own words
        )
    except (OSError, HTTPError, ValueError) as error:
        raise failure(shown, error) from error
    return Response(request.url, raw)


def _retries(count: int) -> Retry | bool:
    if not count:
        return False
    return Retry(
        count,
        connect=0,
        read=1,
        other=0,
        allowed_methods=None,  # none that is asked for here changes anything
        status_forcelist=_BUSY,
        backoff_factor=0.2,
        backoff_jitter=0.2,
        raise_on_status=False,
        respect_retry_after_header=False,  # it may say a day
    )


def parse_object(text: str) -> dict[str, Any] | None:
    """Return the object that an answer is in JSON; None where it is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


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
    if isinstance(error, MaxRetryError) and error.reason:
        error = error.reason
    cause = _cause(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        hint = "a certificate of your own: `dvc remote modify NAME ssl_verify FILE`, or SSL_CERT_FILE"
        return RemoteUnreachable(url, f"its certificate is not trusted: {cause.verify_message}", hint)
    if isinstance(cause, (TimeoutError, TooLate)):
        hint = "run this again; GTO_TIMEOUT says how many seconds a server may be silent"
        return RemoteUnreachable(url, "it does not answer in time", hint, passing=True)
    reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause) or type(cause).__name__
    whose = "its proxy: " if isinstance(error, ProxyError) else ""
    return RemoteUnreachable(url, whose + reason.strip("[]"), passing=True)


def _cause(error: BaseException) -> BaseException:
    """Return the error that urllib3 wraps."""
    while isinstance(error, HTTPError):
        inner = next((one for one in (error.__cause__, *error.args) if isinstance(one, BaseException)), None)
        if inner is None:
            break
        error = inner
    return error


def _moved(request: Request, url: str, status: int) -> Request:
    old, new = _parsed(request.url), _parsed(url)
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


def _parsed(url: str) -> Url:
    """Take a URL apart as urllib3 does, which connects to what it finds there."""
    try:
        return parse_url(url)
    except HTTPError:
        raise RemoteUnreachable(urls.shown(url), "this is no URL of a web server") from None


def _origin(url: Url) -> tuple[str | None, str | None, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme or "")
