"""Small files of a commit that Git LFS keeps: the bytes that their pointers stand for."""

import os
from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING

from gto.exceptions import BadFile, ChecksumMismatch, GTOException
from gto.fs.regular_file import read_file
from gto.git.objects import LARGEST_FILE, TOO_LARGE
from gto.git.repo import Repo
from gto.storage.lfs_endpoint import Endpoint, find_endpoint, lfs_object, object_key, own_objects
from gto.storage.lfs_pointer import LfsPointer
from gto.storage.location import LfsObject

if TYPE_CHECKING:
    from gto.storage.lfs_server import LfsServers


class LfsFiles:
    """What Git LFS keeps for one revision: from the objects that are here; from the server, where that may be asked."""

    def __init__(self, repo: Repo, rev: str, *, may_fetch: bool, believe: bool = False) -> None:
        """With `believe` the server that a stranger's repository names is trusted."""
        self._repo = repo
        self._rev = rev
        self._may_fetch = may_fetch
        self._believe = believe
        self._servers: LfsServers | None = None
        self._endpoint: Endpoint | None = None
        self._objects: str | None = None

    def prepare(self, pointers: Iterable[LfsPointer]) -> None:
        """Ask the server once for all that it will be asked for; what it refuses is told when that is read."""
        wanted = [one for one in pointers if one.size <= LARGEST_FILE and self._here(one) is None]
        if wanted and self._may_fetch:
            try:
                self._server().prepare([self._object(one) for one in wanted])
            except GTOException:
                return

    def read(self, path: str, pointer: LfsPointer) -> bytes:
        """Return the file that a pointer at a path stands for, or raise BadFile."""
        if pointer.has_extension:
            reason = "it went through an extension of Git LFS, a program of its own"
            raise BadFile(path, reason, hint="clone the repository, and have `git lfs pull` run that program")
        if pointer.size > LARGEST_FILE:
            raise BadFile(path, f"Git LFS keeps it, and {TOO_LARGE}")
        data = self._here(pointer)
        if data is not None:
            return data
        if not self._may_fetch:
            raise BadFile(path, "Git LFS keeps it, and it is not here", hint="`git lfs fetch --all` brings it")
        try:
            return self._fetched(pointer)
        except GTOException as error:
            raise BadFile(path, f"Git LFS keeps it: {error.message}", hint=error.hint) from error

    def _here(self, pointer: LfsPointer) -> bytes | None:
        if not self._repo.is_own:
            return None
        if self._objects is None:
            self._objects = own_objects(self._repo)
        place = os.path.join(self._objects, *object_key(pointer.oid).split("/"))
        data = read_file(place, pointer.size + 1)
        return data if data is not None and sha256(data).hexdigest() == pointer.oid else None

    def _fetched(self, pointer: LfsPointer) -> bytes:
        data = bytearray()
        one = self._object(pointer)
        for chunk in self._server().read(one, 0):
            data += chunk
            if len(data) > pointer.size:
                break  # it is wrong already; there may be no end of it
        if sha256(data).hexdigest() != pointer.oid:
            raise ChecksumMismatch(one.endpoint, f"sha256 {pointer.oid}", f"sha256 {sha256(data).hexdigest()}")
        return bytes(data)

    def _object(self, pointer: LfsPointer) -> LfsObject:
        if self._endpoint is None:
            self._endpoint = find_endpoint(self._repo, self._rev, believe=self._believe)
        return lfs_object(self._endpoint, pointer)

    def _server(self) -> "LfsServers":
        if self._servers is None:
            from gto.storage.lfs_server import LfsServers  # it speaks HTTP, which takes ten milliseconds to import

            self._servers = LfsServers(self._repo)
        return self._servers
