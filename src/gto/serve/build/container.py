"""How a version runs in a container: command, user, port and environment, and the labels that tell of it."""

import os
from collections.abc import Sequence

from gto.delivery.file_identity import identity_of_path
from gto.delivery.get import files_digest
from gto.exceptions import UsageError
from gto.inspect.side_car import SideCar, side_car_path
from gto.oci.about import read_about
from gto.serve.build.build_source import BuildSource
from gto.serve.build.locked_requirements import LockedRequirements

PORT = 8080
USER = "10001:10001"
"""By number: Kubernetes can tell of a number alone that it is not root's."""
ENVIRONMENT = {"HOME": "/tmp", "PYTHONUNBUFFERED": "1"}  # noqa: S108  where any user may write, in a container
"""What libraries with a cache want, and logs that are there when the process ends."""
MODEL = "model"
"""The directory, below the root, that holds the model."""
READY = (
    "import os, urllib.request as r; "
    f"r.urlopen('http://127.0.0.1:%s/v2/health/ready' % os.environ.get('PORT', '{PORT}'), timeout=2)"
)
"""A program of Python that ends well where a container is ready."""
HEALTH_EVERY, HEALTH_WITHIN, HEALTH_FROM = 10, 5, 120
"""Seconds between two looks, for each of them, and until it counts that one went wrong."""
ARGUMENTS = ("--threads", "4")
"""What may be replaced where a container is started; Heroku takes no image without a CMD."""


def place_model(source: BuildSource, directory: str) -> str:
    """Bring a model's files below a directory, for anybody to read, with the file of its facts; return the name there.

    The facts are those of the file and its side-car together.
    """
    path = source.bring(directory)
    name = os.path.basename(path)
    identity = identity_of_path(path)._replace(path=name)
    with open(os.path.join(directory, side_car_path(name)), "w", encoding="utf-8") as file:
        file.write(SideCar(identity, source.facts).text())
    for one, _, names in os.walk(directory):
        os.chmod(one, 0o755)  # noqa: S103  as said
        for each in names:
            os.chmod(os.path.join(one, each), 0o644)
    return name


def command(source: BuildSource, name: str, python: Sequence[str] = ()) -> list[str]:
    """Return what a container runs: on PORT, or where the variable of that name says."""
    words = ["serve", f"{source.label}=/{MODEL}/{name}", "--host", "0.0.0.0"]  # noqa: S104  a container's port is open to whom its owner lets
    return [*(python or ("gto",)), *words, *(["--trusted"] if source.would_run else [])]


def labels(source: BuildSource) -> dict[str, str]:
    """Return what is said of a version on the image of it."""
    standard = read_about(source.registry, source.chosen).annotations()
    standard.pop("org.opencontainers.image.authors", None)
    own = {
        "artifact": source.chosen.name,
        "version": source.version,
        "commit": source.chosen.commit,
        "digest": files_digest(source.located),
        "code-on-load": str(source.facts.code_on_load),
        "trusted": "true" if source.would_run else "",
    }
    found = {**standard, **{f"gto.{key}": value for key, value in own.items()}}
    return {key: " ".join(value.split()) for key, value in sorted(found.items()) if value}


def copy_wheels(wheels: str | None, lock: LockedRequirements, directory: str) -> list[str]:
    """Copy those wheels beside the index that are locked, and return their names."""
    import shutil

    from packaging.utils import parse_wheel_filename

    found = []
    for name in sorted(os.listdir(wheels)) if wheels else ():
        if name.endswith(".whl"):
            project, version, *_ = parse_wheel_filename(name)
            if f"{project}=={version}" in lock.packages:
                os.makedirs(directory, exist_ok=True)
                shutil.copyfile(os.path.join(wheels or "", name), os.path.join(directory, name))
                found.append(name)
    return found


def check_serves(lock: LockedRequirements) -> None:
    """Refuse requirements of which GTO is no part: nothing would serve."""
    if not any(one.startswith("gto==") for one in lock.packages):
        raise UsageError("the requirements do not hold GTO, which serves", "lock them with --with-serve")
