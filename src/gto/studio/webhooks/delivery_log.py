"""What was sent to a target, each with its tries: as pages and programs are shown it."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from gto.output.published import Published
from gto.studio.webhooks.webhook_tables import attempt, outbox

SHOWN = 50
"""Deliveries on a page."""
_MOST_TRIES = 40  # of one delivery, that are read


class DeliveryTry(NamedTuple):
    """One POST."""

    at: float
    status: int | None
    """Of the answer; None where none came."""
    seconds: float
    reason: str
    """Why it did not go well."""
    answer: str
    """How the answer begins."""


class LoggedDelivery(NamedTuple):
    """What was put on its way to a target."""

    id: int
    event_id: str
    """As the receiver sees it."""
    repository: str
    artifact: str
    kind: str
    state: str
    """`waiting`, `delivered` or `failed`."""
    reason: str
    created_at: float
    not_before: float
    """When it is sent next, where it waits."""
    tries: tuple[DeliveryTry, ...] = ()
    """The newest first."""

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {**self._asdict(), "tries": [one._asdict() for one in self.tries]}


class TargetCounts(NamedTuple):
    """How many deliveries of a target are in which state, and how its last try ended."""

    waiting: int = 0
    delivered: int = 0
    failed: int = 0
    last: DeliveryTry | None = None


_DELIVERY = [outbox.c[field] for field in LoggedDelivery._fields if field != "tries"]
_TRY = [attempt.c[field] for field in DeliveryTry._fields]


def find(connection: Connection, target_id: int, state: str = "", before: int | None = None) -> list[LoggedDelivery]:
    """Return deliveries, the newest first: those of a state if one is given, and before one of them."""
    query = select(*_DELIVERY).where(outbox.c.target_id == target_id)
    if state:
        query = query.where(outbox.c.state == state)
    if before is not None:
        query = query.where(outbox.c.id < before)
    rows = connection.execute(query.order_by(outbox.c.id.desc()).limit(SHOWN)).all()
    tries = _tries(connection, [row.id for row in rows])
    return [LoggedDelivery._make((*row, tuple(tries.get(row.id, ())[:_MOST_TRIES]))) for row in rows]


def _tries(connection: Connection, ids: Sequence[int]) -> dict[int, list[DeliveryTry]]:
    query = select(attempt.c.outbox_id, *_TRY).where(attempt.c.outbox_id.in_(ids)).order_by(attempt.c.id.desc())
    found: dict[int, list[DeliveryTry]] = {}
    for row in connection.execute(query):
        found.setdefault(row[0], []).append(DeliveryTry._make(row[1:]))
    return found


def counts(connection: Connection) -> dict[int, TargetCounts]:
    """Return of each target how many deliveries are in which state, and its last try."""
    query = select(outbox.c.target_id, outbox.c.state, func.count()).group_by(outbox.c.target_id, outbox.c.state)
    found: dict[int, dict[str, int]] = {}
    for target_id, state, number in connection.execute(query):
        found.setdefault(target_id, {})[state] = number
    newest = select(func.max(attempt.c.id)).join(outbox).group_by(outbox.c.target_id)
    last = select(outbox.c.target_id, *_TRY).join(outbox).where(attempt.c.id.in_(newest))
    tries = {row[0]: DeliveryTry._make(row[1:]) for row in connection.execute(last)}
    return {key: TargetCounts(**numbers, last=tries.get(key)) for key, numbers in found.items()}
