"""DVC and DVCLive as their users install them, beside a team's Studio that is served."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from scripts import pages
from tests.environment import make_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


PACKAGES = {
    "newest": ["dvc>=3.67,<4", "dvclive>=3.49", "numpy", "pillow"],
    # The last of those before is too new for this DVC.
    "old": ["dvc==3.48.4", "dvclive==3.45.0", "dvc-studio-client==0.20.0", "numpy", "pillow", "pathspec<0.13"],
}
PAGE = pages.ROOT / "docs/studio/clients/dvc.md"
COMMANDS = """
import contextlib, io, json, sys
from dvc.cli import main
done = []
for words in json.loads(sys.argv[1]):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = main(words)
    done.append([code, out.getvalue()])
print(json.dumps(done))
"""
"""Many commands of DVC in one process."""
SECONDS = 180


class DvcUser(NamedTuple):
    """Somebody with an empty home, DVC and a Studio."""

    release: str
    """Of PACKAGES."""
    home: Path
    url: str
    token: str = ""

    def variables(self) -> dict[str, str]:
        """The environment of their programs: nothing but what the clients' own pages name."""
        known = {
            "DVC_STUDIO_URL": self.url,
            "DVC_NO_ANALYTICS": "1",
            "PYTHONUNBUFFERED": "1",
            "DVC_GLOBAL_CONFIG_DIR": str(self.home / "dvc"),
        }
        return {**os.environ, **known, **({"DVC_STUDIO_TOKEN": self.token} if self.token else {})}

    @property
    def python(self) -> Path:
        """The Python that has DVC."""
        return make_environment(f"dvc-studio-{self.release}", PACKAGES[self.release])

    def start(self, *words: str, cwd: Path, **env: str) -> subprocess.Popen[str]:
        """A process of that Python."""
        told = {**self.variables(), **env}
        told["PATH"] = f"{self.python.parent}{os.pathsep}{told['PATH']}"
        argv = [str(self.python), *words]
        return subprocess.Popen(argv, cwd=cwd, env=told, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, *words: str, cwd: Path, **env: str) -> tuple[int, str]:
        """The exit code of a process, and what it printed."""
        process = self.start(*words, cwd=cwd, **env)
        printed, _ = process.communicate(timeout=SECONDS)
        return process.returncode, printed

    def follow(self, place: Path, block: Sequence[str], here: Mapping[str, str], **env: str) -> subprocess.Popen[str]:
        """The commands of a block of the page as they run, with what is `here` in the place of what it says."""
        text = "\n".join(line[2:] for line in block if line.startswith("$ "))
        for said, meant in here.items():
            text = text.replace(said, meant)
        told = {**{key: value for key, value in self.variables().items() if key != "DVC_STUDIO_URL"}, **env}
        told["PATH"] = f"{self.python.parent}{os.pathsep}{told['PATH']}"
        argv = ["bash", "-ec", text]
        return subprocess.Popen(argv, cwd=place, env=told, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def dvc(self, *commands: str, cwd: Path, **env: str) -> list[tuple[int, str]]:
        """The exit code and the output of each of some commands."""
        words = json.dumps([one.split() for one in commands])
        code, printed = self.run("-c", COMMANDS, words, cwd=cwd, **env)
        assert code == 0, printed
        return [(done, text) for done, text in json.loads(printed.splitlines()[-1])]


def block_with(text: str) -> list[str]:
    """The lines of the page's block of commands that hold a text."""
    blocks = [one.lines for one in pages.blocks(PAGE.read_text(encoding="utf-8")) if one.info == "console"]
    (found,) = (list(lines) for lines in blocks if any(text in line for line in lines))
    return found


def files_below(place: Path) -> Mapping[str, bytes]:
    """All files of a directory, by path."""
    return {one.relative_to(place).as_posix(): one.read_bytes() for one in place.rglob("*") if one.is_file()}
