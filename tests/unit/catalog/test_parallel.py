"""Work on many repositories at once: its order, its limits, what comes of a thread that is stuck."""

from __future__ import annotations

import threading
import time

import pytest

from gto.catalog import parallel
from gto.catalog.entry import CatalogEntry
from gto.catalog.parallel import Way, each, failed
from gto.catalog.repositories import CatalogRepository, Failure
from gto.exceptions import ArtifactNotFound, BadFile, GitError, NoRepo


def places(count: int) -> tuple[CatalogRepository, ...]:
    return tuple(CatalogRepository(f"r{n}", f"/r{n}", CatalogEntry("path", f"/r{n}")) for n in range(count))


def test_answers_come_in_the_order_of_the_places_whatever_ends_first() -> None:
    last_first = [threading.Event() for _ in range(10)]
    last_first[-1].set()

    def work(place: CatalogRepository) -> str:
        number = int(place.name[1:])
        assert last_first[number].wait(30)
        last_first[number - 1].set()
        return place.name

    assert each(places(10), work, Way()) == [f"r{n}" for n in range(10)]


def test_no_places_are_no_answers() -> None:
    assert each((), str, Way()) == []


def test_at_most_so_many_work_at_a_time() -> None:
    busy: list[int] = []
    lock = threading.Lock()
    now = 0

    def work(_: CatalogRepository) -> int:
        nonlocal now
        with lock:
            now += 1
            busy.append(now)
        time.sleep(0.001)
        with lock:
            now -= 1
        return 1

    assert each(places(100), work, Way()) == [1] * 100
    assert 1 < max(busy) <= parallel._WORKERS  # noqa: SLF001  the limit under test


def test_stuck_threads_are_given_up_and_the_rest_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_GRACE", 0.0)
    never = threading.Event()
    told: list[tuple[int, int]] = []

    def work(place: CatalogRepository) -> str:
        if int(place.name[1:]) < 20:  # more than there are threads
            never.wait()
        return place.name

    answers = each(places(40), work, Way(0.05, tell=lambda done, total: told.append((done, total))))
    late = Failure(
        "r0", "no answer within 0.05 seconds", "is its disk or its server slow? --timeout SECONDS gives it more"
    )
    assert answers[0] == late
    assert all(isinstance(answer, Failure) for answer in answers[:20])
    assert answers[20:] == [f"r{n}" for n in range(20, 40)]
    assert (told[0], told[-1]) == ((0, 40), (40, 40))
    never.set()


def test_an_error_that_nobody_declared_is_raised() -> None:
    def work(place: CatalogRepository) -> str:
        if place.name == "r1":
            raise ZeroDivisionError
        return place.name

    with pytest.raises(ZeroDivisionError):
        each(places(3), work, Way())


@pytest.mark.parametrize(
    ("error", "line", "hint"),
    [
        (PermissionError(13, "Permission denied", "x"), "Permission denied", "`ls -l /r0` shows who may read it"),
        (OSError("odd"), "odd", "`ls -l /r0` shows who may read it"),
        (NoRepo("/r0"), "No Git repo found in '/r0'", "mend its path in the catalogue, or `gto repos remove r0`"),
        (
            ArtifactNotFound("x"),
            "Cannot find artifact 'x'",
            "`gto show --all r0` lists the artifacts of this repository",
        ),
        (BadFile("f", "wrong", 3, "mend it"), "f, line 3: wrong", "mend it"),
        (GitError(["fetch"], 1, "a\n\n  b\n"), "git fetch failed: a b", "`git -C /r0 fsck` says what is damaged"),
        (
            GitError(["fetch"], None, "no answer within 3 seconds"),
            "git fetch failed: no answer within 3 seconds",
            "is its disk or its server slow? --timeout SECONDS gives it more",
        ),
        (
            GitError(["show-ref"], 128, "broken", "`gto doctor` says what to do"),
            "git show-ref failed: broken",
            "`gto doctor -r /r0` says what to do",
        ),
        (BadFile("f", "x" * 900), f"f: {'x' * 397}...", "mend the file in /r0"),
    ],
)
def test_a_failure_is_one_line_and_a_hint(error: Exception, line: str, hint: str) -> None:
    (place,) = places(1)
    assert isinstance(error, OSError | BadFile | GitError | NoRepo | ArtifactNotFound)
    assert failed(place, error) == Failure("r0", line, hint)
