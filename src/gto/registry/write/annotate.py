"""Annotations written: what the new text of which file is."""

import posixpath
from collections.abc import Callable, Mapping
from types import MappingProxyType

from gto.annotations.annotation import find_conflict
from gto.annotations.edit import AnnotationEdit, annotate_text, remove_text
from gto.core import names
from gto.exceptions import ArtifactNotFound, NoFile, PathIsUsed, TypeNotAllowed, UsageError
from gto.git.commit_files import Files
from gto.registry import annotation_lookup
from gto.registry.annotation_lookup import DVC_FILE
from gto.registry.registry import Registry
from gto.registry.write.edit_target import Edit, EditTarget, Saved, SaveOptions, carry_out

AS_USUAL = SaveOptions()


def annotate(
    registry: Registry,
    name: str,
    change: AnnotationEdit,
    how: SaveOptions = AS_USUAL,
    *,
    file: str | None = None,
    allow_same_path: bool = False,
    beside: Mapping[str, str] = MappingProxyType({}),
) -> Saved:
    """Insert or update an artifact's annotation: in the work tree, or on the branch that was opened, or a new one.

    `beside` are texts of files, by path, that are written with it.
    """
    return carry_out(
        registry, edit_of(registry, name, change, file, allow_same_path=allow_same_path, beside=beside), how
    )


def edit_of(
    registry: Registry,
    name: str,
    change: AnnotationEdit,
    file: str | None = None,
    *,
    allow_same_path: bool = False,
    beside: Mapping[str, str] = MappingProxyType({}),
) -> Callable[[EditTarget], Edit]:
    """Return what decides, for a place where files are, what annotate() writes there."""
    message = f"Annotate artifact `{name}`"
    message += f" of type `{change.type}`" if change.type is not None else ""
    message += f" with path `{change.path}`" if change.path is not None else ""

    def edit(target: EditTarget) -> Edit:
        _check(registry, name, change)
        path = _file(registry, target, name, file)
        if change.path is not None and not allow_same_path:
            _refuse_conflict(registry, target, name, change.path)
        _, plain = names.split_directory(name)
        return Edit(path, annotate_text(target.text(path), path, plain, change), message, beside)

    return edit


def remove(registry: Registry, name: str, how: SaveOptions = AS_USUAL, *, file: str | None = None) -> Saved:
    """Remove an artifact's annotation: from the work tree, or from the branch that was opened, or on a new one."""
    return carry_out(registry, removal_of(registry, name, file), how)


def removal_of(registry: Registry, name: str, file: str | None = None) -> Callable[[EditTarget], Edit]:
    """Return what decides, for a place where files are, what remove() writes there."""
    names.parse_artifact(name)

    def edit(target: EditTarget) -> Edit:
        path = _file(registry, target, name, file, must_hold=True)
        _, plain = names.split_directory(name)
        return Edit(path, remove_text(target.text(path), path, plain), f"Remove annotation for artifact `{name}`")

    return edit


def _check(registry: Registry, name: str, change: AnnotationEdit) -> None:
    names.parse_artifact(name)
    for label in change.labels:
        names.parse_plain(label, "label")
    if change.type is not None:
        names.parse_plain(change.type, "type")
        if registry.config.types is not None and change.type not in registry.config.types:
            raise TypeNotAllowed(change.type, registry.config.types)
    if change.must_exist:
        if not change.path:
            raise UsageError("`path` is required when `must_exist` is set to True", "add --path")
        if "\n" in change.path or registry.repo.read([f"HEAD:{posixpath.normpath(change.path)}"])[0] is None:
            raise NoFile(change.path)


def _file(registry: Registry, target: EditTarget, name: str, asked: str | None, *, must_hold: bool = False) -> str:
    """Choose the file: the one asked for, the one that has the artifact, or the one that suits the project."""
    directory, plain = names.split_directory(name)
    if asked is not None:
        return _asked(registry, directory, plain, asked)
    held = annotation_lookup.find(registry, name, target.commit, work_tree=target.commit is None)
    if held is not None:
        return held.file
    if must_hold:
        raise ArtifactNotFound(name)
    if directory:
        return posixpath.join(directory, DVC_FILE)
    return DVC_FILE if target.has(".dvc", DVC_FILE) else registry.config.index_file


def _asked(registry: Registry, directory: str, plain: str, asked: str) -> str:
    path = posixpath.normpath(asked)
    if posixpath.basename(path) != DVC_FILE and path != registry.config.index_file:
        raise UsageError(f"'{asked}' is no annotation file", f"name a {DVC_FILE}, or {registry.config.index_file}")
    expected = posixpath.dirname(path)
    if expected != directory:
        right = f"{expected}:{plain}" if expected else plain
        raise UsageError(f"In '{path}' the artifact is called '{right}'", f"annotate '{right}' there")
    return path


def _refuse_conflict(registry: Registry, target: EditTarget, name: str, path: str) -> None:
    paths = [*annotation_lookup.files_of(registry, "root"), *annotation_lookup.files_of(registry, name)]
    found = annotation_lookup.read_files(Files(registry.repo), target.commit, list(dict.fromkeys(paths)))
    others = [(one.name, one.path) for one in found.annotations if one.path is not None and one.name != name]
    conflict = find_conflict(path, others)
    if conflict is not None:
        raise PathIsUsed(path, *conflict)
