"""What one event did, in the fourteen words that a CI job is told."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from gto.core.event import Event
from gto.core.snapshot import ArtifactState
from gto.core.transitions import Transition, steps

if TYPE_CHECKING:
    from gto.annotations.annotation import Annotation
    from gto.annotations.model_facts import KnownModel

_MOST = 32_768  # bytes of a variable: Linux starts no program with one of 128 KiB


class Report(NamedTuple):
    """An event and what is known of its artifact at the event's commit; empty texts where there is nothing to say."""

    event: str = ""
    """`registration`, `deregistration`, `assignment`, `unassignment` or `deprecation`; empty for no event of GTO."""
    name: str = ""
    """The artifact."""
    version: str = ""
    """The version that the event is about, the whole hash of a commit without one; empty for a deprecation."""
    stage: str = ""
    """The stage of an assignment or an unassignment."""
    type: str = ""
    path: str = ""
    """From the repository's root, unless it is a URL or absolute."""
    description: str = ""
    """May be of many lines."""
    ref: str = ""
    """The tag, as `refs/tags/...`; of a job that no tag started, its ref."""
    commit: str = ""
    """The whole hash of the commit that the tag is on."""
    previous_version: str = ""
    """Of an assignment the version that held the stage before, of a registration the latest version before."""
    repo: str = ""
    """The address of the repository."""
    framework: str = ""
    """Of the model, as the facts beside it say: `scikit-learn`, `torch`; empty as the next two without facts."""
    code_on_load: str = ""
    """What loading it would run: `none`, `trusted-types`, `pickle` or `unknown`."""
    model_facts: str = ""
    """The file of facts, from the root; it is of the version's own file."""

    def about(self, model: "KnownModel | None") -> "Report":
        """Return the same with what is known of the model."""
        if model is None:
            return self
        facts = model.facts
        code = str(facts.code_on_load)
        return self._replace(framework=facts.framework, code_on_load=code, model_facts=model.source or "")


def report(state: ArtifactState, event: Event, annotation: "Annotation | None", repo: str) -> Report:
    """Return what an event did; `state` holds the events of its artifact, later ones too."""
    return report_step(event, steps(state).get(event.ref, Transition()), annotation, repo)


def report_step(event: Event, step: Transition, annotation: "Annotation | None", repo: str) -> Report:
    """Return what an event did whose place among those of its artifact is known."""
    return Report(
        event=event.kind.noun,
        name=event.artifact,
        version=step.version,
        stage=event.tag.stage or "",
        type=(annotation and annotation.type) or "",
        path=(annotation and annotation.path) or "",
        description=annotation.description if annotation else "",
        ref=f"refs/tags/{event.ref}",
        commit=event.commit,
        previous_version=step.before,
        repo=repo,
    )


def variables(report: Report) -> dict[str, str]:
    """Return the environment of a command that acts on the event: `GTO_EVENT`, `GTO_NAME` and so on."""
    return named(report._asdict())


def named(fields: Mapping[str, str]) -> dict[str, str]:
    """Return fields under the names of variables; each value fits in one, and long ones are cut."""
    return {f"GTO_{key.upper()}": _fitting(value) for key, value in fields.items()}


def _fitting(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace")[:_MOST].decode("utf-8", "ignore")
