"""A watcher at work: it looks, hands on what is new, keeps what became of it, and waits."""

import random
import time
from collections.abc import Callable
from threading import Event as Signal
from typing import NamedTuple, Protocol

from gto.ci.watch.cursor import Cursor, Held, Mark
from gto.ci.watch.finding import Asked, Found, find
from gto.ci.watch.lanes import Lanes, Patience
from gto.ci.watch.notice import Notice, Pending, tell
from gto.ci.watch.outcome import Outcome, Verdict
from gto.ci.watch.source import Source
from gto.exceptions import GTOException, NoRepo, RefNotFound, UsageError

_EVENLY = 0.2  # of the interval, by which a wait may be longer or shorter: many watchers do not ask all at once


class Receiver(Protocol):
    """Whoever gets the events."""

    def deliver(self, notice: Notice) -> Outcome:
        """Hand an event on, once."""


class Settled(NamedTuple):
    """How the last try to hand an event on ended."""

    pending: Pending
    outcome: Outcome
    tries: int

    def as_dict(self) -> dict[str, object]:
        """Return what is published of it."""
        event = self.pending.event
        return {
            "result": self.outcome.verdict.value,
            "event": event.kind.noun,
            "name": event.artifact,
            "ref": f"refs/tags/{event.ref}",
            "key": self.pending.key,
            "tries": self.tries,
            "reason": self.outcome.reason,
        }


class Listener(NamedTuple):
    """Who is told what happens; by several threads at once."""

    settled: Callable[[Settled], None]
    note: Callable[[str], None]


class Orders(NamedTuple):
    """What a watcher is to do."""

    asked: Asked
    receiver: Receiver
    patience: Patience = Patience()
    interval: float = 30.0
    """Seconds between two looks."""


class Watcher:
    """Hands the new events of a repository on."""

    def __init__(self, source: Source, cursor: Cursor, orders: Orders, listener: Listener) -> None:
        self._source = source
        self._cursor = cursor
        self._orders = orders
        self._asked = orders.asked
        self._listener = listener
        self._lanes = Lanes(self._attempt, self._settle, orders.patience)
        self._wake = Signal()
        self._ended = False
        self._said: set[str] = set()
        self.dead: list[Held] = []
        """The events that were given up."""

    def wake(self) -> None:
        """Have it look now."""
        self._wake.set()

    def end(self) -> None:
        """Have it end after what is being handed on."""
        self._ended = True
        self._lanes.close()
        self._wake.set()

    def once(self) -> None:
        """Look once, and hand on what is new."""
        try:
            self._look()
            self._lanes.drain()
        finally:
            self._finish()

    def run(self) -> None:
        """Look again and again until somebody ends it; what fails is tried again at the next look."""
        try:
            while not self._ended:
                self._look_or_say_why_not()
                self._wake.wait(self._orders.interval * random.uniform(1 - _EVENLY, 1 + _EVENLY))  # noqa: S311  no secret
                self._wake.clear()
                self._lanes.check()
        finally:
            self._finish()

    def _finish(self) -> None:
        self._lanes.close()
        self._lanes.join()

    def _look_or_say_why_not(self) -> None:
        try:
            self._look()
        except (UsageError, NoRepo, RefNotFound):  # to wait does not help
            raise
        except GTOException as error:
            self._say(f"{error.message}; it is tried again")
        else:
            self._said = {one for one in self._said if not one.endswith("; it is tried again")}

    def _look(self) -> None:
        registry = self._source.look()
        if registry is None:
            return
        found = find(registry, self._cursor, self._lanes.keys(), self._asked)
        if found.handled or self._cursor.is_new:
            self._cursor.add(*found.handled)
        self._asked = self._asked._replace(since=None)
        self._tell(found)
        self._lanes.add(found.new)
        self._source.done()

    def _tell(self, found: Found) -> None:
        if found.passed:
            self._say(f"{found.passed} event tag(s) were there before, and are passed over: --since delivers them")
        for note in found.notes:
            self._say(note)

    def _say(self, text: str) -> None:
        """Say something, and not again while it stays true."""
        if text not in self._said:
            self._said.add(text)
            self._listener.note(text)

    def _attempt(self, pending: Pending) -> Outcome:
        try:
            notice = tell(pending)
        except GTOException as error:
            return Outcome(Verdict.AGAIN, error.message)
        return self._orders.receiver.deliver(notice)

    def _settle(self, pending: Pending, outcome: Outcome, tries: int) -> None:
        """Keep what became of an event before anything else is done."""
        event = pending.event
        try:
            if outcome.verdict is Verdict.DONE:
                self._cursor.add(Held(Mark.DONE, event.oid, event.ref))
            elif outcome.verdict is Verdict.NEVER:
                self.dead.append(Held(Mark.DEAD, event.oid, event.ref, tries, outcome.reason, int(time.time())))
                self._cursor.add(self.dead[-1])
            self._listener.settled(Settled(pending, outcome, tries))
        except BaseException:
            self._wake.set()  # the disk is full, say: the watcher ends with that
            raise
