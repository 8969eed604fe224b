"""The artifacts of OCI that were made once: their manifests, and what the bytes of their blobs are, for ever."""

import base64
import json
import time
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, select

from gto.oci.artifact import BlobPlan, PackedFile, PlannedArtifact, Shape
from gto.studio.lasting.lasting_file import Lasting
from gto.studio.lasting.lasting_tables import oci_blob, oci_manifest

_TURN = "oci artifacts"


class ArtifactOrigin(NamedTuple):
    """Of what an artifact is made: these give the same bytes for ever."""

    repository: str
    """By the name that lasts, which `StudioContext.lasting_name` tells."""
    artifact: str
    version: str
    commit: str
    shape: Shape


class KeptManifest(NamedTuple):
    """A manifest that was made."""

    digest: str
    body: bytes
    commit: str
    version: str


class KeptBlob(NamedTuple):
    """A blob of a manifest that was made."""

    digest: str
    size: int
    plan: BlobPlan
    commit: str
    version: str


class ArtifactBook(NamedTuple):
    """The artifacts of one model in one shape."""

    lasting: Lasting
    repository: str
    artifact: str
    shape: Shape

    def find_of_version(self, version: str, commit: str) -> KeptManifest | None:
        """Return the manifest of a version; None where none was made yet."""
        return self._manifest((oci_manifest.c.version == version) & (oci_manifest.c.commit == commit))

    def find_manifest(self, digest: str) -> KeptManifest | None:
        """Return a manifest by its digest."""
        return self._manifest(oci_manifest.c.digest == digest)

    def find_blob(self, digest: str, is_known: Callable[[str], bool]) -> KeptBlob | None:
        """Return what the bytes of a digest are, in the newest version that has them and whose commit is known."""
        columns = (oci_blob.c.size, oci_blob.c.plan, oci_manifest.c.commit, oci_manifest.c.version)
        query = select(*columns).join(oci_manifest).where(self._mine(), oci_blob.c.digest == digest)
        with self.lasting.read() as connection:
            rows = connection.execute(query.order_by(oci_manifest.c.id.desc())).all()
        row = next((one for one in rows if is_known(one.commit)), None)
        return row and KeptBlob(digest, row.size, decode_plan(row.plan), row.commit, row.version)

    def _manifest(self, which: Any) -> KeptManifest | None:  # noqa: ANN401  a condition, as SQLAlchemy has it
        columns = [oci_manifest.c[name] for name in KeptManifest._fields]
        with self.lasting.read() as connection:
            row = connection.execute(select(*columns).where(self._mine(), which)).first()
        return None if row is None else KeptManifest._make(row)

    def _mine(self) -> Any:  # noqa: ANN401  a condition, as SQLAlchemy has it
        mine = (oci_manifest.c.repository == self.repository) & (oci_manifest.c.artifact == self.artifact)
        return mine & (oci_manifest.c.shape == self.shape)


def keep(lasting: Lasting, key: ArtifactOrigin, made: PlannedArtifact) -> None:
    """Write an artifact down; where somebody was first, theirs stays."""
    with lasting.record() as connection:
        lasting.wait_for_turn(connection, _TURN)
        if _find(connection, key) is not None:
            return
        values = {**key._asdict(), "digest": made.digest, "body": made.manifest, "made_at": time.time()}
        (number,) = connection.execute(insert(oci_manifest).values(values)).inserted_primary_key or (None,)
        rows = [
            {"manifest_id": number, "digest": digest, "size": plan.size, "plan": encode_plan(plan)}
            for digest, plan in made.blobs.items()
        ]
        connection.execute(insert(oci_blob), rows)


def _find(connection: Connection, key: ArtifactOrigin) -> Row[Any] | None:
    same = [oci_manifest.c[name] == value for name, value in key._asdict().items()]
    return connection.execute(select(oci_manifest.c.id).where(*same)).first()


def encode_plan(plan: BlobPlan) -> bytes:
    """Return a plan as it is kept: texts themselves, since no release may write the headers of an archive anew."""
    parts = [
        [one.path, one.size, one.is_executable] if isinstance(one, PackedFile) else base64.b64encode(one).decode()
        for one in plan.parts
    ]
    return zlib.compress(json.dumps(parts).encode(), 9)


def decode_plan(data: bytes) -> BlobPlan:
    """Return the plan of what was kept."""
    parts: list[Any] = json.loads(zlib.decompress(data))
    return BlobPlan(tuple(base64.b64decode(one) if isinstance(one, str) else PackedFile(*one) for one in parts))
