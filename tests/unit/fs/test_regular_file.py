from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gto.fs.regular_file import is_within, read_file

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_file_is_read_as_far_as_asked(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    assert read_file(str(tmp_path / "file")) == b"content"
    assert read_file(str(tmp_path / "file"), 3) == b"con"


def test_what_is_no_file_is_none_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "nothing", tmp_path / "file" / "x", "/dev/zero"):
        assert read_file(str(path)) is None


def test_a_file_that_becomes_a_pipe_meanwhile_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "file"
    place.touch()
    look = os.stat

    def swap(path: str) -> os.stat_result:
        found = look(path)
        place.unlink()
        os.mkfifo(place)
        return found

    monkeypatch.setattr(os, "stat", swap)
    assert read_file(str(place)) is None


def test_a_path_is_within_where_its_links_stay_within(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    os.symlink(tmp_path, top / "out")
    os.symlink("file", top / "inner")
    assert is_within(str(top / "inner"), str(top))
    assert is_within(str(top), str(top))
    assert not is_within(str(top / "out" / "x"), str(top))
