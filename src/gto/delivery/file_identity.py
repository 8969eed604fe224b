"""Which bytes a file or a directory has: its hashes, as DVC, Git LFS and Git make them."""

import hashlib
import os
from collections.abc import Iterator, Mapping

from gto.delivery.locate import locate_address
from gto.dvc.dir_listing import hash_of as hash_of_listing
from gto.git.repo import Repo
from gto.inspect.side_car import FileIdentity, directory_hash
from gto.storage.lfs_pointer import pointer_text
from gto.storage.location import CHUNK, Content, Located, StoreAddress
from gto.storage.ranged import RangedFile, RangedFiles


def identity_of_path(path: str) -> FileIdentity:
    """Return which bytes a file or directory of this machine has."""
    located = locate_address(StoreAddress(os.path.abspath(path), trusted=True))
    with RangedFiles(located.contents) as files:
        hashed = {one.path: hashes_of(one, files.open(one)) for one in located.contents}
    return identity_of(located, os.path.basename(path), hashed)


def identity_of(located: Located, name: str, hashed: Mapping[str, FileIdentity]) -> FileIdentity:
    """Return which bytes the facts are of."""
    if not located.is_directory:
        (only,) = hashed.values()
        return only._replace(path=name)
    md5s = [(path, one.md5) for path, one in hashed.items()]
    size = sum(one.size for one in hashed.values())
    return FileIdentity(name, size, hash_of_listing(md5s) if all(md5 for _, md5 in md5s) else "")


def hashes_of(content: Content, file: RangedFile) -> FileIdentity:
    """Return the hash that was promised of a file; where none was, those of its bytes."""
    digest = content.digest
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


def work_tree_hash(repo: Repo, path: str, files: Mapping[str, FileIdentity]) -> str:
    """Return the hash of a directory's files that Git has or would add; empty where there are none.

    `files` are those that are there, by their paths in the directory.
    """
    found = dict(_object_ids(repo, path, files)) if path != "." else {}
    return directory_hash(found.items()) if found else ""


def _object_ids(repo: Repo, path: str, files: Mapping[str, FileIdentity]) -> Iterator[tuple[str, str]]:
    listed = _listed(repo, path)
    kept_by_lfs = _kept_by_lfs(repo, listed)
    for full in listed:
        place, one = os.path.join(repo.top or "", full), full[len(path) + 1 :]
        if os.path.islink(place):
            yield one, _blob_id(os.fsencode(os.readlink(place)))
        elif one in files:
            known = files[one]
            yield one, _blob_id(pointer_text(known.sha256, known.size)) if full in kept_by_lfs else known.git


def _listed(repo: Repo, path: str) -> list[str]:
    """Return what Git has of a directory, and what it would add, from the root."""
    which = ["--cached", "--others", "--exclude-standard", "--full-name", "-z"]
    out = repo.git.run(["ls-files", *which, "--", f":(top,literal){path}"])
    return [one for one in out.decode("utf-8", "surrogateescape").split("\0") if one]


def _kept_by_lfs(repo: Repo, listed: list[str]) -> set[str]:
    asked = "".join(f"{os.path.join(repo.top or '', one)}\0" for one in listed)
    out = repo.git.run(["check-attr", "-z", "--stdin", "filter"], data=asked.encode("utf-8", "surrogateescape"))
    *told, _ = out.decode("utf-8", "surrogateescape").split("\0")
    return {one for one, value in zip(listed, told[2::3], strict=True) if value == "lfs"}


def _blob_id(data: bytes) -> str:
    """Return the object id that Git gives a file."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
