"""The facts of a version's model, as the side-car in its commit tells them, and whether they are of that file."""

from functools import partial
from typing import NamedTuple

from gto.annotations.annotation import Annotation
from gto.annotations.model_pointer import side_car_places
from gto.dvc.checkout import UNREADABLE, Checkout
from gto.dvc.project import Tracked
from gto.exceptions import BadFile, CannotLocate
from gto.git.commit_tree import Tree
from gto.inspect.facts import ModelFacts
from gto.inspect.side_car import FileIdentity, SideCar, directory_hash, parse_side_car


class KnownModel(NamedTuple):
    """What is known of a version's model."""

    facts: ModelFacts
    source: str | None = None
    """The side-car that says it, from the root; None where the model's file itself was read."""
    is_stale: bool | None = False
    """Whether the side-car is of another file than the version's; None where nobody can tell."""

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        return {"read_from": self.source or "file", "stale": self.is_stale, **self.facts.as_dict()}


def read_side_car(
    checkout: Checkout, said: Annotation | None, path: str | None, tracked: Tracked | None
) -> KnownModel | None:
    """Return what the side-car of an artifact says; None where there is none. One that cannot be read is set aside."""
    for place in side_car_places(said, path):
        data = checkout.read(place) if checkout.has(place) else None
        if data is None:
            continue
        found = checkout.once("side-car", place, data, partial(_parsed, data, place))
        if isinstance(found, BadFile):
            checkout.set_aside(UNREADABLE, place, found.reason, found.hint)
            return None
        return KnownModel(found.facts, place, _is_stale(checkout, found.file, tracked))
    return None


def _parsed(data: bytes, place: str, _: object) -> SideCar | BadFile:
    try:
        return parse_side_car(data.decode(), place)
    except UnicodeDecodeError:
        return BadFile(place, "it is not UTF-8")
    except BadFile as error:
        return error


def _is_stale(checkout: Checkout, file: FileIdentity, tracked: Tracked | None) -> bool | None:
    if tracked is None or tracked.home == "elsewhere":
        return None
    datum = tracked.datum
    if tracked.home == "dvc":
        same = file.is_of(datum.size, {(datum.algorithm or "").removesuffix("-dos2unix"): datum.md5 or ""})
    else:
        same = _is_in_git(checkout, file, datum.path)
    return None if same is None else not same


def committed_hash(tree: Tree, directory: str) -> str:
    """Return the hash of a directory in a commit; empty where Git has none of its files."""
    start = len(directory) + 1 if directory else 0
    found = [(one[start:], tree.entries[one].oid) for one in tree.files_below(directory)]
    return directory_hash(found) if found else ""


def _is_in_git(checkout: Checkout, file: FileIdentity, path: str) -> bool | None:
    """Tell whether what Git has, or what Git LFS has for it, is what is noted."""
    try:
        real = checkout.tree.resolve(path)
    except CannotLocate:
        return None
    entry = checkout.tree.entries.get(real)
    if entry is None:
        return None
    if entry.is_directory:
        return file.is_of(None, {"git": committed_hash(checkout.tree, real)})
    if file.git == entry.oid:
        return True
    pointer = checkout.pointer(path)
    return file.is_of(*((None, {"git": entry.oid}) if pointer is None else (pointer.size, {"sha256": pointer.oid})))
