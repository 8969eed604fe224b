"""A watcher at work: it looks, hands on what is new, keeps what became of it, and waits."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from gto.exceptions import GTOException, NoRepo, RefNotFound, TagsReplaced, UsageError
from gto.watch.journal import Cursor, HandledTag, Mark
from gto.watch.new_events import NewEvents, WatchQuery, find
from gto.watch.outcome import AttemptListener, AttemptResult, NextStep, Settled
from gto.watch.payload import Notice, Pending, tell
from gto.watch.poller import Pace, WatchedRepository
from gto.watch.queue import Lanes, Patience

_FAILED = 2  # looks, after which it is not well
_FINAL = (UsageError, NoRepo, RefNotFound, TagsReplaced)  # to wait does not help
_MARKS = {NextStep.DONE: Mark.DONE, NextStep.AGAIN: Mark.TRY, NextStep.NEVER: Mark.DEAD}


class Receiver(Protocol):
    """Whoever gets the events."""

    def deliver(self, notice: Notice) -> AttemptResult:
        """Hand an event on, once."""


class Orders(NamedTuple):
    """What a watcher is to do."""

    asked: WatchQuery
    receiver: Receiver
    patience: Patience = Patience()
    interval: float = 30.0
    """Seconds between two looks."""


class Watcher:
    """Hands the new events of a repository on."""

    def __init__(self, source: WatchedRepository, cursor: Cursor, orders: Orders, listener: AttemptListener) -> None:
        self._source = source
        self._cursor = cursor
        self._orders = orders
        self._asked = orders.asked
        self._listener = listener
        self._lanes = Lanes(self._attempt, self._settle, orders.patience)
        self._pace = Pace(orders.interval)
        self._failed = 0
        self._said: set[str] = set()
        self.dead: list[HandledTag] = []
        """The events that were given up."""
        self.is_cut = False
        """Whether somebody ended it before all of once() was done."""

    @property
    def is_well(self) -> bool:
        """Whether one of the last two looks saw the repository."""
        return self._failed < _FAILED

    def wake(self) -> None:
        """Have it look soon."""
        self._pace.knock()

    def end(self) -> None:
        """Have it end after what is being handed on."""
        self._pace.end()
        self._lanes.close()

    def once(self) -> None:
        """Look once, and hand on what is new."""
        try:
            self._look()
            self._lanes.drain()
        except GTOException:
            if not self._pace.is_over:  # else git was ended too
                raise
            self.is_cut = True
        finally:
            self._finish()
        self.is_cut = self.is_cut or (self._pace.is_over and bool(self._lanes.keys()))

    def run(self) -> None:
        """Look again and again until somebody ends it; what fails is tried again at the next look."""
        try:
            while not self._pace.is_over:
                self._pace.begin()
                self._look_or_say_why_not()
                self._pace.wait()
                self._lanes.check()
        finally:
            self._finish()

    def _finish(self) -> None:
        self._lanes.close()
        self._lanes.join()

    def _look_or_say_why_not(self) -> None:
        try:
            self._look()
        except GTOException as error:
            if self._pace.is_over:  # and git was ended too
                return
            if isinstance(error, _FINAL):
                raise
            self._failed += 1
            self._say(f"{error.message}; it is tried again")
        else:
            self._failed = 0
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

    def _tell(self, found: NewEvents) -> None:
        if found.passed:
            self._say(f"{found.passed} event tag(s) were there before, and are passed over: --since delivers them")
        for note in found.notes:
            self._say(note)

    def _say(self, text: str) -> None:
        """Say something, and not again while it stays true."""
        if text not in self._said:
            self._said.add(text)
            self._listener.note(text)

    def _attempt(self, pending: Pending, tries: int) -> AttemptResult:
        """Try once; what cannot be written down, because the disk is full, is not begun."""
        self._keep(HandledTag(Mark.TRY, pending.key, pending.event.ref, tries))
        try:
            notice = tell(pending)
        except GTOException as error:
            return AttemptResult(NextStep.AGAIN, error.message)
        return self._orders.receiver.deliver(notice)

    def _settle(self, pending: Pending, outcome: AttemptResult, tries: int) -> None:
        """Keep what became of an event before anything else is done."""
        one = HandledTag(_MARKS[outcome.verdict], pending.key, pending.event.ref)
        if outcome.verdict is not NextStep.DONE:
            one = one._replace(tries=tries, reason=outcome.reason)
        if outcome.verdict is NextStep.NEVER:
            one = one._replace(time=int(time.time()))
            self.dead.append(one)
        self._keep(one)
        with self._waking():
            self._listener.settled(Settled(pending, outcome, tries))

    def _keep(self, one: HandledTag) -> None:
        with self._waking():
            self._cursor.add(one)

    @contextmanager
    def _waking(self) -> Iterator[None]:
        """Have the watcher end at once with what goes wrong, such as a full disk, and not at the next look."""
        try:
            yield
        except BaseException:
            self._pace.knock()
            raise
