"""Where the bytes of a file are, and what they must be."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from gto.core.allowed_stores import AllowedStores
from gto.storage.urls import is_true

if TYPE_CHECKING:
    from gto.git.repo import Repo

CHUNK = 1 << 20
"""Bytes that are read at a time."""

Algorithm = Literal["md5", "md5-dos2unix", "sha256", "git"]
"""`md5-dos2unix` is DVC's of before 3.0, which left carriage returns of text files out; `git` is a blob's object id."""


class Digest(NamedTuple):
    """What the bytes must hash to."""

    algorithm: Algorithm
    value: str
    """Hexadecimal digits, in lower case."""


class GitBlob(NamedTuple):
    """A blob of the repository."""

    oid: str
    repo: "Repo | None" = None
    """The repository that has it, where it is not the one that is asked for: `dvc import` from Git leads elsewhere."""


class StoreAddress(NamedTuple):
    """A store of objects: a bucket, a server, a directory; what it takes to open it."""

    url: str
    """`s3://bucket/prefix`, `gs://`, `azure://container/prefix`, `https://host/path`, `ssh://`, or an absolute path."""
    options: Mapping[str, str] = MappingProxyType({})
    """Options as DVC names them: `endpointurl`, `profile`, `access_key_id`, `connection_string`, `user`, ..."""
    trusted: bool = False
    """Whether the user's own configuration names it: only then credentials are sent there (decision 13)."""
    allow_local: bool = False
    """Whether a path of this machine is read although nobody of this machine named it: `--allow-local` says so."""
    allowed: AllowedStores | None = None
    """The stores among which it must be; None where it may be any."""

    @property
    def is_anonymous(self) -> bool:
        """Whether no credentials are to be sent."""
        return not self.trusted or is_true(self.options.get("allow_anonymous_login"))


class StoreObject(NamedTuple):
    """An object of a store."""

    store: StoreAddress
    key: str
    """Below the store's URL, with `/`."""
    version: str | None = None
    """The version's id, where the store keeps versions."""


class LfsObject(NamedTuple):
    """An object of a Git LFS server."""

    oid: str
    """Its SHA-256."""
    size: int
    endpoint: str
    """The URL of the server's API, as git-lfs finds it; a path for a remote that is a directory."""
    trusted: bool = False
    """Whether the user's own configuration, or the host of the repository itself, leads there: only then credentials
    are sent there, and only then a path is read."""
    any_address: bool = False
    """Whether the server, and where it leads, may be in a private network although a stranger named it."""
    allowed: AllowedStores | None = None
    """The stores among which the server must be; None where it may be any."""


Source = GitBlob | StoreObject | LfsObject


class Content(NamedTuple):
    """One file to deliver."""

    path: str
    """Below the directory of the artifact, with `/`; empty where the artifact is one file."""
    size: int | None
    """Bytes; None where nothing says."""
    digest: Digest | None
    """None only for a plain URL, whose bytes nobody promised."""
    sources: tuple[Source, ...]
    """Where to get it, the best first: a local cache before a remote."""
    is_executable: bool = False


class Located(NamedTuple):
    """The files of an artifact."""

    name: str
    """The last part of its path: the name that it gets on disk."""
    is_directory: bool
    contents: tuple[Content, ...]
