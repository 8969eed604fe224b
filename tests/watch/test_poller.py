"""When a watcher looks next, and how it says that it cannot."""

from __future__ import annotations

import time
from threading import Thread
from typing import TYPE_CHECKING

from gto.exceptions import GTOException
from gto.registry.registry import Registry
from gto.watch import journal, poller
from gto.watch.new_events import WatchQuery
from gto.watch.outcome import AttemptListener
from gto.watch.poller import Pace, WatchedRepository
from gto.watch.watcher import Orders, Watcher
from tests.watch.watching import until

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from gto.watch.outcome import AttemptResult
    from gto.watch.payload import Notice
    from tests.repo import Repo


def waited(one: Pace) -> float:
    start = time.monotonic()
    one.wait()
    return time.monotonic() - start


def test_a_knock_soon_after_a_look_waits_a_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poller, "_LEAST", 2.0)
    one = Pace(3600)
    start = time.monotonic()
    one.begin()
    for _ in range(100):
        one.knock()
    one.wait()
    assert 1.9 < time.monotonic() - start < 60
    one.knock()  # the look before began long ago
    assert waited(one) < 1.9


def test_no_look_waits_for_longer_than_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poller, "_LEAST", 3600.0)
    one = Pace(0.01)
    one.begin()
    one.knock()
    assert waited(one) < 60


def test_the_end_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poller, "_LEAST", 3600.0)
    one = Pace(3600)
    one.begin()
    assert not one.is_over
    one.end()
    assert waited(one) < 60
    assert one.is_over


class Nobody:
    def deliver(self, notice: Notice) -> AttemptResult:
        raise AssertionError(notice)


def test_a_watcher_is_not_well_after_two_looks_that_failed(repo: Repo, tmp_path: Path) -> None:
    seen: list[bool] = []
    broken = True

    def read() -> Registry:
        seen.append(watcher.is_well)
        if broken:
            raise GTOException("away")
        return Registry.open(str(repo.path))

    with journal.opened(str(tmp_path / "journal"), str(repo.path)) as cursor:
        orders = Orders(WatchQuery(str(repo.path)), Nobody(), interval=0.001)
        watcher = Watcher(
            WatchedRepository(read), cursor, orders, AttemptListener(lambda _one: None, lambda _text: None)
        )
        thread = Thread(target=watcher.run)
        thread.start()
        until(lambda: len(seen) > 3)
        broken = False
        until(lambda: watcher.is_well)
        watcher.end()
        thread.join()
    assert seen[:4] == [True, True, False, False]
