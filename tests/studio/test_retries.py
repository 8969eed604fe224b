"""What a remote did not give is tried again later each time, at once where its settings changed or somebody asks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import update

from gto.catalog.parallel import open_place
from gto.studio.index.schema import repository
from gto.studio.sync.repository import sync_rest, sync_tags
from gto.studio.sync.repository_row import row_of
from tests.studio_app import studio_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo
    from tests.studio_app import Studio

LOCK = f"schema: '2.0'\nstages: {{train: {{cmd: x, outs: [{{path: kept.json, md5: {'0' * 32}, size: 9}}]}}}}\n"
DVC_YAML = "stages: {train: {cmd: x, metrics: [kept.json]}}\nartifacts: {churn: {path: m}}\n"


def tries_of(studio: Studio, *, again: bool = False) -> int:
    """How many versions a round of the worker tries to read."""
    place, wanted = studio.context.worker.places[0], list[int]()
    registry = open_place(place, studio.context.way)
    sync_tags(studio.database, "team", registry)
    sync_rest(studio.database, "team", registry, lambda *told: wanted.append(told[2]), again=again)
    return wanted[0]


def test_what_a_remote_did_not_give_is_not_asked_for_at_each_start(repo: Repo, tmp_path: Path) -> None:
    settings = repo.path / ".dvc" / "config.local"
    repo.commit("train", {"dvc.yaml": DVC_YAML, "dvc.lock": LOCK, ".dvc/config": "[core]\n"})
    repo.tag("churn@v1.0.0")
    with studio_of({"team": repo.path}, tmp_path / "index.db", synced=False) as studio:
        assert [tries_of(studio) for _ in range(3)] == [1, 0, 0]
        assert tries_of(studio, again=True) == 1
        settings.write_text("[core]\nremote = other\n", encoding="utf-8")
        assert [tries_of(studio) for _ in range(2)] == [1, 0]
        repo.commit("another", {"a": "a"})
        assert [tries_of(studio) for _ in range(2)] == [1, 0]
        with studio.database.read() as connection:
            row = row_of(connection, "team")
        assert 149 < row.retry_at - time.time() <= 300
        with studio.database.write() as connection:
            connection.execute(update(repository).values(retry_at=time.time() - 1))
        assert [tries_of(studio) for _ in range(2)] == [1, 0]
        with studio.database.read() as connection:
            row = row_of(connection, "team")
        assert (row.tries, 299 < row.retry_at - time.time() <= 600) == (2, True)
