"""The answers to requests with an idempotency key, kept for a day: a request that is sent again is not done again."""

import hashlib
import re
import time
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from starlette.requests import Request
from starlette.responses import Response

from gto.exceptions import UsageError
from gto.studio.index.database import Database
from gto.studio.pages.errors import ErrorPage, problem
from gto.studio.team.team_tables import answered

_KEPT = 86_400.0  # seconds
_LONGEST_WORK = 600.0  # seconds after which a request that got no answer is taken for dead
_KEY_RE = re.compile("[!-~]{1,255}")
_SERVER_ERROR = 500


class KeyedRequest(NamedTuple):
    """A request that is to be done once."""

    person_id: int
    key: str
    digest: str
    """Of all that it asks for."""


def parse_key(text: str) -> str:
    """Return an idempotency key; UsageError for what can be none."""
    if not _KEY_RE.fullmatch(text):
        raise UsageError("An Idempotency-Key has 1 to 255 characters of ASCII without blanks", "a UUID does")
    return text


def digest_of(method: str, target: str, body: bytes) -> str:
    """Return the digest of a request: its method, its path with the query, and its body."""
    return hashlib.sha256(b"\0".join((method.encode(), target.encode(), body))).hexdigest()


def keyed(request: Request, key: str, person_id: int, body: bytes) -> KeyedRequest:
    """Return what a person asks for with a key; UsageError for what can be no key."""
    target = f"{request.url.path}?{request.url.query}"
    return KeyedRequest(person_id, parse_key(key), digest_of(request.method, target, body))


def once(database: Database, asked: KeyedRequest, act: Callable[[], tuple[Response, bool]]) -> Response:
    """Return the answer of `act`, or the one that the same request had; `act` says whether its answer lasts.

    422 where the key was used for another request, 409 where the same one is being answered.
    """
    while not _begin(database, asked):
        with database.engine.connect() as connection:
            row = connection.execute(select(answered).where(_mine(asked))).first()
        if row is None:  # it was given up at this moment
            continue
        if row.request != asked.digest:
            hint = "use a new key for each request"
            return problem(ErrorPage(422, "This Idempotency-Key was used for another request", hint))
        if row.status is None:
            return problem(ErrorPage(409, "The same request is being answered", "ask again in some seconds"))
        kind, _, body = bytes(row.body).partition(b"\n")
        headers = {"idempotent-replayed": "true"}
        return Response(body, row.status, media_type=kind.decode(), headers=headers)
    lasts = False
    try:
        answer, lasts = act()
        lasts = lasts and answer.status_code < _SERVER_ERROR
    finally:
        if not lasts:  # nobody knows what is done, or another try may end well
            with database.record() as connection:
                connection.execute(delete(answered).where(_mine(asked)))
    if lasts:
        kept = {"status": answer.status_code, "body": f"{answer.media_type}\n".encode() + bytes(answer.body)}
        with database.record() as connection:
            connection.execute(update(answered).where(_mine(asked)).values(kept))
    return answer


def _begin(database: Database, asked: KeyedRequest) -> bool:
    """Note that a request is being answered; false where its key is in use."""
    now = time.time()
    values = {"person_id": asked.person_id, "key": asked.key, "request": asked.digest, "at": now}
    try:
        with database.record() as connection:
            _forget(connection, now)
            connection.execute(insert(answered).values(values))
    except IntegrityError:
        return False
    return True


def _forget(connection: Connection, now: float) -> None:
    dead = answered.c.status.is_(None) & (answered.c.at < now - _LONGEST_WORK)
    connection.execute(delete(answered).where((answered.c.at < now - _KEPT) | dead))


def _mine(asked: KeyedRequest) -> ColumnElement[bool]:
    return (answered.c.person_id == asked.person_id) & (answered.c.key == asked.key)
