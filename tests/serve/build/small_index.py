"""A directory of wheels that stands for an index, and a model that needs some of them."""

from __future__ import annotations

import hashlib
import zipfile
from typing import TYPE_CHECKING

from gto.inspect.facts import CodeOnLoad, ModelFacts
from gto.inspect.side_car import FileIdentity, SideCar
from gto.serve.build.locked_requirements import needs_of_serving
from gto.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

PICKLE = b"cbuiltins\nlen\n."  # a function, in pickle's oldest protocol: loading it imports builtins.len


def add_wheel(place: Path, name: str, version: str, *needs: str, text: str = "") -> Path:
    """Write the wheel of a package that has one module."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + "".join(
        f"Requires-Dist: {n}\n" for n in needs
    )
    files = {
        f"{module}/__init__.py": text,
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{module}-tool = {module}:main\n",
    }
    path = place / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inside, data in files.items():
            archive.writestr(zipfile.ZipInfo(inside, (2020, 1, 1, 0, 0, 0)), data)
        archive.writestr(f"{info}/RECORD", "".join(f"{inside},,\n" for inside in [*files, f"{info}/RECORD"]))
    return path


def fill_index(place: Path) -> dict[str, str]:
    """Write the wheels, and return what has pip and uv know these alone."""
    place.mkdir()
    add_wheel(place, "alpha", "1.0", "Beta_Two>=1")
    add_wheel(place, "beta-two", "1.5")
    for need in needs_of_serving():
        name, _, least = need.partition(">=")
        add_wheel(place, name.partition("[")[0], least or "1")
    add_wheel(place, "gto", __version__, "click")
    return {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(place),
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_CONFIG_FILE": "/dev/null",
        "UV_DEFAULT_INDEX": (place / "none").as_uri(),
        "UV_FIND_LINKS": str(place),
        "UV_NO_CACHE": "1",
        "UV_NO_CONFIG": "1",
        "PIP_NO_CACHE_DIR": "1",
    }


def add_model(
    repo: Repo, *, requirements: tuple[str, ...] = ("alpha==1.0",), python: str = "", name: str = "small"
) -> None:
    """Register v1.0.0-rc.1 of a function in a pickle, with a side-car."""
    path = f"m/{name}.pkl"
    identity = FileIdentity(
        f"{name}.pkl",
        len(PICKLE),
        git=hashlib.sha1(b"blob %d\0" % len(PICKLE) + PICKLE, usedforsecurity=False).hexdigest(),
    )
    facts = ModelFacts(
        format="pickle",
        code_on_load=CodeOnLoad.PICKLE,
        imports=["builtins.len"],
        requirements=list(requirements),
        python=python,
    )
    artifacts = f"{name}: {{path: {path}, type: model, custom: {{model: {path}.model.yaml}}}}\n"
    side_car = SideCar(identity, facts).text()
    repo.commit("model", {"artifacts.yaml": artifacts, path: PICKLE.decode(), f"{path}.model.yaml": side_car})
    repo.gto("register", name, "--version", "v1.0.0-rc.1")
