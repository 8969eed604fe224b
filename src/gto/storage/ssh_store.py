"""Stores that are directories behind SSH, through sshfs."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from gto.exceptions import ContentMissing, ExtraMissing, RemoteUnreachable, StoreRefused
from gto.storage import transport, urls
from gto.storage.location import CHUNK

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from sshfs import SSHFileSystem

    from gto.storage.location import StoreAddress


class SshStore(NamedTuple):
    """A directory of another machine."""

    files: SSHFileSystem
    url: str
    root: str

    def stat(self, key: str, version: str | None = None) -> int | None:  # noqa: ARG002  files have no versions
        """Return a file's size."""
        try:
            found = self.files.info(self._path(key))
        except Exception as error:
            raise failure(urls.join(self.url, key), error) from error
        if found["type"] != "file":
            raise ContentMissing(urls.join(self.url, key), "it is no file")
        return int(found["size"])

    def read(
        self,
        key: str,
        version: str | None = None,  # noqa: ARG002  as above
        start: int = 0,
        end: int | None = None,
    ) -> Generator[bytes, None, None]:
        """Yield a file's bytes from `start` on, up to before `end`."""
        try:
            with self.files.open(
                self._path(key), "rb", block_size=CHUNK if end is None else min(CHUNK, end - start)
            ) as file:
                at = file.seek(start)
                while chunk := file.read(CHUNK if end is None else min(CHUNK, end - at)):
                    at += len(chunk)
                    yield chunk
        except GeneratorExit:
            raise
        except Exception as error:
            raise failure(urls.join(self.url, key), error) from error

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield the files below a directory."""
        try:
            is_there = self.files.isdir(self._path(prefix))
            found = self.files.find(self._path(prefix), detail=True)
        except Exception as error:
            raise failure(urls.join(self.url, prefix), error) from error
        if not is_there:
            raise ContentMissing(urls.join(self.url, prefix))
        for path, info in sorted(found.items()):
            yield posixpath.relpath(path, self.root or "/"), int(info["size"])

    def sign(self, key: str, seconds: int) -> str | None:  # noqa: ARG002  nobody can sign a path
        """Return None: SSH knows no signed URLs."""
        return None

    def _path(self, key: str) -> str:
        if ".." in key.split("/"):
            raise ContentMissing(urls.join(self.url, key), "the key leaves the store")
        return urls.join(self.root, key)


def open_ssh(where: StoreAddress) -> SshStore:
    """Return the directory of an address, over a connection that is made now."""
    url, options = urls.shown(where.url), where.options
    user, host, path = urls.split(where.url)
    if not where.trusted:
        hint = "trust the remote, or copy it into your own configuration"
        raise StoreRefused(url, "SSH wants your key, and a repository of others names this host", hint)
    if urls.is_true(options.get("ask_password")) or urls.is_true(options.get("ask_passphrase")):
        raise RemoteUnreachable(url, "the remote says to ask for a password, and GTO asks nobody", "use a key")
    try:
        import asyncssh  # noqa: F401  sshfs comes with it
        from sshfs import SSHFileSystem
    except ModuleNotFoundError as error:
        raise ExtraMissing("To read over SSH", "sshfs", "ssh") from error
    try:
        files = SSHFileSystem(**_arguments(options, user, host, url))
    except Exception as error:
        raise failure(url, error) from error
    return SshStore(files, url, "/" + unquote(path).strip("/"))


def _arguments(options: Any, user: str, host: str, url: str) -> dict[str, Any]:  # noqa: ANN401  as asyncssh has them
    name, _, port = host.partition("]")[2].rpartition(":") if host.startswith("[") else host.partition(":")
    given = options.get("port") or port
    if given and not given.isdecimal():
        raise RemoteUnreachable(url, f"its port is '{given}'", "a number was expected")
    found: dict[str, Any] = {
        "host": host[1:].partition("]")[0] if host.startswith("[") else name,
        "known_hosts": (),  # the user's own file; sshfs would take any host
        "connect_timeout": min(transport.CONNECT, transport.silence()),
        "timeout": transport.silence(),
        "keepalive_interval": 15,
        # A loop that another thread has ended is not used again.
        "skip_instance_cache": True,
    }
    found |= {"port": int(given)} if given else {}
    login, _, password = map(unquote, user.partition(":"))
    found |= {"username": options.get("user") or login} if options.get("user") or login else {}
    found |= {"password": options.get("password") or password} if options.get("password") or password else {}
    if keyfile := options.get("keyfile"):
        found["client_keys"] = [_key(os.path.expanduser(keyfile), url)]
    if "passphrase" in options:
        found["passphrase"] = options["passphrase"]
    if urls.is_false(options.get("allow_agent")):
        found["agent_path"] = None
    return found


def _key(path: str, url: str) -> str:
    if not os.path.isfile(path):
        raise StoreRefused(url, f"there is no key '{path}'", "see the remote's keyfile")
    return path


def failure(url: str, error: Exception) -> Exception:
    """Return what an error of sshfs or asyncssh means."""
    import asyncssh

    if isinstance(error, (ContentMissing, RemoteUnreachable)):
        return error
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        hint = "connect once with `ssh`, and look at the key that it shows"
        return StoreRefused(url, "the key of that host is not among your known hosts", hint)
    if isinstance(error, (asyncssh.PermissionDenied, PermissionError, asyncssh.KeyImportError)):
        hint = "see user, port and keyfile of the remote; `ssh` with the same must work"
        return StoreRefused(url, "it does not let you in", hint)
    if isinstance(error, (FileNotFoundError, asyncssh.SFTPNoSuchFile, IsADirectoryError, NotADirectoryError)):
        return ContentMissing(url)
    if isinstance(error, (TimeoutError, asyncssh.TimeoutError)) or type(error).__name__ == "FSTimeoutError":
        return RemoteUnreachable(url, "it does not answer in time", passing=True)
    words = str(error).strip().splitlines()
    return RemoteUnreachable(url, words[0] if words else type(error).__name__, passing=True)
