"""Environments of Python made and filled by uv, or else by pip, from the index that it is configured for."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from typing import Literal, NamedTuple

from gto.exceptions import InstallFailed, UsageError
from gto.fs.child_variables import without_secrets

Kind = Literal["uv", "pip"]
KINDS: tuple[Kind, ...] = ("uv", "pip")

_SECONDS = 1800  # large frameworks take minutes to install
_LONGEST = 600
_BOXES = str.maketrans("╰─▶│├", "     ")
_GONE = ("no matching distribution", "no solution found", "could not find a version", "was not found in the package")
_CHANGED = ("hash mismatch", "do not match the hashes", "hashes are required", "no hash")
_AWAY = ("no such host", "connection refused", "name resolution", "network is unreachable")
_VERSIONS_RE = re.compile(r" \(from versions: [^)]*\)")
_FULL = ("no space left on device", "os error 28", "disk quota exceeded")


class Installer(NamedTuple):
    """The program that installs packages."""

    kind: Kind
    argv: tuple[str, ...]
    """How `pip` of it begins: `uv pip`, or `python -m pip`."""


def find_installer(scratch: str, kind: str | None = None) -> Installer:
    """Return uv where it is, else pip; where this environment has none, the pip of one that is made in `scratch`."""
    if kind != "pip":
        beside = os.path.join(os.path.dirname(sys.executable), "uv")
        found = beside if os.access(beside, os.X_OK) else shutil.which("uv")
        if found is not None:
            return Installer("uv", (found, "pip"))
        if kind == "uv":
            raise UsageError("there is no uv", "pip install uv; or leave it to pip with --installer pip")
    if find_spec("pip") is not None:
        return Installer("pip", (sys.executable, "-m", "pip"))
    place = os.path.join(scratch, "installer")
    run_program([sys.executable, "-m", "venv", place])
    return Installer("pip", (os.path.join(place, "bin", "python"), "-m", "pip"))


def interpreter(asked: str | None) -> str:
    """Return the path of a Python: the one that runs, one at a path, or that of a version, `3.12`."""
    if asked is None or asked == _running():
        return sys.executable
    named = asked if os.sep in asked else shutil.which(f"python{asked}" if asked[:1].isdigit() else asked)
    if named is not None:
        with suppress(InstallFailed):  # of pyenv's there is one for each version, and not all run
            return run_program([named, "-I", "-c", "import sys; print(sys.executable)"])
    raise UsageError(f"there is no Python '{asked}' here", "install it, or name the path of another with --python")


def version_of(python: str) -> str:
    """Return the version of an interpreter, `3.12`."""
    if python == sys.executable:
        return _running()
    return run_program([python, "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])


def _running() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def make_environment(root: str, python: str) -> str:
    """Make an environment without any package, and return its interpreter."""
    run_program([python, "-m", "venv", "--without-pip", root])
    return os.path.join(root, "bin", "python")


def install(installer: Installer, python: str, words: Sequence[str]) -> None:
    """Install what the words say into the environment of an interpreter; nothing is compiled."""
    begin = [*installer.argv, "install", "--quiet"]
    if installer.kind == "uv":
        run_program([*begin, "--python", python, *words])
    else:
        run_program([*installer.argv, "--python", python, *begin[len(installer.argv) :], "--no-compile", *words])


def run_program(argv: Sequence[str], env: Mapping[str, str] | None = None, cwd: str | None = None) -> str:
    """Return what a program prints; InstallFailed with the end of what it complains of, and what helps.

    What tells another Python which packages to use is kept from it, and no interpreter is downloaded.
    """
    kept = {key: value for key, value in without_secrets().items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    known = {**kept, "UV_PYTHON_DOWNLOADS": "never", "PIP_DISABLE_PIP_VERSION_CHECK": "1", **(env or {})}
    try:
        done = subprocess.run(  # noqa: S603  programs that are named here
            argv, check=False, capture_output=True, text=True, timeout=_SECONDS, env=known, cwd=cwd
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallFailed(argv[0], str(error)) from error
    if done.returncode:
        said = done.stderr.strip() or done.stdout.strip()
        raise InstallFailed(_named(argv), f"it ended with {done.returncode}: {_end_of(said)}", _hint(said.lower()))
    return done.stdout.strip()


def _named(argv: Sequence[str]) -> str:
    """Return a program by its name, with the first of its words that says what it does."""
    words = [word for word in argv[1:] if not word.startswith("-") and os.sep not in word]
    return " ".join([os.path.basename(argv[0]), *words[:2]])


def _end_of(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith("[notice]")]
    first = next((at for at, line in enumerate(lines) if line.lower().startswith("error")), -3)
    said = " ".join(" ".join(lines[first:]).translate(_BOXES).split())
    return _VERSIONS_RE.sub("", said)[:_LONGEST]


def _hint(said: str) -> str:
    if any(word in said for word in _FULL):
        return "make room, or choose another place; nothing was left behind"
    if any(word in said for word in _CHANGED):
        return "the index has other files than were locked: ask who changed them, or lock anew"
    if any(word in said for word in _GONE) and "gto==" in said:
        return "the index has no such GTO: `pip wheel --no-deps -w DIR` of its checkout makes a wheel, for --wheels DIR"
    if any(word in said for word in _GONE):
        return "no index that it asks has this: name another in its configuration, or correct the side-car"
    if any(word in said for word in _AWAY):
        return "it reaches no index or registry: is the network there, and its address right?"
    return ""
