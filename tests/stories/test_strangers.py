"""Repositories that a stranger prepared: every command ends in time with a clear word, and nothing is tripped.

What is planted, and what shows that it is no air, is data: tests/hostile.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.hostile.commands import EVERYDAY, OTHERS, READS, Command
from tests.hostile.corpus import CORPUS
from tests.hostile.scene import SECRET, Scene, make_template, plant_scene
from tests.hostile.tracing import trace
from tests.stories.healthy import said

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.hostile.entry import Entry

CONTROL_RE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
SECONDS = "20"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository before anything is planted."""
    return tmp_path_factory.getbasetemp() / "strangers-template"


def scene_of(entry: Entry, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    if not template.exists():
        template.mkdir()
        make_template(template)
    scene = plant_scene(template, tmp_path / "scene", Path(os.environ["HOME"]), entry.plant)
    (scene.base / "repos.yaml").write_text("repositories:\n  - path: repo\n", encoding="utf-8")
    monkeypatch.setenv("GTO_TIMEOUT", "0.3" if entry.waits else SECONDS)
    return scene


def check(scene: Scene, name: str, command: Command, *, waits: bool) -> None:
    """The command ends with 0, 1 or 2 and a clear word; nothing that it prints commands a terminal."""
    result = scene.repo.gto(*(scene.fill(word) for word in command.words))
    said = result.stdout + result.stderr
    assert result.code in {0, 1, 2}, (name, result)
    assert "Traceback" not in said, (name, result)
    assert not CONTROL_RE.search(said), (name, CONTROL_RE.findall(said), said)
    assert SECRET not in said, (name, said)
    if result.code and not (command.is_json and result.stdout) and not name.startswith("doctor"):
        assert re.match("(❌|Usage:|note:|To be done)", result.stderr), (name, result)
        assert waits or "within" not in result.stderr, (name, result)
    if command.is_json and result.stdout:
        json.loads(result.stdout)


def check_all(scene: Scene, entry: Entry, names: Iterable[str]) -> None:
    for name in names:
        before = scene.outer()
        check(scene, name, {**READS, **OTHERS}[name], waits=entry.waits)
        if name in entry.may:
            scene.reset()
            continue
        assert not scene.sprung, f"{name} tripped: {(scene.base / 'sprung').read_text()}"
        assert scene.outer() == before, name


def in_turn(number: int) -> list[str]:
    """The commands of an entry on an everyday run: together the entries have all of them, many times."""
    rest = [name for name in READS if name not in EVERYDAY]
    others = [name for name in OTHERS if name not in EVERYDAY]
    turns = [others[(number + step) % len(others)] for step in (0, 3)]
    return [*EVERYDAY, *(rest[(number + step) % len(rest)] for step in (0, 7)), *turns]


@pytest.mark.parametrize(("number", "entry"), list(enumerate(CORPUS)), ids=[entry.name for entry in CORPUS])
def test_a_hostile_repository_trips_nothing(
    number: int, entry: Entry, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = scene_of(entry, template, tmp_path, monkeypatch)
    check_all(scene, entry, in_turn(number))


@pytest.mark.parametrize("entry", CORPUS, ids=[entry.name for entry in CORPUS])
def test_a_program_that_minds_nothing_is_tripped(
    entry: Entry, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert entry.control(scene_of(entry, template, tmp_path, monkeypatch)), "the vector is one of air"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("work-tree-elsewhere", "says that its work tree is elsewhere"),
        ("pipe-at-dvc.yaml", "dvc.yaml: it is no file"),
        ("link-out-at-dvc.yaml", "dvc.yaml: it is a link out of the repository"),
    ],
)
def test_where_a_file_is_not_as_it_should_be_nothing_is_written(
    name: str, words: str, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (entry,) = (one for one in CORPUS if one.name == name)
    scene = scene_of(entry, template, tmp_path, monkeypatch)
    before = scene.outer()
    for more in ((), ("--commit",)):
        said(scene.repo.gto("annotate", "ok", "--label", "x", "--file", "dvc.yaml", *more), words)
    assert scene.outer() == before


def test_settings_that_lie_outside_are_not_read(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (entry,) = (one for one in CORPUS if one.name == "link-out-at-.gto")
    scene = scene_of(entry, template, tmp_path, monkeypatch)
    for words in (("show",), ("assign", "ok", "--version", "v0.0.1", "--stage", "qa")):
        said(scene.repo.gto(*words), ".gto: it is a link out of the repository")


@pytest.mark.soak
@pytest.mark.parametrize("entry", CORPUS, ids=[entry.name for entry in CORPUS])
def test_no_command_trips_anything_in_a_hostile_repository(
    entry: Entry, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_all(scene_of(entry, template, tmp_path, monkeypatch), entry, [*READS, *OTHERS])


TRACED = (
    *("fsmonitor", "ssh-command-by-include", "filter-process", "aliases-of-commands", "hook-reference-transaction"),
    *("lazy-fetch-by-uploadpack", "lazy-fetch-by-ssh-command", "signature-checked-by-gpg-program", "ext-remote"),
)


@pytest.mark.skipif(shutil.which("strace") is None, reason="there is no strace")
@pytest.mark.parametrize("name", TRACED)
def test_the_kernel_sees_nothing_but_git_and_gto(
    name: str, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (entry,) = (one for one in CORPUS if one.name == name)
    scene = scene_of(entry, template, tmp_path, monkeypatch)
    for variable in [key for key in os.environ if key.startswith("COVERAGE")]:
        monkeypatch.delenv(variable)  # or each process would write what was covered
    allowed = (
        str(scene.repo.path),
        os.path.realpath(scene.base / "home" / ".cache"),
        "/dev/",
        f"{tempfile.gettempdir()}/gto-",
    )
    for command in ("show --type -A", "describe --rev", "doctor", "show --all", "verify"):
        seen = trace(scene.repo, tmp_path / "log", *READS[command].words)
        assert seen.executed
        foreign = {one.program for one in seen.executed if not is_git_or_gto(one.program)}
        # Git starts the user's own gpg to check a signature; never what the repository names for it.
        assert foreign <= ({str(shutil.which("gpg"))} if command == "verify" else set()), command
        assert seen.connected == [], command
        outside = [path for path in seen.written if os.path.isabs(path) and not path.startswith(allowed)]
        outside = [path for path in outside if os.path.dirname(path) != tempfile.gettempdir() and ".gnupg" not in path]
        assert outside == [], command


def is_git_or_gto(program: str) -> bool:
    place, name = os.path.split(program)
    git = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True).stdout.strip()
    found = shutil.which("git")
    if os.path.realpath(program) == os.path.realpath(sys.executable):
        return True
    return name.startswith("git") and place in {git, os.path.dirname(found or "")}


def test_the_corpus_is_large_enough_and_each_entry_is_its_own() -> None:
    assert len({entry.name for entry in CORPUS}) == len(CORPUS) >= 45
    assert len(READS) + len(OTHERS) >= 12
    assert not {name for entry in CORPUS for name in entry.may} - set(OTHERS)
