"""A version written as an OCI image layout: a directory that skopeo and its kin push to any registry."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from gto.exceptions import BadFile
from gto.oci.about import read_about
from gto.oci.artifact import (
    MANIFEST,
    BlobPlan,
    PackedFile,
    PlannedArtifact,
    Shape,
    VersionAbout,
    canonical,
    check_files,
    tag_of_version,
)
from gto.oci.modelcar import plan_layers, plan_modelcar
from gto.oci.modelpack import plan_modelpack
from gto.registry.registry import Registry
from gto.registry.resolve import AnnotatedTarget
from gto.storage.download import Progress, download
from gto.storage.location import CHUNK, Located
from gto.storage.target_paths import sync_directory
from gto.storage.whole_directory import check_target, put, workshop

MARK = "oci-layout"
"""The file by which a layout is known."""
_VERSION = canonical({"imageLayoutVersion": "1.0.0"})
_INDEX = "application/vnd.oci.image.index.v1+json"
_NAME = "org.opencontainers.image.ref.name"
_SHORT = 12  # digits of a commit


class LayoutOptions(NamedTuple):
    """How a layout is written."""

    out: str
    """The directory."""
    shape: Shape = "modelpack"
    force: bool = False
    """Whether a layout that is there is replaced."""
    jobs: int | None = None
    progress: Progress | None = None


class WrittenLayout(NamedTuple):
    """What was written."""

    path: str
    tag: str
    artifact: PlannedArtifact
    notes: tuple[str, ...]

    def dict_state(self) -> dict[str, object]:
        """Return it for JSON."""
        return {
            "target": self.path,
            "tag": self.tag,
            "digest": self.artifact.digest,
            "artifact_type": self.artifact.artifact_type or None,
            "blobs": {digest: plan.size for digest, plan in self.artifact.blobs.items()},
        }


def write_layout(
    registry: Registry, chosen: AnnotatedTarget, located: Located, options: LayoutOptions
) -> WrittenLayout:
    """Bring the files of a version, each checked, and write them as a layout that appears whole or not at all."""
    target = os.path.abspath(options.out)
    check_target(target, MARK, "a layout", force=options.force)
    named = [PackedFile(one.path or located.name, one.size or 0, one.is_executable) for one in located.contents]
    check_files(named)
    about = read_about(registry, chosen)
    with workshop(target) as place:
        files = os.path.join(place, "files")
        brought = download(
            located.contents,
            files if located.is_directory else os.path.join(files, located.name),
            is_directory=located.is_directory,
            jobs=options.jobs,
            progress=options.progress,
            repo=registry.repo,
        )
        sized = [one._replace(size=os.path.getsize(os.path.join(files, one.path))) for one in named]
        layout = GrowingLayout(os.path.join(place, "layout"), files)
        artifact = layout.modelpack(sized, about) if options.shape == "modelpack" else layout.modelcar(sized, about)
        tag = tag_of_version(about.version) or about.commit[:_SHORT]
        layout.finish(artifact, tag)
        put(layout.path, target, place)
    return WrittenLayout(options.out, tag, artifact, brought.notes)


class GrowingLayout:
    """A layout that grows."""

    def __init__(self, path: str, files: str) -> None:
        self.path = path
        self._files = files
        self._blobs = os.path.join(path, "blobs", "sha256")
        os.makedirs(self._blobs, exist_ok=True)

    def modelpack(self, files: Sequence[PackedFile], about: VersionAbout) -> PlannedArtifact:
        """Move each file to where its bytes are a blob."""
        digests: dict[str, str] = {}
        for one in files:
            place = _place(one, self._files)
            with open(place, "rb") as file:
                digests[one.path] = hashlib.file_digest(file, "sha256").hexdigest()
            os.chmod(place, 0o644)
            os.replace(place, os.path.join(self._blobs, digests[one.path]))
        return plan_modelpack(files, digests, about)

    def modelcar(self, files: Sequence[PackedFile], about: VersionAbout) -> PlannedArtifact:
        """Write the layers; a file is gone once it is in one."""
        layers = plan_layers(files)
        return plan_modelcar(layers, self.write_layers(layers, self._files), about)

    def write_layers(self, layers: Sequence[BlobPlan], files: str) -> list[str]:
        """Write layers of the files in a directory, and return their digests; a file is gone once it is in one."""
        digests = []
        for layer in layers:
            digests.append(self._write(chunk for part in layer.parts for chunk in _read(part, files)))
            for one in layer.files:
                os.unlink(_place(one, files))
        return digests

    def adopt(self, path: str, digest: str) -> None:
        """Copy a blob from elsewhere; BadFile where it is not what its digest says."""
        with open(path, "rb") as file:
            found = self._write(iter(lambda: file.read(CHUNK), b""))
        if found != digest:
            raise BadFile(path, f"its digest is {found}", hint="bring the image anew")

    def finish(self, artifact: PlannedArtifact, tag: str) -> None:
        """Write the manifest, the configuration, and what leads to them."""
        for plan in artifact.blobs.values():
            if not plan.files and plan.size:
                self._write(part for part in plan.parts if isinstance(part, bytes))
        self._write([artifact.manifest])
        entry: dict[str, object] = {
            "mediaType": MANIFEST,
            "digest": artifact.digest,
            "size": len(artifact.manifest),
            "annotations": {_NAME: tag},
        }
        if artifact.artifact_type:
            entry["artifactType"] = artifact.artifact_type
        index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": [entry]}
        for name, text in (("index.json", canonical(index)), (MARK, _VERSION)):
            _save(os.path.join(self.path, name), [text])
        for directory in (self._blobs, os.path.dirname(self._blobs), self.path):
            sync_directory(directory)

    def _write(self, chunks: Iterable[bytes]) -> str:
        """Write a blob, and return its digest."""
        made = hashlib.sha256()
        temporary = os.path.join(self._blobs, "new")
        _save(temporary, chunks, made.update)
        os.replace(temporary, os.path.join(self._blobs, made.hexdigest()))
        return f"sha256:{made.hexdigest()}"


def _read(part: bytes | PackedFile, files: str) -> Iterator[bytes]:
    if isinstance(part, bytes):
        yield part
        return
    with open(_place(part, files), "rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _place(file: PackedFile, files: str) -> str:
    return os.path.join(files, *file.path.split("/"))


def _save(path: str, chunks: Iterable[bytes], note: Callable[[bytes], None] | None = None) -> None:
    with open(path, "wb") as file:
        for chunk in chunks:
            if note is not None:
                note(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
