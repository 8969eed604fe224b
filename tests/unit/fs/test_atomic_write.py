"""A file written whole or not at all, and there for good when it is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gto.fs import atomic_write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_the_file_is_synced_before_it_gets_its_name_and_the_directory_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "f"
    place.write_bytes(b"old")
    seen: list[tuple[bool, bytes]] = []
    sync = os.fsync

    def watched(handle: int) -> None:
        sync(handle)
        seen.append((os.path.samestat(os.fstat(handle), tmp_path.stat()), place.read_bytes()))

    monkeypatch.setattr(os, "fsync", watched)
    atomic_write.replace(str(place), b"new")
    assert seen == [(False, b"old"), (True, b"new")]


def test_a_directory_that_cannot_be_synced_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = os.fsync

    def refuse(handle: int) -> None:
        if os.path.samestat(os.fstat(handle), tmp_path.stat()):
            raise OSError
        sync(handle)

    monkeypatch.setattr(os, "fsync", refuse)
    atomic_write.replace(str(tmp_path / "f"), b"new")
    assert (tmp_path / "f").read_bytes() == b"new"


def test_parts_are_written_one_by_one_and_none_where_they_break_off(tmp_path: Path) -> None:
    def parts() -> Iterator[bytes]:
        yield b"a"
        raise ValueError("broken off")

    place = tmp_path / "f"
    atomic_write.replace(str(place), iter([b"a", b"b"]))
    assert place.read_bytes() == b"ab"
    with pytest.raises(ValueError, match="broken off"):
        atomic_write.replace(str(place), parts())
    assert place.read_bytes() == b"ab"
    assert os.listdir(tmp_path) == ["f"]


def test_an_error_names_the_file_that_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    with pytest.raises(IsADirectoryError) as raised:
        atomic_write.replace(str(tmp_path / "d"), b"x")
    assert (raised.value.filename, raised.value.filename2) == (str(tmp_path / "d"), None)


def test_the_umask_counts_and_is_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = os.umask(0o027)
    try:
        monkeypatch.setattr(os, "umask", lambda _: pytest.fail("other threads would notice"))
        atomic_write.replace(str(tmp_path / "f"), b"x")
    finally:
        monkeypatch.undo()
        os.umask(old)
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o640
