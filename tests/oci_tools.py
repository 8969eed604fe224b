"""The programs of others that read and write OCI's artifacts: skopeo, umoci, Debian's registry, clients in Python."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.environment import make_environment
from tests.repo import run
from tests.stores import free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CONFIG = """\
version: 0.1
log: {{level: error}}
storage:
  filesystem: {{rootdirectory: {place}/kept}}
http: {{addr: "127.0.0.1:{port}"}}
"""


def needed(program: str) -> str:
    """The path of a program of Debian's; without it the test is skipped."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"needs {program}: apt-get install {program}")
    return found


def skopeo(*words: str, cwd: Path) -> str:
    """What skopeo prints; it ends well."""
    done = run(needed("skopeo"), *words, cwd=cwd)
    assert done.code == 0, done.stderr
    return done.stdout


def unpacked(image: str, place: Path) -> dict[str, bytes]:
    """The files of an image in a layout, as umoci unpacks them, by their paths from its root."""
    bundle = place / "bundle"
    done = run(needed("umoci"), "unpack", "--rootless", "--image", image, str(bundle), cwd=place)
    assert done.code == 0, done.stderr
    return files_in(bundle / "rootfs")


def files_in(directory: Path) -> dict[str, bytes]:
    """The files below a directory."""
    return {str(one.relative_to(directory)): one.read_bytes() for one in directory.rglob("*") if one.is_file()}


@contextmanager
def debian_registry(place: Path) -> Iterator[str]:
    """Run Debian's registry until the block ends, and yield where it listens."""
    program, port = needed("docker-registry"), free_port()
    place.mkdir()
    config = place / "config.yml"
    config.write_text(_CONFIG.format(place=place, port=port), encoding="utf-8")
    with running([program, "serve", str(config)], port, place):
        yield f"127.0.0.1:{port}"


def python_of_clients() -> Path:
    """The Python of an environment with the clients that are on PyPI."""
    return make_environment("oci-clients", ["oras>=0.2.43", "kserve-storage>=0.21.0", "modelpack-client>=0.1.0"])
