"""A model on this machine: a file or a directory, read where it is."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from gto.exceptions import NotFound, UsageError
from gto.inspect.facts import ModelFacts
from gto.inspect.reading import InputFile, read_model

_MOST_FILES = 10_000


def inspect_path(path: str) -> ModelFacts:
    """Return what the file, or the directory, at a path says of the model in it."""
    path = os.fspath(path)
    with ExitStack() as opened:
        if not os.path.isdir(path):
            return read_model(os.path.basename(path), [_input(opened, path, os.path.basename(path))])
        names = sorted(_below(path))
        if len(names) > _MOST_FILES:
            raise UsageError(f"'{path}' holds more than {_MOST_FILES:,} files", "name the directory of one model")
        files: Sequence[InputFile] = [_lazy(opened, os.path.join(path, *name.split("/")), name) for name in names]
        return read_model(os.path.basename(os.path.abspath(path)), files, is_directory=True)


def _below(path: str) -> Iterator[str]:
    """Yield the regular files below a directory; links are followed to files alone, as loaders follow them."""
    for directory, _, names in os.walk(path):
        for name in names:
            full = os.path.join(directory, name)
            if os.path.isfile(full):
                yield os.path.relpath(full, path).replace(os.sep, "/")


def _input(opened: ExitStack, path: str, name: str) -> InputFile:
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise NotFound(f"there is no file '{path}'") from error
    opened.callback(os.close, number)
    status = os.fstat(number)
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"'{path}' is no regular file", "name a model's file or directory")
    return InputFile(name, status.st_size, lambda start, count: os.pread(number, count, start))


def _lazy(opened: ExitStack, path: str, name: str) -> InputFile:
    """Return a file that is opened when it is first read: a directory may have more files than a process may open."""
    found: list[InputFile] = []

    def read_at(start: int, count: int) -> bytes:
        if not found:
            found.append(_input(opened, path, name))
        return found[0].read_at(start, count)

    return InputFile(name, os.stat(path).st_size, read_at)
