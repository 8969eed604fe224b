"""A watcher whose repository or git is away for a while."""

from __future__ import annotations

import json
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import GitMissing
from gto.registry.registry import Registry
from gto.watch import journal
from gto.watch.new_events import Since, WatchQuery
from gto.watch.outcome import DONE, AttemptListener, AttemptResult, NextStep, Settled
from gto.watch.payload import Annotations
from gto.watch.poller import WatchedRepository
from gto.watch.queue import Patience
from gto.watch.watcher import Orders, Watcher
from tests.watch.watching import until

if TYPE_CHECKING:
    from pathlib import Path

    from gto.watch.payload import Notice
    from tests.repo import Repo


def test_without_git_an_event_is_tried_again_and_given_up_with_the_reason(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        repo.tag(f"m#prod#{number}", repo.commit())  # each has an annotation to look for
    settled: list[Settled] = []

    class Receiver:
        def deliver(self, notice: Notice) -> AttemptResult:
            assert json.loads(notice.body())["name"] == "m"
            monkeypatch.setenv("PATH", str(tmp_path))
            return DONE

    orders = Orders(WatchQuery(str(repo.path), since=Since()), Receiver(), Patience(1, 0.001))
    with journal.opened(str(tmp_path / "journal"), str(repo.path)) as cursor:
        source = WatchedRepository(lambda: Registry.open(str(repo.path)))
        watcher = Watcher(source, cursor, orders, AttemptListener(settled.append, lambda _text: None))
        watcher.once()
    assert [one.outcome.verdict for one in settled] == [NextStep.DONE, NextStep.AGAIN, NextStep.NEVER]
    assert settled[-1].outcome.reason == "there is no git executable"
    assert [one.ref for one in watcher.dead] == ["m#prod#2"]


def test_a_remote_that_stays_away_is_noted_once(tmp_path: Path) -> None:
    looks: list[bool] = []
    notes: list[str] = []
    url = "http://127.0.0.1:1/models.git"

    def read() -> Registry:
        looks.append(True)
        return Registry.open(url)

    class Nobody:
        def deliver(self, notice: Notice) -> AttemptResult:
            raise AssertionError(notice)

    orders = Orders(WatchQuery(url), Nobody(), interval=0.001)
    with journal.opened(str(tmp_path / "journal"), url) as cursor:
        watcher = Watcher(WatchedRepository(read), cursor, orders, AttemptListener(lambda _one: None, notes.append))
        thread = Thread(target=watcher.run)
        thread.start()
        until(lambda: len(looks) > 3)
        watcher.end()
        thread.join()
        assert cursor.is_new
    assert len(notes) == 1
    assert notes[0].endswith("it is tried again")


def test_annotations_that_were_read_are_kept_for_later_events_and_not_all_of_them(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "artifacts:\n  m: {path: m.pkl, desc: %s}\n"
    commits = [repo.commit("better", {"dvc.yaml": text % f"Number {number}"}) for number in range(40)]
    annotations = Annotations(Registry.open(str(repo.path)))

    def told(number: int) -> str | None:
        found = annotations.find("m", commits[number])
        return found.description if found else None

    assert [told(number) for number in range(40)] == [f"Number {number}" for number in range(40)]
    monkeypatch.setenv("PATH", str(tmp_path))
    assert told(39) == "Number 39"
    with pytest.raises(GitMissing):
        told(0)
