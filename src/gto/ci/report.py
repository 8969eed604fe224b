"""What one event did, in the eleven words that a CI job is told."""

from typing import NamedTuple

from gto.annotations.annotation import Annotation
from gto.core.event import Event
from gto.core.snapshot import ArtifactState
from gto.core.succession import Step, steps


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


def report(state: ArtifactState, event: Event, annotation: Annotation | None, repo: str) -> Report:
    """Return what an event did; `state` holds the events of its artifact, later ones too."""
    return report_step(event, steps(state).get(event.ref, Step()), annotation, repo)


def report_step(event: Event, step: Step, annotation: Annotation | None, repo: str) -> Report:
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
