"""What DVC recorded: the stages of a `dvc.lock`, and the outputs of `.dvc` files."""

import posixpath
import re
from collections.abc import Mapping
from typing import NamedTuple

from gto.dvc.checkout import UNREADABLE, Checkout
from gto.dvc.tree import joined
from gto.exceptions import BadFile
from gto.yamldoc.document import load
from gto.yamldoc.json_value import to_json

_HASHES = ("md5", "etag", "checksum")


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


class Locked(NamedTuple):
    """A stage as it last ran."""

    command: str
    deps: tuple[Datum, ...]
    outs: tuple[Datum, ...]
    params: Mapping[str, Mapping[str, object]]
    """By file, and in it by key."""


class Pointer(NamedTuple):
    """A `.dvc` file: the data that it stands for, and where that came from."""

    file: str
    outs: tuple[Datum, ...]
    origin: str | None = None
    """The repository and revision, or the URL, that it was imported from."""


def read_lock(checkout: Checkout, file: str, directories: Mapping[str, str]) -> dict[str, Locked]:
    """Return the stages of a `dvc.lock`; `directories` says in which each runs. Of one that cannot be read, none."""
    top = _load(checkout, file)
    stages = top.get("stages", top if "schema" not in top else {})
    here = posixpath.dirname(file)
    found = {}
    for name, fields in stages.items() if isinstance(stages, dict) else ():
        if isinstance(fields, dict):
            found[str(name)] = _locked(fields, directories.get(str(name), here))
    return found


def read_pointer(checkout: Checkout, file: str) -> Pointer:
    """Return what a `.dvc` file says; of one that cannot be read, nothing."""
    top = _load(checkout, file)
    wdir = top.get("wdir")
    here = joined(posixpath.dirname(file), wdir if isinstance(wdir, str) else ".")
    return Pointer(file, _data(top.get("outs"), here), _origin(top.get("deps")))


def _load(checkout: Checkout, file: str) -> dict[object, object]:
    try:
        top = load(checkout.read(file) or b"", file).value
    except BadFile as error:
        checkout.set_aside(UNREADABLE, file, error.reason, "mend the file, then commit it")
        return {}
    return top if isinstance(top, dict) else {}


def _locked(fields: Mapping[object, object], directory: str) -> Locked:
    command = fields.get("cmd")
    params = fields.get("params")
    read = {
        joined(directory, str(path)): {str(key): to_json(value) for key, value in values.items()}
        for path, values in (params.items() if isinstance(params, dict) else ())
        if isinstance(values, dict)
    }
    text = "\n".join(map(str, command)) if isinstance(command, list) else str(command or "")
    return Locked(text, _data(fields.get("deps"), directory), _data(fields.get("outs"), directory), read)


def _data(value: object, directory: str) -> tuple[Datum, ...]:
    listed = value if isinstance(value, list) else []
    return tuple(_datum(item, directory) for item in listed if isinstance(item, dict) and "path" in item)


def _datum(item: Mapping[object, object], directory: str) -> Datum:
    path = str(item["path"])
    key = next((key for key in _HASHES if isinstance(item.get(key), str | int)), None)
    mark = None if key is None else str(item[key])
    algorithm = "md5-dos2unix" if key == "md5" and item.get("hash") != "md5" else key
    where = path if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", path) else joined(directory, path)
    return Datum(where, mark, _number(item.get("size")), _number(item.get("nfiles")), algorithm)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _origin(deps: object) -> str | None:
    match deps:
        case [{"repo": {"url": str(url), **repo}, "path": path}, *_]:
            rev = repo.get("rev_lock", repo.get("rev", ""))
            return f"{path} of {url}{f' at {rev}' if rev else ''}"
        case [{"path": str(path)}, *_]:
            return path
        case _:
            return None
