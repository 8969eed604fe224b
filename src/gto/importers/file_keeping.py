"""Files of a version on their way into a commit: as blobs, as pointers of Git LFS, or as one directory of DVC's."""

import os
import posixpath
from collections.abc import Iterator, Mapping
from enum import Enum
from hashlib import md5, sha256
from typing import NamedTuple

from gto.dvc.checkout import Checkout
from gto.dvc.dir_listing import listing_of
from gto.dvc.dvc_config import RepositoryTrust
from gto.dvc.output import LISTING, key_of
from gto.dvc.project_config import ProjectConfig
from gto.exceptions import Conflict
from gto.fs import atomic_write
from gto.git.branch_growth import store_bytes, store_files
from gto.git.commit_files import Files
from gto.importers.commit_texts import CommitTexts
from gto.registry.registry import Registry
from gto.storage.lfs_endpoint import object_key, own_objects
from gto.storage.lfs_pointer import pointer_text
from gto.storage.location import Digest

SMALL = 10 << 20
"""Bytes of a version that Git keeps by itself, where nobody says otherwise."""

_CHUNK = 1 << 20
_LFS = "filter=lfs diff=lfs merge=lfs -text"
_GIT = "-text"


class FileStorage(Enum):
    """What keeps the bytes of files."""

    GIT = "git"
    LFS = "lfs"
    DVC = "dvc"


class StoredVersion(NamedTuple):
    """What a commit holds of the files of a version."""

    storage: FileStorage
    gone: tuple[str, ...]
    """Paths that held the version before, in whatever way."""
    blobs: Mapping[str, str]
    """Blobs by path, those of the files about files included."""


def choose_storage(texts: CommitTexts, base: str, size: int, asked: FileStorage | None) -> FileStorage:
    """Return what keeps a version: what is asked for, kept the one before, or is in use; of a small one Git."""
    if asked is not None:
        if asked is FileStorage.DVC and not texts.has(".dvc/config"):
            raise Conflict(
                "There is no DVC project at the top of the repository", "`dvc init`, and commit what it made"
            )
        return asked
    if texts.has(f"{base}.dvc"):
        return FileStorage.DVC
    if _attributes(base, FileStorage.LFS) in texts.text(_beside(base, ".gitattributes")).splitlines():
        return FileStorage.LFS
    if size <= SMALL:
        return FileStorage.GIT
    if texts.has(".dvc/config"):
        return FileStorage.DVC
    if "filter=lfs" in texts.text(".gitattributes"):
        return FileStorage.LFS
    hint = "--storage dvc (after `dvc init`), lfs or git says what shall keep it"
    raise Conflict(f"Its files are {size >> 20} MiB, and this repository uses neither DVC nor Git LFS", hint)


def keep_files(
    registry: Registry, texts: CommitTexts, base: str, files: Mapping[str, str], storage: FileStorage
) -> StoredVersion:
    """Store files, given as path and place, below `base`, and return what a commit has to hold of them."""
    git = registry.repo.writer
    blobs = _store(registry, texts, base, files, storage)
    lines = {
        ".gitattributes": {_attributes(base, one): one is storage for one in (FileStorage.GIT, FileStorage.LFS)},
        ".gitignore": {f"/{posixpath.basename(base)}": storage is FileStorage.DVC},
    }
    for name, wanted in lines.items():
        path = _beside(base, name)
        old = texts.text(path)
        text = _with_lines(old, wanted)
        if text != old:
            blobs[path] = store_bytes(git, text.encode())
    return StoredVersion(storage, (base, f"{base}.dvc"), blobs)


def _store(
    registry: Registry, texts: CommitTexts, base: str, files: Mapping[str, str], storage: FileStorage
) -> dict[str, str]:
    """Store files where their storage has them, and return the blobs that stand for them in Git."""
    git = registry.repo.writer
    if storage is FileStorage.GIT:
        oids = store_files(git, files.values())
        return {f"{base}/{path}": oid for path, oid in zip(files, oids, strict=True)}
    if storage is FileStorage.LFS:
        objects = own_objects(registry.repo)
        pointers = {path: _to_lfs(objects, place) for path, place in files.items()}
        return {f"{base}/{path}": store_bytes(git, data) for path, data in pointers.items()}
    return {f"{base}.dvc": store_bytes(git, _to_dvc(_cache(registry, texts), base, files))}


def _beside(base: str, name: str) -> str:
    return posixpath.join(posixpath.dirname(base), name)


def _attributes(base: str, storage: FileStorage) -> str:
    return f"/{posixpath.basename(base)}/** {_LFS if storage is FileStorage.LFS else _GIT}"


def _with_lines(text: str, wanted: Mapping[str, bool]) -> str:
    """Return a text with those lines that are wanted, and without the others; all else stays."""
    kept = [line for line in text.splitlines() if wanted.get(line, True)]
    kept += [line for line, is_wanted in wanted.items() if is_wanted and line not in kept]
    return "".join(f"{line}\n" for line in kept)


def _to_lfs(objects: str, place: str) -> bytes:
    """Keep a file where git-lfs looks for it, and return its pointer; an empty file is its own."""
    size = os.path.getsize(place)
    if not size:
        return b""
    oid = _hash(place, "sha256")
    _keep(place, os.path.join(objects, object_key(oid)))
    return pointer_text(oid, size)


def _to_dvc(cache: str, base: str, files: Mapping[str, str]) -> bytes:
    """Keep files in DVC's cache, and return the text of the `.dvc` file of their directory."""
    hashed = []
    for path, place in files.items():
        value = _hash(place, "md5")
        _keep(place, os.path.join(cache, key_of(Digest("md5", value))), 0o444)
        hashed.append((path, value))
    listing = listing_of(hashed)
    value = md5(listing, usedforsecurity=False).hexdigest() + LISTING
    atomic_write.replace(os.path.join(cache, key_of(Digest("md5", value))), listing, 0o444)
    size = sum(map(os.path.getsize, files.values()))
    lines = [
        "outs:",
        f"- md5: {value}",
        f"  size: {size}",
        f"  nfiles: {len(files)}",
        "  hash: md5",
        f"  path: {posixpath.basename(base)}",
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _cache(registry: Registry, texts: CommitTexts) -> str:
    """Return the directory of DVC's cache, which DVC makes with the first file."""
    if registry.repo.top is None or texts.commit is None:
        raise Conflict("A bare repository has no cache of DVC's", "run this in a clone, or choose --storage git or lfs")
    config = ProjectConfig(registry.repo, Checkout(Files(registry.repo), texts.commit), RepositoryTrust())
    return config.settings("").cache or os.path.join(registry.repo.top, ".dvc", "cache")


def _keep(place: str, target: str, mode: int | None = None) -> None:
    """Copy a file to where it is known by its hash, whole or not at all."""
    if not os.path.exists(target):
        atomic_write.replace(target, _chunks(place), mode)


def _hash(place: str, algorithm: str) -> str:
    digest = sha256() if algorithm == "sha256" else md5(usedforsecurity=False)
    for chunk in _chunks(place):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(place: str) -> Iterator[bytes]:
    with open(place, "rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
