"""Where the user's directories are, with a home and without."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import WrongConfig
from gto.fs import cache_dir

if TYPE_CHECKING:
    from pathlib import Path


def test_without_a_home_a_directory_of_the_user_s_own_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    place = tmp_path / f"gto-{os.geteuid()}"
    assert cache_dir.home() == str(place / ".cache" / "gto")
    assert place.stat().st_mode & 0o777 == 0o700
    place.chmod(0o777)
    with pytest.raises(WrongConfig, match="set HOME"):
        cache_dir.home()


def test_a_variable_names_another_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache_dir.VARIABLE, str(tmp_path / "of-a-server"))
    assert cache_dir.home() == str(tmp_path / "of-a-server")
