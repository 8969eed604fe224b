"""The files that say which packages a version needs, and the packages that they pin."""

import posixpath
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from gto.dvc.checkout import Checkout

_NAMES = ("pyproject.toml", "environment.yml", "environment.yaml", "conda.yaml", "conda.yml", "poetry.lock", "uv.lock",
          "Pipfile", "Pipfile.lock", "setup.py", "setup.cfg")  # fmt: skip
_LISTED_RE = re.compile(r"requirements[A-Za-z0-9._-]*\.txt")
_COMMENT_RE = re.compile(r"(?:^|\s)#.*")  # pip's rule: a `#` in a URL is none


def find_requirements(checkout: Checkout, directory: str) -> list[str]:
    """Return those files in a directory and in the directories above it, the nearest first."""
    found: list[str] = []
    while True:
        found += [path for path in checkout.tree.files_in(directory) if _is_one(posixpath.basename(path))]
        if not directory:
            return found
        directory = posixpath.dirname(directory)


def read_packages(checkout: Checkout, files: list[str]) -> dict[tuple[str, str], str]:
    """Return, by file and name, what `requirements.txt` files ask of each package; options and paths are left out."""
    listed = [path for path in files if _LISTED_RE.fullmatch(posixpath.basename(path))]
    checkout.fetch(listed)
    found: dict[tuple[str, str], str] = {}
    for path in listed:
        data = checkout.read(path) or b""
        for name, wanted in checkout.once("packages", path, data, partial(_read_packages, data)):
            found[path, name] = wanted
    return found


def _is_one(name: str) -> bool:
    return name in _NAMES or bool(_LISTED_RE.fullmatch(name))


def _read_packages(data: bytes, _: object) -> list[tuple[str, str]]:
    return list(_packages(data.decode("utf-8", "replace")))


def _packages(text: str) -> Iterator[tuple[str, str]]:
    """Yield the canonical name of each package, and what is asked of it: versions, an address, or "any" of all.

    Lines are those of pip's requirements files; options and what PEP 508 does not know, such as paths, are left out.
    """
    from packaging.requirements import InvalidRequirement, Requirement  # only where there is such a file
    from packaging.utils import canonicalize_name

    for line in text.replace("\\\n", " ").splitlines():
        words = _COMMENT_RE.sub("", line).partition(" --")[0].strip()
        if not words or words.startswith("-"):
            continue
        with suppress(InvalidRequirement, RecursionError):
            wanted = Requirement(words)
            yield canonicalize_name(wanted.name), wanted.url or str(wanted.specifier) or "any"
