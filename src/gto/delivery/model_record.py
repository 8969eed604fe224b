"""The facts of an artifact's model, made ready to be kept beside it in Git."""

import os
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from gto.annotations.edit import AnnotationEdit
from gto.annotations.model_facts import committed_hash
from gto.delivery.file_identity import hashes_of, identity_of, work_tree_hash
from gto.delivery.locate import locate, locate_address
from gto.delivery.mlem_record import recorded_by_mlem
from gto.delivery.recorded_facts import completed, recorded_beside
from gto.dvc.paths import is_elsewhere
from gto.exceptions import UsageError
from gto.fs.regular_file import is_within
from gto.git.commit_files import Files
from gto.git.commit_tree import Tree
from gto.git.repo import Repo, commit_of
from gto.inspect.facts import ModelFacts
from gto.inspect.reading import inspect_opened
from gto.inspect.side_car import FileIdentity, SideCar, side_car_path
from gto.registry import annotation_lookup
from gto.registry.registry import Registry
from gto.storage.location import Located, StoreAddress
from gto.storage.ranged import RangedFiles


class ModelRecord(NamedTuple):
    """A side-car, and where it belongs, from the root of the repository."""

    path: str
    side_car: SideCar


def record_model(registry: Registry, name: str, path: str | None = None) -> ModelRecord:
    """Read the file of an artifact, in the work tree or else where the opened revision keeps it, and return its facts.

    `path` is where the artifact is, from the root; without one, its annotation says it.
    """
    path = path or _annotated(registry, name)
    if is_elsewhere(path):
        raise UsageError(f"'{path}' is not in the repository", "facts are kept beside files of the repository")
    path = posixpath.normpath(path)
    located = _in_work_tree(registry, path)
    commit = None if located is not None else commit_of(registry.git, registry.rev) or registry.rev
    located = located or locate(registry, commit or "", path)
    hashed, read = _read(located, registry.repo)
    file = identity_of(located, posixpath.basename(path), hashed)
    if located.is_directory:
        file = file._replace(git=_directory_hash(registry.repo, commit, path, hashed))
    place = os.path.join(registry.repo.top, path) if registry.repo.top is not None else ""
    known = (recorded_beside(place, lambda: file).fresh or recorded_by_mlem(place, file, read)) if place else None
    return ModelRecord(side_car_path(path), SideCar(file, completed(read, known)))


class InspectedEdit(NamedTuple):
    """An edit of an annotation that names the facts of the artifact's model."""

    change: AnnotationEdit
    beside: Mapping[str, str]
    """The file of the facts, by its path."""
    notes: Sequence[str]
    """What could not be read."""


def inspected_edit(registry: Registry, name: str, change: AnnotationEdit) -> InspectedEdit:
    """Read the file of an artifact, and return the edit that keeps its facts."""
    path, side_car = record_model(registry, name, change.path)
    return InspectedEdit(replace(change, side_car=path), {path: side_car.text()}, side_car.facts.notes)


def record_path(path: str) -> SideCar:
    """Read a file or directory of this machine, once, and return its facts."""
    located = locate_address(StoreAddress(os.path.abspath(path), trusted=True))
    hashed, read = _read(located, None)
    return SideCar(identity_of(located, os.path.basename(path), hashed), read)


def _directory_hash(repo: Repo, commit: str | None, path: str, hashed: Mapping[str, FileIdentity]) -> str:
    if commit is None:
        return work_tree_hash(repo, path, hashed)
    tree = Tree(Files(repo), commit)
    return committed_hash(tree, tree.resolve(path))


def _annotated(registry: Registry, name: str) -> str:
    is_here = registry.repo.is_own and registry.rev == "HEAD"
    commit = None if is_here else commit_of(registry.git, registry.rev)
    found = annotation_lookup.find(registry, name, commit, work_tree=is_here)
    if found is None or not found.path:
        raise UsageError(f"nothing says where the file of '{name}' is", "add --path")
    return found.path


def _in_work_tree(registry: Registry, path: str) -> Located | None:
    top = registry.repo.top
    if top is None or not registry.repo.is_own or registry.rev != "HEAD":
        return None
    place = os.path.join(top, path)
    if not os.path.exists(place) or not is_within(place, top):
        return None
    return locate_address(StoreAddress(os.path.abspath(place), trusted=True))


def _read(located: Located, repo: Repo | None) -> tuple[dict[str, FileIdentity], ModelFacts]:
    """Return the hashes of files by their paths, and their facts; each file is opened once."""
    with RangedFiles(located.contents, repo) as files:
        opened = [files.open(one) for one in located.contents]
        facts = inspect_opened(located, opened)
        hashed = {one.path: hashes_of(one, file) for one, file in zip(located.contents, opened, strict=True)}
    return hashed, facts
