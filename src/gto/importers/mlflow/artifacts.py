"""The files of a version, brought from where MLflow keeps them into a directory of this machine."""

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from gto.exceptions import StorageError
from gto.fs.regular_file import is_within
from gto.git.command import masked
from gto.importers.mlflow.client import MlflowClient, telling

_MOST_FILES = 100_000
_DEEPEST = 64  # directories
_CONTROL_RE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_LONGEST_NAME = 255  # bytes


def bring_files(
    client: MlflowClient, model: str, number: int, directory: str, *, allow_local: bool
) -> Mapping[str, str]:
    """Copy the files of a version into a directory, and return the place of each by its path.

    Nothing is loaded, and paths are judged before anything is fetched. A registry of another machine may name no path
    of this one, and none a host that the user did not, unless `allow_local`; links count where they stay inside the
    version.
    """
    uri, reader = client.open_files(model, number)
    root = _local_root(reader)
    what = f"version {number} of '{model}'"
    if not (client.knows_host(uri) or allow_local):
        hint = "--tracking names the server of the runs, and --allow-local believes any"
        raise StorageError(f"The files of {what} are at another host, '{masked(uri)[:200]}'", hint)
    if root is not None and client.is_remote and not allow_local:
        raise StorageError(f"The server says that {what} is a path of this machine", "--allow-local believes it")
    if root is not None and not os.path.isdir(root):
        raise StorageError(f"The files of {what} are gone", "its directory is not there any more")
    paths = list(_list(reader, root, what))
    if not paths:
        raise StorageError(f"{what} has no files", "were they deleted?")
    places = {path: os.path.join(directory, str(at)) for at, path in enumerate(sorted(paths))}
    for path, place in places.items():
        with telling(f"'{path}' of {what}"):
            reader._download_file(path, place)  # noqa: SLF001  MLflow asks each kind of store for this; the public one lists again, and follows that
    return places


def _local_root(reader: Any) -> str | None:  # noqa: ANN401  MLflow's
    """Return the directory of this machine that a reader reads; None for a store."""
    directory = getattr(reader, "artifact_dir", None)
    return None if directory is None else os.path.realpath(str(directory))


def _list(reader: Any, root: str | None, what: str) -> Iterator[str]:  # noqa: ANN401  MLflow's
    """Yield the paths of all files, or raise StorageError at one that leads elsewhere."""
    todo, count = [""], 0
    while todo:
        directory = todo.pop()
        with telling(f"the list of files of {what}"):
            entries = list(reader.list_artifacts(directory or None))
        for one in entries:
            count += 1
            path = _checked(str(one.path), directory, what)
            if root is not None and not is_within(os.path.join(root, path), root):
                raise StorageError(f"'{path}' of {what} is a link out of the version", "nothing of it was read")
            if count > _MOST_FILES or path.count("/") > _DEEPEST:
                raise StorageError(f"{what} has more files, or deeper directories, than any model", "what is in it?")
            if one.is_dir:
                todo.append(path)
            elif root is None or os.path.isfile(os.path.join(root, path)):
                yield path
            else:
                raise StorageError(f"'{path}' of {what} is no file", "nothing of it was read")


def _checked(path: str, directory: str, what: str) -> str:
    """Return a path that a store told, if it is that of an entry of the directory that was asked about."""
    parent, name = posixpath.split(path)
    is_odd = parent != directory or name in {"", ".", ".."} or name.casefold() == ".git" or "\\" in name
    if is_odd or _CONTROL_RE.search(path) or len(name.encode()) > _LONGEST_NAME:
        shown = path.encode("unicode_escape").decode()[:100]
        raise StorageError(f"'{shown}' of {what} is no path that could stand in Git", "nothing of it was read")
    return path
