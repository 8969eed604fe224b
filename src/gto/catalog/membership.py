"""Repositories put into a catalogue and taken out of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from gto.catalog import file
from gto.catalog.entry import CatalogEntry, new_entry
from gto.catalog.repositories import expand, is_repository, name_of
from gto.core.nearness import did_you_mean
from gto.exceptions import NameTaken, RepositoryNotFound, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gto.catalog.file import Catalogue


class Added(NamedTuple):
    """What was put into a catalogue: the entries, and the names of the repositories that they stand for now."""

    path: str
    entries: tuple[CatalogEntry, ...]
    names: tuple[str, ...]

    def lines(self) -> list[str]:
        """Say what was done."""
        if not self.names:
            return [f"Added to {self.path}; no repository is found there yet"]
        return [f"Added '{name}' to {self.path}" for name in self.names]


class About(NamedTuple):
    """What is said of a repository that is added."""

    name: str | None = None
    groups: tuple[str, ...] = ()
    branch: str | None = None


def add(words: Sequence[str], about: About, path: str | None = None) -> Added:
    """Put paths, URLs or globs into a catalogue, which is made if it is not there; all of them or none.

    NoRepo where a path leads to no repository, NameTaken where a name is in use.
    """
    if about.name and len(words) > 1:
        raise UsageError("--name is for one repository", "add them one by one")
    entries: list[CatalogEntry] = []

    def change(old: Catalogue, text: str) -> str:
        base = old.base if path is not None else None
        entries[:] = [make_entry(word, base, old.base, about) for word in words]
        _check_names(old, entries)
        return file.with_entries(old, text, entries)

    new = file.edit(path, change)
    every = expand(new.entries, new.base).places
    names = [place.name for place in every if place.entry._replace(line=None) in entries]
    return Added(new.path, tuple(entries), tuple(names))


def make_entry(word: str, base: str | None, home: str, about: About) -> CatalogEntry:
    """Return the entry for a path, URL or glob; NoRepo where a path leads to no repository."""
    entry = new_entry(word, base, about.name, about.groups, about.branch)
    if entry.source != "path":
        return entry
    address = os.path.join(home, entry.text)
    if is_repository(address):
        return entry
    from gto.registry.registry import Registry

    repo = Registry.open(address).repo  # a directory inside of a repository stands for the whole
    return new_entry(repo.top or repo.common_dir, None, about.name, about.groups, about.branch)


def _check_names(old: Catalogue, entries: Sequence[CatalogEntry]) -> None:
    taken = {
        place.name: place.address for place in expand(old.entries, old.base).places if place.entry.source != "glob"
    }
    for entry in entries:
        if entry.source == "glob":
            if entry.text in {other.text for other in old.entries}:
                raise NameTaken(entry.text, old.path)
            continue
        name = name_of(entry, old.base)
        if name in taken:
            raise NameTaken(name, taken[name])
        taken[name] = entry.shown


def remove(names: Sequence[str], path: str | None = None) -> Catalogue:
    """Take repositories out of a catalogue, by name, or globs by their text; the repositories stay as they are."""

    def change(old: Catalogue, text: str) -> str:
        return file.without_entries(old, text, {_number(old, name) for name in names})

    file.load_existing(path)
    return file.edit(path, change)


def _number(catalogue: Catalogue, name: str) -> int:
    for number, entry in enumerate(catalogue.entries):
        if name == (entry.text if entry.source == "glob" else name_of(entry, catalogue.base)):
            return number
    places = expand(catalogue.entries, catalogue.base).places
    for place in places:
        if place.name == name:
            reason = f"'{name}' is found by the glob '{place.entry.text}'"
            raise UsageError(reason, f"`gto repos remove '{place.entry.text}'` removes the glob")
    raise RepositoryNotFound(name, did_you_mean(name, [place.name for place in places]))
