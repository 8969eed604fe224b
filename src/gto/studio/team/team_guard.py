"""What stands before every route of a team's Studio: the Host, who asks, where a request comes from."""

import logging
from typing import NamedTuple
from urllib.parse import quote

from anyio.to_thread import run_sync
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gto.exceptions import GTOException
from gto.studio.context import StudioContext
from gto.studio.guard import HEADERS, SAFE, is_own_form, limited, plain, read_cookies
from gto.studio.index.database import reason_of
from gto.studio.pages.errors import ErrorPage
from gto.studio.respond import json_response
from gto.studio.team import accounts, sessions, tokens, vouched
from gto.studio.team.audit import AuditRecorder, RequestOrigin
from gto.studio.team.oidc import VouchedPerson
from gto.studio.team.secrets_box import digest
from gto.studio.team.team import Team
from gto.studio.visible import VisibleIndex
from gto.studio.visitor import NOBODY, Role, Visitor

LOG = logging.getLogger("gto.studio")

SIGNED = "/webhook/"
"""What programs of others send: each request proves by itself that it may, and a session counts for nothing."""
OPEN = ("/static/", "/login", "/invitation/", "/signed/", "/watched.atom", SIGNED)
"""Paths that answer who is not known."""
LARGE = ("/webhook/",)
"""Paths that take larger bodies than forms are, and see to a limit themselves."""
_PROBES = ("/health", "/ready")
"""Paths that answer whatever the Host: what asks for them knows no name."""


class Caller(NamedTuple):
    """Who asks, and how that is known."""

    visitor: Visitor
    origin: RequestOrigin
    cookie: str = ""


class TeamGuard:
    """ASGI middleware that finds out who asks, and lets through what may be asked without a name, or comes with one."""

    def __init__(self, app: ASGIApp, team: Team, studio: StudioContext) -> None:
        """`studio` is what routes are given, as one sees it who sees everything."""
        self.app = app
        self._team = team
        self._studio = studio
        self._public = NOBODY._replace(roles=dict.fromkeys(team.settings.public, Role.VIEWER))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refusal, or hand the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if not _shorten(scope, self._team.settings.prefix):
            await plain(404, f"This Studio answers at {self._team.settings.url} alone.")(scope, receive, send)
            return
        headers = Headers(scope=scope)
        caller: Caller | Response | None = None
        if not scope["path"].startswith(_PROBES):
            caller = self._refuse_host(headers) or await run_sync(self._find_caller, scope, headers)
        if isinstance(caller, Response):
            await caller(scope, receive, self._with_headers(send))
            return
        caller = self._with_public(caller) if caller else Caller(NOBODY, RequestOrigin())
        state = scope.setdefault("state", {})
        state["cookie"], state["origin"] = caller.cookie, caller.origin
        state["studio"] = self._seen_by(caller)
        if not scope["path"].startswith(LARGE):
            receive = limited(receive)
        await (self._refuse(scope, headers, caller) or self.app)(scope, receive, self._with_headers(send))

    def _with_public(self, caller: Caller) -> Caller:
        """Return who asks with what anybody may see: who logs in sees no less."""
        roles = {**self._public.roles, **caller.visitor.roles}
        return caller._replace(visitor=caller.visitor._replace(roles=roles))

    def _seen_by(self, caller: Caller) -> StudioContext:
        """Return this Studio as who asks may see it."""
        note = AuditRecorder(self._team.database, *caller[:2])
        studio = self._studio._replace(visitor=caller.visitor, team=self._team, note=note)
        seen = None if caller.visitor.sees_all else frozenset(one.name for one in studio.places)
        return studio._replace(database=VisibleIndex(self._team.database, seen))

    def _refuse_host(self, headers: Headers) -> Response | None:
        if headers.get("host", "").lower() == self._team.settings.host:
            return None
        return plain(421, f"This Studio answers at {self._team.settings.url} alone.")

    def _find_caller(self, scope: Scope, headers: Headers) -> Caller | Response:
        try:
            return self._identify(scope, headers)
        except SQLAlchemyError as error:  # nobody is let in unseen
            LOG.warning("the database cannot be read: %s", reason_of(error))
            return _say(str(scope["path"]), 503, "The database cannot be read now: try again in a moment.")

    def _identify(self, scope: Scope, headers: Headers) -> Caller | Response:
        """Find out who asks, in the database."""
        proxy, peer = self._team.settings.proxy, str((scope.get("client") or ("",))[0])
        address = proxy.client_address(peer, headers)
        given = tokens.read_header(headers)
        if given:
            return self._by_token(given, address, str(scope["path"]))
        identity = proxy.identity(peer, headers)
        if identity is not None:
            return self._by_proxy(identity, address)
        return self._by_session(read_cookies(headers, self._team.settings.cookie), address)

    def _by_session(self, cookies: list[str], address: str) -> Caller:
        nobody = Caller(self._public, RequestOrigin(address, "nobody"))
        if not cookies:
            return nobody
        with self._team.database.engine.connect() as connection:
            row = sessions.find(connection, cookies)
            visitor = row and accounts.visitor_of(connection, row, session=row.digest)
        if row is None or visitor is None:
            return nobody
        if sessions.is_to_be_noted(row):
            with self._team.database.record() as connection:
                sessions.note_use(connection, row, self._team.settings.session)
        cookie = next(one for one in cookies if digest(one) == row.digest)
        return Caller(visitor, RequestOrigin(address, "session"), cookie)

    def _by_token(self, given: str, address: str, path: str) -> Caller | Response:
        with self._team.database.engine.connect() as connection:
            row = tokens.find(connection, given)
            visitor = row and accounts.visitor_of(connection, row, scopes=frozenset(row.scopes))
        if row is None or visitor is None:
            answer = _say(path, 401, "This token is unknown, was taken back, or has expired.")
            answer.headers["www-authenticate"] = 'Bearer error="invalid_token"'
            return answer
        if tokens.is_to_be_noted(row):
            with self._team.database.record() as connection:
                tokens.note_use(connection, row)
        return Caller(visitor, RequestOrigin(address, f"token {row.token_name}"))

    def _by_proxy(self, identity: VouchedPerson, address: str) -> Caller | Response:
        try:
            row = vouched.recognise(self._team.database, identity)
        except GTOException as error:
            return plain(403, f"{error.message}.")
        with self._team.database.engine.connect() as connection:
            visitor = accounts.visitor_of(connection, row)
        return Caller(visitor, RequestOrigin(address, "proxy"), f"{identity.issuer} {row.id}")  # ties forms to them

    def _refuse(self, scope: Scope, headers: Headers, caller: Caller) -> Response | None:
        path = str(scope["path"])
        if path.startswith(_PROBES):
            return None
        is_browser = caller.visitor.scopes is None and not path.startswith(SIGNED)
        if is_browser and scope["method"] not in SAFE and not is_own_form(headers, self._team.settings.host):
            return _say(path, 403, "This request came from a page of another site.")
        if caller.visitor.roles or caller.visitor.id is not None or path.startswith(OPEN):
            return None
        if scope["method"] in SAFE and "text/html" in headers.get("accept", ""):
            query = scope["query_string"].decode("latin-1")
            back = quote(path + (f"?{query}" if query else ""), safe="")
            return RedirectResponse(f"/login?next={back}", 303)
        answer = _say(path, 401, "Log in, or send a token: `Authorization: Bearer gto_...`.")
        answer.headers["www-authenticate"] = "Bearer"
        return answer

    def _with_headers(self, send: Send) -> Send:
        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                where = headers.get("location", "")
                if where.startswith("/"):
                    headers["location"] = self._team.settings.prefix + where
            await send(message)

        return wrapped


def _say(path: str, status: int, text: str) -> Response:
    """Answer with a sentence; under `/api/` as RFC 9457 has it."""
    if not path.startswith("/api/"):
        return plain(status, text)
    return json_response(ErrorPage(status, text, "").as_dict(), status, "application/problem+json")


def _shorten(scope: Scope, prefix: str) -> bool:
    """Take the path under which a proxy shows this Studio off the path of a request; false where it is another."""
    path = str(scope["path"])
    if not prefix or path.startswith(_PROBES):
        return True
    if not path.startswith(f"{prefix}/"):
        return path == prefix and _set_path(scope, "/")
    return _set_path(scope, path[len(prefix) :])


def _set_path(scope: Scope, path: str) -> bool:
    scope["path"], scope["raw_path"] = path, quote(path).encode()
    return True
