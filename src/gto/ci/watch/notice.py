"""What the receiver of an event is told: the fields of a CI job's report, who wrote the tag, and a key."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from gto.annotations.annotation import Annotation
from gto.ci import channel
from gto.ci.report import Report, report
from gto.core.event import Event
from gto.core.snapshot import ArtifactState
from gto.exceptions import BadFile
from gto.registry import annotation
from gto.registry.registry import Registry


class Pending(NamedTuple):
    """An event that waits to be handed on, with what is needed to tell of it."""

    event: Event
    state: ArtifactState
    registry: Registry
    repo: str
    """The repository's address without anything secret."""

    @property
    def key(self) -> str:
        """The tag object's id: the same at every try, and of no other event."""
        return self.event.oid


class Notice(NamedTuple):
    """What is told of an event."""

    key: str
    report: Report
    author: str
    author_email: str
    created_at: str
    """The tagger's time, in ISO form."""
    message: str

    def as_dict(self) -> dict[str, str]:
        """Return all of it, flat."""
        beside = {key: value for key, value in self._asdict().items() if key != "report"}
        return {**self.report._asdict(), **beside}

    def body(self) -> bytes:
        """Return all of it as JSON."""
        return json.dumps(self.as_dict()).encode() + b"\n"

    def variables(self) -> Mapping[str, str]:
        """Return all of it as an environment."""
        return channel.named(self.as_dict())


def tell(pending: Pending) -> Notice:
    """Return what is told of an event; an annotation that cannot be read is as none."""
    event = pending.event
    return Notice(
        key=pending.key,
        report=report(pending.state, event, _annotation(pending), pending.repo),
        author=event.author,
        author_email=event.author_email,
        created_at=event.created_at.isoformat(),
        message=event.message,
    )


def _annotation(pending: Pending) -> Annotation | None:
    try:
        return annotation.find(pending.registry, pending.event.artifact, pending.event.commit)
    except BadFile:
        return None
