"""The log of what forges sent: each delivery that was taken once, and of refusals the last of each kind."""

import time
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from gto.studio.context import StudioContext
from gto.studio.team.team_tables import repository_setting
from gto.studio.visitor import Role
from gto.studio.webhooks.webhook_tables import received
from gto.webhook.incoming import IncomingWebhook, WebhookRefusal

KEPT = 30 * 86400.0
"""Seconds that a line is kept."""
_SELDOM = 10.0  # seconds between two notes of one kind of refusal: strangers can send as many as they like
_SHOWN = 20
_LONGEST = 500
_REFUSED = "refused "  # before the status, in the place of a delivery's id: no forge's id holds a blank


class ReceivedWebhook(NamedTuple):
    """One line of the log."""

    kind: str
    event: str
    at: float
    status: int
    """As it was answered."""
    reason: str
    """Why it was refused; empty where it was not."""

    @property
    def is_taken(self) -> bool:
        """Whether it was taken."""
        return self.status < 300  # noqa: PLR2004  what says yes


def has(connection: Connection, repository: str, told: IncomingWebhook) -> bool:
    """Tell whether a delivery was taken before."""
    same = (received.c.kind == told.kind) & (received.c.repository == repository) & (received.c.delivery == told.ident)
    return connection.execute(select(received.c.id).where(same)).first() is not None


def note(connection: Connection, repository: str, told: IncomingWebhook, status: int) -> None:
    """Write down a delivery that was taken; what is old is forgotten."""
    if has(connection, repository, told):  # another process was first
        return
    now = time.time()
    connection.execute(delete(received).where(received.c.at < now - KEPT))
    values = {"kind": told.kind, "delivery": told.ident, "repository": repository, "event": told.event}
    connection.execute(insert(received).values({**values, "at": now, "status": status, "reason": ""}))


def is_to_be_noted(connection: Connection, repository: str, kind: str, status: int) -> bool:
    """Tell whether a refusal is to be written down: a line like it is not from just now."""
    at = connection.execute(select(received.c.at).where(*_like(repository, kind, status))).scalar()
    return bool(at is None or at < time.time() - _SELDOM)


def note_refusal(connection: Connection, repository: str, kind: str, why: WebhookRefusal) -> None:
    """Write down a refusal in the place of the last one like it, so that there are as many lines as kinds of them."""
    values = {"at": time.time(), "reason": why.reason[:_LONGEST]}
    like = _like(repository, kind, why.status)
    if not connection.execute(update(received).where(*like).values(values)).rowcount:
        about = {"kind": kind, "repository": repository, "delivery": f"{_REFUSED}{why.status}", "event": ""}
        connection.execute(insert(received).values({**about, **values, "status": why.status}))


def find(connection: Connection, repository: str, most: int = _SHOWN) -> list[ReceivedWebhook]:
    """Return the last of a repository's lines, the newest first."""
    columns = [received.c[field] for field in ReceivedWebhook._fields]
    query = select(*columns).where(received.c.repository == repository).order_by(received.c.at.desc()).limit(most)
    return [ReceivedWebhook._make(row) for row in connection.execute(query)]


class HookState(NamedTuple):
    """How it stands with the webhook of a repository."""

    has_secret: bool
    last: ReceivedWebhook | None
    """What came last."""


def read_states(studio: StudioContext) -> dict[str, HookState]:
    """Return by name how it stands with the webhooks of the repositories whose admin the visitor is."""
    if studio.team is None:
        return {}
    names = [one.name for one in studio.places if studio.visitor.may(Role.ADMIN, one.entry.groups)]
    with studio.team.database.engine.connect() as connection:
        made = repository_setting.c.hook_secret.is_not(None)
        known = set(connection.scalars(select(repository_setting.c.repository).where(made)))
        last = _find_last(connection)
    return {name: HookState(name in known, last.get(name)) for name in names}


def _find_last(connection: Connection) -> dict[str, ReceivedWebhook]:
    last = select(received.c.repository, func.max(received.c.at).label("at")).group_by(received.c.repository).subquery()
    columns = [received.c[field] for field in ReceivedWebhook._fields]
    same = (received.c.repository == last.c.repository) & (received.c.at == last.c.at)
    query = select(received.c.repository, *columns).join(last, same)
    return {row[0]: ReceivedWebhook._make(row[1:]) for row in connection.execute(query)}


def _like(repository: str, kind: str, status: int) -> tuple[ColumnElement[bool], ...]:
    line = f"{_REFUSED}{status}"
    return received.c.kind == kind, received.c.repository == repository, received.c.delivery == line
