"""What stands before every route: the Host, the session, where a request comes from, and what a page may load."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gto.studio.addresses import own_path
from gto.studio.authorization_header import read_token
from gto.studio.login import Sessions
from gto.studio.opening import leading_page
from gto.studio.protocols.error_bodies import is_of_protocol, say

OPEN = ("/static/", "/health")
"""Paths that need no session: nothing of a repository is behind them."""

SIGNED_FILES = "/signed/mlflow/"
"""Addresses that say themselves who may have files: what a client sends along may be meant for another server."""

LOGIN = "/api/device-login"
"""Where DVC logs in to a team's Studio."""
NO_LOGIN = f"{LOGIN}/is-for-teams/run-gto-studio-serve"
"""Where one's own Studio leads it: of an answer that refuses DVC prints the address, and not the body."""

MOST_BODY = 1024 * 1024
"""Bytes of a request's body."""
SAFE = frozenset({"GET", "HEAD"})
"""Methods that change nothing."""
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "private, no-cache",
}
"""What stands in every answer that says nothing else."""


class Guard:
    """ASGI middleware that lets through what comes from this Studio's own pages, or opens it by a token."""

    def __init__(self, app: ASGIApp, sessions: Sessions, hosts: frozenset[str]) -> None:
        """`hosts` are the values of the Host header that are answered."""
        self.app = app
        self._sessions = sessions
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refusal, or hand the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = read_cookies(headers, self._sessions.cookie)
        cookie = next((one for one in given if self._sessions.knows(one)), "")
        refusal = self._refuse(scope, headers, cookie, read_token(headers))
        scope.setdefault("state", {})["cookie"] = cookie
        await (refusal or self.app)(scope, limited(receive, scope["method"]), _with_headers(send))

    def _refuse(self, scope: Scope, headers: Headers, cookie: str, given: str) -> Response | None:
        host = headers.get("host", "")
        if host not in self._hosts:
            return say(scope, 421, "This Studio answers under its own address alone.")
        if scope["path"].startswith(LOGIN):
            return _refuse_login(scope)
        if scope["path"].startswith(SIGNED_FILES) and scope["method"] in SAFE:
            return None
        if given or (is_of_protocol(scope) and not cookie):
            if not self._sessions.is_key(given):
                return _say_no_key(scope)
            return refuse_form(scope) if is_sent_elsewhere(scope, headers) else None
        return self._refuse_browser(scope, headers, cookie)

    def _refuse_browser(self, scope: Scope, headers: Headers, cookie: str) -> Response | None:
        host = headers.get("host", "")
        if scope["method"] not in SAFE and not is_own_form(headers, host):
            return refuse_form(scope)
        if scope["path"].startswith(OPEN):
            return None
        rest = _without_token(scope)
        if cookie:
            return RedirectResponse(rest, 303) if rest else None
        token = dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("token", "")
        opened = self._sessions.redeem(token) if token and scope["method"] == "GET" else None
        if opened is None:
            return say(scope, 401, "Open the address that `gto studio` printed: it holds the key, and serves once.")
        # Whom another site leads here has no strict cookie yet, and neither after a redirect: a page leads on.
        is_led = headers.get("sec-fetch-site") == "cross-site"
        answer = HTMLResponse(leading_page(rest)) if is_led else RedirectResponse(rest, 303)
        answer.set_cookie(self._sessions.cookie, opened, httponly=True, samesite="strict", path="/")
        return answer


def is_sent_elsewhere(scope: Scope, headers: Headers) -> bool:
    """Tell whether a browser says that a page of another site sends what changes something.

    It adds a token that somebody typed into its window (Basic) to that, too.
    """
    return scope["method"] not in SAFE and headers.get("sec-fetch-site") in {"cross-site", "same-site"}


def refuse_form(scope: Scope) -> Response:
    """Refuse what a page of another site sends."""
    return say(scope, 403, "This request came from a page of another site.")


def is_own_form(headers: Headers, host: str) -> bool:
    """Tell whether a request that changes something comes from a page of this host, as the browser says."""
    site = headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    origin = headers.get("origin")
    return site is not None if origin is None else urlsplit(origin).netloc == host


def read_cookies(headers: Headers, name: str) -> list[str]:
    """Return the values of a cookie: what is at other ports of this host can add some, and others that break rules."""
    pairs = (pair.partition("=") for line in headers.getlist("cookie") for pair in line.split(";"))
    return [value.strip() for key, _, value in pairs if key.strip() == name]


def limited(receive: Receive, method: str) -> Receive:
    """Return what receives a request as `receive` does, and answers 413 to a body that no form of a page has.

    Of who only reads it is dropped: their answer may be on its way already, with another status.
    """
    left = MOST_BODY

    async def counted() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0 and method in SAFE:
            return {**message, "body": b""}
        if left < 0:
            raise HTTPException(413, f"This is more than {MOST_BODY // 1024} KB.")
        return message

    return counted


def _refuse_login(scope: Scope) -> Response:
    if scope["path"] != NO_LOGIN:
        return RedirectResponse(NO_LOGIN, 303)
    told = "DVC logs in to a team's Studio (`gto studio serve`). Here is one person's: `dvc get` reads the repository."
    return say(scope, 404, told)


def _say_no_key(scope: Scope) -> Response:
    answer = say(
        scope, 401, "This is not the token of this Studio: start it with GTO_STUDIO_TOKEN=gto_..., and send it."
    )
    answer.headers.setdefault("www-authenticate", "Bearer")
    return answer


def _without_token(scope: Scope) -> str:
    """Return the same address without the token, so that it stands in no history; empty where it holds none."""
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    rest = [pair for pair in pairs if pair[0] != "token"]
    if len(rest) == len(pairs) or scope["method"] not in SAFE:
        return ""
    return own_path(str(scope["path"])) + (f"?{urlencode(rest)}" if rest else "")


def _with_headers(send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return wrapped
