"""The image that another begins with: an OCI layout, an archive of one, or what skopeo brings from a registry."""

import json
import os
import platform
import re
import shutil
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from gto.exceptions import BadFile, NotFound, UsageError
from gto.models.installer import run_program

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_DIGEST_RE = re.compile(r"sha256:[0-9a-f]{64}")
_INDEX_END = (".index.v1+json", ".manifest.list.v2+json")
_LARGEST = 4 << 20  # bytes of a manifest or a configuration


class BaseImage(NamedTuple):
    """An image in a layout."""

    path: str
    """The layout."""
    digest: str
    layers: Sequence[Mapping[str, Any]]
    """Their descriptors."""
    config: Mapping[str, Any]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that it sets."""
        found = self.config.get("config", {}).get("Env") or ()
        return {key: value for key, _, value in (one.partition("=") for one in found)}

    @property
    def python(self) -> str:
        """The version of its Python, `3.12`, as Python's own images tell it; empty where it tells none."""
        return ".".join(self.environment.get("PYTHON_VERSION", "").split(".")[:2])

    @property
    def architecture(self) -> str:
        """Its processor, `amd64`."""
        return str(self.config.get("architecture", ""))

    def blob(self, digest: str) -> str:
        """Return where a blob of it is."""
        return _blob(self.path, digest)


@contextmanager
def opened(base: str) -> Iterator[BaseImage]:
    """Yield the image that a path or a name of a registry leads to; what was fetched is gone in the end."""
    with TemporaryDirectory(prefix="gto-base-") as scratch:
        if os.path.isdir(base):
            yield _read(base)
        elif os.path.isfile(base):
            _unpack(base, scratch)
            yield _read(scratch)
        else:
            _fetch(base.removeprefix("docker://"), scratch)
            yield _read(scratch)


def _unpack(archive: str, scratch: str) -> None:
    try:
        with tarfile.open(archive) as file:
            file.extractall(scratch, filter="data")
    except (tarfile.TarError, EOFError) as error:
        raise BadFile(archive, f"it is no archive of an image: {error}", hint=_HINT) from error


def _fetch(name: str, scratch: str) -> None:
    if name.startswith((".", "/")):
        raise NotFound(f"there is no image at '{name}'", _HINT)
    if shutil.which("skopeo") is None:
        hint = f"apt-get install skopeo; or `docker save {name} -o base.tar`, and --base base.tar"
        raise UsageError("skopeo brings images from registries, and is not there", hint)
    wanted = ["--override-os=linux", f"--override-arch={architecture_here()}"]
    run_program(
        ["skopeo", *wanted, "copy", "--quiet", *insecure("src", name), f"docker://{name}", f"oci:{scratch}:base"]
    )


def architecture_here() -> str:
    """Return the processor of this machine, as images have it."""
    return _ARCHITECTURES.get(platform.machine(), platform.machine())


def insecure(side: str, name: str) -> list[str]:
    """Return what has skopeo talk plain HTTP to a registry of this machine, as Docker does; `side` is src or dest."""
    host = name.partition("/")[0].rpartition(":")[0] or name.partition("/")[0]
    return [f"--{side}-tls-verify=false"] if host in {"127.0.0.1", "localhost", "[::1]"} else []


def _read(path: str) -> BaseImage:
    descriptor = _chosen(path, _json(os.path.join(path, "index.json")))
    manifest = _json(_blob(path, descriptor["digest"]))
    config = _json(_blob(path, manifest["config"]["digest"]))
    if config.get("os") != "linux" or not isinstance(config.get("rootfs"), dict):
        raise BadFile(path, "it holds no image of Linux", hint=_HINT)
    return BaseImage(path, descriptor["digest"], manifest["layers"], config)


def _chosen(path: str, index: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the only image of an index that this machine can run."""
    fits = []
    for one in index.get("manifests", ()):
        if one.get("mediaType", "").endswith(_INDEX_END):
            return _chosen(path, _json(_blob(path, one["digest"])))
        told = one.get("platform", {})
        if told.get("architecture", architecture_here()) == architecture_here() and told.get("os", "linux") == "linux":
            fits.append(one)
    if len(fits) != 1:
        said = "several images" if fits else f"no image of linux/{architecture_here()}"
        raise BadFile(path, f"it holds {said}", hint="give a layout of one: `skopeo copy oci:DIR:TAG oci:ONE:TAG`")
    found: Mapping[str, Any] = fits[0]
    return found


def _blob(path: str, digest: str) -> str:
    if not _DIGEST_RE.fullmatch(digest):
        raise BadFile(path, f"'{digest[:80]}' is no digest of SHA-256", hint=_HINT)
    return os.path.join(path, "blobs", *digest.split(":"))


def _json(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST + 1)
        found = json.loads(data) if len(data) <= _LARGEST else None
    except FileNotFoundError as error:
        raise BadFile(path, "it is not there", hint=_HINT) from error
    except ValueError as error:
        raise BadFile(path, f"it is no JSON: {error}", hint=_HINT) from error
    if not isinstance(found, dict):
        raise BadFile(path, "it is no object of JSON, or too large", hint=_HINT)
    return found


_HINT = "an OCI layout, an archive of one (`docker save`), or the name of an image in a registry is wanted"
