"""What stands before every route of a team's Studio: the Host, who asks, where a request comes from."""

import logging
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote

from anyio.to_thread import run_sync
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gto.exceptions import GTOException
from gto.studio.authorization_header import read_token
from gto.studio.context import StudioContext
from gto.studio.guard import (
    HEADERS,
    SAFE,
    SIGNED_FILES,
    is_own_form,
    is_sent_elsewhere,
    limited,
    read_cookies,
    refuse_form,
)
from gto.studio.index.database import reason_of
from gto.studio.protocols.error_bodies import is_of_protocol, plain, say
from gto.studio.team import accounts, sessions, tokens, vouched
from gto.studio.team.audit import AuditRecorder, RequestOrigin
from gto.studio.team.secrets_box import digest
from gto.studio.team.team import Team
from gto.studio.team.vouched_person import VouchedPerson
from gto.studio.visible import VisibleIndex
from gto.studio.visitor import NOBODY, Role, Visitor

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = logging.getLogger("gto.studio")

SIGNED = ("/webhook/", "/api/device-login")
"""What programs of others send: each request proves by itself that it may, and a session counts for nothing."""
OPEN = ("/static/", "/login", "/invitation/", "/signed/", "/watched.atom", *SIGNED)
"""Paths that answer who is not known."""
LARGE = ("/webhook/", "/api/live")
"""Paths that take larger bodies than forms are, and see to a limit themselves."""
_PROBES = ("/health", "/ready")
"""Paths that answer whatever the Host: what asks for them knows no name."""


class Caller(NamedTuple):
    """Who asks, and how that is known."""

    visitor: Visitor
    origin: RequestOrigin
    cookie: str = ""
    """What ties forms to them."""


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
            caller = self._refuse_host(scope, headers)
        if caller is None and not scope["path"].startswith((*_PROBES, SIGNED_FILES)):
            caller = await self._find_caller(scope, headers)
        if isinstance(caller, Response):
            await caller(scope, receive, self._with_headers(scope, send))
            return
        caller = self._with_public(caller) if caller else Caller(NOBODY, RequestOrigin())
        state = scope.setdefault("state", {})
        state["cookie"], state["origin"] = caller.cookie, caller.origin
        state["studio"] = self._seen_by(caller)
        if not scope["path"].startswith(LARGE):
            receive = limited(receive, scope["method"])
        await (self._refuse(scope, headers, caller) or self.app)(scope, receive, self._with_headers(scope, send))

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

    def _refuse_host(self, scope: Scope, headers: Headers) -> Response | None:
        if headers.get("host", "").lower() == self._team.settings.host:
            return None
        return say(scope, 421, f"This Studio answers at {self._team.settings.url} alone.")

    async def _find_caller(self, scope: Scope, headers: Headers) -> Caller | Response:
        """Find out who asks; the database is read for who says a name, in a thread of its own."""
        proxy, peer = self._team.settings.proxy, str((scope.get("client") or ("",))[0])
        address = proxy.client_address(peer, headers)
        read: Callable[[], Caller | Response]
        if token := read_token(headers):
            read = partial(self._by_token, token, address, scope)
        elif (identity := proxy.identity(peer, headers)) is not None:
            read = partial(self._by_proxy, identity, address)
        elif cookies := read_cookies(headers, self._team.settings.cookie):
            read = partial(self._by_session, cookies, address)
        else:
            return self._nobody(address)
        try:
            return await run_sync(read)
        except SQLAlchemyError as error:  # nobody is let in unseen
            LOG.warning("the database cannot be read: %s", reason_of(error))
            return say(scope, 503, "The database cannot be read now: try again in a moment.")

    def _nobody(self, address: str) -> Caller:
        return Caller(self._public, RequestOrigin(address, "nobody"))

    def _by_session(self, cookies: list[str], address: str) -> Caller:
        with self._team.database.engine.connect() as connection:
            row = sessions.find(connection, cookies)
            visitor = row and accounts.visitor_of(connection, row, session=row.digest)
        if row is None or visitor is None:
            return self._nobody(address)
        if sessions.is_to_be_noted(row):
            with self._team.database.record() as connection:
                sessions.note_use(connection, row, self._team.settings.session)
        cookie = next(one for one in cookies if digest(one) == row.digest)
        return Caller(visitor, RequestOrigin(address, "session"), cookie)

    def _by_token(self, given: str, address: str, scope: Scope) -> Caller | Response:
        with self._team.database.engine.connect() as connection:
            row = tokens.find(connection, given)
            visitor = row and accounts.visitor_of(connection, row, scopes=frozenset(row.scopes))
        if row is None or visitor is None:
            answer = say(scope, 401, "This token is unknown, was taken back, or has expired.")
            answer.headers.setdefault("www-authenticate", 'Bearer error="invalid_token"')
            return answer
        if tokens.is_to_be_noted(row):
            with self._team.database.record() as connection:
                tokens.note_use(connection, row)
        return Caller(visitor, RequestOrigin(address, f"token {row.token_name}"), f"token {row.token_id}")

    def _by_proxy(self, identity: VouchedPerson, address: str) -> Caller | Response:
        try:
            row = vouched.recognise(self._team.database, identity, self._team.settings.noreply)
        except GTOException as error:
            return plain(403, f"{error.message}.")
        with self._team.database.engine.connect() as connection:
            visitor = accounts.visitor_of(connection, row)
        return Caller(visitor, RequestOrigin(address, "proxy"), f"{identity.issuer} {row.id}")

    def _refuse(self, scope: Scope, headers: Headers, caller: Caller) -> Response | None:
        path = str(scope["path"])
        if path.startswith(_PROBES):
            return None
        # Of whom nobody knows, and who is no browser that may be led here, nothing is done in anybody's name.
        is_program = is_of_protocol(scope) and caller.visitor.id is None
        is_browser = caller.visitor.scopes is None and not path.startswith(SIGNED) and not is_program
        is_strange = is_browser and scope["method"] not in SAFE and not is_own_form(headers, self._team.settings.host)
        if is_strange and not caller.cookie and not path.startswith(OPEN):  # a program without its token, most often
            return _ask_for_token(scope)
        if is_strange or (caller.visitor.scopes is not None and is_sent_elsewhere(scope, headers)):
            return refuse_form(scope)
        if caller.visitor.roles or caller.visitor.id is not None or path.startswith(OPEN):
            return None
        if scope["method"] in SAFE and "text/html" in headers.get("accept", "") and not is_of_protocol(scope):
            query = scope["query_string"].decode("latin-1")
            back = quote(path + (f"?{query}" if query else ""), safe="")
            return RedirectResponse(f"/login?next={back}", 303)
        return _ask_for_token(scope)

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                where = headers.get("location", "")
                if "route" not in scope:  # the router takes a slash away, and knows neither TLS nor the prefix
                    where = where.removeprefix(f"{scope['scheme']}://{self._team.settings.host}")
                if where.startswith("/"):
                    headers["location"] = self._team.settings.prefix + where
            await send(message)

        return wrapped


def _ask_for_token(scope: Scope) -> Response:
    answer = say(scope, 401, "Log in, or send a token: `Authorization: Bearer gto_...`.")
    answer.headers.setdefault("www-authenticate", "Bearer")
    return answer


def _shorten(scope: Scope, prefix: str) -> bool:
    """Take the path under which a proxy shows this Studio off the path of a request; false where it is another."""
    path = str(scope["path"])
    if not prefix or path.startswith(_PROBES):
        return True
    if path == prefix:
        scope["path"], scope["raw_path"] = "/", b"/"
        return True
    rest = path[len(prefix) :]
    if not path.startswith(f"{prefix}/"):
        return False
    # As it was sent, so that `%2F` stays what it is; a prefix that is spelt with it has another number of slashes.
    raw = b"/" + scope["raw_path"].split(b"/", prefix.count("/") + 1)[-1]
    if unquote(raw.decode("latin-1")) != rest:
        return False
    scope["path"], scope["raw_path"] = rest, raw
    return True
