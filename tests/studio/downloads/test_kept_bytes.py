"""What Studio remembers of bytes that it sent: it saves work, and lets nothing pass that is not what was promised."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import ChecksumMismatch
from gto.studio.downloads import unchanged_files
from gto.studio.downloads.located_version import ChosenVersion, FoundFilesCache
from gto.studio.downloads.version_contents import file_of
from tests.studio.downloads.conftest import MODEL

if TYPE_CHECKING:
    from gto.studio.downloads.located_version import LocatedVersion
    from tests.repo import Repo
    from tests.studio.downloads.conftest import Keeper
    from tests.studio_app import Studio


def located(mine: Studio, models: Repo, name: str) -> LocatedVersion:
    """Where the files of a version are."""
    commit = models.git("rev-parse", "HEAD").strip()
    context = mine.context
    return FoundFilesCache().locate(context, context.worker.places[0], ChosenVersion("team", name, "v1.0.0", commit))


def test_a_file_that_was_found_right_is_hashed_again_once_it_is_another(
    mine: Studio, models: Repo, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unchanged_files, "_SETTLED", -60.0)  # its times tell, as it is not written at this moment
    found = located(mine, models, "single")
    verified = found.kept.verified
    for _ in range(3):
        assert b"".join(file_of(found, "model.bin").read()) == MODEL
    assert [one.size for one in verified._known] == [len(MODEL)]  # noqa: SLF001  what the second reading met
    digest = found.find("model.bin").digest
    assert digest is not None
    place = keeper.place(digest.value)
    before = place.stat()
    place.write_bytes(b"x" * len(MODEL))
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(ChecksumMismatch):
        list(file_of(found, "model.bin").read())
    chunks = file_of(found, "model.bin").read()
    place.write_bytes(MODEL)
    assert b"".join(chunks) == MODEL


def test_a_file_that_changes_while_it_is_sent_does_not_come_to_its_end(
    mine: Studio, models: Repo, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unchanged_files, "_SETTLED", -60.0)
    found = located(mine, models, "single")
    for _ in range(2):
        assert b"".join(file_of(found, "model.bin").read()) == MODEL
    monkeypatch.setattr("gto.storage.local_store.CHUNK", 1000)
    chunks = file_of(found, "model.bin").read()
    sent = next(chunks)
    digest = found.find("model.bin").digest
    assert digest is not None
    place = keeper.place(digest.value)
    place.write_bytes(MODEL)
    with pytest.raises(ChecksumMismatch):
        sent += b"".join(chunks)
    assert len(sent) < len(MODEL)


def test_small_files_of_git_are_read_together(mine: Studio, models: Repo) -> None:
    found = located(mine, models, "plain")
    assert b"".join(file_of(found, "run/it.sh").read()) == b"#!/bin/sh\n"  # the last one: nothing stands after it
    git, away = models.path / ".git", models.path / "away"
    assert b"".join(file_of(found, "ä file.txt").read()) == b"read me\n"
    git.rename(away)
    for path, body in (("ä file.txt", b"read me\n"), ("run/it.sh", b"#!/bin/sh\n")):
        assert b"".join(file_of(found, path).read()) == body
    away.rename(git)
    models.commit("more", {f"plain/{number:03}": f"{number}\n" for number in range(250)})
    more = located(mine, models, "plain")
    assert b"".join(file_of(more, "000").read()) == b"0\n"
    git.rename(away)
    assert b"".join(file_of(more, "099").read()) == b"99\n"  # a hundred at a time
    away.rename(git)
    assert b"".join(file_of(more, "249").read()) == b"249\n"
