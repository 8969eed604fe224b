"""Files on their way, from a server that runs: never whole in memory, never whole where they are wrong."""

from __future__ import annotations

import hashlib
import sys
import time
from contextlib import ExitStack, contextmanager
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING

import httpx2 as httpx
import pytest
from fastapi import FastAPI

from gto.studio.connection import StudioProtocol
from gto.studio.downloads.sending import Downloads, _begun
from gto.studio.downloads.version_contents import _part_of
from gto.studio.server import Options, StudioServer, listening
from tests.repo import TIME_LIMIT
from tests.studio.conftest import wrote
from tests.studio.test_process import address, resident, started
from tests.studio_app import HOST, studio_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.studio.downloads.conftest import Keeper
    from tests.studio_app import Studio

LARGE = 200 << 20
MOST_GROWTH = 48 << 10
"""Kilobytes that a process may grow by, whatever it sends."""


class Impatient(StudioProtocol):
    """One whose clients have two seconds to take what was sent."""

    patience = 2.0


@contextmanager
def served(studio: Studio) -> Iterator[httpx.Client]:
    """A client of a Studio that listens."""
    app = studio.client.app
    assert isinstance(app, FastAPI)
    with listening(Options(port=0)) as listener:
        server = StudioServer()
        thread = Thread(target=server.serve, args=(app, listener, Impatient))
        thread.start()
        cookie = {studio.sessions.cookie: studio.client.cookies[studio.sessions.cookie]}
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            with httpx.Client(base_url=url, headers={"host": HOST}, cookies=cookie, timeout=TIME_LIMIT) as client:
                yield client
        finally:
            server.end()
            thread.join(TIME_LIMIT)


def with_large(repo: Repo, keeper: Keeper, size: int) -> str:
    """A version whose file of so many bytes is in the store; its MD5."""
    block, found = bytes(range(256)) * 4096, hashlib.md5(usedforsecurity=False)
    keeper.root.mkdir(exist_ok=True)
    with (keeper.root / "new").open("wb") as file:
        for number in range(size >> 20):
            part = number.to_bytes(4, "big") + block[4:]
            found.update(part)
            file.write(part)
    mark = found.hexdigest()
    keeper.place(mark).parent.mkdir(parents=True, exist_ok=True)
    (keeper.root / "new").rename(keeper.place(mark))
    large = f"outs: [{{md5: {mark}, size: {size}, hash: md5, path: large.bin}}]\n"
    repo.commit("large", {"artifacts.yaml": "large: {path: large.bin}\n", "large.bin.dvc": large})
    wrote(repo, "register", "large", "--version", "v1.0.0")
    return mark


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is read as Linux tells it")
def test_a_large_file_begins_at_once_and_is_never_in_memory(models: Repo, keeper: Keeper) -> None:
    mark = with_large(models, keeper, LARGE)
    with started(models.path, "--port", "0") as process:
        found = address(process)
        base = found.partition("/models")[0]
        with httpx.Client(base_url=base, follow_redirects=True, timeout=TIME_LIMIT) as client:
            assert client.get(found).status_code == 200
            path, end = f"{base}/m/{models.path.name}/large/-", time.monotonic() + TIME_LIMIT
            while client.get(f"{path}/files").status_code != 200:
                assert time.monotonic() < end
                time.sleep(0.1)
            client.get(f"{path}/file/large.bin", headers={"range": "bytes=0-0"})
            before, most = resident(process), 0
            digest, part = hashlib.md5(usedforsecurity=False), b""
            for ending in ("file/large.bin", "archive.tar", "archive.zip"):
                start, total = time.monotonic(), 0
                with client.stream("GET", f"{path}/{ending}") as answer:
                    for chunk in answer.iter_raw():
                        if not total:
                            assert time.monotonic() - start < TIME_LIMIT / 10
                        if ending == "file/large.bin":
                            digest.update(chunk)
                        total += len(chunk)
                        if total % 50 == 0:
                            most = max(most, resident(process))
                most = max(most, resident(process))
                assert total >= LARGE
            assert digest.hexdigest() == mark
            part = client.get(
                f"{path}/file/large.bin", headers={"range": f"bytes={150 << 20}-{(150 << 20) + 9}"}
            ).content
            assert part == (150).to_bytes(4, "big") + bytes(range(4, 10))
            assert most - before <= MOST_GROWTH


def test_nobody_waits_while_the_way_to_a_late_part_of_an_archive_is_gone() -> None:
    made = 0

    def read() -> Iterator[bytes]:
        nonlocal made
        for made in range(1, 1001):
            yield made.to_bytes(4, "big") * 250

    part = partial(_part_of, read)(999_990, 1_000_000)
    begun = _begun(part, 10)
    assert made < 10  # else one thread goes all of the way, also for who has gone
    assert begun.first + b"".join(begun) == ((1000).to_bytes(4, "big") * 250)[-10:]


def test_a_file_that_turns_out_wrong_is_broken_off_before_its_end(models: Repo, keeper: Keeper, tmp_path: Path) -> None:
    mark = with_large(models, keeper, 3 << 20)
    with keeper.place(mark).open("r+b") as file:
        file.write(b"wrong")
    with studio_of({"team": models.path}, tmp_path / "index.db") as studio, served(studio) as client:
        for ending in ("file/large.bin", "archive.tar", "archive.zip", "archive.tar.gz"):
            with client.stream("GET", f"/m/team/large/-/{ending}") as answer:
                if answer.status_code == 424:  # it became so small that all of it was read before the answer began
                    assert ending == "archive.tar.gz"
                    continue
                with pytest.raises(httpx.RemoteProtocolError):
                    answer.read()
        assert client.get("/m/team/large").status_code == 200


def test_pages_are_answered_while_nobody_takes_the_files_and_their_places_become_free(
    models: Repo, keeper: Keeper, tmp_path: Path
) -> None:
    with_large(models, keeper, 32 << 20)
    path = "/m/team/large/-/file/large.bin"
    with studio_of({"team": models.path}, tmp_path / "index.db") as studio, served(studio) as client:
        app = studio.client.app
        assert isinstance(app, FastAPI)
        app.state.downloads = Downloads(most=6, patience=0.2)
        with ExitStack() as stack:
            begun = [stack.enter_context(client.stream("GET", path)) for _ in range(6)]
            assert [one.status_code for one in begun] == [200] * 6
            assert client.get(path).status_code == 503  # all places are taken
            start = time.monotonic()
            assert client.get("/m/team/large").status_code == 200
            assert time.monotonic() - start < TIME_LIMIT / 10
            while client.get(path, headers={"range": "bytes=0-1"}).status_code != 206:
                assert time.monotonic() - start < TIME_LIMIT  # none of them takes anything, and each is cut
        with client.stream("GET", path) as left:
            next(left.iter_raw())
        end = time.monotonic() + TIME_LIMIT
        while app.state.downloads._places.borrowed_tokens:  # noqa: SLF001  what is let go of shows nowhere else
            assert time.monotonic() < end
            time.sleep(0.05)
