"""The files of an output that DVC recorded: in its cache on this machine, and where they are located elsewhere."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from gto.dvc.checkout import Checkout
from gto.dvc.dvc_config import RepositoryTrust
from gto.dvc.output import LISTING, Datum, ReadFrom, key_of
from gto.dvc.project_config import ProjectConfig
from gto.exceptions import CannotLocate, ContentMissing, GTOException, WrongConfig
from gto.git.objects import LARGEST_FILE
from gto.git.repo import Repo
from gto.storage.location import Content, Digest, Located, StoreAddress, StoreObject
from gto.storage.small_files import read_contents

Locate = Callable[[str, str], Located]
"""Returns where the files are of a path in a commit, or raises GTOException."""
Contents = Mapping[str, Content]
"""Files by their paths in an output; an empty path is the output itself."""

_MD5_DIGITS = 32


class DataReach(NamedTuple):
    """Where files that DVC keeps are looked for beside its cache, and up to which size they are read."""

    locate: Locate | None = None
    """None where only the cache of this machine is asked."""
    trust: RepositoryTrust | None = None
    """None for that of a directory on this machine, or of a repository that a URL names."""
    largest: int | None = None
    """Bytes; None for what `GTO_DATA_LIMIT` says."""


def data_limit() -> int:
    """Return how many bytes a file may have, unless the caller says otherwise."""
    text = os.environ.get("GTO_DATA_LIMIT", "")
    try:
        found = float(text) * (1 << 20) if text else LARGEST_FILE
    except ValueError:
        found = -1
    if not 0 <= found < 1 << 40:
        raise WrongConfig("GTO_DATA_LIMIT", f"a number of MiB was expected, as in 16 or 0.5, not '{text}'")
    return int(found)


class OutputContents:
    """The files of the outputs of one project in one commit; each output is asked for once."""

    def __init__(self, repo: Repo, checkout: Checkout, root: str, reach: DataReach) -> None:
        self._commit = checkout.commit
        self._root = root
        self._locate = reach.locate
        self._config = ProjectConfig(repo, checkout, reach.trust or RepositoryTrust(is_own=repo.is_own))
        self._found: dict[tuple[ReadFrom, str], Contents | GTOException] = {}

    def find(self, datum: Datum, place: ReadFrom) -> Contents | GTOException:
        """Return the files of an output; where they cannot be told, the error."""
        known = self._found.get((place, datum.path))
        if known is None:
            try:
                known = self._in_cache(datum) if place == "cache" else self._located(datum)
            except GTOException as error:
                known = error
            self._found[place, datum.path] = known
        return known

    def _in_cache(self, datum: Datum) -> Contents:
        caches = self._config.caches(self._root)
        if not caches:
            raise ContentMissing("cache")
        return contents_in_cache(caches, datum)

    def _located(self, datum: Datum) -> Contents:
        if self._locate is None:
            raise CannotLocate("only the cache is asked")
        return {one.path: one for one in self._locate(self._commit, datum.path).contents}


def is_directory(datum: Datum) -> bool:
    """Tell whether DVC recorded a directory."""
    return datum.files is not None or (datum.md5 or "").endswith(LISTING)


def contents_in_cache(caches: Sequence[StoreAddress], datum: Datum) -> Contents:
    """Return the files of an output, or raise GTOException.

    Whether the files are there is not known; the listing of a directory is.
    """
    digest = _digest(datum)
    if digest is None:
        raise CannotLocate("DVC noted no hash of its bytes")
    if not digest.value.endswith(LISTING):
        return {"": _content(caches, "", digest, datum.size)}
    from gto.dvc.dir_listing import LARGEST, parse_listing

    algorithm: Literal["md5", "md5-dos2unix"] = "md5" if digest.algorithm == "md5" else "md5-dos2unix"
    listing = _content(caches, datum.path, digest, None)
    plain = Digest("md5", digest.value.removesuffix(LISTING))
    (found,) = read_contents([listing._replace(digest=plain)], LARGEST)
    if found.error is not None:
        raise found.error
    listed = parse_listing(found.data, algorithm, f"the listing of '{datum.path}'")
    return {one.path: _content(caches, one.path, one.digest, None) for one in listed}


def _content(caches: Sequence[StoreAddress], path: str, digest: Digest, size: int | None) -> Content:
    return Content(path, size, digest, tuple(StoreObject(cache, key_of(digest)) for cache in caches))


def _digest(datum: Datum) -> Digest | None:
    value = (datum.md5 or "").lower()
    plain = value.removesuffix(LISTING)
    if len(plain) != _MD5_DIGITS or not set(plain) <= set("0123456789abcdef"):
        return None
    match datum.algorithm:
        case "md5" | "md5-dos2unix" as algorithm:
            return Digest(algorithm, value)
        case _:
            return None
