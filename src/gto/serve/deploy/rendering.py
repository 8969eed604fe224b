"""Rendered files in a directory that Argo CD or Flux syncs: the same for the same Git, and gone with their target."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from gto.exceptions import BadFile, TargetTaken, TargetUnwritable, UnsafePath
from gto.fs import atomic_write

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gto.serve.deploy.target import RenderedFile

LISTING = ".gto-rendered.json"
"""The file, beside them, that says which files GTO wrote, and with which SHA-256."""


class RenderedTree(NamedTuple):
    """What was done in the directory; paths from there."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    left: tuple[str, ...]
    """Files of targets that are gone, which somebody changed since."""


def write_tree(
    directory: str, rendered: Mapping[str, tuple[RenderedFile, ...]], declared: Iterable[str], *, force: bool = False
) -> RenderedTree:
    """Write the files of targets, by their names, and remove those of targets that are not `declared` any more.

    Only files that GTO wrote are replaced or removed; TargetTaken is raised where another file is in the way.
    """
    known = _read_listing(directory)
    new = {f"{name}/{one.path}": one.text.encode() for name, files in rendered.items() for one in files}
    kept = set(declared) - set(rendered)
    gone = sorted(path for path in known if path not in new and path.partition("/")[0] not in kept)
    there = {path: _read(directory, path) for path in (*new, *gone)}
    foreign = [path for path in new if there[path] not in (None, new[path]) and path not in known]
    if foreign and not force:
        raise TargetTaken(foreign)
    written = tuple(path for path in sorted(new) if there[path] != new[path])
    removed = tuple(path for path in gone if there[path] is not None and _hash(there[path]) == known[path])
    left = tuple(path for path in gone if there[path] is not None and path not in removed)
    listing = {path: sha for path, sha in known.items() if path not in gone} | {p: _hash(d) for p, d in new.items()}
    try:
        # Named first: a run that is ended in between has written only files that the next one knows to be GTO's.
        _write_listing(directory, {**known, **listing})
        for path in written:
            atomic_write.replace(os.path.join(directory, path), new[path])
        for path in removed:
            _remove(directory, path)
        _write_listing(directory, listing)
    except OSError as error:
        raise TargetUnwritable(str(error.filename or directory), error.strerror or str(error)) from error
    return RenderedTree(written, tuple(sorted(set(new) - set(written))), removed, left)


def _hash(data: bytes | None) -> str:
    return hashlib.sha256(data or b"").hexdigest()


def _read(directory: str, path: str) -> bytes | None:
    place = os.path.join(directory, path)
    parts = path.split("/")
    for count in range(1, len(parts) + 1):
        if os.path.islink(step := os.path.join(directory, *parts[:count])):
            raise UnsafePath(step, "is a link", "render into another directory")
    with suppress(NotADirectoryError):
        return atomic_write.read(place)
    return None


def _remove(directory: str, path: str) -> None:
    place = os.path.join(directory, path)
    os.unlink(place)
    while (place := os.path.dirname(place)) != directory.rstrip("/"):
        try:
            os.rmdir(place)
        except OSError:  # something else is in it
            return


def _read_listing(directory: str) -> dict[str, str]:
    place = os.path.join(directory, LISTING)
    data = atomic_write.read(place)
    if data is None:
        return {}
    try:
        files = json.loads(data)["files"]
        if all(_is_ours(path, sha) for path, sha in files.items()):
            return dict(files)
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise BadFile(place, "it does not say which files GTO wrote", hint="remove the directory, and render it again")


def _is_ours(path: object, sha: object) -> bool:
    if not isinstance(path, str) or not isinstance(sha, str):
        return False
    return not path.startswith("/") and ".." not in path.split("/") and "/" in path


def _write_listing(directory: str, files: Mapping[str, str]) -> None:
    text = json.dumps({"files": dict(sorted(files.items()))}, indent=2) + "\n"
    place = os.path.join(directory, LISTING)
    if atomic_write.read(place) != text.encode():
        atomic_write.replace(place, text.encode())
