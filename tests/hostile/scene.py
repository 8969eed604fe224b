"""The place where a hostile repository is planted: the repository, its remote, what is outside, and a trap."""

from __future__ import annotations

import hashlib
import os
import pty
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.repo import START, TICK, Repo
from tests.stories.healthy import make_healthy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

LATER = START + 60 * TICK
SECRET = "canary-7f3a91"  # noqa: S105  a word to look for
"""Stands in every file outside: what is printed of it was read there."""
SECONDS = 30


@dataclass(frozen=True, slots=True)
class Scene:
    """Directories beside each other: `repo`, `origin.git`, `outside`; `trap` is a program that leaves `sprung`."""

    base: Path
    repo: Repo

    @property
    def outside(self) -> Path:
        return self.base / "outside"

    @property
    def trap(self) -> Path:
        return self.base / "trap"

    @property
    def sprung(self) -> bool:
        return (self.base / "sprung").exists()

    def reset(self) -> None:
        """Set the trap again."""
        (self.base / "sprung").unlink(missing_ok=True)

    def fill(self, text: str) -> str:
        """The text with the places of this scene in it."""
        return text.format(trap=self.trap, outside=self.outside, base=self.base, repo=self.repo.path)

    def plain(self, *argv: str, text: str = "", tty: bool = False, **env: str) -> bytes:
        """What an unhardened program prints, whether it fails or not; its stdin is `text`."""
        argv = tuple(self.fill(word) for word in argv)
        environ = {**os.environ, **self.repo.dated(), **env}
        if tty:
            return on_terminal(argv, self.repo.path, environ, text)
        done = subprocess.run(
            argv,
            cwd=self.repo.path,
            env=environ,
            input=text.encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        return done.stdout + done.stderr

    def outer(self) -> dict[str, object]:
        """Every file that is neither the repository's nor its remote's, and what it is."""
        found = {}
        for place in (self.outside, self.base / "home"):
            for directory, names, files in os.walk(place):
                names[:] = [name for name in names if name not in {".cache", ".gnupg"}]  # the last is gpg's own
                for name in (*names, *files):
                    path = os.path.join(directory, name)
                    found[path] = _seen(path)
        return found


def _seen(path: str) -> object:
    about = os.lstat(path)
    is_file = os.path.isfile(path) and not os.path.islink(path)
    digest = ""
    if is_file:
        with open(path, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
    return about.st_mode, about.st_mtime_ns if is_file else 0, digest


def on_terminal(argv: tuple[str, ...], cwd: Path, env: Mapping[str, str], text: str) -> bytes:
    """What a program prints that believes to talk to a person."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(argv, cwd=cwd, env=env, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        os.write(ours, text.encode())
        said = b""
        try:
            while chunk := os.read(ours, 1 << 16):
                said += chunk
        except OSError:  # Linux says so where the other end is closed
            pass
        process.wait(SECONDS)
    os.close(ours)
    return said


def make_template(base: Path) -> None:
    """A repository with an artifact and annotations, and its remote, which has one event more and lacks one."""
    repo = make_healthy(base / "repo")
    repo.commit(
        "annotated", {"dvc.yaml": "artifacts:\n  ok: {type: model, path: data, description: fine}\n", "data": "1\n"}
    )
    repo.commit("more", {"data": "2\n"})
    repo.git("clone", "--quiet", "--bare", ".", str(base / "origin.git"))
    repo.tag("ok@v0.0.2")
    Repo(base / "origin.git", START + 40 * TICK).tag("ok#dev#2", "ok@v0.0.1^{}")
    (base / "outside").mkdir()
    for name in ("dvc.yaml", "artifacts.yaml", ".gto", "params.yaml", "precious.lock", "notes"):
        path = base / "outside" / name
        path.write_text(f"{SECRET}: [1, 2\n", encoding="utf-8")
        os.utime(path, (1_600_000_000, 1_600_000_000))


def plant_scene(template: Path, base: Path, home: Path, plant: Callable[[Scene], object]) -> Scene:
    """A copy of the template in which something was planted; the home is full of canaries."""
    shutil.copytree(template, base, symlinks=True)
    for name in (".bashrc", ".netrc.bak", ".ssh/id_ed25519", ".config/secret", ".gto", "dvc.yaml"):
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SECRET, encoding="utf-8")
    os.symlink(home, base / "home")
    trap = base / "trap"
    trap.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{base}/sprung'\ncat >/dev/null 2>&1 </dev/null\n", encoding="utf-8")
    trap.chmod(0o755)
    repo = Repo(base / "repo", LATER)
    repo.git("remote", "add", "origin", str(base / "origin.git"))
    repo.git("fetch", "--quiet", "--no-tags", "origin")
    scene = Scene(base, repo)
    plant(scene)
    scene.reset()
    return scene
