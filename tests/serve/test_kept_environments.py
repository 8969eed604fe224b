"""Environments in GTO's cache: shown, removed, and never under who uses one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import LockHeld
from gto.fs import cache_dir
from gto.serve.server import kept_environments
from gto.serve.server.package_environment import PythonEnvironment
from gto.serve.server.serving_process import ChildSettings, ServingProcess

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache_dir.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / "environments"


def made(home: Path, name: str, *requirements: str, used: float = 1e9) -> str:
    """An environment, as far as the cache knows it."""
    (home / name / "bin").mkdir(parents=True)
    (home / name / "bin" / "python").write_bytes(b"x" * 1000)
    kept_environments.mark_done(str(home / name), requirements)
    os.utime(home / name / ".installed", (used, used))
    return str(home / name)


def test_environments_are_listed_and_cleared_but_for_those_in_use(home: Path, repo: Repo) -> None:
    env = {cache_dir.VARIABLE: str(home.parent)}
    idle, used = made(home, "a", "numpy==2.5.5", "skops==0.16.0"), made(home, "b", "torch==2.13.0", used=2e9)
    (home / "c").mkdir()  # somebody was killed while making it
    told = json.loads(repo.gto("cache", "info", "--json", env=env).stdout)["environments"]
    assert [one["directory"] for one in told] == [used, idle, str(home / "c")]
    assert (told[1]["requirements"], told[1]["size"] > 1000) == (["numpy==2.5.5", "skops==0.16.0"], True)
    text = repo.gto("cache", "info", env=env).stdout
    assert "3 environments, " in text
    assert "numpy==2.5.5, skops==0.16.0" in text
    with kept_environments.use(used):
        cleared = repo.gto("cache", "clear", env=env)
    assert "Removed 2 environments" in cleared.stdout
    assert "The environment of torch==2.13.0 is used, or being made: it was left alone" in cleared.stderr
    assert [one.directory for one in kept_environments.kept()] == [used]


def test_a_process_keeps_its_environment_also_when_who_started_it_was_killed(home: Path) -> None:
    place = made(home, "a")
    held = kept_environments.use(place)
    child = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(held.fileno(),), start_new_session=True
    )
    with child:
        held.close()
        with pytest.raises(LockHeld):
            kept_environments.remove(place)
        child.communicate(b"\n")
    kept_environments.remove(place)
    with pytest.raises(FileNotFoundError, match="is being removed"):
        kept_environments.use(place)


def test_no_process_is_started_in_an_environment_that_was_removed_meanwhile(home: Path) -> None:
    place = made(home, "a")
    environment = PythonEnvironment(os.path.join(place, "bin", "python"), {}, place)
    kept_environments.remove(place)
    with socket.socket() as listener, pytest.raises(OSError, match="is being removed"):
        ServingProcess(environment, ChildSettings(listener, {}, "", lambda: None))


def test_of_many_those_used_longest_ago_make_room_for_another(home: Path) -> None:
    places = [made(home, f"e{number:02}", used=1e9 + number) for number in range(kept_environments.MOST + 3)]
    with kept_environments.use(places[1]):
        os.utime(os.path.join(places[1], ".installed"), (1e9, 1e9))
        kept_environments.make_room(keep=places[0])
    left = {one.directory for one in kept_environments.kept()}
    assert left == {*places[3:], places[0], places[1]}
