"""The text of DVC's files: `.dvc` files, and the entries of outputs that `dvc.lock` has too."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gto.dvc import paths
from gto.dvc.output import LISTING, Datum, FileEntry, Flags, ImportSource, Output
from gto.exceptions import BadFile
from gto.storage.location import Digest
from gto.yamldoc.document import load

_HASHES = ("md5", "etag", "checksum")
_MD5_RE = re.compile(r"[0-9a-f]{32}(\.dir)?")


class Pointer(NamedTuple):
    """A `.dvc` file: the data that it stands for, and where that came from."""

    file: str
    outs: tuple[Datum, ...]
    origin: str | None = None
    """The repository and revision, or the URL, that it was imported from."""


def read_dvc_file(data: bytes, file: str) -> tuple[Output, ...]:
    """Return the outputs of a `.dvc` file, or raise BadFile."""
    top, directory = _load(data, file)
    deps = [part for part in _list(top.get("deps"), file) if isinstance(part, dict)]
    origin = _origin(deps[0], file) if len(deps) == 1 else None
    outputs = []
    for part in _list(top.get("outs"), file):
        entry = _mapping(part, file)
        flags = Flags(entry.get("cache") is not False, _text(entry.get("remote")))
        found = read_entry(entry, file, directory, flags)
        if found is not None:
            outputs.append(found._replace(origin=origin))
    return tuple(outputs)


def read_pointer(data: bytes, file: str) -> Pointer:
    """Return what a `.dvc` file stands for, or raise BadFile."""
    top, directory = _load(data, file)
    return Pointer(file, read_data(top.get("outs"), directory), _imported_from(top.get("deps")))


def _load(data: bytes, file: str) -> tuple[dict[object, object], str]:
    """Return what a `.dvc` file says, and the directory from which its paths are seen."""
    top = _mapping(load(data, file).value, file)
    wdir = top.get("wdir") or "."
    if not isinstance(wdir, str):
        raise BadFile(file, "its 'wdir' is no text")
    return top, paths.joined(posixpath.dirname(file), wdir)


def read_data(value: object, directory: str) -> tuple[Datum, ...]:
    """Return what a list of dependencies or outputs records; paths are seen from a directory."""
    listed = value if isinstance(value, list) else []
    return tuple(_datum(item, directory) for item in listed if isinstance(item, dict) and "path" in item)


def _datum(item: Mapping[object, object], directory: str) -> Datum:
    key = next((key for key in _HASHES if isinstance(item.get(key), str | int)), None)
    mark = None if key is None else str(item[key])
    algorithm = "md5-dos2unix" if key == "md5" and item.get("hash") != "md5" else key
    path = paths.joined(directory, str(item["path"]))
    return Datum(path, mark, read_int(item.get("size")), read_int(item.get("nfiles")), algorithm)


def _imported_from(deps: object) -> str | None:
    match deps:
        case [{"repo": {"url": str(url), **repo}, "path": path}, *_]:
            rev = repo.get("rev_lock", repo.get("rev", ""))
            return f"{path} of {url}{f' at {rev}' if rev else ''}"
        case [{"path": str(path)}, *_]:
            return path
        case _:
            return None


def read_entry(entry: Mapping[object, object], file: str, directory: str, flags: Flags) -> Output | None:
    """Return the output of one entry of a `.dvc` file or `dvc.lock`; None for one that is outside of the repository."""
    written = entry.get("path")
    if not isinstance(written, str):
        raise BadFile(file, "an output without a 'path'")
    path = from_root(written, directory)
    if path is None:
        return None
    merged = _with_cloud(entry)
    digest = read_digest(merged, file)
    legacy = "hash" not in entry
    files = tuple(_file_entry(_mapping(part, file), file, legacy=legacy) for part in _list(entry.get("files"), file))
    return Output(
        path,
        file,
        digest,
        read_int(merged.get("size")),
        bool(files) or "nfiles" in merged or (digest is not None and digest.value.endswith(LISTING)),
        merged.get("isexec") is True,
        flags.is_cached,
        flags.remote,
        _text(merged.get("version_id")),
        files,
    )


def from_root(path: str, directory: str) -> str | None:
    """Return a path, written in a directory, as seen from the root of the repository; None where it leads elsewhere."""
    if paths.is_elsewhere(path) or paths.is_elsewhere(directory):
        return None
    found = posixpath.normpath(posixpath.join(directory, path))
    return None if found.split("/", 1)[0] == ".." or "\0" in found else found


def read_digest(entry: Mapping[object, object], file: str, *, legacy: bool | None = None) -> Digest | None:
    """Return the hash of an entry; without `hash: md5` it is that of before DVC 3."""
    name = entry.get("hash", "md5")
    if name != "md5":
        return None  # an etag or a checksum of somebody's store, which bytes alone cannot be compared with
    value = entry.get("md5")
    if not value:
        return None
    text = str(value).lower()
    if not _MD5_RE.fullmatch(text):
        raise BadFile(file, f"'{value}' is no MD5 hash")
    return Digest("md5-dos2unix" if (legacy if legacy is not None else "hash" not in entry) else "md5", text)


def read_int(value: object) -> int | None:
    """Return a number of bytes; None for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def check_relpath(path: object, file: str) -> str:
    """Return the path of a file in a directory, or raise BadFile where it could lead out of it."""
    if not isinstance(path, str) or not path or path.startswith("/") or {"", ".", ".."} & set(path.split("/")):
        raise BadFile(file, f"'{path}' is no path in a directory")
    return path


def _file_entry(entry: Mapping[object, object], file: str, *, legacy: bool) -> FileEntry:
    merged = _with_cloud(entry)
    return FileEntry(
        check_relpath(entry.get("relpath"), file),
        read_digest(merged, file, legacy=legacy),
        read_int(merged.get("size")),
        _text(merged.get("version_id")),
        merged.get("isexec") is True,
    )


def _with_cloud(entry: Mapping[object, object]) -> Mapping[object, object]:
    """Return an entry with what a store that keeps versions added: `cloud: {remote: {version_id: ...}}`."""
    cloud = entry.get("cloud")
    for facts in cloud.values() if isinstance(cloud, dict) else ():
        if isinstance(facts, dict):
            return {**entry, **facts}
    return entry


def _origin(dep: Mapping[object, object], file: str) -> ImportSource | None:
    path = dep.get("path")
    repo = dep.get("repo")
    if not isinstance(path, str):
        return None
    if isinstance(repo, dict):
        rev = _text(repo.get("rev_lock")) or _text(repo.get("rev"))
        return ImportSource(path, _text(repo.get("url")), rev, repo.get("remote"), repo.get("config"))
    if not paths.is_elsewhere(path):
        return None
    merged = _with_cloud(dep)
    files = tuple(_file_entry(_mapping(part, file), file, legacy=False) for part in _list(dep.get("files"), file))
    return ImportSource(path, size=read_int(merged.get("size")), version=_text(merged.get("version_id")), files=files)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _mapping(value: object, file: str) -> dict[object, object]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadFile(file, "a mapping was expected")
    return value


def _list(value: object, file: str) -> Iterator[object]:
    if value is None:
        return iter(())
    if not isinstance(value, list):
        raise BadFile(file, "a list was expected")
    return iter(value)
