"""Where outputs go: a file, a folder of files, or an object of a bucket; each appears when it is whole."""

from __future__ import annotations

import ctypes
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from gto.exceptions import NotFound, UnsafePath
from gto.fs import cache_dir
from gto.models.batch.table_writer import TableWriter, regrouped
from gto.models.data_files import kind_of
from gto.storage import urls

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FOLDER_ROWS = 1 << 20
"""Rows of each file in a folder."""
_NOTE = "_gto-apply.json"
"""Beside the files of a folder; who reads such folders leaves out what begins with `_`."""
_ENDS = {"csv": ".csv", "json": ".jsonl", "parquet": ".parquet"}


class OutputPlace(NamedTuple):
    """What is written in the end."""

    path: str
    """A path, all links followed; or a URL."""
    kind: str
    is_folder: bool = False

    @property
    def work(self) -> str:
        """The directory of what is done until then: beside a path, else among what GTO can make again."""
        if urls.scheme(self.path):
            return os.path.join(cache_dir.home(), "apply", cache_dir.digest(self.path.encode()))
        return os.path.join(os.path.dirname(self.path), f".gto-apply-{os.path.basename(self.path)}")

    def place(self, tables: Iterable[Any], made_by: Mapping[str, str]) -> int:
        """Write tables into the directory of work, then put them into their place; return how many rows there are."""
        if self.is_folder:
            return _place_folder(self, tables, made_by)
        whole = os.path.join(self.work, f"output{_ENDS[self.kind]}")
        writer = TableWriter(whole, self.kind, made_by)
        for table in regrouped(tables):
            writer.write(table)
        writer.close()
        if urls.scheme(self.path):
            from gto.storage.location import StoreAddress
            from gto.storage.upload import upload

            upload(whole, StoreAddress(self.path, {}, trusted=True))
        else:
            os.replace(whole, self.path)
        return writer.rows


def find_output(output: str, kind_of_input: str) -> OutputPlace:
    """Return where outputs go: a directory, or a name that ends with `/`, gets files of the input's kind."""
    if urls.scheme(output):
        from gto.storage.upload import check_writable

        check_writable(output)
        return OutputPlace(output, kind_of(output))
    path = os.path.realpath(output)
    if not os.path.isdir(os.path.dirname(path)):
        raise NotFound(f"there is no directory '{os.path.dirname(path)}'", "make it, or name another file with -o")
    if not (os.path.isdir(path) or output.endswith("/")):
        return OutputPlace(path, kind_of(output))
    _check_folder(path, output)
    return OutputPlace(path, "parquet" if kind_of_input == "npy" else kind_of_input, is_folder=True)


def _check_folder(path: str, shown: str) -> None:
    """Refuse a folder that holds what no earlier run wrote: it is replaced whole, and nothing is added to it."""
    there = set(os.listdir(path)) if os.path.isdir(path) else set()
    own: set[str] = set()
    with suppress(OSError, ValueError, TypeError, KeyError), open(os.path.join(path, _NOTE), encoding="utf-8") as file:
        own = {_NOTE, *(one["path"] for one in json.load(file)["files"])}
    if others := sorted(there - own):
        hint = "name a folder that is empty, not there, or the output of `gto apply`"
        raise UnsafePath(shown, f"holds '{others[0]}', which `gto apply` did not write", hint)


def _place_folder(target: OutputPlace, tables: Iterable[Any], made_by: Mapping[str, str]) -> int:
    folder = os.path.join(target.work, "folder")
    _clear(folder)
    os.mkdir(folder)
    files: list[dict[str, object]] = []
    writer: TableWriter | None = None

    def end() -> None:
        if writer is not None:
            writer.close()
            files.append({"path": name, "rows": writer.rows})

    name = ""
    for table in regrouped(tables):
        if writer is None or writer.rows >= FOLDER_ROWS:
            end()
            name = f"part-{len(files):05d}{_ENDS[target.kind]}"
            writer = TableWriter(os.path.join(folder, name), target.kind, made_by)
        writer.write(table)
    end()
    rows = sum(int(str(one["rows"])) for one in files)
    with open(os.path.join(folder, _NOTE), "w", encoding="utf-8") as file:
        json.dump({"rows": rows, "files": files, "made_by": made_by}, file, indent=2)
    _put(folder, target.path, os.path.join(target.work, "before"))
    return rows


def _clear(folder: str) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def _put(folder: str, target: str, before: str) -> None:
    """Give a folder its name; of one that is there the two change places, at once where the system can."""
    if not os.path.isdir(target):
        os.rename(folder, target)
        return
    if _exchange(folder, target):
        return
    os.rename(target, before)
    try:
        os.rename(folder, target)
    except OSError:
        os.rename(before, target)
        raise


_EXCHANGE, _HERE = 2, -100  # Linux's RENAME_EXCHANGE and AT_FDCWD


def _exchange(one: str, other: str) -> bool:
    """Exchange two directories by Linux's renameat2(); tell whether that went well."""
    with suppress(OSError, AttributeError):
        rename = ctypes.CDLL(None).renameat2
        return bool(rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)
    return False
