"""Environments of other programs beside the project: each made once, under `.reference`."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

PLACE = Path(__file__).parent.parent / ".reference"
INSTALL_SECONDS = 1200


def make_environment(name: str, packages: list[str], *, constraints: Path | None = None, anew: bool = False) -> Path:
    """Return the Python of an environment that holds `packages`; whoever comes first makes it, others wait."""
    PLACE.mkdir(exist_ok=True)
    root = PLACE / name
    python = root / "bin" / "python"
    with (PLACE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = root / ".installed"
        if anew or not done.exists():
            shutil.rmtree(root, ignore_errors=True)
            _install(root, python, packages, constraints)
            done.touch()
    return python


def download_source(package: str, version: str) -> Path:
    """Return the directory of a package's source distribution, fetched from the index that pip is configured for."""
    PLACE.mkdir(exist_ok=True)
    root = PLACE / f"{package}-{version}-source"
    with (PLACE / f"{root.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = root / ".unpacked"
        if not done.exists():
            shutil.rmtree(root, ignore_errors=True)
            pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download"]
            wanted = ["--no-deps", "--no-binary", package, "--dest", str(root), f"{package}=={version}"]
            subprocess.run([*pip, *wanted], check=True, timeout=INSTALL_SECONDS)
            with tarfile.open(next(root.glob("*.tar.gz"))) as archive:
                archive.extractall(root, filter="data")
            done.touch()
    return next(path for path in root.iterdir() if path.is_dir())


def dvc_of_clouds() -> Path:
    """Return the Python of an environment with the newest DVC 3 in which this checkout stands for GTO."""
    return make_environment("dvc-clouds", ["dvc[azure,s3,ssh]>=3,<4", "--editable", str(PLACE.parent)])


def _install(root: Path, python: Path, packages: list[str], constraints: Path | None) -> None:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("COVERAGE_", "PYTHON"))}
    limits = ["--constraint", str(constraints)] if constraints else []
    # No pip of its own, and only what is imported is compiled: both take longer than all else.
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--quiet", "--disable-pip-version-check", "install"]
    make = [sys.executable, "-m", "venv", "--without-pip", str(root)]
    for argv in (make, [*pip, "--no-compile", *limits, *packages]):
        subprocess.run(argv, check=True, timeout=INSTALL_SECONDS, env=env)


def models_python() -> Path:
    """Return the Python of an environment with this checkout and the libraries that it saves models of, for CPUs."""
    libraries = ["scikit-learn", "skops", "xgboost-cpu", "lightgbm", "catboost", "torch==2.13.*", "keras>=3", "onnx"]
    helpers = ["skl2onnx", "onnxruntime", "cloudpickle", "pandas", "pyarrow", "safetensors"]
    judges = ["coverage>=7.10", "jsonschema", "mlflow-skinny", "pytest>=8.2"]
    return make_environment("models", [*libraries, *helpers, *judges, "--editable", str(PLACE.parent)])
