"""One output of DVC's: a file or directory that a `.dvc` file or a `dvc.lock` tells of, and where its bytes may be."""

from typing import Literal, NamedTuple

from gto.storage.location import Digest

LISTING = ".dir"
"""The end of the hash of a directory: the object of that name lists its files."""


def key_of(digest: Digest) -> str:
    """Return the name of an object in a cache or remote of DVC's."""
    start = "files/md5/" if digest.algorithm == "md5" else ""
    return f"{start}{digest.value[:2]}/{digest.value[2:]}"


class Datum(NamedTuple):
    """A file or directory as it was when DVC recorded it."""

    path: str
    """From the repository's root."""
    md5: str | None = None
    """Its hash; of a directory it ends with `.dir`. A store's own mark, where DVC kept that instead."""
    size: int | None = None
    """Bytes."""
    files: int | None = None
    """How many it holds, of a directory."""
    algorithm: str | None = None
    """How `md5` was made: `md5` of the bytes, DVC's `md5-dos2unix` of before 3.0, or `etag`, `checksum` of a store."""


ReadFrom = Literal["cache", "remote"]
"""The cache of this machine, or a remote; what an import came from is one too."""


class Lack(NamedTuple):
    """Why a file is not read, and the next step."""

    reason: str
    hint: str = ""
    is_final: bool = False
    """Whether no other place could help."""


class FileEntry(NamedTuple):
    """One file of a directory that is listed in the DVC file itself."""

    path: str
    digest: Digest | None
    size: int | None
    version: str | None
    is_executable: bool = False


class ImportSource(NamedTuple):
    """Where `dvc import` or `dvc import-url` brought an output from."""

    path: str
    """A path in the repository; a URL or a path where there is none."""
    repo: str | None = None
    """The URL of the repository."""
    rev: str | None = None
    """Its commit, or its branch or tag where no commit was noted."""
    remote: object = None
    """The remote to use there: a name, or a mapping of options."""
    config: object = None
    """Settings to use there: the name of a file of them, or a mapping."""
    size: int | None = None
    version: str | None = None
    files: tuple[FileEntry, ...] = ()


class Output(NamedTuple):
    """A file or directory that DVC knows."""

    path: str
    """From the root of the repository, with `/`."""
    file: str
    """The DVC file that tells of it."""
    digest: Digest | None = None
    """The hash of the file, or of the listing of the directory; None where DVC noted none."""
    size: int | None = None
    is_directory: bool = False
    is_executable: bool = False
    is_cached: bool = True
    """False for `cache: false`: then it is in Git, or nowhere."""
    remote: str | None = None
    version: str | None = None
    """The version's id in a remote that keeps versions."""
    files: tuple[FileEntry, ...] = ()
    origin: ImportSource | None = None


class Doubt(NamedTuple):
    """An output of which nobody can say for certain where it is, or of which nature."""

    path: str | None
    """As it is written, what stands before it is unknown; None where it may be any."""
    file: str
    reason: str


class Reading(NamedTuple):
    """What a file of DVC's tells of."""

    outputs: tuple[Output, ...] = ()
    doubts: tuple[Doubt, ...] = ()


class Flags(NamedTuple):
    """What the entry of an output in a `dvc.yaml` adds to that in `dvc.lock`."""

    is_cached: bool = True
    remote: str | None = None
