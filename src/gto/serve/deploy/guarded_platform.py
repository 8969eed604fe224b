"""A platform whose answers are a stranger's: one that is not as its interface has it is an error, never a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from gto.exceptions import DeployFailed
from gto.serve.deploy.kinds import find_kind
from gto.serve.deploy.target import RunningDeployment, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from gto.serve.deploy.target import DeployTarget, RenderedFile, WantedDeployment

Answer = TypeVar("Answer")

_ODD = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What reading an answer raises that has other keys, or values of other types."""
_LONGEST = 300  # characters of what a target records, or of such an exception


class GuardedPlatform:
    """The platform of a target."""

    def __init__(self, target: DeployTarget) -> None:
        self._kind = target.kind
        self._platform = find_kind(target.kind).make()

    def render(self, wanted: WantedDeployment) -> tuple[RenderedFile, ...]:
        """Return the files that the platform takes."""
        return self._platform.render(wanted)

    def validate(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:
        """Raise InvalidManifest for files that the platform would refuse."""
        self._platform.validate(wanted, files)

    def running(self, wanted: WantedDeployment) -> RunningDeployment | Unreachable | None:
        """Return what runs on the target; texts are texts, and no label is longer than any of GTO's."""
        try:
            found = self._platform.running(wanted)
            if isinstance(found, RunningDeployment):
                labels = {name: str(value)[:_LONGEST] for name, value in found.labels.items()}
                found = found._replace(labels=labels, detail=str(found.detail))
        except _ODD as error:
            return Unreachable(self._said(error))
        return found

    def alone(self, wanted: WantedDeployment) -> AbstractContextManager[None]:
        """Keep another `apply` from the target meanwhile."""
        return self._platform.alone(wanted)

    def apply(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:
        """Bring the target to what is wanted."""
        self._read(lambda: self._platform.apply(wanted, files))

    def wait_ready(self, wanted: WantedDeployment, seconds: float) -> None:
        """Return once what answers is what is wanted."""
        self._read(lambda: self._platform.wait_ready(wanted, seconds))

    def ask(self, wanted: WantedDeployment, request: bytes) -> bytes | None:
        """Send a request to the model, and return the answer."""
        return self._read(lambda: self._platform.ask(wanted, request))

    def go_back(self, wanted: WantedDeployment, before: RunningDeployment) -> bool:
        """Put back what ran before."""
        return self._read(lambda: self._platform.go_back(wanted, before))

    def _read(self, ask: Callable[[], Answer]) -> Answer:
        try:
            return ask()
        except _ODD as error:
            raise DeployFailed(self._said(error)) from error

    def _said(self, error: Exception) -> str:
        told = f"{type(error).__name__} {str(error)[:_LONGEST]}"
        return f"a target of kind '{self._kind}' answers otherwise than its interface has it: {told}"
