"""Where a path of an annotation leads, seen from the repository's root."""

import posixpath
import re

_ELSEWHERE_RE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|/|[A-Za-z]:[\\/]")
_CONTROL_RE = re.compile("[\0-\x1f\x7f]")


def is_url(path: str) -> bool:
    """Tell whether a path is a URL."""
    return "://" in path and _ELSEWHERE_RE.match(path) is not None and not path.startswith("/")


def is_elsewhere(path: str) -> bool:
    """Tell whether a path is a URL or absolute, so that no directory of the repository goes before it."""
    return _ELSEWHERE_RE.match(path) is not None


def from_root(path: str, directory: str) -> str:
    """Return a path written in `directory` as seen from the root, or raise ValueError with the reason."""
    if not path:
        msg = "it is empty"
        raise ValueError(msg)
    if _CONTROL_RE.search(path):
        msg = "it holds a control character"
        raise ValueError(msg)
    if is_elsewhere(path):
        return path
    joined = posixpath.normpath(posixpath.join(directory, path))
    if joined.split("/", 1)[0] == "..":
        msg = f"'{path}' leads out of the repository"
        raise ValueError(msg)
    return joined


def from_directory(path: str, directory: str) -> str:
    """Return a path seen from the root as it is written in a file in `directory`."""
    if is_elsewhere(path):
        return path
    # Absolute on both sides: posixpath would otherwise ask for the working directory.
    return posixpath.relpath("/" + path, "/" + directory)


def joined(directory: str, path: str) -> str:
    """Return a path, written in a directory, as seen from the root; a URL, or one that leads out, is kept."""
    if "://" in path:
        return path
    return posixpath.normpath(posixpath.join(directory, path.replace("\\", "/")))


def tidy(path: str) -> str:
    """Return a path without what changes nothing: a slash at its end, `./`; a URL is kept."""
    return path if is_url(path) or not path else posixpath.normpath(path)
