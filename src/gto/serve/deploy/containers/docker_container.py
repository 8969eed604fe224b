"""One container of Docker or Podman, without Compose: started by `run`, replaced by another."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from gto.serve.deploy.containers import container_engine
from gto.serve.deploy.containers.container_engine import Engine
from gto.serve.deploy.containers.container_platform import ContainerPlatform
from gto.serve.deploy.target import PlatformKind, RenderedFile

if TYPE_CHECKING:
    from gto.serve.deploy.target import WantedDeployment

FILE = "run.json"
_PULL = 1800.0  # seconds for the image to arrive
_STOP = 120.0


class DockerContainer(ContainerPlatform):
    """Runs versions as a container."""

    file = FILE

    def render(self, wanted: WantedDeployment) -> tuple[RenderedFile, ...]:
        """Return what `docker run` is told, as JSON: options, image and command."""
        values = wanted.target.values
        told = {
            "pull": values["pull"],
            "options": _options(wanted),
            "image": wanted.image,
            "command": values["command"],
        }
        return (RenderedFile(FILE, json.dumps(told, indent=2) + "\n"),)

    def validate(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:
        """Leave it to the engine, which refuses an unknown option before it does anything."""

    def apply(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:
        """Fetch the image, remove what has the name, and start the version."""
        engine = Engine.of(wanted)
        (file,) = files
        found = json.loads(file.text)
        _fetch(engine, found["image"], found["pull"])
        # Nothing of ours is stopped before the image is there.
        engine.run(["container", "rm", "--force", _name(wanted)], seconds=_STOP)
        told = ("--label", container_engine.rendered_label(file.text))
        words = [
            "run",
            "--detach",
            "--name",
            _name(wanted),
            *told,
            *found["options"],
            found["image"],
            *found["command"],
        ]
        engine.must(words, f"`{engine.command[0]} run --name {_name(wanted)} ...`", _STOP)


def _name(wanted: WantedDeployment) -> str:
    return f"gto-{wanted.target.name}"


def _fetch(engine: Engine, image: str, pull: str) -> None:
    has = engine.run(["image", "inspect", image]).status == 0
    if pull == "always" or (pull == "missing" and not has):
        engine.must(["pull", "--quiet", image], f"pulling '{image}'", _PULL)


def _options(wanted: WantedDeployment) -> list[str]:
    values = wanted.target.values
    check = shlex.join(container_engine.health_check(wanted))
    pairs = [
        *(("--label", f"{key}={value}") for key, value in container_engine.labels_of(wanted).items()),
        *(("--env", f"{key}={value}") for key, value in values["environment"].items()),
        *(("--publish", one) for one in values["ports"]),
        *(("--network", one) for one in values["networks"]),
        *([("--memory", values["memory"])] if values["memory"] else []),
        *([("--cpus", str(values["cpus"]))] if values["cpus"] else []),
        *([("--tmpfs", "/tmp")] if values["read_only"] else []),  # noqa: S108  of the container
        ("--restart", values["restart"]),
        ("--health-cmd", check),
        ("--health-interval", "2s"),
        ("--health-timeout", "25s"),
        ("--health-retries", "3"),
        ("--health-start-period", "300s"),
        ("--cap-drop", "ALL"),
        ("--security-opt", "no-new-privileges"),
    ]
    flags = ["--init", *(["--read-only"] if values["read_only"] else [])]
    return [*flags, *(word for pair in pairs for word in pair)]


KIND = PlatformKind("A container of Docker or Podman.", container_engine.VALUES, DockerContainer, needs=("image",))
