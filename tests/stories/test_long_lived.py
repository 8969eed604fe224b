"""A process that opens many repositories and reads each again and again, in threads: nothing grows, nothing is left."""

from __future__ import annotations

import gc
import os
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gto.git.session import Session
from gto.registry.registry import Registry
from tests.repo import Repo

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc lists descriptors and children")


def _read(place: str, session: Session) -> int:
    registry = Registry.open(place, session=session)
    registry.repo.read([f"{registry.commit()}:artifacts.yaml"])
    return len(registry.snapshot().artifacts)


def _round(places: Sequence[str], session: Session) -> int:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda place: _read(place, session), places)) == [1] * len(places)
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def _children() -> set[str]:
    return {pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}


@pytest.mark.parametrize(
    ("count", "rounds"), [(3, 4), pytest.param(200, 50, marks=pytest.mark.soak, id="200 repositories")]
)
def test_reading_again_takes_no_more_memory_descriptors_or_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, rounds: int
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    places = []
    for number in range(count):
        (tmp_path / f"r{number}").mkdir()
        repo = Repo(tmp_path / f"r{number}")
        repo.git("init", "--quiet", "--initial-branch=main", ".")
        repo.commit("first", {"artifacts.yaml": f"# {'x' * 10_000}\nm: {{path: a{number}}}\n"})
        repo.tag("m@v0.0.1")
        places.append(str(repo.path) if number % 2 else f"file://{repo.path}")
    session = Session()
    tracemalloc.start()
    try:
        _round(places, session)
        before = _round(places, session)
        descriptors, children = set(os.listdir("/proc/self/fd")), _children()
        after = [_round(places, session) for _ in range(rounds)][-1]
    finally:
        tracemalloc.stop()
    assert after - before < 300_000
    assert len(os.listdir("/proc/self/fd")) <= len(descriptors)
    assert _children() <= children


def test_a_session_heals_a_mirror_more_than_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "r").mkdir()
    repo = Repo(tmp_path / "r")
    repo.git("init", "--quiet", "--initial-branch=main", ".")
    repo.commit("first", {"a": "1"})
    repo.tag("m@v0.0.1")
    session = Session(pause=0)
    for _ in range(2):
        registry = Registry.open(f"file://{repo.path}", session=session)
        for pack in Path(registry.repo.common_dir, "objects/pack").iterdir():
            pack.chmod(0o600)
            pack.write_bytes(b"damaged")
        assert len(Registry(registry.repo, session=session).snapshot().artifacts) == 1
