"""Objects of a cache of DVC's: which files they are, of an output that DVC recorded."""

from collections.abc import Mapping
from typing import Literal

from gto.dvc.output import LISTING, Datum, key_of
from gto.exceptions import CannotLocate
from gto.storage.location import Content, Digest, StoreAddress, StoreObject
from gto.storage.small_files import read_contents

_MD5_DIGITS = 32


def is_directory(datum: Datum) -> bool:
    """Tell whether DVC recorded a directory."""
    return datum.files is not None or (datum.md5 or "").endswith(LISTING)


def contents_in_cache(cache: StoreAddress, datum: Datum) -> Mapping[str, Content]:
    """Return the files of an output by their paths in it, an empty one for the output itself, or raise GTOException.

    Whether the files are there is not known; the listing of a directory is.
    """
    digest = _digest(datum)
    if digest is None:
        raise CannotLocate("DVC noted no hash of its bytes")
    if not digest.value.endswith(LISTING):
        return {"": _content(cache, "", digest, datum.size)}
    from gto.dvc.dir_listing import LARGEST, parse_listing

    algorithm: Literal["md5", "md5-dos2unix"] = "md5" if digest.algorithm == "md5" else "md5-dos2unix"
    place = StoreObject(cache, key_of(digest))
    plain = Digest("md5", digest.value.removesuffix(LISTING))
    (found,) = read_contents([Content(datum.path, None, plain, (place,))], LARGEST)
    if found.error is not None:
        raise found.error
    listed = parse_listing(found.data, algorithm, f"the listing of '{datum.path}'")
    return {one.path: _content(cache, one.path, one.digest, None) for one in listed}


def _content(cache: StoreAddress, path: str, digest: Digest, size: int | None) -> Content:
    return Content(path, size, digest, (StoreObject(cache, key_of(digest)),))


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
