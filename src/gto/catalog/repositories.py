"""Where the repositories of a catalogue are: its entries, with globs searched and every repository named."""

from __future__ import annotations

import glob
import os
from typing import TYPE_CHECKING, NamedTuple

from gto.catalog.entry import CatalogEntry, default_name
from gto.catalog.store_lists import allowed_for
from gto.core.nearness import did_you_mean
from gto.exceptions import RepositoryNotFound, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gto.catalog.store_lists import StoreLists
    from gto.core.allowed_stores import AllowedStores


class CatalogRepository(NamedTuple):
    """One repository of a catalogue."""

    name: str
    address: str
    """An absolute path, or a URL without anything secret."""
    entry: CatalogEntry
    stores: AllowedStores | None = None
    """The stores that may be read for it; None for all. A team's Studio alone keeps to it."""
    hides_path: bool = False
    """Whether who looks at it need not know where it is on this machine."""

    @property
    def is_remote(self) -> bool:
        """Whether it is read through a mirror."""
        return self.entry.source == "url"

    @property
    def is_elsewhere(self) -> bool:
        """Whether others reach it at its address, which is no directory of this machine."""
        return self.is_remote and not self.address.lower().startswith("file:")

    @property
    def shown_address(self) -> str:
        """Its address; its name for who need not know its path."""
        return self.name if self.hides_path and not self.is_elsewhere else self.address

    @property
    def rev(self) -> str:
        """The revision whose annotations count."""
        return self.entry.branch or "HEAD"

    def as_dict(self) -> dict[str, object]:
        """Return it as `gto repos list --json` prints it."""
        found = self.entry.text if self.entry.source == "glob" else None
        kind = "url" if self.is_remote else "path"
        groups, branch = list(self.entry.groups), self.entry.branch
        return {"name": self.name, kind: self.address, "groups": groups, "branch": branch, "glob": found}


class Failure(NamedTuple):
    """Why one repository cannot be read, and what to do."""

    repo: str
    error: str
    hint: str = ""


def problems(failures: Iterable[Failure]) -> list[dict[str, str]]:
    """Return what could not be read as JSON has it."""
    return [one._asdict() for one in failures]


class Search(NamedTuple):
    """The repositories of a catalogue in its order, and the entries that lead to none."""

    places: tuple[CatalogRepository, ...]
    failures: tuple[Failure, ...] = ()
    catalogue: str | None = None
    """The file that lists them; None where they were named."""
    stores: StoreLists | None = None
    """The stores that the catalogue lists by group; None where it lists none."""

    def limited(self) -> Search:
        """Return the repositories, each with the stores that may be read for it: for a Studio of many people."""
        if self.stores is None:
            return self
        allowed = [allowed_for(self.stores, one.entry.groups) for one in self.places]
        return self._replace(
            places=tuple(one._replace(stores=some) for one, some in zip(self.places, allowed, strict=True))
        )


def expand(entries: Iterable[CatalogEntry], base: str) -> Search:
    """Name the repositories of entries; a relative path counts from `base`. Two of one name are one and a failure.

    A repository that has an entry of its own is not counted again where a glob finds it.
    """
    entries = list(entries)
    own = {os.path.realpath(_absolute(entry.text, base)) for entry in entries if entry.source == "path"}
    taken: dict[str, str] = {}
    places: list[CatalogRepository] = []
    failures: list[Failure] = []
    named = {name_of(entry, base) for entry in entries if entry.source != "glob"}
    for entry in entries:
        is_glob = entry.source == "glob"
        for address in _addresses(entry, base):
            if is_glob and os.path.realpath(address) in own:
                continue
            name = default_name(address) if is_glob else name_of(entry, base)
            if name in taken or (is_glob and name in named):
                failures.append(_clash(name, address, taken.get(name, "")))
                continue
            taken[name] = address
            own.add(os.path.realpath(address))
            places.append(CatalogRepository(name, address, entry))
    return Search(tuple(places), tuple(failures))


def name_of(entry: CatalogEntry, base: str) -> str:
    """Return the name of an entry that is no glob."""
    return entry.name or default_name(entry.shown if entry.source == "url" else _absolute(entry.text, base))


def _clash(name: str, address: str, other: str) -> Failure:
    where = f": '{other}' has it" if other else ""
    hint = f"give this one another: `gto repos add {address} --name NAME`, or `name:` in the file"
    return Failure(name, f"'{address}' has a name that is taken{where}", hint)


def _absolute(text: str, base: str) -> str:
    return os.path.normpath(os.path.join(base, os.path.expanduser(text)))


def _addresses(entry: CatalogEntry, base: str) -> list[str]:
    if entry.source == "url":
        return [entry.shown]
    if entry.source == "path":
        return [_absolute(entry.text, base)]
    # Not recursive: `**` over a home directory has no end.
    return sorted(path for path in glob.iglob(_absolute(entry.text, base)) if is_repository(path))


def is_repository(path: str) -> bool:
    """Tell, without asking git, whether a directory looks like a repository, with a work tree or bare."""
    if os.path.lexists(os.path.join(path, ".git")):
        return True
    return all(os.path.lexists(os.path.join(path, part)) for part in ("HEAD", "objects", "refs"))


def choose(found: Search, names: Sequence[str] = (), groups: Sequence[str] = ()) -> Search:
    """Return the repositories of these names and groups, all without any; an unknown one raises."""
    known = {place.name for place in found.places} | {failure.repo for failure in found.failures}
    for name in names:
        if name not in known:
            raise RepositoryNotFound(name, did_you_mean(name, known))
    used = {group for place in found.places for group in place.entry.groups}
    for group in groups:
        if group not in used:
            raise UsageError(f"No repository of the catalogue is in group '{group}'", "`gto repos list` shows groups")
    places = [place for place in found.places if not names or place.name in names]
    if groups:
        places = [place for place in places if set(groups) & set(place.entry.groups)]
    failures = [one for one in found.failures if not groups and (not names or one.repo in names)]
    return found._replace(places=tuple(places), failures=tuple(failures))


class Address(NamedTuple):
    """What `repository/artifact#stage` names: a repository, and in it an artifact's selector; empty for all."""

    repo: str
    rest: str


def parse_address(text: str) -> Address:
    """Split an address at its first `/`."""
    repo, _, rest = text.partition("/")
    if not repo:
        raise UsageError(f"'{text}' names no repository", "write repository/artifact; `gto repos list` shows them")
    return Address(repo, rest)
