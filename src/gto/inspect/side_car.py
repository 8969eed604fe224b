"""The file of facts beside a model, `*.model.yaml`: what it is in one version of the file, for Git to keep."""

import hashlib
import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from gto.exceptions import BadFile
from gto.inspect.facts import ModelFacts
from gto.yamldoc.document import load_text, to_json

SUFFIX = ".model.yaml"
SCHEMA = "gto.model/v1"
LARGEST = 1 << 20
"""Bytes: four methods of 2,000 columns each take 600 KB, and a stranger's text of this size 3 seconds."""

_WIDTH = 120
_DIGESTS = ("md5", "sha256", "git")
_TELLING = frozenset({"artifacts.yaml", "dvc.yaml", "dvc.lock"})
DIRECTORY = ".dir"
"""The end of the hashes of directories, as DVC has it."""


class FileIdentity(NamedTuple):
    """Which bytes the facts are of."""

    path: str
    """Relative to the directory of the side-car."""
    size: int
    md5: str = ""
    """As DVC records it; of a directory that of its listing, which ends with `.dir`. Empty where nobody knows it."""
    sha256: str = ""
    """As Git LFS records it; empty for a directory, and where nobody knows it."""
    git: str = ""
    """The object id that Git gives it; of a directory what directory_hash() makes. Empty where nobody knows it."""

    def is_of(self, size: int | None, hashes: Mapping[str, str]) -> bool | None:
        """Tell whether bytes of that size and of those hashes, by kind, are those; None where no kind is known of both.

        An object id of SHA-256 says nothing of one of SHA-1.
        """
        if size is not None and size != self.size:
            return False
        mine = {kind: value for kind, value in self.hashes.items() if len(value) == len(hashes.get(kind, ""))}
        return all(hashes[kind] == value for kind, value in mine.items()) if mine else None

    @property
    def hashes(self) -> dict[str, str]:
        """The hashes that are known, by kind."""
        return {kind: getattr(self, kind) for kind in _DIGESTS if getattr(self, kind)}


def directory_hash(files: Iterable[tuple[str, str]]) -> str:
    """Return one hash of a directory in Git: over the paths of its files, from there, and their object ids.

    What tells of the model, and so changes with what is told, does not count.
    """
    counted = sorted(one for one in files if not one[0].endswith(SUFFIX) and posixpath.basename(one[0]) not in _TELLING)
    listing = "".join(f"{oid} {path}\0" for path, oid in counted)
    return hashlib.sha256(listing.encode("utf-8", "surrogateescape")).hexdigest() + DIRECTORY


class SideCar(NamedTuple):
    """Facts, and of which file they are."""

    file: FileIdentity
    facts: ModelFacts

    def text(self) -> str:
        """Return the file: the same for the same facts, without what is not known, or methods that make it too long."""
        text = self._text(self.facts)
        if len(text.encode()) <= LARGEST:
            return text
        notes = [*self.facts.notes, f"its methods take more than the {LARGEST >> 20} MiB of a side-car"]
        return self._text(replace(self.facts, methods={}, notes=notes))

    def _text(self, facts: ModelFacts) -> str:
        import yaml

        known = {key: value for key, value in facts.as_dict().items() if value not in ("", None, [], {})}
        if not facts.framework:
            known.pop("framework", None)
        file = {key: value for key, value in self.file._asdict().items() if value != ""}
        data = {"schema": SCHEMA, "file": file, **known}
        return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=None, width=_WIDTH)


def side_car_path(path: str) -> str:
    """Return where the facts of a file or directory stand, unless the annotation names another place."""
    return path.rstrip("/") + SUFFIX


def parse_side_car(text: str, path: str) -> SideCar:
    """Return what a side-car says; BadFile for what is none, or is of a schema that this release does not know."""
    if len(text) > LARGEST:
        raise BadFile(path, f"it is larger than {LARGEST >> 20} MiB, which no side-car is", hint=_HINT)
    data = to_json(load_text(text, path).value)
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise BadFile(path, f"it is no file of model facts: `schema: {SCHEMA}` was expected", hint=_HINT)
    try:
        return SideCar(_identity(data.get("file")), ModelFacts.from_dict(data))
    except (TypeError, ValueError) as error:
        raise BadFile(path, str(error), hint=_HINT) from error


def _identity(data: object) -> FileIdentity:
    match data:
        case {"path": str(path), "size": int(size), **more}:
            digests = {kind: value for kind, value in more.items() if kind in _DIGESTS and isinstance(value, str)}
            return FileIdentity(path, size, **digests)
        case _:
            raise ValueError("`file` must have path and size")


_HINT = "`gto annotate NAME --inspect` writes it anew"
