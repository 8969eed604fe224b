"""Errors of the bytes of a version: where they are, whether they are the right ones, and where they are written to."""

from collections.abc import Mapping, Sequence

from gto.exceptions.error_kinds import Conflict, GTOException, NotFound


class StorageError(GTOException):
    """The bytes of a file could not be brought."""

    passing = False
    """Whether it may go well a moment later."""


class RemoteUnreachable(StorageError):
    """A store cannot be reached, or does not answer as it should."""

    def __init__(self, url: str, reason: str, hint: str = "", *, passing: bool = False) -> None:
        """Keep the store's address, which holds nothing secret, and why."""
        super().__init__(f"Cannot read '{url}': {reason}", hint or "run this again, or ask who keeps that store")
        self.url = url
        self.reason = reason
        self.passing = passing


class PrivateAddress(RemoteUnreachable):
    """A stranger names a server that is of this machine, or of its private network."""

    def __init__(self, host: str, address: str) -> None:
        """Keep the address to which the host's name leads."""
        reason = f"a repository of others names it, and its address {address} is one of this machine or private network"
        hint = "`--trust-remote` of `gto get`, `ls`, `url` asks it nevertheless, and sends your credentials to it"
        super().__init__(host, reason, hint)
        self.address = address


class StoreRefused(RemoteUnreachable):
    """A store wants credentials, or other ones."""


class StoreNotAllowed(StorageError):
    """A team's catalogue does not list a store for any group of the repository that names it."""

    def __init__(self, url: str, groups: Sequence[str], options: Mapping[str, str], reason: str = "") -> None:
        """Keep the store's address, which holds nothing secret; `options` of DVC say, beside it, which store it is."""
        every = {"url": url, **options}
        entry = f"{{{', '.join(f'{key}: {value}' for key, value in every.items())}}}" if options else url
        names = ", ".join(f"'{one}'" for one in groups)
        whose = f"group {names}" if groups else "a repository without a group"
        listed = f"'stores' of the catalogue lists it neither for {whose} nor for '*'"
        hint = f"an admin adds `- {entry}` there, below `{[*groups, '*'][0]}:`"
        super().__init__(f"'{url}' may not be read: {reason or listed}", "" if reason else hint)
        self.url = url
        self.groups = tuple(groups)
        self.reason = reason


class SendsNoParts(RemoteUnreachable):
    """A web server sends files from their beginning only."""

    def __init__(self, url: str) -> None:
        """Keep the file's address."""
        super().__init__(url, "the server sends no parts of files", "fetch the file whole: `gto get`, or a download")


class ContentMissing(StorageError, NotFound):
    """A store has no object of that name."""

    def __init__(self, url: str, hint: str = "") -> None:
        """Keep the object's address, which holds nothing secret."""
        super().__init__(
            f"There is no '{url}'", hint or "it was never pushed there, or was removed: `dvc push` brings it"
        )
        self.url = url


class ChecksumMismatch(StorageError):
    """Bytes came that are not those that Git's history promises."""

    def __init__(self, url: str, expected: str, found: str) -> None:
        """`expected` and `found` are sizes or digests, in words."""
        super().__init__(
            f"'{url}' does not hold what was registered: {expected} expected, {found} found",
            "nothing was kept of it; put the right file there from a machine whose cache has it, as with `dvc push`",
        )
        self.url = url
        self.expected = expected
        self.found = found


class FileTooLarge(StorageError):
    """A file has more bytes than are read of its kind."""

    def __init__(self, url: str, size: int | None, largest: int) -> None:
        """Keep the address, which holds nothing secret, the size where it is known, and the limit, in bytes."""
        limit = f"{largest / (1 << 20):g} MiB" if largest >= 1 << 20 else f"{largest} bytes"
        found = "it is larger" if size is None else f"it has {size} bytes"
        super().__init__(
            f"'{url}' is not read: {found}, and the limit is {limit}",
            "the variable GTO_DATA_LIMIT sets the limit, in MiB",
        )
        self.url = url
        self.size = size
        self.largest = largest


class UnsafePath(StorageError):
    """A file would not be written where it seems to belong."""

    def __init__(self, path: str, reason: str, hint: str = "") -> None:
        """`reason` completes the sentence that begins with the path."""
        own = "ask who registered this version; nothing was kept"
        super().__init__(f"'{path}' is not written: it {reason}", hint or own)
        self.path = path
        self.reason = reason


class TargetTaken(Conflict):
    """A file is there already, and is another one."""

    def __init__(self, paths: Sequence[str]) -> None:
        """Keep the paths."""
        others = f", and {len(paths) - 1} more" if len(paths) > 1 else ""
        super().__init__(
            f"'{paths[0]}'{others} is there already and differs", "--force overwrites; or choose another place"
        )
        self.paths = tuple(paths)


class TargetUnwritable(StorageError):
    """The disk is full, or may not be written to."""

    def __init__(self, path: str, reason: str) -> None:
        """`reason` is what the system said."""
        super().__init__(f"Cannot write '{path}': {reason}", "make room, or choose another place; then run this again")
        self.path = path
        self.reason = reason


class CannotLocate(GTOException):
    """Where the bytes of a file are cannot be told for certain."""

    def __init__(self, reason: str, hint: str = "") -> None:
        """`reason` completes the sentence."""
        super().__init__(f"Cannot tell where the files are: {reason}", hint)
        self.reason = reason
