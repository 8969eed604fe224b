"""Where the Git LFS server of a revision is, as git-lfs finds it."""

import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gto.core.allowed_stores import AllowedStores
from gto.git.lfs_config import GitSettings, address_of, read_settings
from gto.git.repo import Repo
from gto.storage import urls
from gto.storage.lfs_pointer import LfsPointer
from gto.storage.location import LfsObject, Source, StoreAddress, StoreObject

_SCP_RE = re.compile(r"((?:[^@:/\s]+@)?[^@:/\s]{2,}):(.*)", re.DOTALL)
_PORT_RE = re.compile(r":\d+$")


class Endpoint(NamedTuple):
    """A server of Git LFS, or a directory."""

    url: str
    """`https://`, `http://` or `ssh://`; a path for a repository that is a directory of this machine; empty where
    nothing says where the server is."""
    trusted: bool
    """Whether the user's configuration, or the host of the repository itself, leads there."""
    any_address: bool = False
    """Whether it may be in a private network although a stranger named it."""
    allowed: AllowedStores | None = None
    """The stores among which it must be; None where it may be any."""


def find_endpoint(repo: Repo, rev: str, *, believe: bool = False, is_own: bool = True) -> Endpoint:
    """Return the server that has the files of a revision; with `believe` it is trusted, but no path is.

    Without `is_own` what is committed is a stranger's word, also where the repository is one of this machine.

    The remote is the one that the branch follows. `lfs.url` in git's configuration comes first, then in the revision's
    `.lfsconfig`; then `remote.<name>.lfsurl` of both; then the remote's own URL.
    """
    found = _find_endpoint(repo, rev, is_own=is_own and repo.is_own and repo.stores is None)
    if believe and urls.scheme(found.url):
        return found._replace(trusted=True, any_address=True)
    return found


def _find_endpoint(repo: Repo, rev: str, *, is_own: bool) -> Endpoint:
    settings = read_settings(repo, rev)
    name = _remote(repo, settings)
    remote = repo.address or address_of(repo, name)
    for key in ("lfs.url", f"remote.{name}.lfsurl"):
        if given := settings.own.get(key):
            return Endpoint(_normal(address_of(repo, given)), trusted=True)
        if given := settings.committed.get(key):
            url = _normal(address_of(repo, given))
            # A clone is the user's own; a repository that a URL names may lead only to its own host.
            is_trusted = is_own or _host(url) == _host(_of_clone(remote))
            return Endpoint(url, is_trusted, allowed=None if url == _of_clone(remote) else repo.stores)
    if remote == name and not os.path.isdir(name):
        return Endpoint("", trusted=False)  # an object that is here needs none
    return Endpoint(_of_clone(remote), trusted=True)


def lfs_sources(repo: Repo, endpoint: Endpoint, pointers: Iterable[LfsPointer]) -> Iterator[tuple[Source, ...]]:
    """Yield where the file of each pointer is: what git-lfs fetched here before, then the server."""
    here = StoreAddress(own_objects(repo), trusted=True) if repo.is_own else None
    for pointer in pointers:
        there = lfs_object(endpoint, pointer)
        yield (there,) if here is None else (StoreObject(here, object_key(pointer.oid)), there)


def lfs_object(endpoint: Endpoint, pointer: LfsPointer) -> LfsObject:
    """Return what a pointer stands for, on a server."""
    return LfsObject(pointer.oid, pointer.size, endpoint.url, endpoint.trusted, endpoint.any_address, endpoint.allowed)


def object_key(oid: str) -> str:
    """Return the path of an object below a directory of objects."""
    return f"{oid[:2]}/{oid[2:4]}/{oid}"


def own_objects(repo: Repo) -> str:
    """Return the directory in which git-lfs keeps the objects of a repository."""
    out = repo.git.run(["config", "--get", "lfs.storage"], ok=(0, 1)).decode("utf-8", "surrogateescape").rstrip("\n")
    return os.path.join(repo.common_dir, out or "lfs", "objects")


def _remote(repo: Repo, settings: GitSettings) -> str:
    followed = {key: name for key, name in settings.own.items() if key.startswith("branch.") and name != "."}
    if any(key.endswith(".remote") for key in followed) and repo.is_own:
        branch = repo.git.ask(["symbolic-ref", "--quiet", "--short", "HEAD"])[0].decode("utf-8", "surrogateescape")
        if name := followed.get(f"branch.{branch.rstrip(chr(10))}.remote"):
            return name
    names = sorted({key.split(".", 1)[1].rpartition(".")[0] for key in settings.own if _is_url(key)})
    if name := settings.own.get("remote.lfsdefault"):
        return name
    return names[0] if len(names) == 1 else "origin"


def _is_url(key: str) -> bool:
    return key.startswith("remote.") and key.endswith(".url")


def _normal(url: str) -> str:
    """Return the URL of an API without what stands around it; of a directory, its path."""
    match urls.scheme(url):
        case "file":
            from urllib.parse import unquote

            return "/" + unquote(urls.split(url).path)
        case "" if match := _SCP_RE.fullmatch(url):
            return f"ssh://{match[1]}/{match[2].lstrip('/')}"
        case "":
            return os.path.abspath(url)
        case "git+ssh" | "ssh+git":
            return "ssh://" + url.partition("://")[2]
        case _:
            return url.rstrip("/")


def _of_clone(url: str) -> str:
    """Return the API's URL that a repository's URL stands for."""
    url = _normal(url)
    if urls.scheme(url) in {"", "ssh"}:
        return url
    if urls.scheme(url) == "git":
        url = "https://" + _PORT_RE.sub("", urls.split(url).host) + "/" + urls.split(url).path
    return url + ("/info/lfs" if url.endswith(".git") else ".git/info/lfs")


def _host(url: str) -> str:
    """Return the host of a URL; of a path, the path itself. A plain `http` for an `https` is another host."""
    if not urls.scheme(url):
        return url
    host = urls.split(url).host.lower()
    return f"http:{host}" if urls.scheme(url) == "http" else host
