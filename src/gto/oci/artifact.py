"""An artifact of OCI as it is planned: its manifest, and blobs of which some are files of a version."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from gto.exceptions import UnsafePath, UsageError
from gto.storage.target_paths import check_paths

Shape = Literal["modelpack", "modelcar"]
SHAPES: tuple[Shape, ...] = ("modelpack", "modelcar")

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
"""The media type of every manifest that is made here."""
_TITLE = "org.opencontainers.image.title"


class PackedFile(NamedTuple):
    """A file of a version."""

    path: str
    """Below the directory of the version, with `/`; the one file of an artifact that is a file has its own name."""
    size: int
    is_executable: bool = False

    @property
    def mode(self) -> int:
        """The permissions that it gets."""
        return 0o755 if self.is_executable else 0o644


class BlobPlan(NamedTuple):
    """The bytes of a blob: texts that are known, and files, one after the other."""

    parts: tuple[bytes | PackedFile, ...]

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return sum(one.size if isinstance(one, PackedFile) else len(one) for one in self.parts)

    @property
    def files(self) -> tuple[PackedFile, ...]:
        """The files that are in it."""
        return tuple(one for one in self.parts if isinstance(one, PackedFile))


class Descriptor(NamedTuple):
    """What a manifest says of a blob."""

    media_type: str
    digest: str
    size: int
    annotations: Mapping[str, str] = {}

    def as_dict(self) -> dict[str, object]:
        """Return it as manifests have it."""
        found: dict[str, object] = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        return {**found, "annotations": dict(self.annotations)} if self.annotations else found


class VersionAbout(NamedTuple):
    """What an artifact says of the version in it; all of it stands in the version's commit, so that clones agree."""

    name: str
    commit: str
    created: str
    """When it was committed, as RFC 3339 has it."""
    version: str = ""
    """Empty where a revision is packed."""
    authors: tuple[str, ...] = ()
    description: str = ""
    licenses: tuple[str, ...] = ()
    is_data: bool = False
    """Whether it is a data set."""
    format: str = ""
    param_size: str = ""
    precision: str = ""
    quantization: str = ""
    architecture: str = ""

    def annotations(self) -> dict[str, str]:
        """Return what the manifest is annotated with."""
        start = "org.opencontainers.image"
        known = {"created": self.created, "revision": self.commit, "title": self.name, "version": self.version}
        known |= {"authors": ", ".join(self.authors), "licenses": " AND ".join(self.licenses)}
        return {f"{start}.{key}": value for key, value in sorted(known.items()) if value}


class PlannedArtifact(NamedTuple):
    """An artifact: all that a registry has to know of it."""

    manifest: bytes
    artifact_type: str
    """What it is, where it is no image; else empty."""
    blobs: Mapping[str, BlobPlan]
    """By digest, the configuration among them."""

    @property
    def digest(self) -> str:
        """The digest by which it is pulled."""
        return digest_of(self.manifest)


def canonical(value: object) -> bytes:
    """Return JSON in the one form that gives the same bytes each time."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "replace")


def digest_of(data: bytes) -> str:
    """Return the digest of bytes, as OCI writes it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def plan_artifact(
    config: tuple[str, bytes],
    layers: Sequence[tuple[Descriptor, BlobPlan]],
    annotations: Mapping[str, str],
    artifact_type: str = "",
) -> PlannedArtifact:
    """Return the artifact of a configuration, its media type first, and of layers."""
    media_type, text = config
    manifest: dict[str, object] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": Descriptor(media_type, digest_of(text), len(text)).as_dict(),
        "layers": [descriptor.as_dict() for descriptor, _ in layers],
        "annotations": dict(annotations),
    }
    if artifact_type:
        manifest["artifactType"] = artifact_type
    blobs = {descriptor.digest: plan for descriptor, plan in layers} | {digest_of(text): BlobPlan((text,))}
    return PlannedArtifact(canonical(manifest), artifact_type, blobs)


def check_files(files: Sequence[PackedFile]) -> None:
    """Raise where there is nothing to pack, or UnsafePath for a path that leaves the directory, or that is no text."""
    if not files:
        raise UsageError("This version has no file to pack", "`gto ls` lists the files of a version")
    for one in files:
        if not one.path.isascii() and one.path != one.path.encode("utf-8", "replace").decode():
            raise UnsafePath(
                one.path.encode("utf-8", "replace").decode(), "is no text, so that manifests cannot name it"
            )
    check_paths(one.path for one in files)


def tag_of_version(version: str) -> str:
    """Return the tag of a version: tags have no plus, and SemVer no underscore, so each leads back to the other."""
    return version.replace("+", "_")
