"""What a project of Compose and a single container have in common as targets: the engine tells, and goes back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import nullcontext
from typing import TYPE_CHECKING, ClassVar

from gto.serve.deploy.containers.container_engine import Engine

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from gto.serve.deploy.target import RenderedFile, RunningDeployment, Unreachable, WantedDeployment

_BACK = 300.0  # seconds that what ran before has to answer again


class ContainerPlatform(ABC):
    """Runs versions in containers of Docker or Podman."""

    file: ClassVar[str]
    """The name of the one file that is rendered."""

    @abstractmethod
    def apply(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:
        """Bring what runs to the file."""

    def running(self, wanted: WantedDeployment) -> RunningDeployment | Unreachable | None:
        """Return what the engine says of the container."""
        return Engine.of(wanted).running(wanted, self.file)

    def alone(self, wanted: WantedDeployment) -> AbstractContextManager[None]:  # noqa: ARG002  the interface's
        """Leave it to the engine: one container has a name, and whoever comes last has their way."""
        return nullcontext()

    def wait_ready(self, wanted: WantedDeployment, seconds: float) -> None:
        """Return once the container is healthy."""
        Engine.of(wanted).wait_ready(wanted, seconds)

    def ask(self, wanted: WantedDeployment, request: bytes) -> bytes:
        """Send a request from within the container."""
        return Engine.of(wanted).ask(wanted, request)

    def go_back(self, wanted: WantedDeployment, before: RunningDeployment) -> bool:
        """Start again what ran before, from the file that its container told; False where it told none."""
        if not before.files:
            return False
        self.apply(wanted, before.files)
        Engine.of(wanted).wait_ready(wanted, _BACK, before.labels)
        return True
