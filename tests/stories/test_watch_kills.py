"""A watcher that is killed again and again while several writers push: no event is lost, and none is out of order."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.repo import Repo
from tests.stories.healthy import done
from tests.watch.watching import start
from tests.web import Asked, Reply, serve_web

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server import Server

JOBS = 4
WRITER = """
import subprocess, sys
place, name, count = sys.argv[1:]
for number in range(1, int(count) + 1):
    tag = f"{name}-{number % 2}#prod#{number}"
    subprocess.run(["git", "tag", "--annotate", "--message=pushed", tag], cwd=place, check=True)
    subprocess.run(["git", "push", "--quiet", "origin", f"refs/tags/{tag}"], cwd=place, check=True)
"""


class Shape(NamedTuple):
    """How many writers push how many events each, and how often the watcher is killed meanwhile."""

    writers: int
    events: int
    kills: int


SHAPES = [
    pytest.param(Shape(4, 10, 6), id="small"),
    pytest.param(Shape(8, 125, 50), id="whole", marks=pytest.mark.soak),
]


class Receivers:
    """One that remembers which keys it has handled, and a plain one that counts; some answers are lost, some are no."""

    def __init__(self, seed: str) -> None:
        self.handled: list[str] = []
        self.plain: Counter[str] = Counter()
        self.refused = 0
        self._keys: set[str] = set()
        self._dice = random.Random(seed)  # noqa: S311  no secret
        self._lock = Lock()

    def take(self, asked: Asked, _usual: Reply) -> Reply:
        ref = json.loads(asked.body)["ref"].removeprefix("refs/tags/")
        key = asked.headers["X-Gto-Delivery"]
        with self._lock:
            fate = self._dice.random()
            if fate < 0.05:
                self.refused += 1
                return Reply(503)
            self.plain[ref] += 1
            if key not in self._keys:
                self._keys.add(key)
                self.handled.append(ref)
            if fate < 0.1:  # it is handled, and the answer is lost
                self.refused += 1
                return Reply(500)
            return Reply(200)


@pytest.fixture
def writers(server: Server, tmp_path: Path) -> list[Path]:
    """Clones of one served repository."""
    server.new("models.git", "uploadpack.allowFilter=true")
    first = Repo(tmp_path / "first")
    Repo(tmp_path).git("clone", "--quiet", server.url(), str(first.path))
    first.commit()
    first.git("push", "--quiet", "origin", "main")
    return [clone(server, tmp_path / f"clone-{number}") for number in range(8)]


def clone(server: Server, place: Path) -> Path:
    Repo(place.parent).git("clone", "--quiet", server.url(), str(place))
    return place


@pytest.mark.parametrize("shape", SHAPES)
def test_every_event_is_handled_once_and_in_order_however_often_the_watcher_is_killed(
    shape: Shape, server: Server, writers: list[Path], tmp_path: Path
) -> None:
    dice = random.Random(str(shape))  # noqa: S311  no secret
    receivers = Receivers(str(shape))
    with serve_web() as web:
        web.rule("/hook", receivers.take)
        words = ("-r", server.url(), "--post", f"{web.url}/hook", "--jobs", str(JOBS), "--retries", "20")
        here = Repo(tmp_path)
        done(here.gto("watch", "--once", *words))
        pushing = [
            subprocess.Popen([sys.executable, "-c", WRITER, str(place), f"m{number}", str(shape.events)])
            for number, place in enumerate(writers[: shape.writers])
        ]
        for _ in range(shape.kills):
            process = start(tmp_path, *words, args=("--interval", "0.1", "--backoff", "0.01"))
            with pytest.raises(subprocess.TimeoutExpired):
                process.communicate(timeout=dice.uniform(0.3, 2.0))
            process.kill()
            process.communicate()
        assert [one.wait(1500) for one in pushing] == [0] * shape.writers
        done(here.gto("watch", "--once", "--backoff", "0.01", *words))
    expected = {ref.removeprefix("refs/tags/") for ref in Repo(server.root / "models.git").refs("refs/tags")}
    assert len(expected) == shape.writers * shape.events
    assert sorted(receivers.handled) == sorted(expected)
    assert set(receivers.plain) == expected
    # Of a kill, each artifact that was being served may come twice; and what was answered with no.
    assert receivers.plain.total() - len(expected) <= JOBS * shape.kills + receivers.refused
    for name in {ref.partition("#")[0] for ref in expected}:
        numbers = [int(ref.rpartition("#")[2]) for ref in receivers.handled if ref.startswith(f"{name}#")]
        assert numbers == sorted(numbers), name
