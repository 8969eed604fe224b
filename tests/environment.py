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
    make = [sys.executable, "-m", "venv", "--without-pip", str(root)]
    subprocess.run(make, check=True, timeout=INSTALL_SECONDS, env=env)
    add_packages(python, [*limits, *packages])


def add_packages(python: Path, packages: list[str]) -> None:
    """Install packages into an environment that is there."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("COVERAGE_", "PYTHON"))}
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--quiet", "--disable-pip-version-check", "install"]
    subprocess.run([*pip, "--no-compile", *packages], check=True, timeout=INSTALL_SECONDS, env=env)


def models_python() -> Path:
    """Return the Python of an environment with this checkout and the libraries that it saves models of, for CPUs."""
    libraries = ["scikit-learn", "skops", "xgboost-cpu", "lightgbm", "catboost", "torch==2.13.*", "keras>=3", "onnx"]
    helpers = ["skl2onnx", "onnxruntime", "cloudpickle", "pandas", "pyarrow", "safetensors"]
    judges = ["coverage>=7.10", "jsonschema", "mlflow-skinny", "pytest>=8.2"]
    return make_environment("models", [*libraries, *helpers, *judges, "--editable", str(PLACE.parent)])


def functions_python() -> Path:
    """Return the Python of an environment with this checkout, what serves, and of libraries of models only NumPy."""
    serves = ["fastapi", "httptools", "prometheus-client", "uvicorn"]
    packages = [*serves, "cloudpickle", "numpy", "pip", "coverage>=7.10", "--editable", str(PLACE.parent)]
    return make_environment("serving-functions", packages)


def serving_python() -> Path:
    """Return the Python of the environment of the models, with what `gto serve` and buckets need besides."""
    python = models_python()
    with (PLACE / "models.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = python.parent.parent / ".serves-from-stores"
        if not done.exists():
            serves = ["fastapi>=0.115", "httptools>=0.6.3", "prometheus-client>=0.20", "uvicorn>=0.30"]
            add_packages(python, [*serves, "obstore>=0.12,<0.13"])
            done.touch()
    return python


def serving_clients_python() -> Path:
    """Return the Python of an environment with clients that others wrote: Triton's, and a generator of clients."""
    return make_environment("serving-clients", ["tritonclient[http]", "openapi-python-client>=0.26"])


_ENGINES = {
    "KServe": ["kserve>=0.21,<0.22"],
    "MLServer": ["mlserver==1.7.1", "uvloop<0.22"],  # with a newer uvloop its worker dies, again and again
    "BentoML": ["bentoml>=1.4,<2"],
    "LitServe": ["litserve>=0.2.19,<0.3"],
    "Ray Serve": ["ray[serve]>=2.50,<3"],
}


def engine_python(engine: str) -> Path:
    """Return the Python of an environment with this checkout, scikit-learn, and a serving engine; else `gto serve`."""
    name = f"serving-{engine.lower().replace(' ', '-')}" if engine in _ENGINES else "serving-gto"
    models = ["coverage>=7.10", "scikit-learn", "skops", "pandas", "pyarrow", "--editable"]
    here = str(PLACE.parent)
    return make_environment(
        name, [*_ENGINES[engine], *models, here] if engine in _ENGINES else [*models, f"{here}[serve]"]
    )


def ray_python() -> Path:
    """Return the Python of an environment with this checkout, Ray, scikit-learn, and what reads buckets."""
    libraries = [
        "ray[client]>=2.40",
        "scikit-learn",
        "skops",
        "cloudpickle",
        "pandas",
        "pyarrow",
        "obstore>=0.12,<0.13",
    ]
    return make_environment("ray", [*libraries, "coverage>=7.10", "--editable", str(PLACE.parent)])


def sagemaker_python() -> Path:
    """Return the Python of an environment with this checkout, boto3, and what stands for SageMaker."""
    packages = ["boto3>=1.34", "moto>=5.2,<6", "coverage>=7.10", "pytest>=8.2"]
    return make_environment("sagemaker", [*packages, "--editable", str(PLACE.parent)])
