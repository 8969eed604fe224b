"""Sends what is in the outbox: a thread that looks what is due, and one for each POST, of which few run at a time."""

import logging
import random
import time
from datetime import UTC, datetime
from threading import Condition, Thread
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from gto.exceptions import GTOException
from gto.export import chat_message, cloud_event
from gto.export.chat_message import ChatKind
from gto.registry.event_report import Report
from gto.studio.addresses import artifact_url
from gto.studio.team.secrets_box import SecretsBox
from gto.studio.team.serve_options import TeamSettings
from gto.studio.team.team import Team
from gto.studio.webhooks import outbox, targets
from gto.studio.webhooks.outbox import Parcel
from gto.watch.outcome import NextStep
from gto.watch.payload import Notice
from gto.watch.webhook_sender import PostOutcome, SendRules, send
from gto.webhook import signature

LOG = logging.getLogger("gto.studio")

_AT_ONCE = 8  # POSTs; to one target one after the other, so that it takes one of these and no more
_IN_A_TURN = 50  # parcels for one target, before others have its place
_OURS = "Studio could not send it: "


class SendPlan(NamedTuple):
    """How eagerly is sent, in seconds."""

    look: float = 1.0
    """Between two looks at what is due."""
    lease: float = 120.0
    """Until what was taken may be taken again: longer than a POST with the look-up of its host."""
    longest: float = 15.0
    """That a receiver may take to answer."""


class Deliverer:
    """Delivers webhooks until it is closed; any number of processes may do so side by side."""

    def __init__(self, team: Team, plan: SendPlan = SendPlan()) -> None:  # noqa: B008  frozen
        self._team = team
        self._plan = plan
        self._changed = Condition()
        self._busy: set[int] = set()
        self._is_closing = False
        self.thread = Thread(target=self._work, name="studio-webhooks", daemon=True)

    def start(self) -> None:
        """Begin."""
        self.thread.start()

    def close(self) -> None:
        """Begin no POST any more; one that runs has its time to end."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()

    def join(self, seconds: float) -> None:
        """Wait for the POSTs that run; what is cut off is sent again when its lease is over."""
        end = time.monotonic() + seconds
        if self.thread.is_alive():
            self.thread.join(seconds)
        with self._changed:
            self._changed.wait_for(lambda: not self._busy, max(0.0, end - time.monotonic()))

    def has_ended(self) -> bool:
        """Tell whether the thread has ended though nobody closed this: a fault of ours."""
        return self.thread.ident is not None and not self.thread.is_alive() and not self._is_closing

    def look(self) -> int:
        """Begin to send what is due, for some targets at a time; return for how many something is due."""
        with self._changed:
            busy = set(self._busy)
        with self._team.database.engine.connect() as connection:
            due = outbox.find_due(connection, busy)
        random.shuffle(due)  # where there are too many, each has its turn
        for target_id in due[: _AT_ONCE - len(busy)]:
            thread = Thread(target=self._serve, args=(target_id,), name="studio-webhook", daemon=True)
            with self._changed:  # which it takes, too, when it ends
                thread.start()
                self._busy.add(target_id)
        return len(due)

    def _work(self) -> None:
        while not self._is_closing:
            try:
                self.look()
            except (SQLAlchemyError, RuntimeError):  # no database or no thread now: this looks again
                pass
            except Exception:  # whatever it is, nothing is sent once this thread has ended
                LOG.exception("webhooks cannot be sent")
            with self._changed:
                self._changed.wait_for(lambda: self._is_closing, self._plan.look)

    def _serve(self, target_id: int) -> None:
        """Send some of what is due for a target, one after the other."""
        try:
            for _ in range(_IN_A_TURN):
                parcel = None if self._is_closing else outbox.take(self._team.database, target_id, self._plan.lease)
                if parcel is None:
                    return
                outbox.settle(self._team.database, parcel, deliver(self._team, parcel, self._plan.longest))
        except SQLAlchemyError:
            pass  # its lease ends
        finally:
            with self._changed:
                self._busy.discard(target_id)
                self._changed.notify_all()


def deliver(team: Team, parcel: Parcel, seconds: float) -> PostOutcome:
    """Send a parcel once."""
    is_private = parcel.target.allows_private and team.settings.allow_private_webhooks
    rules = SendRules(is_private, is_private, team.settings.ca_file, seconds)
    try:
        url, headers, body = _write(team.settings, team.box, parcel)
        return send(url, headers, body, rules)
    except GTOException as error:  # the secret of the server is another one
        return PostOutcome(NextStep.AGAIN, reason=_OURS + error.message)
    except Exception as error:  # noqa: BLE001  a fault of ours is told in the log, and ends no thread
        return PostOutcome(NextStep.AGAIN, reason=f"{_OURS}{type(error).__name__}")


def _write(settings: TeamSettings, box: SecretsBox, parcel: Parcel) -> tuple[str, dict[str, str], bytes]:
    """Return where a parcel goes, its headers and its body."""
    row = parcel.row
    url, secrets = targets.address_of(parcel.target, box)
    notice = None if row.kind == outbox.TEST else _notice(settings, row.repository, row.body)
    if parcel.target.template != targets.CLOUD_EVENTS:
        kind = ChatKind(parcel.target.template)
        link = settings.url + artifact_url(row.repository, row.artifact)
        body = chat_message.chat_test(kind) if notice is None else chat_message.chat_body(kind, notice, link)
        return url, {"Content-Type": "application/json"}, body
    made = datetime.fromtimestamp(int(row.created_at), UTC).isoformat()
    body = cloud_event.test_body(row.event_id, settings.url, made) if notice is None else cloud_event.event_body(notice)
    signed = signature.sign(secrets, row.event_id, int(time.time()), body)
    return url, {"Content-Type": cloud_event.CONTENT_TYPE, **signed}, body


def _notice(settings: TeamSettings, repo: str, told: dict[str, str]) -> Notice:
    """Return what is told of an event; a repository that has no address for others is where Studio shows it."""
    about = Report(**{key: told[key] for key in Report._fields})
    if not about.repo:
        about = about._replace(repo=f"{settings.url}/r/{repo}")
    rest = {key: told[key] for key in Notice._fields if key != "report"}
    return Notice(report=about, **rest)
