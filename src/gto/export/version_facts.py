"""The version that a bill of materials is about, with all that is known of it."""

from collections.abc import Sequence
from typing import NamedTuple

from gto.core import selector
from gto.core.event import Event
from gto.core.view import VersionRow
from gto.delivery.locate import locate
from gto.dvc import paths
from gto.dvc.dvc_config import RepositoryTrust
from gto.exceptions import (
    BadFile,
    CannotLocate,
    ExtraMissing,
    NotInCommit,
    StorageError,
)
from gto.git.command import masked
from gto.lineage.collect import CollectedFacts, gather
from gto.registry.registry import Registry
from gto.registry.resolve import Target, find_version
from gto.storage.location import Located


class Subject(NamedTuple):
    """A version, what its commit tells, and its files; `notes` say what is left out."""

    name: str
    row: VersionRow
    known: CollectedFacts
    located: Located | None
    """None where nobody can tell where the files are."""
    notes: tuple[str, ...]

    @property
    def version(self) -> str:
        """The version's name; the commit where none is registered."""
        return self.row.version.name

    @property
    def commit(self) -> str:
        """The commit that the version is."""
        return self.row.version.commit

    @property
    def events(self) -> Sequence[Event]:
        """All events that are about the version."""
        return self.row.version.events


def find_subject(registry: Registry, text: str, trust: RepositoryTrust | None = None) -> Subject:
    """Return what is known of the version that a selector names; a name alone is its latest version."""
    wanted = selector.parse(text)
    row, name = find_version(registry, wanted), wanted.name
    version = row.version.name if row.version.is_registered else None
    known = gather(registry, [Target(text, row.version.commit, name, version)])[0]
    located, notes = _locate(registry, known, trust)
    said = (f"{one.subject}: {one.reason}" for one in known.problems)
    return Subject(name, row, known, located, (*notes, *said))


def _locate(
    registry: Registry, known: CollectedFacts, trust: RepositoryTrust | None
) -> tuple[Located | None, tuple[str, ...]]:
    """Return the files of the version; where they cannot be told, why."""
    path = known.annotation.path if known.annotation else None
    if not path:
        return None, ("no annotation says where its files are: none is listed",)
    if paths.is_elsewhere(path):
        return None, (f"its files are not listed: nobody promised what is at '{masked(path)}'",)
    try:
        return locate(registry, known.point.commit, path, trust), ()
    except (BadFile, CannotLocate, ExtraMissing, NotInCommit, StorageError) as error:
        hint = f" ({error.hint})" if error.hint else ""
        return None, (f"its files are not listed: {error.message}{hint}",)
