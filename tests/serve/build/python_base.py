"""An image with the Python that runs the tests: its standard library, and the libraries of the system."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

LEFT_OUT = shutil.ignore_patterns(
    "test", "tests", "site-packages", "dist-packages", "idlelib", "tkinter", "ensurepip", "lib2to3", "config-*",
    "__pycache__", "turtledemo", "*.a",
)  # fmt: skip
OF_WHEELS = {"libgcc_s.so.1", "libstdc++.so.6", "libpthread.so.0", "librt.so.1", "libdl.so.2", "libutil.so.1"}
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def make_base(place: Path) -> Path:
    """Write the image as an OCI layout, and return its directory."""
    rootfs, layout = place / "rootfs", place / "base"
    standard = Path(os.__file__).parent
    shutil.copytree(standard, rootfs / "usr/local/lib" / standard.name, ignore=LEFT_OUT)
    program = Path(os.path.realpath(sys.executable))
    (rootfs / "usr/local/bin").mkdir()
    (rootfs / "tmp").mkdir()
    shutil.copy2(program, rootfs / "usr/local/bin/python3")
    for library in _libraries([program, *standard.glob("lib-dynload/*.so")]):
        target = rootfs / str(library).lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(library, target)
        target.chmod(0o755)
    (rootfs / "tmp").chmod(0o1777)
    blobs = layout / "blobs/sha256"
    blobs.mkdir(parents=True)
    with tarfile.open(layout / "layer", "w") as archive:
        archive.add(rootfs, arcname=".")
    shutil.rmtree(rootfs)
    with (layout / "layer").open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    layer = (layout / "layer").rename(blobs / digest)
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    run = {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin", f"PYTHON_VERSION={platform.python_version()}"]}
    config = {"architecture": machine, "os": "linux", "config": run}
    config |= {"rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]}}
    start = "application/vnd.oci.image"
    described = {"mediaType": f"{start}.layer.v1.tar", "digest": f"sha256:{digest}", "size": layer.stat().st_size}
    manifest = {"schemaVersion": 2, "config": _blob(blobs, config, f"{start}.config.v1+json"), "layers": [described]}
    index = {"schemaVersion": 2, "manifests": [_blob(blobs, manifest, f"{start}.manifest.v1+json")]}
    (layout / "index.json").write_text(json.dumps(index))
    (layout / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    return layout


def _libraries(programs: list[Path]) -> set[Path]:
    """The libraries that the programs load, and those that wheels may expect anywhere."""
    said = subprocess.run(["ldd", *map(str, programs)], check=False, capture_output=True, text=True).stdout
    known = subprocess.run(["/sbin/ldconfig", "-p"], check=True, capture_output=True, text=True).stdout
    said += "".join(line for line in known.splitlines(keepends=True) if line.split()[0] in OF_WHEELS)
    words = [word for line in said.splitlines() for word in line.split() if word.startswith("/")]
    return {Path(word) for word in words if not word.endswith(":")}


def _blob(blobs: Path, value: Any, media_type: str) -> dict[str, Any]:  # noqa: ANN401  whatever JSON holds
    data = json.dumps(value).encode()
    digest = hashlib.sha256(data).hexdigest()
    (blobs / digest).write_bytes(data)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}
