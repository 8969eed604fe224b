"""Annotations written: one file edited, and if asked committed alone and pushed."""

import os
import posixpath
import tempfile
from contextlib import suppress
from dataclasses import dataclass

from gto.annotations.conflict import find_conflict
from gto.annotations.edit import Change, annotate_text, remove_text
from gto.core import names
from gto.exceptions import (
    ArtifactNotFound,
    BadFile,
    GTOException,
    NoFile,
    PathIsUsed,
    TypeNotAllowed,
    UsageError,
    WrongArgs,
)
from gto.git import commit as commits
from gto.git import write
from gto.git.repo import read_objects
from gto.registry import annotation
from gto.registry.annotation import DVC_FILE
from gto.registry.files import Files
from gto.registry.registry import Registry
from gto.registry.writing import REMOTE


@dataclass(frozen=True, slots=True)
class Saved:
    """What was done: the file that was written, and what became of it."""

    file: str
    committed: bool = False
    pushed: bool = False

    def lines(self) -> list[str]:
        """Return what is said about it on stdout, as GTO 0.x worded it."""
        said = [f"Updated `{self.file}`"]
        if self.pushed:
            said += ["Running `git commit` and `git push`" if self.committed else "Running `git push`"]
            said += ["Successfully pushed a new commit to remote." if self.committed else "Nothing new to commit."]
        elif self.committed:
            said.append("Running `git commit`")
        return said


def annotate(
    registry: Registry,
    name: str,
    change: Change,
    *,
    file: str | None = None,
    allow_same_path: bool = False,
    commit: bool = False,
    push: bool = False,
) -> Saved:
    """Insert or update an artifact's annotation in the work tree."""
    _check(registry, name, change)
    path = _file(registry, name, file)
    if change.path is not None and not allow_same_path:
        _refuse_conflict(registry, name, change.path)
    text = _text(registry, path)
    _, plain = names.split_directory(name)
    new = annotate_text(text, path, plain, change)
    message = f"Annotate artifact `{name}`"
    message += f" of type `{change.type}`" if change.type is not None else ""
    message += f" with path `{change.path}`" if change.path is not None else ""
    return _save(registry, path, new, message, commit=commit or push, push=push)


def remove(
    registry: Registry, name: str, *, file: str | None = None, commit: bool = False, push: bool = False
) -> Saved:
    """Remove an artifact's annotation from the work tree."""
    names.parse_artifact(name)
    _top(registry)
    path = _file(registry, name, file, must_hold=True)
    _, plain = names.split_directory(name)
    new = remove_text(_text(registry, path), path, plain)
    message = f"Remove annotation for artifact `{name}`"
    return _save(registry, path, new, message, commit=commit or push, push=push)


def _top(registry: Registry) -> str:
    if registry.repo.top is None:
        raise WrongArgs("A bare repository has no work tree to annotate in", "run this in a clone")
    return registry.repo.top


def _check(registry: Registry, name: str, change: Change) -> None:
    names.parse_artifact(name)
    _top(registry)
    for label in change.labels:
        names.parse_plain(label, "label")
    if change.type is not None:
        names.parse_plain(change.type, "type")
        if registry.config.types is not None and change.type not in registry.config.types:
            raise TypeNotAllowed(change.type, registry.config.types)
    if change.must_exist:
        if not change.path:
            raise UsageError("`path` is required when `must_exist` is set to True", "add --path")
        if "\n" in change.path or read_objects(registry.git, [f"HEAD:{posixpath.normpath(change.path)}"])[0] is None:
            raise NoFile(change.path)


def _file(registry: Registry, name: str, asked: str | None, *, must_hold: bool = False) -> str:
    """Choose the file: the one asked for, the one that has the artifact, or the one that suits the project."""
    directory, plain = names.split_directory(name)
    if asked is not None:
        return _asked(registry, directory, plain, asked)
    held = annotation.find(registry, name, None, work_tree=True)
    if held is not None:
        return held.file
    if must_hold:
        raise ArtifactNotFound(name)
    if directory:
        return posixpath.join(directory, DVC_FILE)
    top = _top(registry)
    is_dvc = any(os.path.exists(os.path.join(top, mark)) for mark in (".dvc", DVC_FILE))
    return DVC_FILE if is_dvc else registry.config.index_file


def _asked(registry: Registry, directory: str, plain: str, asked: str) -> str:
    path = posixpath.normpath(asked)
    if posixpath.basename(path) != DVC_FILE and path != registry.config.index_file:
        raise UsageError(f"'{asked}' is no annotation file", f"name a {DVC_FILE}, or {registry.config.index_file}")
    expected = posixpath.dirname(path)
    if expected != directory:
        right = f"{expected}:{plain}" if expected else plain
        raise UsageError(f"In '{path}' the artifact is called '{right}'", f"annotate '{right}' there")
    return path


def _text(registry: Registry, path: str) -> str:
    place = os.path.join(_top(registry), path)
    real = os.path.realpath(place)
    if os.path.commonpath([real, _top(registry)]) != registry.repo.top:
        raise BadFile(path, "it is a link out of the repository")
    try:
        with open(real, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise BadFile(path, "it is not UTF-8") from error


def _refuse_conflict(registry: Registry, name: str, path: str) -> None:
    paths = [*annotation.files_of(registry, "root"), *annotation.files_of(registry, name)]
    found = annotation.read_files(Files(registry.repo), None, list(dict.fromkeys(paths)))
    others = [(one.name, one.path) for one in found.annotations if one.path is not None and one.name != name]
    conflict = find_conflict(path, others)
    if conflict is not None:
        raise PathIsUsed(path, *conflict)


def _save(registry: Registry, path: str, text: str, message: str, *, commit: bool, push: bool) -> Saved:
    if push:
        commits.check_branch(registry.git)
    if commit:
        commits.check_unchanged(registry.git, path)
    place = os.path.realpath(os.path.join(_top(registry), path))
    old = _bytes(place)
    if old == text.encode():  # an earlier push may have failed
        if push:
            write.push_branch(registry.git, REMOTE)
        return Saved(path, pushed=push)
    _replace(place, text.encode())
    if commit:
        try:
            commits.commit_file(registry.git, path, message)
        except GTOException:
            _put_back(place, old)
            raise
    if push:
        write.push_branch(registry.git, REMOTE)
    return Saved(path, commit, push)


def _bytes(place: str) -> bytes | None:
    with suppress(FileNotFoundError), open(place, "rb") as file:
        return file.read()
    return None


def _put_back(place: str, old: bytes | None) -> None:
    if old is None:
        os.unlink(place)
    else:
        _replace(place, old)


def _replace(place: str, data: bytes) -> None:
    """Write a file whole or not at all, with the mode that it had."""
    os.makedirs(os.path.dirname(place), exist_ok=True)
    mode = os.stat(place).st_mode & 0o7777 if os.path.exists(place) else 0o666 & ~_umask()
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(place), prefix=".gto-")
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
