"""A version as an image that serves it, made without a daemon: a base, its packages, the model, and how it is run.

The same version on the same base with the same locked requirements gives the same digest: files are sorted, their
owner and times are 0, layers are not compressed, and what is told of the version stands in its commit.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gto.exceptions import UsageError
from gto.models.installer import run_program
from gto.oci.about import read_about
from gto.oci.artifact import (
    BlobPlan,
    Descriptor,
    PlannedArtifact,
    VersionAbout,
    canonical,
    plan_artifact,
    tag_of_version,
)
from gto.oci.image_layout import MARK, GrowingLayout
from gto.oci.modelcar import CONFIG, LAYER, plan_tars
from gto.serve.build.base_image import BaseImage, insecure
from gto.serve.build.build_source import BuildSource
from gto.serve.build.container import (
    ARGUMENTS,
    ENVIRONMENT,
    HEALTH_EVERY,
    HEALTH_FROM,
    HEALTH_WITHIN,
    MODEL,
    PORT,
    READY,
    USER,
    check_serves,
    command,
    labels,
    place_model,
)
from gto.serve.build.locked_requirements import LockedRequirements
from gto.serve.build.site_packages import packed_files, unpack_packages
from gto.storage.whole_directory import check_target, put, workshop

_PACKAGES = "opt/gto/site-packages"
_MOST = 40  # layers of one large file each, of packages and of the model: no image may have more than about 127
_SECOND = 1_000_000_000  # nanoseconds, in which the configuration counts
_SHORT = 12  # digits of a commit


class ImageWish(NamedTuple):
    """How an image is built."""

    out: str
    lock: LockedRequirements
    base: BaseImage
    wheels: str | None = None
    installer: str | None = None
    force: bool = False
    trusted: bool = False


class BuiltImage(NamedTuple):
    """What was built."""

    digest: str
    tag: str
    base: str
    """The digest of the base."""
    labels: Mapping[str, str]
    entrypoint: Sequence[str]
    packages: Sequence[str]


class _Layer(NamedTuple):
    descriptor: Descriptor
    plan: BlobPlan
    diff_id: str
    """The digest of its bytes before they were compressed."""


def build_image(source: BuildSource, wish: ImageWish) -> BuiltImage:
    """Write an image as an OCI layout, which appears whole or not at all."""
    target = os.path.abspath(wish.out)
    check_target(target, MARK, "a layout", force=wish.force)
    source.check_trusted(trusted=wish.trusted)
    check_serves(wish.lock)
    check_python(wish.base, wish.lock)
    about = read_about(source.registry, source.chosen)
    with workshop(target) as place:
        packages, files = os.path.join(place, "packages"), os.path.join(place, "files")
        unpack_packages(wish.lock, packages, wish.base.architecture, wish.wheels, wish.installer)
        model = place_model(source, files)
        told, argv = labels(source), command(source, model, ("python3", "-m", "gto"))
        layout = GrowingLayout(os.path.join(place, "layout"), files)
        layers = _adopted(wish.base, layout)
        layers += [*_written(layout, packages, _PACKAGES), *_written(layout, files, MODEL)]
        config = _config(wish.base, layers, about, (told, argv))
        artifact = _plan(wish.base, layers, about, config)
        tag = tag_of_version(about.version) or about.commit[:_SHORT]
        layout.finish(artifact, tag)
        put(layout.path, target, place)
    return BuiltImage(artifact.digest, tag, wish.base.digest, told, argv, wish.lock.packages)


def check_python(base: BaseImage, lock: LockedRequirements) -> None:
    """Refuse packages of another Python than the base has."""
    if base.python and base.python != lock.python:
        message = f"the base has Python {base.python}, and the requirements are locked for {lock.python}"
        raise UsageError(message, f"name another base; or lock for it with --python {base.python}")


def _adopted(base: BaseImage, layout: GrowingLayout) -> list[_Layer]:
    found = []
    for one, diff_id in zip(base.layers, base.config["rootfs"]["diff_ids"], strict=True):
        layout.adopt(base.blob(one["digest"]), one["digest"])
        found.append(_Layer(Descriptor(one["mediaType"], one["digest"], one["size"]), BlobPlan(()), diff_id))
    return found


def _written(layout: GrowingLayout, files: str, top: str) -> list[_Layer]:
    plans = plan_tars(list(packed_files(files)), top, _MOST)
    digests = layout.write_layers(plans, files)
    return [
        _Layer(Descriptor(LAYER, digest, plan.size), plan, digest) for plan, digest in zip(plans, digests, strict=True)
    ]


def _config(
    base: BaseImage, layers: Sequence[_Layer], about: VersionAbout, told: tuple[Mapping[str, str], Sequence[str]]
) -> bytes:
    """Return the configuration: that of the base, and what is told and run here."""
    before = base.config.get("config") or {}
    paths = [f"/{_PACKAGES}", *filter(None, [base.environment.get("PYTHONPATH")])]
    environment = {**base.environment, **ENVIRONMENT, "PYTHONPATH": ":".join(paths)}
    seconds = {"Interval": HEALTH_EVERY, "Timeout": HEALTH_WITHIN, "StartPeriod": HEALTH_FROM}
    health = {name: count * _SECOND for name, count in seconds.items()}
    run: dict[str, Any] = {
        **before,
        "Env": [f"{key}={value}" for key, value in environment.items()],
        "Labels": {**(before.get("Labels") or {}), **told[0]},
        "Entrypoint": list(told[1]),
        "Cmd": list(ARGUMENTS),
        "User": USER,
        "WorkingDir": "/",
        "ExposedPorts": {f"{PORT}/tcp": {}},
        "Healthcheck": {"Test": ["CMD", "python3", "-c", READY], **health},
    }
    own = [{"created": about.created, "created_by": "gto build oci"} for _ in layers[len(base.layers) :]]
    rootfs = {"type": "layers", "diff_ids": [one.diff_id for one in layers]}
    history = [*(base.config.get("history") or ()), *own]
    return canonical({**base.config, "created": about.created, "config": run, "rootfs": rootfs, "history": history})


def _plan(base: BaseImage, layers: Sequence[_Layer], about: VersionAbout, config: bytes) -> PlannedArtifact:
    annotations = {**about.annotations(), "org.opencontainers.image.base.digest": base.digest}
    return plan_artifact((CONFIG, config), [(one.descriptor, one.plan) for one in layers], annotations)


def push(layout: str, tag: str, destination: str) -> None:
    """Copy a layout to a registry, its digest kept."""
    name = destination.removeprefix("docker://")
    if shutil.which("skopeo") is None:
        hint = f"apt-get install skopeo, then `skopeo copy --preserve-digests oci:{layout}:{tag} docker://{name}`"
        raise UsageError("skopeo pushes images, and is not there; the layout is", hint)
    words = ["copy", "--quiet", "--preserve-digests", *insecure("dest", name)]
    run_program(["skopeo", *words, f"oci:{os.path.abspath(layout)}:{tag}", f"docker://{name}"])
