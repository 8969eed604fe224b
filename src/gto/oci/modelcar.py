"""A version as a modelcar: an image whose layers are tar archives with the files below `models/`.

Source: the image specification of OCI; KServe reads `models/`, and Kubernetes mounts such an image as a volume.
"""

import posixpath
import tarfile
from collections.abc import Iterator, Sequence

from gto.oci.artifact import (
    BlobPlan,
    Descriptor,
    PackedFile,
    PlannedArtifact,
    VersionAbout,
    canonical,
    check_files,
    plan_artifact,
)

CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
_TOP = "models"
_OWN_LAYER = 32 << 20  # bytes from which a file is a layer of its own: a version that keeps it shares the layer
_MOST = 60  # layers of one file: no image may have more than about 127 in all
_END = bytes(2 * tarfile.BLOCKSIZE)


def plan_layers(files: Sequence[PackedFile]) -> tuple[BlobPlan, ...]:
    """Return the layers of a version's files: one of all small files, then one for each that is large."""
    check_files(files)
    return plan_tars(files, _TOP, _MOST)


def plan_tars(files: Sequence[PackedFile], top: str, most: int) -> tuple[BlobPlan, ...]:
    """Return layers of files below the directory `top` of an image, `most` of them with one large file each."""
    ordered = sorted(files, key=lambda one: one.path)
    by_size = sorted((one for one in ordered if one.size >= _OWN_LAYER), key=lambda one: (-one.size, one.path))
    large = set(by_size[:most])
    small = [one for one in ordered if one not in large]
    groups = [small] if small else []
    return tuple(
        BlobPlan(tuple(_merged(_tar(group, top)))) for group in [*groups, *([one] for one in ordered if one in large)]
    )


def plan_modelcar(layers: Sequence[BlobPlan], digests: Sequence[str], about: VersionAbout) -> PlannedArtifact:
    """Return the image of layers; `digests` are those of their bytes, in their order."""
    annotations = about.annotations()
    config = {
        "architecture": "amd64",
        "os": "linux",
        "created": about.created,
        "config": {"Labels": annotations},
        "rootfs": {"type": "layers", "diff_ids": list(digests)},
        "history": [{"created": about.created, "created_by": "gto"} for _ in layers],
    }
    described = [(Descriptor(LAYER, digest, plan.size), plan) for digest, plan in zip(digests, layers, strict=True)]
    return plan_artifact((CONFIG, canonical(config)), described, annotations)


def _tar(files: Sequence[PackedFile], top: str) -> Iterator[bytes | PackedFile]:
    """Yield a tar archive: headers, files, padding."""
    for directory in _directories(files, top):
        info = tarfile.TarInfo(directory)
        info.type, info.mode = tarfile.DIRTYPE, 0o755
        yield _header(info)
    for file in files:
        info = tarfile.TarInfo(f"{top}/{file.path}")
        info.size, info.mode = file.size, file.mode
        yield _header(info)
        if file.size:
            yield file
        yield bytes(-file.size % tarfile.BLOCKSIZE)
    yield _END


def _header(info: tarfile.TarInfo) -> bytes:
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def _directories(files: Sequence[PackedFile], top: str) -> list[str]:
    found = {top}
    for file in files:
        above = posixpath.dirname(f"{top}/{file.path}")
        while above not in found:
            found.add(above)
            above = posixpath.dirname(above)
    return sorted(found)


def _merged(parts: Iterator[bytes | PackedFile]) -> Iterator[bytes | PackedFile]:
    """Yield the parts, texts that follow one another as one."""
    texts: list[bytes] = []
    for one in parts:
        if isinstance(one, bytes):
            texts.append(one)
            continue
        if texts:
            yield b"".join(texts)
        yield one
        texts = []
    if texts:
        yield b"".join(texts)
