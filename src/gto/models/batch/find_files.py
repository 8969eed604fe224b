"""Which files an input names: a path, a directory, a pattern, a URL, or several of them."""

import glob
import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from gto.delivery.locate import locate_address
from gto.exceptions import ContentMissing, NotFound, UsageError
from gto.models.batch.source_file import SourceFile
from gto.models.data_files import kind_of
from gto.storage import urls
from gto.storage.location import Content, StoreAddress

_BUCKETS = frozenset({"s3", "gs", "azure"})
_PATTERN_RE = re.compile(r"[*?\[]")
_HINT = "name the data with --input: a file, a directory, a pattern in quotes, a URL"


def find_files(inputs: Sequence[str]) -> tuple[SourceFile, ...]:
    """Return the files in the order of the inputs, those of one input by name; NotFound where there is none.

    In a directory, names that begin with `.` or `_` are no data (`_SUCCESS`); one of an unknown kind is refused.
    """
    return tuple(file for one in inputs for file in (_of_store(one) if urls.scheme(one) else _of_disk(one)))


def _of_disk(name: str) -> Iterator[SourceFile]:
    if os.path.isdir(name):
        paths = [os.path.join(top, one) for top, _, names in os.walk(name) for one in names]
        paths = [path for path in sorted(paths) if _is_data(os.path.relpath(path, name))]
    elif os.path.isfile(name):
        paths = [name]
    elif _PATTERN_RE.search(name):
        paths = [path for path in sorted(glob.glob(name, recursive=True)) if os.path.isfile(path)]
    else:
        raise NotFound(f"there is no file '{name}'", _HINT)
    if not paths:
        raise NotFound(f"there is no file of data in '{name}'", _HINT)
    for path in paths:
        yield SourceFile(path, _kind(path, name), os.path.abspath(path))


def _of_store(url: str) -> Iterator[SourceFile]:
    is_bucket = urls.scheme(url) in _BUCKETS
    pattern = ""
    base = url.rstrip("/")
    if is_bucket and (found := _PATTERN_RE.search(url)):
        base, _, rest = url[: found.start()].rpartition("/")
        pattern = rest + url[found.start() :]
    address = StoreAddress(base, {}, trusted=True)  # a user's own word: their credentials count
    try:
        located = locate_address(address, is_directory=bool(pattern) or url.endswith("/"))
    except ContentMissing as error:
        raise NotFound(f"there is nothing at '{urls.shown(url)}'", _HINT) from error
    contents = [one for one in located.contents if not pattern or _matches(one.path, pattern)]
    if located.is_directory and not pattern:
        contents = [one for one in contents if _is_data(one.path)]
    if not contents:
        raise NotFound(f"there is no file of data in '{urls.shown(url)}'", _HINT)
    for one in sorted(contents, key=lambda one: one.path):
        name = _shown(base, one)
        yield SourceFile(name, _kind(name, url), one)


def _shown(base: str, content: Content) -> str:
    return urls.shown(urls.join(base, content.path))


def _kind(path: str, given: str) -> str:
    try:
        return kind_of(path)
    except UsageError as error:
        if path != given:
            error.hint = f"name those to be read by a pattern: '{posixpath.join(given.rstrip('/'), '*.parquet')}'"
        raise


def _is_data(path: str) -> bool:
    return not any(part.startswith((".", "_")) for part in path.replace(os.sep, "/").split("/"))


def _matches(path: str, pattern: str) -> bool:
    """Tell whether a pattern names a key; as in a shell, `*` stands for no `/`."""
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))
