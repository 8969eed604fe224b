"""What is deployed where: a target as Git declares it, what it shall run, what it runs, and what a platform can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from gto.inspect.facts import ModelFacts
    from gto.serve.deploy.settings import Setting

LABELS = ("target", "artifact", "version", "commit", "digest", "settings")
"""What is recorded on a target, under these names with a prefix of the platform's: `gto.version`, `gto/version`."""


class DeployTarget(NamedTuple):
    """One target of `deploy.yaml`, read and checked."""

    name: str
    """Small letters, digits and `-`, at most 40: it names services, containers and Kubernetes objects."""
    kind: str
    selector: str
    """What runs there: `churn#prod`."""
    image: str
    """The image's reference, `{artifact}`, `{version}` and `{commit}` not yet put in; empty where none is named."""
    model: str
    """Where the platform itself finds the model (`oci://...`, `s3://...`), written likewise; empty where none is."""
    values: Mapping[str, Any]
    """The settings of the kind, defaults filled in: each name of the kind's `values` is there."""
    line: int | None = None
    """Where it stands in the file."""
    sample: str = ""
    """The path of a request of the Open Inference Protocol, in the repository, that is asked after an apply."""

    settings_hash: str = ""
    """What changes when a setting changes: 16 hexadecimal digits."""


class WantedDeployment(NamedTuple):
    """What a target shall run, as Git says it."""

    target: DeployTarget
    artifact: str
    version: str
    commit: str
    digest: str
    """`sha256:...` over the version's files: their paths, sizes and promised hashes. Every clone gives the same."""
    facts: ModelFacts | None = None
    """What the side-car says of the model; None where there is none that is of this version."""
    bring: Callable[[str], str] | None = None
    """Brings the version's files, checked, and their side-car, into a directory; returns their path in it."""
    file_name: str = ""
    """What the file or directory is called there: `churn.skops`."""
    request: bytes | None = None
    """What the target's `sample` holds."""

    @property
    def labels(self) -> dict[str, str]:
        """What is recorded on the target, by the names of LABELS."""
        return {
            "target": self.target.name,
            "artifact": self.artifact,
            "version": self.version,
            "commit": self.commit,
            "digest": self.digest,
            "settings": self.target.settings_hash,
        }

    @property
    def image(self) -> str:
        """The image's reference for this version."""
        return self.filled(self.target.image)

    @property
    def model(self) -> str:
        """Where the platform finds this version's model."""
        return self.filled(self.target.model)

    def filled(self, text: str) -> str:
        """Return a reference with `{artifact}`, `{version}` and `{commit}` put in; SemVer's `+` becomes `_`."""
        artifact = self.artifact.replace(":", "/")
        for name, value in (("artifact", artifact), ("version", self.version), ("commit", self.commit)):
            text = text.replace(f"{{{name}}}", value.replace("+", "_"))
        return text


class RenderedFile(NamedTuple):
    """A file that the platform takes, the same for the same WantedDeployment."""

    path: str
    """Relative, with `/`: `deployment.yaml`. `render -o DIR` writes it to DIR/TARGET/path."""
    text: str


class RunningDeployment(NamedTuple):
    """What a target says that it runs, by the labels on it."""

    labels: Mapping[str, str]
    """By the names of LABELS; those that the target does not tell are missing."""
    ready: bool
    """Whether it answers."""
    detail: str = ""
    """What the platform says of its state, in a few words: `1 of 3 replicas`."""
    files: tuple[RenderedFile, ...] = ()
    """The files as the target has them, where it can tell; empty where not."""


class Unreachable(NamedTuple):
    """A target that could not be asked."""

    reason: str


class Platform(Protocol):
    """What runs versions. Every method may raise GTOException, with a hint where there is a next step."""

    def render(self, wanted: WantedDeployment) -> tuple[RenderedFile, ...]:
        """Return the files that the platform takes. Nothing is read or asked: the same input gives the same bytes."""
        ...

    def validate(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:
        """Raise InvalidManifest for files that the platform would refuse; offline, and closed: a misspelt key fails."""
        ...

    def running(self, wanted: WantedDeployment) -> RunningDeployment | Unreachable | None:
        """Return what runs on the target; None where nothing of ours does. Only reads, and within half a minute."""
        ...

    def alone(self, wanted: WantedDeployment) -> AbstractContextManager[None]:
        """Keep another `apply` from the target meanwhile; a lock that ends with its holder, however that ends.

        `nullcontext()` where the platform itself lets the last writer win; two on one machine are kept apart already.
        """
        ...

    def apply(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:
        """Bring the target to what is wanted, whatever it was: also one that an `apply` before left half-way."""
        ...

    def wait_ready(self, wanted: WantedDeployment, seconds: float) -> None:
        """Return once what answers is what is wanted; NotReady, with what the platform tells, after `seconds`."""
        ...

    def ask(self, wanted: WantedDeployment, request: bytes) -> bytes | None:
        """Send a body of the Open Inference Protocol to the model, and return the answer; None where it cannot."""
        ...

    def go_back(self, wanted: WantedDeployment, before: RunningDeployment) -> bool:
        """Put back what ran before a failed apply; False where the platform cannot, and that version is applied."""
        ...


class PlatformKind(NamedTuple):
    """One kind of target, as its module declares it in a constant KIND."""

    help: str
    """One sentence for docs and editors."""
    values: Mapping[str, Setting]
    """Its settings; what `deploy.yaml`, its JSON Schema and the reference page know of them."""
    make: Callable[[], Platform]
    needs: tuple[str, ...] = ()
    """Which of `image` and `model` must be given."""
    takes: tuple[str, ...] = ()
    """Which of `image` and `model` may be given beside those."""
