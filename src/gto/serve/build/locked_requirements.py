"""Requirements locked: each package that is needed, in one version, with the hashes of its files, for pip and uv.

Nothing of the machine, the index or the time stands in the text: the same requirements give the same, while the index
has the same.
"""

import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gto.exceptions import NotFound, UsageError
from gto.models.installer import Installer, find_installer, interpreter, run_program, version_of
from gto.version import __version__

_VERSION_RE = re.compile(r"3\.[0-9]+")
_KEPT_RE = re.compile(r"[A-Za-z0-9]|    --hash=")
_EXTRAS = ("serve", "models")


class LockWish(NamedTuple):
    """What is locked, and for which Python."""

    requirements: Sequence[str]
    title: str = ""
    """What it is of, in the first line; empty for no such line."""
    python: str | None = None
    """A version, `3.12`, or the path of an interpreter; None for the one that runs."""
    installer: str | None = None
    """`uv` or `pip`; None for uv where it is."""
    wheels: str | None = None
    """A directory of wheels that count beside the index."""


class LockedRequirements(NamedTuple):
    """Locked requirements."""

    text: str
    python: str
    """The version of Python that they are for."""
    installer: str
    """What locked them: `uv` locks for each system, `pip` for this kind of machine; `file` for what was read."""

    @property
    def packages(self) -> list[str]:
        """What is in it, `numpy==2.5.5`."""
        return [line.split()[0] for line in self.text.splitlines() if line[:1].isalnum()]


def lock(wish: LockWish) -> LockedRequirements:
    """Ask the index what is needed; InstallFailed where it has not all of it."""
    with tempfile.TemporaryDirectory(prefix="gto-lock-") as scratch:
        given = os.path.join(scratch, "requirements.in")
        with open(given, "w", encoding="utf-8") as file:
            file.writelines(f"{one}\n" for one in sorted(set(wish.requirements)))
        installer = find_installer(scratch, wish.installer)
        if installer.kind == "uv":
            python = wish.python if wish.python and _VERSION_RE.fullmatch(wish.python) else None
            python = python or version_of(interpreter(wish.python))
            body = _lock_by_uv(installer, python, given, _beside(wish))
            scope = ""
        else:
            path = interpreter(wish.python)
            python = version_of(path)
            body = _lock_by_pip(installer, path, given, _beside(wish))
            scope = " on this kind of machine"
    title = f"# {wish.title} with all that it needs, locked for Python {python}{scope}.\n" if wish.title else ""
    return LockedRequirements(title + body, python, installer.kind)


def read_lock(path: str, python: str | None) -> LockedRequirements:
    """Return what was locked before; UsageError where a package in it has no hash."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        raise NotFound(f"'{path}' cannot be read: {error.strerror}", "`gto build requirements` writes it") from error
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    bare = [one.split()[0] for one in entries if "--hash=" not in one]
    if bare or not entries:
        message = f"no hash holds '{bare[0]}' in '{path}'" if bare else f"'{path}' names no package"
        raise UsageError(message, "`gto build requirements` writes such a file")
    said = re.search(r"locked for Python (3\.[0-9]+)", text.partition("\n")[0])
    return LockedRequirements(text, said[1] if said else version_of(interpreter(python)), "file")


def _beside(wish: LockWish) -> list[str]:
    return ["--find-links", wish.wheels] if wish.wheels else []


def _lock_by_uv(installer: Installer, python: str, given: str, beside: Sequence[str]) -> str:
    begin = [*installer.argv, "compile", "--quiet", "--universal", "--generate-hashes", "--python-version", python]
    said = run_program([*begin, "--no-header", "--no-annotate", *beside, given])
    return "".join(f"{line}\n" for line in said.splitlines() if _KEPT_RE.match(line))  # a configuration can add lines


def _lock_by_pip(installer: Installer, python: str, given: str, beside: Sequence[str]) -> str:
    words = ["install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-", *beside, "--requirement", given]
    report: dict[str, Any] = json.loads(run_program([*installer.argv, "--python", python, *words]))
    return "".join(sorted(map(_locked, report["install"])))


def _locked(found: Mapping[str, Any]) -> str:
    """Return the lines of a package in pip's report."""
    name, version = found["metadata"]["name"], found["metadata"]["version"]
    archive = found["download_info"].get("archive_info", {})
    sha256 = archive.get("hashes", {}).get("sha256") or archive.get("hash", "").partition("sha256=")[2]
    if not sha256:
        raise UsageError(f"'{name}' comes from no archive, so that no hash holds it", "name a release in the side-car")
    return f"{re.sub(r'[-_.]+', '-', name).lower()}=={version} \\\n    --hash=sha256:{sha256}\n"


def needs_of_serving() -> list[str]:
    """Return what `gto serve` needs beside GTO itself, without the libraries of models, which side-cars name."""
    from importlib.metadata import requires

    found = [one.partition(";") for one in requires("gto") or ()]
    by_extra = {extra: {name.strip() for name, _, marker in found if _is_of(extra, marker)} for extra in ("", *_EXTRAS)}
    wanted = by_extra[""] | (by_extra["serve"] - by_extra["models"])
    return sorted(one for one in wanted if not one.startswith("gto"))


def _is_of(extra: str, marker: str) -> bool:
    return re.search(rf"""extra\s*==\s*["']{extra}["']""", marker) is not None if extra else "extra" not in marker


def serving(version: str = __version__) -> list[str]:
    """Return what brings `gto serve`, GTO of a version among it."""
    return [f"gto=={version}", *needs_of_serving()]
