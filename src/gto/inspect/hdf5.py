"""HDF5 by h5py, which the extra `gto[hdf5]` brings: texts beside the data, and how many numbers the data are."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from gto.inspect.bounded import number
from gto.inspect.model_file import ModelFile, UnreadableModel

MAGIC = b"\x89HDF\r\n\x1a\n"
MISSING = "HDF5 is read by h5py, which is not installed here: pip install 'gto[hdf5]'"
_MOST_TEXT = 16 << 20


class Hdf5Missing(UnreadableModel):
    """h5py is not installed."""


class Hdf5:
    """An open file."""

    def __init__(self, file: Any) -> None:  # noqa: ANN401  h5py has no types
        """Keep what h5py opened."""
        self._file = file

    def texts(self) -> Mapping[str, str]:
        """Return the attributes of the file that are texts."""
        found = {}
        for name in self._file.attrs:
            value = self._file.attrs[name]
            if isinstance(value, bytes):
                value = value.decode("utf-8", "replace")
            if isinstance(value, str) and len(value) <= _MOST_TEXT:
                found[str(name)] = value
        return found

    def count(self, counts: Callable[[str], bool]) -> int:
        """Return how many numbers the datasets have of which the path counts; links are not followed."""
        total = 0

        def add(path: str, found: Any) -> None:  # noqa: ANN401  h5py has no types
            nonlocal total
            if hasattr(found, "shape") and counts(path):
                total += int(found.size or 0)

        self._file.visititems(add)
        return number(total)


@contextmanager
def open_hdf5(file: ModelFile) -> Iterator[Hdf5]:
    """Open a file; what h5py finds wrong with it is an UnreadableModel, within the block too."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy's: each thread takes of the address space
    try:
        import h5py
    except ImportError as error:
        raise Hdf5Missing(MISSING) from error
    try:
        with h5py.File(file.open(), "r") as opened:
            yield Hdf5(opened)
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise UnreadableModel(f"h5py cannot read it: {str(error)[:200]}") from error
