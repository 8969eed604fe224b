"""Stores that are directories, or single files, of this machine."""

import os
import stat
from collections.abc import Generator, Iterator
from typing import IO, NamedTuple

from gto.exceptions import ContentMissing, RemoteUnreachable
from gto.storage import urls
from gto.storage.location import CHUNK, StoreAddress


class LocalStore(NamedTuple):
    """A directory; or a file, whose key is empty."""

    root: str

    def stat(self, key: str, version: str | None = None) -> int | None:  # noqa: ARG002  a directory keeps no versions
        """Return a file's size."""
        with self._open(key) as file:
            return os.fstat(file.fileno()).st_size

    def read(
        self,
        key: str,
        version: str | None = None,  # noqa: ARG002  as above
        start: int = 0,
        end: int | None = None,
    ) -> Generator[bytes, None, None]:
        """Yield a file's bytes from `start` on, up to before `end`."""
        with self._open(key) as file:
            at = file.seek(start)
            while chunk := file.read(CHUNK if end is None else min(CHUNK, end - at)):
                at += len(chunk)
                yield chunk

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield the files below a directory; no link to a directory is followed."""
        top = self._path(prefix)
        if not os.path.isdir(top):
            raise ContentMissing(top, _HINT)
        for directory, below, names in os.walk(top):
            below.sort()
            for name in sorted(names):
                path = os.path.join(directory, name)
                if os.path.isfile(path):
                    yield os.path.relpath(path, self.root).replace(os.sep, "/"), os.path.getsize(path)

    def sign(self, key: str, seconds: int) -> str | None:  # noqa: ARG002  nobody can sign a path
        """Return None: a path has no signature."""
        return None

    def _path(self, key: str) -> str:
        path = os.path.join(self.root, *key.split("/")) if key else self.root
        if os.path.isabs(key) or ".." in key.split("/"):
            raise ContentMissing(path, "the key leaves the store")
        return path

    def _open(self, key: str) -> IO[bytes]:
        path = self._path(key)
        try:
            # A pipe is not waited for.
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):  # a NUL, among others
            raise ContentMissing(path, _HINT) from None
        except OSError as error:
            raise RemoteUnreachable(path, error.strerror or str(error), "see whether you may read it") from error
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise ContentMissing(path, "it is no file")
        return open(handle, "rb")


_HINT = "is the disk or the share mounted?"


def open_local(where: StoreAddress) -> LocalStore:
    """Return the directory that an address names, unless a stranger named it."""
    path = where.url
    if urls.scheme(path) == "file":
        from urllib.parse import unquote

        path = "/" + unquote(urls.split(path).path)
    if not (where.trusted or where.allow_local):
        raise RemoteUnreachable(path, "a repository of others names this path", "--allow-local reads it nevertheless")
    if not os.path.isabs(path):
        raise RemoteUnreachable(path, "the path is not absolute", "write it as an absolute path or a URL")
    return LocalStore(os.path.normpath(path))
