"""The file of a catalogue: where it is, read, and entries put in or taken out while the rest stays as it is."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from gto.catalog.entry import CatalogEntry, read_entry
from gto.catalog.repositories import Search, choose, expand
from gto.catalog.store_lists import STORES, StoreLists, read_lists
from gto.exceptions import BadFile, NoCatalogue
from gto.fs import atomic_write, cache_dir, file_lock
from gto.git.objects import LARGEST_FILE, TOO_LARGE
from gto.yamldoc import text_edit
from gto.yamldoc.document import Document, decode, kind, load_text
from gto.yamldoc.dump import render_block
from gto.yamldoc.nodes import Mapping, Sequence, find
from gto.yamldoc.source import YamlSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SECTION = "repos"
_WAIT = 10.0  # seconds that another process may take to write the file


class Catalogue(NamedTuple):
    """A catalogue's file, read."""

    path: str
    entries: tuple[CatalogEntry, ...]
    exists: bool = True
    stores: StoreLists | None = None
    """The stores that it lists by group; None where it lists none."""

    @property
    def base(self) -> str:
        """The directory that relative paths count from; of a link, that of the file."""
        return os.path.dirname(os.path.realpath(self.path))


def user_file() -> str:
    """Return the path of the user's own catalogue."""
    home = cache_dir.user_directory("XDG_CONFIG_HOME", ".config")
    return os.path.join(home, "gto", "repos.yaml")


def load(path: str | None = None) -> Catalogue:
    """Read a catalogue, the user's own without a path; one that is not there is empty. BadFile where it is wrong."""
    place = path or user_file()
    data = _read(place)
    if data is None:
        return Catalogue(place, (), exists=False)
    document = load_text(decode(data, place), place)
    return Catalogue(place, tuple(_entries(document)), stores=read_lists(document))


def load_existing(path: str | None = None) -> Catalogue:
    """Do as load(), but raise NoCatalogue where there is no file."""
    found = load(path)
    if not found.exists:
        raise NoCatalogue(found.path, is_own=path is None)
    return found


def find_all(path: str | None = None, groups: Iterable[str] = ()) -> Search:
    """Read a catalogue that is there, and find its repositories, those of some groups or all."""
    found = load_existing(path)
    return choose(expand_all(found), groups=tuple(groups))


def expand_all(found: Catalogue) -> Search:
    """Find the repositories of a catalogue that was read."""
    return expand(found.entries, found.base)._replace(catalogue=found.path, stores=found.stores)


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        return None
    if len(data) > LARGEST_FILE:
        raise BadFile(path, TOO_LARGE)
    return data


def _entries(document: Document) -> list[CatalogEntry]:
    value = {} if document.value is None else document.value
    if not isinstance(value, dict):
        raise BadFile(document.file, f"must be a mapping with `{SECTION}:`, not {kind(value)}")
    unknown = [key for key in value if key not in (SECTION, STORES)]
    if unknown:
        reason = f"unknown key '{unknown[0]}'"
        raise BadFile(
            document.file, reason, document.line(unknown[0]), f"the keys are `{SECTION}`, a list, and `{STORES}`"
        )
    items = value.get(SECTION) or []
    if not isinstance(items, list):
        line = document.line(SECTION)
        raise BadFile(
            document.file, f"'{SECTION}' must be a list, not {kind(items)}", line, "begin each with `- path:`"
        )
    return [read_entry(item, document.file, _line(document, number)) for number, item in enumerate(items)]


def _line(document: Document, number: int) -> int | None:
    pair = find(document.root, SECTION)
    node = pair.value if pair else None  # none where it comes through a merged mapping
    return node.items[number].place.line if isinstance(node, Sequence) else document.line(SECTION)


def edit(path: str | None, change: Callable[[Catalogue, str], str]) -> Catalogue:
    """Write what `change` makes of the catalogue and its text, whole or not at all, while no other process does."""
    shown = path or user_file()
    place = os.path.realpath(shown)
    with _alone(place):
        text = decode(_read(place) or b"", shown)
        changed = change(load(shown), text)
        document = load_text(changed, shown)
        found = Catalogue(shown, tuple(_entries(document)), stores=read_lists(document))
        atomic_write.replace(place, changed.encode())
    return found


def with_entries(catalogue: Catalogue, text: str, entries: list[CatalogEntry]) -> str:
    """Return a catalogue's text with entries at its end."""
    values = [entry.fields() for entry in entries]
    sheet = YamlSource.of(text, catalogue.path)
    node = sheet.find((SECTION,))
    if isinstance(node, Sequence) and node.items and not node.flow:
        end = sheet.line_end(node.items[-1].place.end)
        changed = sheet.insert_lines(end, render_block(values, sheet.style(node)), sheet.column(node.place.start))
    else:
        changed = text_edit.put(text, catalogue.path, (SECTION,), [*_values(catalogue.entries), *values])
    return _checked(changed, catalogue.path, [*catalogue.entries, *entries])


def without_entries(catalogue: Catalogue, text: str, gone: set[int]) -> str:
    """Return a catalogue's text without the entries of these numbers, from 0."""
    left = [entry for number, entry in enumerate(catalogue.entries) if number not in gone]
    sheet = YamlSource.of(text, catalogue.path)
    node = sheet.find((SECTION,))
    if left and isinstance(node, Sequence) and not node.flow:
        changed = text
        column = sheet.column(node.place.start)
        for number in sorted(gone, reverse=True):
            place = node.items[number].place
            end = sheet.skip_comments(sheet.line_end(place.end), column)
            changed = changed[: _dash_line(sheet, place.start, column)] + changed[end:]
    else:
        changed = text_edit.put(text, catalogue.path, (SECTION,), _values(left))
    return _checked(changed, catalogue.path, left)


def _dash_line(sheet: YamlSource, start: int, column: int) -> int:
    """Return where the line begins on which the dash of an item stands; the item may begin on a later one."""
    at = sheet.line_start(start)
    while sheet.text[at : at + column + 1].strip(" ") != "-":
        at = sheet.line_start(at - 1)
    return at


def _values(entries: list[CatalogEntry] | tuple[CatalogEntry, ...]) -> list[dict[str, object]]:
    return [entry.fields() for entry in entries]


def _checked(text: str, file: str, expected: list[CatalogEntry]) -> str:
    """Return a text that says what it should, or raise BadFile."""
    try:
        document = load_text(text, file)
        found = _entries(document) if isinstance(document.root, Mapping) else []
    except BadFile as error:
        raise BadFile(file, f"this edit would break the file: {error.reason}", hint=text_edit.BY_HAND) from None
    if [entry._replace(line=None) for entry in found] != [entry._replace(line=None) for entry in expected]:
        raise BadFile(file, "this edit would change more than it should", hint=text_edit.BY_HAND)
    return text


@contextmanager
def _alone(path: str) -> Iterator[None]:
    """Keep other processes from writing the catalogue; the lock lies in the cache, not in a team's repository."""
    name = f"catalogue-{cache_dir.digest(os.fsencode(path))[:16]}.lock"
    with file_lock.hold(os.path.join(cache_dir.home(), name), _WAIT):
        yield
