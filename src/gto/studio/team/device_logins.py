"""Programs that wait to be let in: each shows a person a code, and asks by another one until they said yes."""

import secrets
import time
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from starlette.datastructures import Headers

from gto.exceptions import UsageError
from gto.output.published import Published
from gto.studio.team import accounts, login_limits, tokens
from gto.studio.team.audit import RequestOrigin
from gto.studio.team.secrets_box import SecretsBox, digest
from gto.studio.team.team_tables import device_login, login_failure, person
from gto.studio.team.tokens import NewToken

SECONDS = 900
"""How long a program waits."""

_BYTES = 32
_LETTERS, _LENGTH = "BCDFGHJKLMNPQRSTVWXZ", 8  # no vowels, which make words, and nothing that looks like a digit
_PURPOSE = "device"
_MOST_OF_NETWORK, _MOST = 20, 1000  # that wait at a time
_MOST_WRONG = 10  # codes of a person within the time that one holds


class DeviceWish(NamedTuple):
    """What a program asks for."""

    client: str
    token: NewToken


class NewDeviceLogin(NamedTuple):
    """The codes of a program that begins to wait."""

    secret: str
    """What the program proves itself by."""
    code: str
    """What a person types."""


class OpenDeviceLogin(NamedTuple):
    """A program that waits, as a person is asked about it."""

    digest: str
    client: str
    token_name: str
    scopes: tuple[str, ...]
    days: float | None
    address: str
    created_at: float

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {key: value for key, value in self._asdict().items() if key != "digest"}


def begin(connection: Connection, box: SecretsBox, wish: DeviceWish, address: str) -> NewDeviceLogin:
    """Have a program wait; UsageError where too many do."""
    now, network = time.time(), login_limits.network_of(address)
    connection.execute(delete(device_login).where(device_login.c.expires_at < now))
    ours = func.count().filter(device_login.c.network == network)
    mine, every = connection.execute(select(ours, func.count()).select_from(device_login)).one()
    if mine >= _MOST_OF_NETWORK or every >= _MOST:
        raise UsageError("Too many programs wait to be let in", "try again in a quarter of an hour")
    made = NewDeviceLogin(secrets.token_urlsafe(_BYTES), "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)))
    known = {"digest": digest(made.secret), "code": box.sign(_PURPOSE, made.code), "client": wish.client}
    token = {"token_name": wish.token.name, "scopes": list(wish.token.scopes), "days": wish.token.days}
    place = {"address": address[:100], "network": network, "created_at": now, "expires_at": now + SECONDS}
    connection.execute(insert(device_login).values({**known, **token, **place}))
    return made._replace(code=shown_code(made.code))


def shown_code(text: str) -> str:
    """Return a code as it is shown, whoever typed it; what is none comes out as it is, cut short."""
    letters = "".join(one for one in text.upper() if one in _LETTERS)
    return f"{letters[:4]}-{letters[4:]}" if len(letters) == _LENGTH else text[:_LENGTH]


def find_waiting(connection: Connection, box: SecretsBox, code: str) -> OpenDeviceLogin | None:
    """Return the program that waits with a code; None where none does."""
    signed = box.sign(_PURPOSE, shown_code(code).replace("-", ""))
    waits = device_login.c.person_id.is_(None) & (device_login.c.expires_at > time.time())
    columns = [device_login.c[name] for name in OpenDeviceLogin._fields]
    row = connection.execute(select(*columns).where(device_login.c.code == signed, waits)).first()
    return OpenDeviceLogin(*row)._replace(scopes=tuple(row.scopes)) if row else None


def may_try(connection: Connection, person_id: int) -> bool:
    """Tell whether a person may type one more code: they typed few that were wrong."""
    recent = (login_failure.c.subject == _subject(person_id)) & (login_failure.c.at > time.time() - SECONDS)
    return int(connection.execute(select(func.count()).where(recent)).scalar_one()) < _MOST_WRONG


def note_wrong(connection: Connection, person_id: int) -> None:
    """Count a code that nothing waits with."""
    connection.execute(insert(login_failure).values(subject=_subject(person_id), at=time.time()))


def _subject(person_id: int) -> str:
    return f"device {person_id}"


def let_in(connection: Connection, waiting: OpenDeviceLogin, person_id: int, days: float | None) -> bool:
    """Let a program in with a person's rights; false where it waits no more."""
    waits = (device_login.c.digest == waiting.digest) & device_login.c.person_id.is_(None)
    lasts = device_login.c.expires_at > time.time()
    told = update(device_login).where(waits, lasts).values(person_id=person_id, days=days)
    return connection.execute(told).rowcount == 1


def turn_away(connection: Connection, waiting: OpenDeviceLogin) -> None:
    """Have a program wait no more."""
    connection.execute(delete(device_login).where(device_login.c.digest == waiting.digest))


def find_asking(connection: Connection, secret: str) -> Row[Any] | None:
    """Return the row of a program that asks whether it was let in; None where it waits no more, or never did."""
    lasts = (device_login.c.digest == digest(secret)) & (device_login.c.expires_at > time.time())
    return connection.execute(select(device_login).where(lasts)).first()


def redeem(connection: Connection, row: Row[Any], origin: RequestOrigin) -> str | None:
    """Make the token of a program that was let in, this once; None where another one was first, or its person left."""
    if connection.execute(delete(device_login).where(device_login.c.digest == row.digest)).rowcount != 1:
        return None
    lives = (person.c.id == row.person_id) & person.c.is_active
    if connection.execute(select(person.c.id).where(lives)).first() is None:
        return None
    wanted = NewToken(row.token_name, tuple(row.scopes), row.days)
    made = tokens.make_for(connection, row.person_id, wanted, Headers({}))
    told = tokens.find_all(connection, row.person_id)[0]
    tokens.note_made(connection, accounts.visitor(connection, row.person_id), origin._replace(by="device login"), told)
    return made
