"""Facts of models that were read on this machine, kept below the user's cache directory by the file's hash."""

import json
import os
from contextlib import suppress
from typing import NamedTuple

from gto.exceptions import GTOException
from gto.fs import atomic_write
from gto.fs.cache_dir import home
from gto.fs.regular_file import read_file
from gto.inspect.facts import ModelFacts

MOST = 1000
"""Models; of more, those used longest ago are removed."""
_LARGEST = 1 << 20


class KeptFacts(NamedTuple):
    """What is kept: how many models, and bytes."""

    directory: str
    files: int
    size: int


def directory() -> str:
    """Return where facts are kept."""
    return os.path.join(home(), "model-facts")


def load(key: str) -> ModelFacts | None:
    """Return the facts that were kept under a key; None for none, and for what is damaged."""
    place = _place(key)
    data = read_file(place, _LARGEST)
    if data is None:
        return None
    try:
        found = ModelFacts.from_dict(json.loads(data))
    except (AttributeError, TypeError, ValueError, RecursionError):
        return None
    with suppress(OSError):
        os.utime(place)
    return found


def save(key: str, facts: ModelFacts) -> None:
    """Keep facts under a key; where nothing can be written, they are read again the next time."""
    data = json.dumps(facts.as_dict()).encode()
    if len(data) >= _LARGEST:
        return
    with suppress(OSError, GTOException):
        atomic_write.replace(_place(key), data, 0o600)
        kept = sorted(_entries(), key=lambda entry: entry.stat().st_mtime)
        for entry in kept[:-MOST]:
            os.unlink(entry.path)


def kept() -> KeptFacts:
    """Return what is kept."""
    entries = _entries()
    return KeptFacts(directory(), len(entries), sum(entry.stat().st_size for entry in entries))


def clear() -> KeptFacts:
    """Remove all that is kept, and return what that was."""
    found = kept()
    for entry in _entries():
        with suppress(OSError):
            os.unlink(entry.path)
    return found


def _place(key: str) -> str:
    return os.path.join(directory(), f"{key}.json")


def _entries() -> "list[os.DirEntry[str]]":
    with suppress(FileNotFoundError), os.scandir(directory()) as entries:
        return [entry for entry in entries if entry.name.endswith(".json")]
    return []
