"""Stages that are followed: when one moves, its new version takes over, and the old one goes on where it cannot."""

import time
from collections.abc import Callable, Sequence
from math import inf
from threading import Event
from typing import NamedTuple

from gto.backoff import Backoff
from gto.core import selector as selectors
from gto.exceptions import GitError, GTOException, InstallFailed, ModelNotReady, StorageError
from gto.serve.server.child_messages import LeftOut, LoadFailure, ServingOrder, VersionKey, VersionToServe
from gto.serve.server.delivered_versions import DeliveredVersions
from gto.serve.server.followed_stages import AcceptedRegistry
from gto.serve.server.serving_processes import ServingProcesses
from gto.serve.server.traffic_split import TrafficSide
from gto.watch.poller import WatchedRepository

_BACKOFF = Backoff(1.0, 60.0)
_PASSING = (StorageError, GitError, InstallFailed, OSError)


class MissedMove(NamedTuple):
    """What a stage names, and that could not take over."""

    left_out: LeftOut
    key: VersionKey | None = None
    """None where there is nothing to try: the stage is empty, or the policy refuses what is in it."""
    tries: int = 0
    due: float = inf
    """When it is tried again."""
    is_waiting: bool = False
    """Whether something is being made for it."""


class FollowedStage(NamedTuple):
    """What a selector is served by, and what it names that is not served."""

    side: TrafficSide
    serves: VersionToServe | None = None
    missed: MissedMove | None = None

    @property
    def is_due(self) -> bool:
        """Whether what was missed is to be tried again now."""
        return self.missed is not None and self.missed.due <= time.monotonic()

    @property
    def goes_on(self) -> str:
        """What answers in the place of what does not, for people."""
        return f"{self.serves.version} goes on" if self.serves is not None else "nothing of it is served"

    def missing(self, key: VersionKey, failure: LoadFailure) -> "FollowedStage":
        """Return the stage after a version could not take over."""
        before = self.missed if self.missed is not None and self.missed.key == key else None
        tries = before.tries + 1 if before is not None else 1
        due = time.monotonic() + _BACKOFF.wait(tries) if failure.may_pass else inf
        name = selectors.parse(self.side.selector).name
        left_out = LeftOut(self.side.selector, name, key.version, failure.reason)
        return self._replace(missed=MissedMove(left_out, key, tries, due, failure.is_waiting))

    def due_now(self) -> "FollowedStage":
        """Return the stage with what was to be tried later to be tried now."""
        if self.missed is None or self.missed.due == inf:
            return self
        return self._replace(missed=self.missed._replace(due=0.0))


class FollowSettings(NamedTuple):
    """How stages are followed."""

    every: float
    """Seconds between two looks at the repository."""
    note: Callable[[str], None]
    """Told what happens."""


class StageFollower:
    """Serves what selectors name, now and later."""

    def __init__(
        self,
        source: WatchedRepository,
        sides: Sequence[TrafficSide],
        delivered: DeliveredVersions,
        processes: ServingProcesses,
        settings: FollowSettings,
    ) -> None:
        self._source = source
        self._stages = {one.selector: FollowedStage(one) for one in sides}
        self._delivered = delivered
        self._processes = processes
        self._settings = settings
        self._said: set[str] = set()
        self._over = Event()
        self._wake = Event()
        self._retry = Event()
        self._counts = {"takeovers": 0, "takeover_failures": 0}

    @property
    def served(self) -> list[VersionToServe]:
        """The versions that answer."""
        return [one.serves for one in self._stages.values() if one.serves is not None]

    def wake(self) -> None:
        """Have it look now: a process ended, say."""
        self._wake.set()

    def try_again(self) -> None:
        """Have it try now what it was to try later: an environment is ready, say."""
        self._retry.set()
        self._wake.set()

    def end(self) -> None:
        """Have run() return; called from any thread."""
        self._over.set()
        self._wake.set()
        self._retry.set()
        self._processes.end()

    def begin(self) -> None:
        """Serve what the selectors name now; ModelNotReady says why, where none of it can be served."""
        registry = AcceptedRegistry.of(self._source.look() or self._source.read())
        for stage in tuple(self._stages.values()):
            self._follow(registry, stage)
            while self._is_waited_for(stage.side.selector):
                self._retry.wait()
                self._retry.clear()
                self._follow(registry, self._stages[stage.side.selector].due_now())
        self._source.done()
        if self._over.is_set():
            return
        if not self.served:
            reasons = [one.missed.left_out.reason for one in self._stages.values() if one.missed is not None]
            raise ModelNotReady(f"'{next(iter(self._stages))}' cannot be served: {reasons[0]}")
        self._processes.accept()

    def run(self) -> None:
        """Follow until end() is called."""
        while not self._over.is_set():
            waits = [self._settings.every]
            if self._look_or_say_why_not():
                now = time.monotonic()
                waits += [one.missed.due - now for one in self._stages.values() if one.missed is not None]
            due = self._processes.mend(self._order)
            waits += [due] if due is not None else []
            self._wake.wait(max(0.0, min(waits)))
            self._wake.clear()

    def _is_waited_for(self, selector: str) -> bool:
        missed = self._stages[selector].missed
        return missed is not None and missed.is_waiting and not self._over.is_set()

    def _look_or_say_why_not(self) -> bool:
        """Look, and tell whether the repository could be read."""
        try:
            self._look()
        except (GTOException, OSError) as error:
            if str(error) not in self._said and not self._over.is_set():
                self._settings.note(f"{error}; it is tried again")
                self._said.add(str(error))
            return False
        self._said.clear()
        return True

    def _look(self) -> None:
        if self._retry.is_set():
            self._retry.clear()
            self._stages = {selector: one.due_now() for selector, one in self._stages.items()}
        registry = self._source.look()
        if registry is None and not any(one.is_due for one in self._stages.values()):
            return
        accepted = AcceptedRegistry.of(registry or self._source.read())
        for stage in tuple(self._stages.values()):
            self._follow(accepted, stage)
        self._source.done()

    def _follow(self, registry: AcceptedRegistry, stage: FollowedStage) -> None:
        """Have a selector served by what it names now."""
        key, left_out = registry.named(stage.side.selector)
        missed = MissedMove(left_out) if left_out is not None else None
        if key is not None and (stage.serves is None or key != stage.serves.key):
            is_known = stage.missed is not None and stage.missed.key == key
            if not self._over.is_set() and (stage.is_due or not is_known):
                self._take(registry, stage, key)
                if missed is not None and self._stages[stage.side.selector].missed is None:
                    self._keep(self._stages[stage.side.selector]._replace(missed=missed))
            return
        if missed != stage.missed:
            self._keep(stage._replace(missed=missed))

    def _take(self, registry: AcceptedRegistry, stage: FollowedStage, key: VersionKey) -> None:
        """Have a version take over, or say why it does not."""
        try:
            target = registry.target(stage.side.selector)
            version = self._delivered.bring(registry.registry, stage.side, key, target)
        except (GTOException, OSError) as error:
            self._miss(stage, key, LoadFailure(str(error), may_pass=isinstance(error, _PASSING)))
            return
        failure = self._processes.take(self._order(version))
        if failure is not None:
            self._miss(stage, key, failure)
            return
        self._counts["takeovers"] += stage.serves is not None
        self._stages[stage.side.selector] = FollowedStage(stage.side, version)
        self._delivered.forget_all_but(self._order().versions)
        if stage.serves is not None or stage.missed is not None:
            self._settings.note(f"{stage.side.selector} is {version.version} now")

    def _miss(self, stage: FollowedStage, key: VersionKey, failure: LoadFailure) -> None:
        if not self._over.is_set():
            self._counts["takeover_failures"] += not failure.is_waiting
            self._keep(stage.missing(key, failure))

    def _keep(self, stage: FollowedStage) -> None:
        """Keep what became of a stage that did not move, and say it."""
        before = self._stages[stage.side.selector].missed
        self._stages[stage.side.selector] = stage
        if stage.missed is not None and (before is None or before.left_out != stage.missed.left_out):
            what = f"{stage.side.selector} {stage.missed.left_out.version}".strip()
            again = "; it is tried again" if stage.missed.due < inf else ""
            self._settings.note(f"{what} is not taken: {stage.missed.left_out.reason}; {stage.goes_on}{again}")
        if self.served:
            self._processes.take(self._order())

    def _order(self, new: VersionToServe | None = None) -> ServingOrder:
        """Return what is to be served, with a version in the place of that of its selector."""
        there = {one.side.selector: one.serves for one in self._stages.values()}
        if new is not None:
            there[new.selector] = new
        missed = [one.missed.left_out for one in self._stages.values() if one.missed is not None]
        left_out = tuple(one for one in missed if new is None or one.selector != new.selector)
        takeovers = self._counts["takeovers"] + (new is not None and self._stages[new.selector].serves is not None)
        counts = {**self._counts, "takeovers": takeovers, "restarts": self._processes.restarts}
        return ServingOrder(tuple(one for one in there.values() if one is not None), left_out, counts)
