"""What one event did, in the eleven words that a CI job is told."""

from typing import NamedTuple

from gto.annotations.annotation import Annotation
from gto.core.event import Event
from gto.core.snapshot import ArtifactState, fold_artifact
from gto.core.tag import Kind
from gto.core.view import journal


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
    version = next((line.version for line in journal(state) if line.event.ref == event.ref), None)
    return Report(
        event=event.kind.noun,
        name=event.artifact,
        version=version or "",
        stage=event.tag.stage or "",
        type=(annotation and annotation.type) or "",
        path=(annotation and annotation.path) or "",
        description=annotation.description if annotation else "",
        ref=f"refs/tags/{event.ref}",
        commit=event.commit,
        previous_version=_before(state, event),
        repo=repo,
    )


def _before(state: ArtifactState, event: Event) -> str:
    """Return the version in whose place the event puts another; empty where it puts none, or there was none."""
    past = fold_artifact(state.name, (one for one in state.events if one.key < event.key))
    if event.kind is Kind.ASSIGNMENT:
        held = past.holder(event.tag.stage or "")
        return held.version if held else ""
    if event.kind is Kind.REGISTRATION and past.latest is not None:
        return past.latest.name
    return ""
