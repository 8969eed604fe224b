"""What an entry of the corpus is: how a repository is made hostile, what shows that it is, and who may be tripped."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.hostile.scene import Scene

# Commands by name, as tests/hostile/commands.py has them.
REMOTE = frozenset({"status", "fetch", "push"})
"""Talk to the remote that the user's clone names, with the clone's configuration, as git does."""
EVENTS = frozenset({"register", "assign", "fetch"})
"""Write refs: the hooks of the clone run, as with git."""
SIGNING = frozenset({"register", "assign"})
COMMIT = frozenset({"annotate --commit"})
"""Adds and commits a file in the clone: its filters and hooks run, as with git."""
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Entry:
    """A hostile repository."""

    name: str
    plant: Callable[[Scene], object]
    control: Callable[[Scene], bool]
    """Does what git, or a program that minds nothing, does; tells whether it was tripped."""
    may: frozenset[str] = NOBODY
    """The commands that write to the user's own clone or talk to its remote, where git's own rules apply."""
    waits: bool = False
    """Whether git itself waits for ever, so that GTO's limit of time has to end it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A repository whose configuration, hooks or files name the trap; `control` is what makes git spring it."""

    name: str
    control: Sequence[str]
    config: Mapping[str, str] = field(default_factory=dict)
    may: frozenset[str] = NOBODY
    files: Mapping[str, str] = field(default_factory=dict)
    """Files below the repository; those below `.git` are written, others committed."""
    hooks: Sequence[str] = ()
    changed: bool = False
    """Whether a file of the work tree differs from its commit."""
    first: Sequence[Sequence[str]] = ()
    """Commands run before the configuration is there."""
    tty: bool = False
    text: str = ""
    env: Mapping[str, str] = field(default_factory=dict)

    def entry(self) -> Entry:
        """The same as an entry of the corpus."""
        return Entry(self.name, self._plant, self._control, self.may)

    def _plant(self, scene: Scene) -> None:
        for argv in self.first:
            scene.repo.git(*(scene.fill(word) for word in argv))
        committed = {name: text for name, text in self.files.items() if not name.startswith(".git/")}
        if committed:
            scene.repo.commit("files", committed)
        for name in self.files.keys() - committed.keys():
            path = scene.repo.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(scene.fill(self.files[name]), encoding="utf-8")
            path.chmod(0o755)
        if self.changed:
            (scene.repo.path / "data").write_text("3\n", encoding="utf-8")
        place = scene.repo.path / ".git/hooks"
        place.mkdir(exist_ok=True)
        for name in self.hooks:
            os.symlink(scene.trap, place / name)
        for key, value in self.config.items():
            scene.repo.git("config", "--file", ".git/config", scene.fill(key), scene.fill(value))

    def _control(self, scene: Scene) -> bool:
        env = {key: scene.fill(value) for key, value in self.env.items()}
        scene.plain(*self.control, text=self.text, tty=self.tty, **env)
        return scene.sprung
