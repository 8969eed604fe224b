"""A repository with versions of a tiny model, a `gto serve` that follows its stages, and who asks it."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.environment import functions_python
from tests.measured import measured
from tests.repo import TIME_LIMIT, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.repo import Repo

_SAVE = """
import sys, gto, numpy
place, versions = sys.argv[1], int(sys.argv[2])
for number in range(1, versions + 1):
    def predict(data, number=number):
        return data[:, 0] * 0 + number
    gto.save(predict, f"{place}/{number}/m.cloudpickle", sample_data=numpy.ones((3, 2)))
"""
ANNOTATION = "m:\n  path: m.cloudpickle\n  type: model\n"
ROWS = b'{"rows": [[1.0, 2.0]]}'


def save_versions(place: Path, versions: int) -> None:
    """Save functions, `place/1/m.cloudpickle` and so on, each of which answers with its number."""
    done = run(str(functions_python()), "-c", _SAVE, str(place), str(versions), cwd=place)
    assert done.code == 0, done.stderr


def register(repo: Repo, saved: Path, version: int, side_car: Callable[[str], str] = str) -> None:
    """Commit a version, and register it as `m@v1.0.0` and so on."""
    for name in ("m.cloudpickle", "m.cloudpickle.model.yaml"):
        (repo.path / name).write_bytes((saved / str(version) / name).read_bytes())
    card = repo.path / "m.cloudpickle.model.yaml"
    card.write_text(side_car(card.read_text(encoding="utf-8")), encoding="utf-8")
    (repo.path / "artifacts.yaml").write_text(ANNOTATION, encoding="utf-8")
    repo.git("add", "--all")
    repo.commit(f"version {version}")
    repo.tag(f"m@v{version}.0.0")


class StageMoves:
    """Moves stages by real tags, as `gto assign` writes them."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self.count = 0

    def move(self, version: int, stage: str = "prod") -> None:
        """Put a version into a stage."""
        self.count += 1
        self.repo.tag(f"m#{stage}#{self.count}", f"m@v{version}.0.0^{{commit}}")


@dataclass(frozen=True, slots=True)
class Follower:
    """A `gto serve --follow` that runs."""

    process: subprocess.Popen[str]
    port: int
    log: Path

    def ask(self, path: str = "/models/m/predict", headers: Mapping[str, str] | None = None) -> tuple[int, str, Any]:
        """The status, the version of the header, and the JSON of an answer, over a connection of its own."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            if path.endswith(("predict", "index", "load")):
                line.request("POST", path, ROWS, {"Content-Type": "application/json", **(headers or {})})
            else:
                line.request("GET", path)
            answer = line.getresponse()
            body = answer.read()
            told = answer.getheader("GTO-Model-Version", "")
            return answer.status, told, json.loads(body) if body[:1] in {b"{", b"["} else body.decode()
        finally:
            line.close()

    def version(self) -> str:
        """The version that answers."""
        status, version, body = self.ask()
        assert status == 200, body
        return version

    def index(self) -> list[dict[str, str]]:
        """What the repository API says."""
        return list(self.ask("/v2/repository/index")[2])

    def said(self) -> str:
        """What it wrote."""
        return self.log.read_text(encoding="utf-8")

    def children(self) -> list[int]:
        """The processes that it started and that run."""
        found = run(
            "pgrep", "-P", str(self.process.pid), "-f", "gto.serve.server.serving_child", cwd=self.log.parent
        ).stdout
        return [int(one) for one in found.split()]

    def until(self, is_so: Callable[[], object], seconds: float = 30.0) -> float:
        """Wait for something to become so; how many seconds it took."""
        begin = time.monotonic()
        while not is_so():
            assert time.monotonic() - begin < seconds, self.said()
            assert self.process.poll() is None, self.said()
            time.sleep(0.02)
        return time.monotonic() - begin


@contextmanager
def following(
    repo: Path | str, log: Path, *words: str, env: Mapping[str, str] | None = None, follow: bool = True
) -> Iterator[Follower]:
    """Serve `m#prod` and follow it, until the block ends; it ends well when it is asked to."""
    selectors = words if words and words[0].startswith("m#") else ("m#prod", *words)
    env = {**os.environ, **(env or {})}
    argv = [str(functions_python()), "-P", *measured(env), "-m", "gto", "serve", *selectors, "--trusted"]
    argv += ["--port", "0"]
    every = () if "--every" in words or not follow else ("--every", "0.2s")
    argv += ["--follow"] if follow else []
    with log.open("w") as file:
        process = subprocess.Popen(
            [*argv, *every, "-r", str(repo)],
            cwd=log.parent,
            stdout=file,
            stderr=file,
            text=True,
            env=env,
        )
    try:
        yield Follower(process, _port(process, log), log)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            assert process.wait(TIME_LIMIT) == 0, log.read_text(encoding="utf-8")
    finally:
        process.kill()
        process.wait()


def _port(process: subprocess.Popen[str], log: Path) -> int:
    end = time.monotonic() + TIME_LIMIT
    while time.monotonic() < end:
        found = re.search(r"http://127\.0\.0\.1:(\d+) serves", log.read_text(encoding="utf-8"))
        if found is not None:
            return int(found[1])
        assert process.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(0.02)
    raise AssertionError("it never served: " + log.read_text(encoding="utf-8"))
