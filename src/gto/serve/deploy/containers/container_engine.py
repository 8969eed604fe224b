"""Containers of Docker or Podman that carry GTO's labels: what runs, whether it answers, and a request to it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from gto.exceptions import DeployFailed, NotReady
from gto.serve.deploy.polling import polls
from gto.serve.deploy.settings import VARIABLE, Setting
from gto.serve.deploy.target import LABELS, RenderedFile, RunningDeployment, Unreachable
from gto.serve.deploy.tool_process import ToolAnswer, ToolCall, run_tool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gto.serve.deploy.target import WantedDeployment

PREFIX = "gto."
_RENDERED = f"{PREFIX}rendered"
_LONGEST_PAUSE = 0.5  # seconds between two looks
_MOST_STARTS = 3
_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
_PORT = r"((\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:]+\]):)?\d{1,5}:\d{1,5}"
_LINE = r"[^\x00-\x1f\x7f]+"

VALUES = {
    "engine": Setting("text", "the command of the engine", default="docker", choices=("docker", "podman")),
    "context": Setting("text", "the context of docker, or the connection of podman, if not the one in use",
                       pattern=_NAME),
    "ports": Setting("texts", "ports that are published, `[ADDRESS:]HOST:CONTAINER`", default=["127.0.0.1:8080:8080"],
                     pattern=_PORT),
    "port": Setting("whole", "the port in the container that answers", default=8080, least=1, most=65535),
    "health": Setting("text", "the path that answers once it is ready", default="/v2/health/ready", pattern=r"/[!-~]*"),
    "python": Setting("text", "the interpreter in the image, which asks that path", default="python",
                      pattern=r"[\w./-]+"),
    "command": Setting("texts", "what is started in the place of the image's command", pattern=_LINE),
    "environment": Setting("pairs", "variables of its environment, no secrets", pattern=r"[^\x00]*", keys=VARIABLE),
    "networks": Setting("texts", "networks, which are there already, that it joins", pattern=_NAME),
    "memory": Setting("text", "the most memory that it gets", pattern=r"[1-9][0-9]*[bkmg]?", example="2g"),
    "cpus": Setting("number", "the most processors that it gets", least=0.05, most=1024),
    "read_only": Setting("flag", "whether its file system is read-only, /tmp apart", default=True),
    "restart": Setting("text", "when it is started again", default="unless-stopped",
                       choices=("no", "always", "on-failure", "unless-stopped")),
    "pull": Setting("text", "when the image is pulled", default="missing", choices=("always", "missing", "never")),
}  # fmt: skip
"""The settings that both kinds have."""

_ASK = (
    "import sys,urllib.request as r;"
    "b=sys.stdin.buffer.read() if sys.argv[2:] else None;"
    "h={'Content-Type':'application/json'} if b is not None else {};"
    "o=r.build_opener(r.ProxyHandler({}));"
    "sys.stdout.buffer.write(o.open(r.Request(sys.argv[1],b,h),timeout=20).read())"
)


def rendered_label(text: str) -> str:
    """Return the label, `NAME=VALUE`, by which a container tells the file that it was started from."""
    return f"{_RENDERED}={base64.b64encode(text.encode()).decode()}"


def labels_of(wanted: WantedDeployment) -> dict[str, str]:
    """Return the labels of the container."""
    return {f"{PREFIX}{key}": value for key, value in wanted.labels.items()}


def health_check(wanted: WantedDeployment) -> list[str]:
    """Return the command that ends with 0 in the container once the version answers."""
    values = wanted.target.values
    return [values["python"], "-c", _ASK, f"http://127.0.0.1:{values['port']}{values['health']}"]


class Engine(NamedTuple):
    """Docker or Podman, as a target's settings choose it."""

    command: tuple[str, ...]

    @classmethod
    def of(cls, wanted: WantedDeployment) -> Engine:
        """Return the engine of a target."""
        values = wanted.target.values
        flag = {"docker": "--context", "podman": "--connection"}[values["engine"]]
        return cls((values["engine"], *((flag, values["context"]) if values["context"] else ())))

    def run(self, words: Sequence[str], *, seconds: float = 30, data: bytes | None = None) -> ToolAnswer:
        """Run one command of the engine."""
        return run_tool(ToolCall((*self.command, *words), data, seconds))

    def must(self, words: Sequence[str], what: str, seconds: float) -> ToolAnswer:
        """Run one command that must end with 0; DeployFailed says that `what` failed."""
        answer = self.run(words, seconds=seconds)
        if answer.status != 0:
            raise DeployFailed(f"{what} failed: {answer.said}")
        return answer

    def find(self, wanted: WantedDeployment) -> list[dict[str, Any]] | Unreachable:
        """Return what the engine says of the target's containers, those that ended too, the newest first."""
        mark = f"label={PREFIX}target={wanted.target.name}"
        answer = self.run(["container", "ls", "--all", "--quiet", "--no-trunc", "--filter", mark])
        if answer.status != 0:
            return Unreachable(answer.said)
        ids = answer.text.split()
        if not ids:
            return []
        answer = self.run(["container", "inspect", *ids])
        if answer.status != 0:  # one of them went away meanwhile
            return Unreachable(answer.said)
        found = [one for one in json.loads(answer.text) if _is_ours(one, wanted.target.name)]
        return sorted(found, key=lambda one: str(one.get("Created")), reverse=True)

    def running(self, wanted: WantedDeployment, file: str) -> RunningDeployment | Unreachable | None:
        """Return what runs, by the labels of the newest container; what it was started from is called `file`."""
        found = self.find(wanted)
        if isinstance(found, Unreachable):
            return found
        return _read(found[0])._replace(files=_started_from(found[0], file)) if found else None

    def wait_ready(self, wanted: WantedDeployment, seconds: float, labels: Mapping[str, str] | None = None) -> None:
        """Return once the container with the labels, those wanted without, answers.

        NotReady where it ends, or time does.
        """
        labels = wanted.labels if labels is None else labels
        for is_last in polls(seconds, _LONGEST_PAUSE):
            found = self.find(wanted)
            state = _read(found[0]) if isinstance(found, list) and found else None
            ours = state is not None and all(state.labels.get(one) == labels.get(one) for one in LABELS)
            if state is not None and ours and state.ready:
                return
            ended = ours and isinstance(found, list) and _has_failed(found[0])
            if ended or is_last:
                detail = state.detail if state is not None else "there is no container"
                raise NotReady(f"the container is not ready: {detail}{self._logs(found)}")

    def _logs(self, found: list[dict[str, Any]] | Unreachable) -> str:
        if isinstance(found, Unreachable) or not found:
            return ""
        said = self.run(["container", "logs", "--tail", "15", str(found[0].get("Id"))])
        text = (said.err + said.out).decode("utf-8", "replace").strip()
        return f"\n{text}" if text else ""

    def ask(self, wanted: WantedDeployment, request: bytes) -> bytes:
        """Send a request from within the container."""
        found = self.find(wanted)
        if isinstance(found, Unreachable) or not found:
            raise NotReady("the sample was not answered: there is no container")
        values = wanted.target.values
        url = f"http://127.0.0.1:{values['port']}/v2/models/{quote(wanted.artifact, safe='')}/infer"
        words = ["exec", "--interactive", str(found[0].get("Id")), values["python"], "-c", _ASK, url, "body"]
        answer = self.run(words, seconds=60, data=request)
        if answer.status != 0:
            raise NotReady(f"the sample was not answered: {answer.said}")
        return answer.out


def _is_ours(container: dict[str, Any], target: str) -> bool:
    """Tell by its name whether a container was started by an `apply`: an image, too, can have GTO's labels."""
    name = str(container.get("Name", "")).removeprefix("/")
    # Compose calls the container PROJECT-SERVICE-1, podman-compose PROJECT_SERVICE_1.
    return name == f"gto-{target}" or name.startswith((f"gto-{target}-", f"gto-{target}_"))


def _started_from(container: dict[str, Any], file: str) -> tuple[RenderedFile, ...]:
    told = (container.get("Config") or {}).get("Labels") or {}
    try:
        return (RenderedFile(file, base64.b64decode(told[_RENDERED], validate=True).decode()),)
    except (KeyError, ValueError):
        return ()


def _has_failed(container: dict[str, Any]) -> bool:
    """Tell whether a container has ended, or was started again and again."""
    return (
        _read(container).detail in {"exited", "dead", "unhealthy"} or container.get("RestartCount", 0) >= _MOST_STARTS
    )


def _read(container: dict[str, Any]) -> RunningDeployment:
    told = (container.get("Config") or {}).get("Labels") or {}
    labels = {one: told[PREFIX + one] for one in LABELS if PREFIX + one in told}
    state = container.get("State") or {}
    status = str(state.get("Status", "unknown"))
    health = str((state.get("Health") or state.get("Healthcheck") or {}).get("Status") or "")
    ready = status == "running" and health in ("healthy", "")
    return RunningDeployment(labels, ready, health if status == "running" and health else status)
