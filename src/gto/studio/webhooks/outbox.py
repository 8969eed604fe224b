"""Events on their way to targets: put in with the index, taken out to be sent, and what came of it."""

import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, exists, insert, select, update

from gto.backoff import Backoff
from gto.core.transitions import Transition
from gto.registry.event_report import report_step
from gto.storage import urls
from gto.studio.index.database import Database
from gto.studio.index.events import COLUMNS, event_of
from gto.studio.index.repository_rows import public_address
from gto.studio.index.schema import repository
from gto.studio.webhooks import event_facts, targets
from gto.studio.webhooks.webhook_tables import attempt, outbox, target
from gto.watch.outcome import NextStep
from gto.watch.payload import Notice
from gto.watch.webhook_sender import PostOutcome

WAITING, DELIVERED, FAILED = "waiting", "delivered", "failed"
DAY = 86400.0
"""Seconds for which an event is tried."""
KEPT = 30 * DAY
"""Seconds that the log is kept."""
TEST = "test"
"""The kind of what is sent to see whether it arrives."""

_BACKOFF = Backoff(5.0, 3600.0)
_LONGEST_ASKED = 6 * 3600.0  # seconds that a receiver may ask for
_LONGEST_REASON = 500
_MOST_HELD = 100  # of what may not be told yet, that are looked at in one transaction


class Parcel(NamedTuple):
    """What was taken out to be sent, by this process alone until its lease is over."""

    row: Row[Any]
    """Of the outbox."""
    target: Row[Any]
    tries: int
    """With this one; nobody else has taken it since."""


def announce(connection: Connection, name: str, rows: Sequence[Row[Any]]) -> None:
    """Put new events of a repository, rows of the index, into the outbox: in the transaction that brings them there."""
    told = targets.find_all(connection, active=True)
    if not told:
        return
    about = connection.execute(select(repository).where(repository.c.name == name)).one()
    address = public_address(about.remote or (urls.without_user(about.address) if about.is_remote else ""))
    ready: list[dict[str, object]] = []
    for row in rows:
        one = event_of(*(getattr(row, column.name) for column in COLUMNS))
        wants = [each for each in told if each.filters.takes(name, about.groups, one.tag)]
        step = Transition(row.version or "", row.before)
        report = report_step(one, step, None, address)
        notice = Notice(one.oid, report, one.author, one.author_email, one.created_at.isoformat(), one.message)
        values = {"event_id": one.oid, "repository": name, "artifact": one.artifact, "kind": one.kind.noun}
        ready += [_row(each.id, {**values, "body": notice.as_dict()}) for each in wants]
    if ready:
        connection.execute(insert(outbox), ready)


def add_test(connection: Connection, target_id: int) -> int:
    """Put a test into the outbox, and return its number."""
    values = {"event_id": f"test-{secrets.token_hex(16)}", "repository": "", "artifact": "", "kind": TEST, "body": {}}
    made = connection.execute(insert(outbox).values({**_row(target_id, values), "is_ready": True})).inserted_primary_key
    assert made is not None  # noqa: S101  one row was put in
    return int(made[0])


def replay(connection: Connection, target_id: int, outbox_id: int) -> bool:
    """Have something sent again, under the id that it had; false where it is not there, or waits anyway."""
    now = time.time()
    same = (outbox.c.id == outbox_id) & (outbox.c.target_id == target_id) & (outbox.c.state != WAITING)
    again = {"state": WAITING, "reason": "", "tries": 0, "not_before": now, "until": now + DAY}
    return connection.execute(update(outbox).where(same).values(again)).rowcount > 0


def _row(target_id: int, values: Mapping[str, object]) -> dict[str, object]:
    now = time.time()
    times = {"created_at": now, "not_before": now, "until": now + DAY}
    return {"target_id": target_id, **values, **times, "is_ready": False, "tries": 0, "state": WAITING, "reason": ""}


def _due(now: float, busy: Collection[int]) -> tuple[Any, ...]:
    return outbox.c.state == WAITING, outbox.c.not_before <= now, outbox.c.target_id.not_in(list(busy))


def find_due(connection: Connection, busy: Collection[int]) -> list[int]:
    """Return the targets that something is due for, but those that are busy; paused ones wait for all but tests."""
    is_told = target.c.is_active | (outbox.c.kind == TEST)
    query = select(outbox.c.target_id).join(target).where(is_told, *_due(time.time(), busy)).distinct()
    return list(connection.execute(query).scalars())


def take(database: Database, target_id: int, lease: float) -> Parcel | None:
    """Take out what has been due longest for a target; nobody else takes it while the lease lasts.

    What a process took that was killed is due again after that.
    """
    with database.record() as connection:
        for _ in range(_MOST_HELD):
            row = _first_due(connection, target_id)
            if row is None:
                return None
            told = row.body if row.is_ready else event_facts.complete(connection, row)
            same = outbox.c.id == row.id
            if isinstance(told, event_facts.NotYet):
                connection.execute(update(outbox).where(same).values(_held(row, told)))
                continue
            values = {"not_before": time.time() + lease, "tries": row.tries + 1, "body": told, "is_ready": True}
            connection.execute(update(outbox).where(same).values(values))
            taken = connection.execute(select(outbox).where(same)).one()
            to = connection.execute(select(target).where(target.c.id == target_id)).one()
            return Parcel(taken, to, taken.tries)
    return None


def _first_due(connection: Connection, target_id: int) -> Row[Any] | None:
    """Return the row that has been due longest, which nobody else has in hand; of a paused target a test alone."""
    is_told = exists().where(target.c.id == outbox.c.target_id, target.c.is_active) | (outbox.c.kind == TEST)
    query = select(outbox).where(*_due(time.time(), ()), outbox.c.target_id == target_id, is_told)
    return connection.execute(
        query.order_by(outbox.c.not_before, outbox.c.id).limit(1).with_for_update(skip_locked=True)
    ).first()


def _held(row: Row[Any], why: event_facts.NotYet) -> dict[str, object]:
    now = time.time()
    is_over = why.is_final or now > row.until
    return {"not_before": now + why.seconds, "state": FAILED if is_over else WAITING, "reason": why.reason}


def settle(database: Database, parcel: Parcel, outcome: PostOutcome) -> None:
    """Note what came of sending a parcel, and when it is sent again if it is to be."""
    now, row = time.time(), parcel.row
    same = (outbox.c.id == row.id) & (outbox.c.tries == parcel.tries)
    asked = min(outcome.retry_after, _LONGEST_ASKED)
    again = now + max(_BACKOFF.wait(parcel.tries), asked)
    values: dict[str, object] = {"state": DELIVERED, "reason": ""}
    if outcome.verdict is not NextStep.DONE:
        is_over = outcome.verdict is NextStep.NEVER or again > row.until or row.kind == TEST
        values = {"state": FAILED if is_over else WAITING, "reason": outcome.reason[:_LONGEST_REASON]}
        values |= {"not_before": again}
    with database.record() as connection:
        if connection.execute(select(outbox.c.id).where(outbox.c.id == row.id)).first() is None:
            return  # its target was removed meanwhile
        connection.execute(update(outbox).where(same).values(values))
        told = {"at": now, "status": outcome.status or None, "seconds": outcome.duration, "answer": outcome.text}
        connection.execute(insert(attempt).values(outbox_id=row.id, reason=outcome.reason[:_LONGEST_REASON], **told))
        if asked:
            theirs = (outbox.c.target_id == row.target_id) & (outbox.c.state == WAITING)
            later = theirs & (outbox.c.not_before < now + asked)
            connection.execute(update(outbox).where(later).values(not_before=now + asked))


def forget(database: Database) -> None:
    """Remove what is old from the log; what waited for longer than a day, as its target was paused, is given up."""
    now = time.time()
    with database.record() as connection:
        late = (outbox.c.state == WAITING) & (outbox.c.until < now - DAY)
        connection.execute(update(outbox).where(late).values(state=FAILED, reason="it waited for too long"))
        connection.execute(delete(outbox).where(outbox.c.created_at < now - KEPT, outbox.c.state != WAITING))
