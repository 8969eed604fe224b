"""300 branches and 5,000 commits: a page takes at most half a second and 300 KB."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.repo import encoded, run
from tests.studio_app import studio_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo

pytestmark = pytest.mark.soak

BRANCHES, COMMITS, ON_MAIN = 300, 5000, 2600
TABLE = "/r/team/experiments"
DVC_YAML = "stages: {train: {cmd: x, params: [train], metrics: [metrics.json: {cache: false}]}}\n"


def history() -> Iterator[str]:
    """The stream of `git fast-import`: main, and branches of eight commits each, off its second half."""
    for number in range(COMMITS):
        behind = (number - ON_MAIN) // 8
        name = "main" if number < ON_MAIN else f"try-{behind}"
        begins = number >= ON_MAIN and (number - ON_MAIN) % 8 == 0
        parent = 1 + ON_MAIN // 2 + behind if begins else number
        metrics = json.dumps(
            {key: number * place % 9973 / 9973 for place, key in enumerate(("auc", "recall", "loss"), 3)}
        )
        params = f"train: {{trees: {number % 7}, depth: {number % 5}, rate: 0.{number % 3}}}\n"
        message = f"Train, run {number}, with some words about it"
        yield f"commit refs/heads/{name}\nmark :{number + 1}\n"
        yield f"committer Ada {number % 9} <ada@example.org> {1_700_000_000 + number * 600} +0000\n"
        yield f"data {len(message)}\n{message}\n" + (f"from :{parent}\n" if number else "")
        files = {"metrics.json": metrics, "params.yaml": params} | ({} if number else {"dvc.yaml": DVC_YAML})
        yield from (f"M 100644 inline {file}\ndata {len(text)}\n{text}\n" for file, text in files.items())


def test_a_table_of_300_branches_is_quick_and_small(repo: Repo, tmp_path: Path) -> None:
    made = run("git", "fast-import", "--quiet", "--force", cwd=repo.path, text="".join(history()))
    assert made.code == 0, made.stderr
    assert len(encoded(repo.git("branch"))) > BRANCHES
    with studio_of({"team": repo.path}, tmp_path / "index.db", synced=False) as studio:
        with studio.context.database.write() as connection:
            connection.exec_driver_sql("UPDATE repository SET commits = 20000")
        start = time.process_time()
        studio.sync()
        assert time.process_time() - start < 15
        found = studio.json(TABLE)
        assert found["unread"] == 0
        for query in ({}, {"q": "auc>0.5"}, {"branch": "main"}, {"sort": "auc"}, {"page": "3"}, {"delta": "1"}):
            times, sizes = [], []
            for _ in range(3):
                start = time.process_time()
                sizes.append(len(studio.page(TABLE, **query).encode()))
                times.append(time.process_time() - start)
            assert min(times) < 0.5, query
            assert max(sizes) < 300_000, query
