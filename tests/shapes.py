"""A large repository, made by `git fast-import`: many versions, stages, branches, and commits with metrics."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.repo import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.repo import Repo

START = 1_600_000_000
OWN = 8
"""Commits of each branch beside main."""
DVC_YAML = """\
stages: {train: {cmd: x, params: [train], metrics: [metrics.json: {cache: false}]}}
artifacts: {model: {path: model.txt, type: model}}
"""


@dataclass(frozen=True, slots=True)
class Shape:
    """How much of each there is; each commit is a version of `model`."""

    versions: int
    metrics: int
    """Commits with metrics, the newest ones."""
    branches: int
    """Beside main: they leave it in its second half, and are newer."""
    stages: int
    """Of `wide`."""

    def fill(self, repo: Repo) -> None:
        """Make all of it in a repository, in the place of what is there."""
        made = run("git", "fast-import", "--quiet", "--force", cwd=repo.path, text="".join(self._stream()))
        assert made.code == 0, made.stderr
        repo.git("pack-refs", "--all")

    def _stream(self) -> Iterator[str]:
        for number in range(self.versions):
            yield from self._commit(number)
        for number in range(self.versions):
            yield _tag(f"model@v0.{number}.0", number, "Registering")
            if number % 10 == 0:
                stage = ("dev", "prod")[number // 10 % 2]
                yield _tag(f"model#{stage}#{number + 1}", number, "Better than the one before")
        yield _tag("wide@v1.0.0", 0, "Registering")
        for number in range(self.stages):
            yield _tag(f"wide#s{number:04}#{number + 1}", 0, "Assigning")

    def _commit(self, number: int) -> Iterator[str]:
        on_main = self.versions - self.branches * OWN
        branch, place = divmod(number - on_main, OWN)
        name = "main" if branch < 0 else f"try-{branch}"
        parent = 1 + on_main // 2 + branch if branch >= 0 and place == 0 else number
        yield f"commit refs/heads/{name}\nmark :{number + 1}\n{_who('committer', number)}"
        yield _data(f"Train, run {number}, with some words about it") + (f"from :{parent}\n" if number else "")
        files = {} if number else {"dvc.yaml": DVC_YAML, "model.txt": "m\n", "metrics.json": "{}", "params.yaml": "{}"}
        if number >= self.versions - self.metrics:
            values = {key: number * place % 9973 / 9973 for place, key in enumerate(("auc", "recall", "loss"), 3)}
            files |= {"metrics.json": json.dumps(values)}
            files |= {"params.yaml": f"train: {{trees: {number % 7}, depth: {number % 5}, rate: 0.{number % 3}}}\n"}
        yield from (f"M 100644 inline {file}\n{_data(text)}" for file, text in files.items())


def _tag(name: str, number: int, message: str) -> str:
    return f"tag {name}\nfrom :{number + 1}\n{_who('tagger', number)}{_data(message)}"


def _who(role: str, number: int) -> str:
    return f"{role} Ada {number % 9} <ada@example.org> {START + number * 600} +0000\n"


def _data(text: str) -> str:
    return f"data {len(text)}\n{text}\n"
