"""Events that wait to be handed on: those of one artifact one after the other, those of several side by side."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import copy_context
from threading import Condition, Thread
from typing import NamedTuple

from gto.backoff import Backoff
from gto.watch.outcome import AttemptResult, NextStep
from gto.watch.payload import Pending

_LONGEST = 300.0  # seconds between two tries
_ASKED = 3600.0  # seconds between two tries, where the receiver asks for so many
_CUT = AttemptResult(NextStep.NEVER, "the watcher itself ended during the last try")


class Patience(NamedTuple):
    """How often an event is tried, and how many events at once."""

    retries: int = 5
    first: float = 1.0
    """Seconds before the second try, half of them at least; each later wait is twice as long as the one before."""
    jobs: int = 4

    def wait(self, tries: int, after: float = 0.0) -> float:
        """Return how many seconds to wait after so many tries; at least as many as the receiver asks, up to an hour."""
        return max(Backoff(self.first, _LONGEST).wait(tries), min(after, _ASKED))


Attempt = Callable[[Pending, int], AttemptResult]
"""Gets an event, and which try this is."""
Settle = Callable[[Pending, AttemptResult, int], None]
"""Gets an event, how the last try ended, and how many there were; AGAIN means that there will be another."""


class Lanes:
    """One queue an artifact, and threads that work on them."""

    def __init__(self, attempt: Attempt, settle: Settle, patience: Patience) -> None:
        """`attempt` and `settle` are called by several threads, and for one artifact never by two at once."""
        self._attempt = attempt
        self._settle = settle
        self._patience = patience
        self._change = Condition()
        self._queues: dict[str, deque[Pending]] = {}
        self._due: dict[str, float] = {}  # when a queue's first may be tried; one that is being tried is not in it
        self._tries: dict[str, int] = {}
        self._threads: list[Thread] = []
        self._open = True
        self._failure: BaseException | None = None

    def add(self, events: Iterable[Pending]) -> None:
        """Have events handed on, behind those of the same artifact that wait already."""
        with self._change:
            for one in events:
                queue = self._queues.setdefault(one.event.artifact, deque())
                if not queue:
                    self._due[one.event.artifact] = time.monotonic()
                queue.append(one)
            while len(self._threads) < min(self._patience.jobs, len(self._queues)):
                self._threads.append(Thread(target=copy_context().run, args=(self._work,), daemon=True))
                self._threads[-1].start()
            self._change.notify_all()

    def keys(self) -> set[str]:
        """Return the keys of the events that wait, or are being handed on."""
        with self._change:
            return {one.key for queue in self._queues.values() for one in queue}

    def drain(self) -> None:
        """Wait until nothing waits any more, or somebody closes."""
        with self._change:
            while self._queues and self._open:
                self._change.wait()
        self.check()

    def close(self) -> None:
        """Begin nothing more; what is being handed on goes on."""
        with self._change:
            self._open = False
            self._change.notify_all()

    def join(self) -> None:
        """Wait for what is being handed on."""
        for thread in self._threads:
            thread.join()
        self.check()

    def check(self) -> None:
        """Raise what went wrong with the watcher itself, such as a full disk."""
        if self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        try:
            while (name := self._next()) is not None:
                self._try(name)
        except BaseException as error:  # noqa: BLE001  raised again by check(), in the thread that started this one
            self._failure = error
            self.close()

    def _next(self) -> str | None:
        """Wait for an artifact whose first event may be tried; None when it is over."""
        with self._change:
            while self._open:
                name = min(self._due, key=self._due.__getitem__, default=None)
                left = None if name is None else self._due[name] - time.monotonic()
                if name is not None and left is not None and left <= 0:
                    del self._due[name]
                    return name
                self._change.wait(left)
        return None

    def _try(self, name: str) -> None:
        first = self._queues[name][0]
        before = first.before
        tries = self._tries.get(name, before.tries if before is not None else 0)
        if before is not None and before.was_cut and tries > self._patience.retries:
            outcome = _CUT  # an event that ends the watcher would do so for ever
        else:
            tries += 1
            outcome = self._attempt(first, tries)
        if outcome.verdict is NextStep.AGAIN and tries > self._patience.retries:
            outcome = outcome._replace(verdict=NextStep.NEVER)
        self._settle(first, outcome, tries)
        with self._change:
            if outcome.verdict is NextStep.AGAIN:
                self._tries[name] = tries
                self._due[name] = time.monotonic() + self._patience.wait(tries, outcome.after)
            else:
                self._tries.pop(name, None)
                self._queues[name].popleft()
                if self._queues[name]:
                    self._due[name] = time.monotonic()
                else:
                    del self._queues[name]
            self._change.notify_all()
