"""A version of more files than one likes to list again: its listing is read once, and kept in little memory."""

from __future__ import annotations

import hashlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import httpx2 as httpx
import pytest

from gto.dvc.output import key_of
from gto.storage.location import Digest
from gto.studio.downloads import located_version
from gto.studio.downloads.located_version import ChosenVersion, FoundFilesCache
from tests.repo import TIME_LIMIT
from tests.studio.conftest import wrote
from tests.studio.downloads.conftest import MODEL
from tests.studio.test_process import address, resident, started
from tests.studio_app import studio_of
from tests.team_process import wait_for, wait_for_models
from tests.web import serve_web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.studio_app import Studio
    from tests.web import Web

MANY = 12_000
BODY = b"a picture"
MOST_GROWTH = 18_000
"""Kilobytes for 30,000 files: 2,000 are kept, and what was read leaves holes. As they come they would take 22,000."""


def md5_of(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def path_of(number: int) -> str:
    return f"train/class-{number % 100:03}/image-{number:06}.png"


@pytest.fixture
def web() -> Iterator[Web]:
    """What has the objects of a remote of DVC's."""
    with serve_web() as found:
        yield found


def add_versions(models: Repo, web: Web, count: int) -> None:
    """Register two versions of so many files that a web server has."""
    models.commit("far", {".dvc/config": f"[core]\n    remote = far\n['remote \"far\"']\n    url = {web.url}\n"})
    for body in (BODY, MODEL):
        web.files[f"/{key_of(Digest('md5', md5_of(body)))}"] = body
    for version in ("v2.0.0", "v3.0.0"):
        rows = [{"md5": md5_of(f"{version} {one}".encode()), "relpath": path_of(one)} for one in range(count)]
        rows[count // 2]["md5"] = md5_of(BODY)
        listing = json.dumps(rows).encode()
        digest = Digest("md5", f"{md5_of(listing)}.dir")
        web.files[f"/{key_of(digest)}"] = listing
        models.commit(version, {"data.dvc": f"outs: [{{md5: {digest.value}, hash: md5, path: data}}]\n"})
        wrote(models, "register", "data", "--version", version)


@pytest.fixture
def many(models: Repo, web: Web, tmp_path: Path) -> Iterator[Studio]:
    """A Studio of two versions with many files each."""
    add_versions(models, web, MANY)
    with studio_of({"team": models.path}, tmp_path / "index.db") as running:
        yield running


def listings_read(web: Web) -> int:
    return sum(one.path.endswith(".dir") for one in web.asked)


def locate(cache: FoundFilesCache, studio: Studio, version: str, at: str) -> int:
    """The number of files that are found of a version."""
    context = studio.context
    return len(cache.locate(context, context.worker.places[0], ChosenVersion("team", "data", version, at)).files)


def test_the_listing_of_a_version_is_read_once_for_all_its_files(many: Studio, web: Web) -> None:
    before = listings_read(web)
    for _ in range(10):
        answer = many.client.get(f"/dl/team/data/v2.0.0/{path_of(MANY // 2)}")
        assert (answer.status_code, answer.content) == (200, BODY)
    assert many.client.get("/dl/team/data/v2.0.0/train/none.png").status_code == 404
    assert len(many.client.get("/dl/team/data/v2.0.0").text.splitlines()) == MANY
    assert listings_read(web) == before + 1


def test_those_who_ask_at_once_wait_for_one_reading(many: Studio, models: Repo, web: Web) -> None:
    commit = models.git("rev-parse", "data@v2.0.0^{commit}").strip()
    cache, before, together = FoundFilesCache(), listings_read(web), Barrier(4)

    def locate_together() -> int:
        together.wait()
        return locate(cache, many, "v2.0.0", commit)

    with ThreadPoolExecutor(4) as pool:
        assert [one.result() for one in [pool.submit(locate_together) for _ in range(4)]] == [MANY] * 4
    assert listings_read(web) == before + 1


def test_what_is_kept_of_all_versions_is_bounded(
    many: Studio, models: Repo, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = {one: models.git("rev-parse", f"data@{one}^{{commit}}").strip() for one in ("v2.0.0", "v3.0.0")}
    asked = ("v2.0.0", "v3.0.0", "v2.0.0", "v3.0.0", "v3.0.0")
    for bound, read in ((80 * 2 * MANY, 2), (80 * MANY, 4), (20 * MANY, 5)):  # both are kept, one, none
        monkeypatch.setattr(located_version, "_MOST_BYTES", bound)
        cache, before = FoundFilesCache(), listings_read(web)
        assert [locate(cache, many, version, commits[version]) for version in asked] == [MANY] * len(asked)
        assert listings_read(web) == before + read


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is read as Linux tells it")
def test_a_process_grows_little_by_a_version_of_many_files(models: Repo, web: Web) -> None:
    count, key = 30_000, f"gto_{'0123456789' * 4}"
    add_versions(models, web, count)
    with started(models.path, "--port", "0", env={"GTO_STUDIO_TOKEN": key}) as process:
        base, login = address(process).partition("/models")[0], {"authorization": f"Bearer {key}"}
        with httpx.Client(base_url=base, headers=login, timeout=TIME_LIMIT) as client:
            wait_for_models(client)
            name = models.path.name
            wait_for(lambda: client.get(f"/dl/{name}/single/v1.0.0/model.bin").status_code == 200)
            before = resident(process)
            for _ in range(3):
                assert client.get(f"/dl/{name}/data/v3.0.0/{path_of(count // 2)}").content == BODY
            assert resident(process) - before <= MOST_GROWTH
