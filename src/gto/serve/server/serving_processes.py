"""The process that answers, and how another takes its place: no request is lost between them."""

import time
from collections.abc import Callable
from threading import Event, Lock, Thread

from gto.backoff import Backoff
from gto.serve.server.child_messages import LoadFailure, ServingOrder
from gto.serve.server.environment_maker import EnvironmentMaker
from gto.serve.server.package_environment import PythonEnvironment, lacking
from gto.serve.server.serving_process import ChildSettings, ServingProcess

_BACKOFF = Backoff(0.2, 30.0)
_STEADY = 60.0  # seconds that a process must live, so that its end counts as the first


class ServingProcesses:
    """One process that answers, and those that are about to begin or to end."""

    def __init__(self, settings: ChildSettings, environments: EnvironmentMaker) -> None:
        self._settings = settings
        self._environments = environments
        self._now: ServingProcess | None = None
        self._coming: ServingProcess | None = None
        self._ending: list[ServingProcess] = []
        self._ends = 0  # in a row
        self._due: float | None = None  # when one that ended is started again
        self._started = 0.0
        self._is_open = False
        self._over = Event()
        self._lock = Lock()
        self.restarts = 0
        """How often a process was started in the place of one that had ended."""

    def take(self, order: ServingOrder) -> LoadFailure | None:
        """Have an order carried out; where it cannot be, what answered goes on.

        Where the packages of the process that answers are those that the versions were recorded with, it loads them
        beside the others. Else one that has them is started, and the old one drains once the new one answers.
        """
        now = self._now
        if now is not None and now.is_alive and not lacking(_requirements(order), now.environment.packages):
            return now.serve(order)
        wanted = _requirements(order)
        environment = self._environments.find(wanted)
        if environment is None:
            return LoadFailure(f"an environment with {', '.join(wanted)} is being made", may_pass=True, is_waiting=True)
        if not isinstance(environment, PythonEnvironment):
            return LoadFailure(f"there is no environment for it: {environment}", may_pass=True)
        failure = self._begin(environment, order)
        if failure is None and now is not None:
            with self._lock:
                self._ending = [*(one for one in self._ending if one.is_alive), now]
            Thread(target=now.drain, daemon=True).start()
        return failure

    def _begin(self, environment: PythonEnvironment, order: ServingOrder) -> LoadFailure | None:
        """Start a process, and have it answer when it has loaded all."""
        with self._lock:
            if self._over.is_set():
                return LoadFailure("the server ends")
            try:
                new = self._coming = ServingProcess(environment, self._settings)
            except OSError as error:  # no memory, or no descriptor, is left
                return LoadFailure(f"no process can be started: {error}", may_pass=True)
        failure = new.serve(order)
        if failure is None and self._is_open and not new.accept():
            failure = LoadFailure("the process that is to answer ended")
        with self._lock:
            self._coming = None
            if failure is not None or self._over.is_set():
                new.kill()
                return failure or LoadFailure("the server ends")
            self._now = new
        self._started = time.monotonic()
        return None

    def accept(self) -> None:
        """Take connections from now on."""
        self._is_open = True
        if self._now is not None:
            self._now.accept()

    def mend(self, order: Callable[[], ServingOrder]) -> float | None:
        """Start a process in the place of one that ended; return in how many seconds to try again, where it fails."""
        if self._now is None or self._now.is_alive:
            return None
        now = time.monotonic()
        if self._due is None:  # it ended since the last look
            self._ends = 1 if now - self._started > _STEADY else self._ends + 1
            self._due = now + (_BACKOFF.wait(self._ends - 1) if self._ends > 1 else 0.0)
        if now < self._due:
            return self._due - now
        self.restarts += 1
        dead = self._now
        if self._begin(dead.environment, order()) is None:
            dead.kill()  # lets go of its environment
            self._due = None
            return None
        self._ends += 1
        wait = _BACKOFF.wait(self._ends)
        self._due = time.monotonic() + wait
        return wait

    def end(self) -> None:
        """Have all processes answer what they have begun, and end; called from any thread."""
        with self._lock:
            self._over.set()
            coming, others = self._coming, [*self._ending, *([self._now] if self._now is not None else [])]
        if coming is not None:
            coming.kill()
        for one in others:
            one.end()

    def join(self) -> None:
        """Wait until all have ended, and kill those that do not."""
        self.end()
        for one in [*self._ending, *([self._now] if self._now is not None else [])]:
            one.join()


def _requirements(order: ServingOrder) -> list[str]:
    return sorted({str(text) for one in order.versions for text in one.facts.get("requirements", ())})
