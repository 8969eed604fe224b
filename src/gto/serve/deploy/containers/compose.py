"""A project of Compose: `compose.yaml` with the version's image, its labels, and how it is seen to be healthy."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Any

from gto.exceptions import DeployFailed, InvalidManifest
from gto.serve.deploy.containers import container_engine
from gto.serve.deploy.containers.container_engine import Engine
from gto.serve.deploy.containers.container_platform import ContainerPlatform
from gto.serve.deploy.settings import Setting
from gto.serve.deploy.target import PlatformKind, RenderedFile
from gto.serve.deploy.tool_process import ToolCall, run_tool

if TYPE_CHECKING:
    from gto.serve.deploy.target import WantedDeployment

FILE = "compose.yaml"
_UP = 1800.0  # seconds for the image to arrive
VALUES = {
    **container_engine.VALUES,
    "service": Setting("text", "the name of the service", default="model", pattern=r"[a-z0-9][a-z0-9_-]*"),
}


class ComposeProject(ContainerPlatform):
    """Runs versions as a project of Compose."""

    file = FILE

    def render(self, wanted: WantedDeployment) -> tuple[RenderedFile, ...]:
        """Return the file of Compose."""
        import yaml

        networks = wanted.target.values["networks"]
        project: dict[str, Any] = {
            "name": _project(wanted),
            "services": {wanted.target.values["service"]: _service(wanted)},
        }
        if networks:
            project["networks"] = {one: {"external": True} for one in networks}
        text = yaml.safe_dump(_interpolated(project), sort_keys=False, allow_unicode=True, width=1 << 16)
        return (RenderedFile(FILE, text),)

    def validate(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:
        """Refuse a file whose keys are not those that GTO writes; Compose itself checks the rest before it starts."""
        import yaml

        for one in files:
            found = yaml.safe_load(one.text)
            service = found["services"].get(wanted.target.values["service"], {})
            problems = [f"unknown key '{key}'" for key in found if key not in ("name", "services", "networks")]
            problems += [f"unknown key '{key}' of the service" for key in service if key not in _SERVICE]
            if problems:
                raise InvalidManifest(one.path, problems)

    def apply(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:
        """Have Compose check the file, and bring the project to it."""
        (one,) = files
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, FILE)
            with open(path, "w", encoding="utf-8") as file:
                file.write(_telling(one.text))
            _compose(wanted, path, "config", "--quiet")
            _compose(wanted, path, "up", "--detach", "--remove-orphans")


def _telling(text: str) -> str:
    """Return a file of Compose whose containers tell what they were started from."""
    import yaml

    found = yaml.safe_load(text)
    key, _, value = container_engine.rendered_label(text).partition("=")
    for service in found["services"].values():
        service["labels"][key] = value
    return yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=1 << 16)


def _project(wanted: WantedDeployment) -> str:
    return f"gto-{wanted.target.name}"


def _compose(wanted: WantedDeployment, path: str, *words: str) -> None:
    engine = Engine.of(wanted)
    name, *options = engine.command
    # podman's own `podman compose` would hand on to either.
    podman = ("podman-compose", *([f"--podman-args={' '.join(options)}"] if options else []))
    tool = podman if name == "podman" else (*engine.command, "compose")
    argv = (*tool, "--project-name", _project(wanted), "--file", path, *words)
    answer = run_tool(ToolCall(argv, seconds=_UP))
    if answer.status != 0:
        raise DeployFailed(f"`{' '.join(tool)} {words[0]}` failed: {answer.said}")


_SERVICE = frozenset(
    ("image", "command", "labels", "environment", "ports", "networks", "healthcheck", "restart", "read_only", "tmpfs",
     "pull_policy", "security_opt", "cap_drop", "init", "mem_limit", "cpus")
)  # fmt: skip


def _service(wanted: WantedDeployment) -> dict[str, Any]:
    values = wanted.target.values
    optional = {
        "command": values["command"],
        "environment": values["environment"],
        "networks": values["networks"],
        "mem_limit": values["memory"],
        "cpus": values["cpus"],
        "tmpfs": ["/tmp"] if values["read_only"] else None,  # noqa: S108  of the container
    }
    return {
        "image": wanted.image,
        "labels": container_engine.labels_of(wanted),
        "ports": values["ports"],
        "healthcheck": {
            "test": ["CMD", *container_engine.health_check(wanted)],
            "interval": "10s",
            "timeout": "25s",
            "retries": 3,
            "start_period": "300s",
            "start_interval": "1s",
        },
        "restart": values["restart"],
        "pull_policy": values["pull"],
        "init": True,
        "read_only": values["read_only"],
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        **{key: value for key, value in optional.items() if value},
    }


def _interpolated(value: Any) -> Any:  # noqa: ANN401  as YAML has it
    """Return a value in which Compose sees no variable."""
    if isinstance(value, dict):
        return {key: _interpolated(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_interpolated(one) for one in value]
    return value.replace("$", "$$") if isinstance(value, str) else value


KIND = PlatformKind("A service of Docker Compose or podman-compose.", VALUES, ComposeProject, needs=("image",))
