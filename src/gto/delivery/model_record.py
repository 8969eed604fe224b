"""The facts of an artifact's model, made ready to be kept beside it in Git."""

import hashlib
import os
import posixpath
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from gto.annotations.model_pointer import side_car_places
from gto.delivery.locate import locate, locate_address
from gto.delivery.mlem_record import recorded_by_mlem
from gto.dvc.dir_listing import hash_of as hash_of_listing
from gto.dvc.paths import is_elsewhere
from gto.exceptions import BadFile, UsageError
from gto.fs.regular_file import is_within, read_file
from gto.git.repo import Repo, commit_of
from gto.inspect.facts import ModelFacts
from gto.inspect.reading import inspect_located
from gto.inspect.side_car import LARGEST, FileIdentity, SideCar, parse_side_car, side_car_path
from gto.registry import annotation_lookup
from gto.registry.registry import Registry
from gto.registry.resolve import AnnotatedTarget
from gto.storage.location import CHUNK, Content, Located, StoreAddress
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
    if located is None:
        located = locate(registry, commit_of(registry.git, registry.rev) or registry.rev, path)
    repo = registry.repo
    identity = _identity(located, posixpath.basename(path), repo)
    top = registry.repo.top
    place = os.path.join(top, path) if top is not None else ""
    read = inspect_located(located, repo)
    known = (recorded_beside(place) or recorded_by_mlem(place, identity, read)) if place else None
    return ModelRecord(side_car_path(path), SideCar(identity, completed(read, known)))


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


def completed(read: ModelFacts, recorded: ModelFacts | None) -> ModelFacts:
    """Return what a file says, and beside it what only its writer knew, who recorded it of this very file."""
    if recorded is None:
        return read
    return replace(
        read,
        class_name=recorded.class_name or read.class_name,
        framework=read.framework or recorded.framework,
        framework_version=read.framework_version or recorded.framework_version,
        methods={**read.methods, **recorded.methods},
        python=read.python or recorded.python,
        requirements=read.requirements or recorded.requirements,
        notes=list(dict.fromkeys((*read.notes, *recorded.notes))),
    )


def recorded_beside(path: str) -> ModelFacts | None:
    """Return the facts in the side-car beside a file or directory; None where there is none, or it is of another."""
    place = side_car_path(path)
    data = read_file(place, LARGEST + 1)
    if data is None or len(data) > LARGEST:
        return None
    return _of_this(data, place, lambda: identity_of_path(path))


def recorded_with(registry: Registry, chosen: AnnotatedTarget, located: Located) -> ModelFacts | None:
    """Return the facts in the side-car of a version's commit; None as above."""
    for place in side_car_places(chosen.annotation, chosen.path):
        (found,) = registry.repo.read([f"{chosen.commit}:{place}"])
        if found is not None and found.body is not None:
            return _of_this(found.body, place, lambda: _identity(located, "", registry.repo))
    return None


def _of_this(data: bytes, place: str, identity: Callable[[], FileIdentity]) -> ModelFacts | None:
    try:
        found = parse_side_car(data.decode(), place)
    except (BadFile, UnicodeDecodeError):
        return None  # `gto describe --all` says what is wrong with it; the file itself can be read
    mine = identity()
    kinds = [kind for kind in ("md5", "sha256", "git") if getattr(mine, kind) and getattr(found.file, kind)]
    same = mine.size == found.file.size and all(getattr(mine, kind) == getattr(found.file, kind) for kind in kinds)
    return found.facts if same and kinds else None


def identity_of_path(path: str) -> FileIdentity:
    """Return which bytes a file or directory of this machine has."""
    located = locate_address(StoreAddress(os.path.abspath(path), trusted=True))
    return _identity(located, os.path.basename(path), None)


def _identity(located: Located, name: str, repo: Repo | None) -> FileIdentity:
    """Return which bytes the facts are of; hashes that nobody recorded are made of the bytes."""
    with RangedFiles(located.contents, repo) as files:
        hashed = {one.path: _hashed(one, files) for one in located.contents}
    size = sum(one.size for one in hashed.values())
    if not located.is_directory:
        (only,) = hashed.values()
        return only._replace(path=name)
    md5s = [(path, one.md5) for path, one in hashed.items()]
    return FileIdentity(name, size, hash_of_listing(md5s) if all(md5 for _, md5 in md5s) else "")


def _hashed(content: Content, files: RangedFiles) -> FileIdentity:
    digest, file = content.digest, files.open(content)
    if digest is not None and digest.algorithm in {"md5", "sha256"}:
        return FileIdentity("", file.size(), **{digest.algorithm: digest.value})
    size, at = file.size(), 0
    # Of a repository with SHA-256 object ids the last stays as it is, and says nothing.
    made = {
        "md5": hashlib.md5(usedforsecurity=False),
        "sha256": hashlib.sha256(),
        "git": hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False),
    }
    while chunk := file.read(at, CHUNK):
        at += len(chunk)
        for hasher in made.values():
            hasher.update(chunk)
    return FileIdentity("", size, **{kind: hasher.hexdigest() for kind, hasher in made.items()})
