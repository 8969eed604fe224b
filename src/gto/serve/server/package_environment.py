"""Environments of Python: which packages one has, and one that has what versions were recorded with."""

import json
import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gto.fs import cache_dir, file_lock
from gto.models.installer import find_installer, install, make_environment
from gto.models.package_requirements import releases
from gto.serve.server import kept_environments

_KNOWN = frozenset({
    "catboost", "cloudpickle", "gto", "joblib", "keras", "lightgbm", "numpy", "onnx", "onnxruntime", "pandas",
    "pyarrow", "safetensors", "scikit-learn", "scipy", "skops", "tensorflow", "threadpoolctl", "torch", "xgboost",
})  # fmt: skip
"""What the models are of that GTO loads."""
_WAIT = 1800.0  # seconds for another process that makes the same


class PythonEnvironment(NamedTuple):
    """An interpreter, and the versions of its packages by their names."""

    python: str
    packages: Mapping[str, str]
    kept: str = ""
    """Its directory, where it is one of those in GTO's cache: who runs it keeps it there by kept_environments.use()."""


def known_environment(requirements: Sequence[str]) -> PythonEnvironment | None:
    """Return an environment that has what is required: this one, or one that was made before; None for none."""
    here = installed_packages()
    if not lacking(requirements, here):
        return PythonEnvironment(sys.executable, here)
    root = _place_of(requirements)
    return _made(root) if kept_environments.is_done(root) else None


def new_environment(requirements: Sequence[str]) -> PythonEnvironment:
    """Make an environment of just what is required; InstallFailed where no index has it, or none can be reached.

    UsageError for what is no release of a package.
    """
    wanted = releases(requirements)
    root = _place_of(requirements)
    with file_lock.hold(kept_environments.lock_of(root), _WAIT):
        if not kept_environments.is_done(root):
            shutil.rmtree(root, ignore_errors=True)  # somebody was killed while making it
            with tempfile.TemporaryDirectory(prefix="gto-environment-") as scratch:
                install(find_installer(scratch), make_environment(root, sys.executable), wanted)
            kept_environments.mark_done(root, wanted)
            kept_environments.make_room(keep=root)
    return _made(root)


def _place_of(requirements: Sequence[str]) -> str:
    told = json.dumps([sys.version, sys.base_prefix, sorted(requirements)])
    return os.path.join(kept_environments.home(), cache_dir.digest(told.encode()))


def _made(root: str) -> PythonEnvironment:
    site = {sysconfig.get_path(kind, "venv", {"base": root, "platbase": root}) for kind in ("purelib", "platlib")}
    return PythonEnvironment(os.path.join(root, "bin", "python"), installed_packages(sorted(site)), root)


def installed_packages(site: Sequence[str] | None = None) -> dict[str, str]:
    """Return the versions of the packages in directories, by their names; None for those of this process."""
    found: dict[str, str] = {}
    for one in metadata.distributions() if site is None else metadata.distributions(path=list(site)):
        found.setdefault(canonicalize_name(one.metadata["Name"]), one.version)  # the first is imported
    return found


def lacking(requirements: Iterable[str], packages: Mapping[str, str]) -> list[str]:
    """Return those of the requirements that packages do not meet, sorted."""
    return sorted(one for one in set(requirements) if not _is_met(one, packages))


def strangers(requirements: Iterable[str], packages: Mapping[str, str]) -> list[str]:
    """Return the names that are neither here in any version nor of a library whose models GTO loads, sorted.

    A package can run code as soon as it is installed: which one, nobody may choose who is not trusted.
    """
    names = {canonicalize_name(Requirement(one).name) for one in releases(requirements)}
    return sorted(names - _KNOWN - packages.keys())


def _is_met(text: str, packages: Mapping[str, str]) -> bool:
    try:
        wanted = Requirement(text)
        if wanted.marker is not None and not wanted.marker.evaluate():
            return True
    except ValueError:  # no requirement, or a marker that compares what cannot be compared
        return False
    there = packages.get(canonicalize_name(wanted.name))
    # `2.13.0+cpu` is what `==2.13.0` asks for; of a URL only the name is compared.
    return there is not None and wanted.specifier.contains(there, prereleases=True)
