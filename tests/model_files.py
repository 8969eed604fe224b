"""Model files for tests of gto.inspect: bytes as a file, and facts read without the child process."""

import os
from collections.abc import Callable, Mapping

from gto.inspect import formats
from gto.inspect.facts import CodeOnLoad, ModelFacts
from gto.inspect.file_tree import FileTree
from gto.inspect.model_file import Allowance, ModelFile, UnreadableModel
from gto.inspect.reading import InputFile, read_model

FILES = os.path.join(os.path.dirname(__file__), "inspect", "files")
"""Files that this month's releases of the frameworks wrote: scripts/model_files/."""


def model_file(data: bytes, name: str = "model", allowance: Allowance | None = None) -> ModelFile:
    """Return bytes as a file, with as much allowance as a child process has."""
    return ModelFile(name, len(data), lambda at, count: data[at : at + count], allowance or Allowance(1 << 30, 1 << 28))


class WithHoles:
    """A large file of which only some parts are stored; numbers among the parts are lengths of zeros."""

    def __init__(self, *parts: bytes | int) -> None:
        self.size = sum(part if isinstance(part, int) else len(part) for part in parts)
        self.reads: list[int] = []
        self._parts = parts

    def file(self, read: int = 1 << 30) -> ModelFile:
        return ModelFile("model", self.size, self._read_at, Allowance(read, 1 << 28))

    def _read_at(self, start: int, count: int) -> bytes:
        self.reads.append(count)
        found, at = [], 0
        for part in self._parts:
            length = part if isinstance(part, int) else len(part)
            first, last = max(start - at, 0), min(start + count - at, length)
            if first < last:
                found.append(bytes(last - first) if isinstance(part, int) else part[first:last])
            at += length
        return b"".join(found)


def file_tree(files: Mapping[str, bytes], name: str = "model") -> FileTree:
    """Return files by their paths as a directory."""
    return FileTree(name, {path: _opener(path, data) for path, data in files.items()})


def facts_of(data: bytes | Mapping[str, bytes]) -> ModelFacts:
    """Return what a file, or a directory, says, as the child process would."""
    facts = ModelFacts()
    try:
        if isinstance(data, bytes):
            formats.read_file(model_file(data), facts)
        else:
            formats.read_tree(file_tree(data), facts)
    except UnreadableModel as error:
        facts.code_on_load = CodeOnLoad.UNKNOWN
        facts.notes.append(str(error))
    return facts


def read_bytes(data: bytes) -> ModelFacts:
    """Return what a file says, read by a child process."""
    return read_model("model", [InputFile("model", len(data), lambda at, count: data[at : at + count])])


def content(path: str) -> bytes | dict[str, bytes]:
    """Return the bytes of a file, or of the files of a directory."""
    if not os.path.isdir(path):
        with open(path, "rb") as opened:
            return opened.read()
    found = {}
    for directory, _, names in os.walk(path):
        for name in names:
            full = os.path.join(directory, name)
            with open(full, "rb") as opened:
                found[os.path.relpath(full, path)] = opened.read()
    return found


def _opener(path: str, data: bytes) -> Callable[[], ModelFile]:
    return lambda: model_file(data, path)
