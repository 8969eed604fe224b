"""The repositories that a command is given: by name, as a catalogue, or the one that it was started in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gto.catalog import file
from gto.catalog.membership import About, make_entry
from gto.catalog.repositories import Search, expand
from gto.exceptions import NoRepo, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


def find(words: Sequence[str], catalog: str | None, groups: Sequence[str] = ()) -> Search:
    """Return the repositories that words name: paths, URLs, globs; else those of a catalogue.

    Without either it is the repository around the present directory, and where there is none the user's own catalogue.
    NoRepo or NoCatalogue where there is nothing.
    """
    if words and (catalog is not None or groups):
        raise UsageError("--repo names repositories, --catalog lists them", "leave one of them out")
    if words:
        return _named(words)
    if catalog is not None or groups:
        return file.find_all(catalog, groups)
    try:
        return _named(["."])
    except NoRepo:
        if not os.path.exists(file.user_file()):
            raise
        return file.find_all()


def _named(words: Sequence[str]) -> Search:
    here = os.getcwd()
    return expand([make_entry(word, None, here, About()) for word in words], here)
