"""Which artifact the name of a repository of OCI means, in which shape, and what was made of it."""

import re
from typing import NamedTuple

from fastapi import HTTPException

from gto.oci.artifact import Shape
from gto.studio.context import StudioContext
from gto.studio.downloads.located_version import ChosenVersion
from gto.studio.index import lookup
from gto.studio.index.events import has_commit
from gto.studio.protocols.artifact_names import ArtifactKey, find_oci
from gto.studio.protocols.oci.kept_artifacts import ArtifactBook, ArtifactOrigin

MODELCAR = "modelcar/"
"""How the names of repositories begin that hold images."""
_DIGEST_RE = re.compile("sha256:[0-9a-f]{64}")


class AskedModel(NamedTuple):
    """The artifact whose blobs are asked for, and in which shape."""

    key: ArtifactKey
    shape: Shape
    studio: StudioContext

    @property
    def book(self) -> ArtifactBook:
        """What was made of it."""
        place = self.studio.place(self.key.repo)
        lasting = self.studio.worker.database.lasting
        return ArtifactBook(lasting, self.studio.lasting_name(place), self.key.name, self.shape)

    def origin(self, chosen: ChosenVersion) -> ArtifactOrigin:
        """Return of what the artifact of a version is made."""
        book = self.book
        return ArtifactOrigin(book.repository, book.artifact, chosen.version, chosen.commit, book.shape)

    def has(self, commit: str) -> bool:
        """Tell whether events of it are about a commit: what was made of another repository of its name counts not."""
        with self.studio.database.read() as connection:
            found = lookup.find_repository(connection, self.key.repo)
            return has_commit(connection, found.id, self.key.name, commit)


def find_model(studio: StudioContext, name: str) -> AskedModel:
    """Return what the name of a repository of OCI means, as `find_oci` finds it."""
    shape: Shape = "modelcar" if name.startswith(MODELCAR) else "modelpack"
    with studio.database.read() as connection:
        return AskedModel(find_oci(connection, name.removeprefix(MODELCAR)), shape, studio)


def check_digest(text: str) -> None:
    """Refuse what is no digest."""
    if _DIGEST_RE.fullmatch(text) is None:
        raise HTTPException(400, "This is no digest: sha256, a colon and 64 hexadecimal digits.")
