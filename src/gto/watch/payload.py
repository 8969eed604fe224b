"""What the receiver of an event is told: the fields of a CI job's report, who wrote the tag, and a key."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from gto.annotations.annotation import Annotation
from gto.annotations.model_facts import KnownModel
from gto.core.event import Event
from gto.core.transitions import Transition
from gto.exceptions import BadFile
from gto.git.commit_files import Files
from gto.registry import annotation_lookup
from gto.registry.event_report import Report, named, report_step
from gto.registry.model_lookup import read_side_cars
from gto.registry.registry import Registry
from gto.watch.journal import HandledTag

_KEPT = 64  # files


class Annotations:
    """The annotations of one look's events; a file that several events share is read once."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._files = Files(registry.repo)

    def find(self, name: str, commit: str) -> Annotation | None:
        """Return an artifact's annotation in a commit; one that cannot be read is as none."""
        files = self._files
        if len(files.kept) > _KEPT:
            files = self._files = Files(self._registry.repo)
        try:
            found = annotation_lookup.read_files(files, commit, annotation_lookup.files_of(self._registry, name))
        except BadFile:
            return None
        return found.find(name)

    def model(self, name: str, commit: str) -> KnownModel | None:
        """Return the facts of an artifact's model in a commit, as far as a file beside it has them of this model."""
        return read_side_cars(self._registry, [(name, commit)], self._files)[name, commit].fresh


class Pending(NamedTuple):
    """An event that waits to be handed on, with what is needed to tell of it."""

    event: Event
    step: Transition
    annotations: Annotations
    repo: str
    """The repository's address without anything secret."""
    before: HandledTag | None = None
    """The last try before this watcher began."""

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
        return named(self.as_dict())


def tell(pending: Pending) -> Notice:
    """Return what is told of an event."""
    event = pending.event
    found = pending.annotations.find(event.artifact, event.commit)
    model = pending.annotations.model(event.artifact, event.commit) if found is not None else None
    return Notice(
        key=pending.key,
        report=report_step(event, pending.step, found, pending.repo).about(model),
        author=event.author,
        author_email=event.author_email,
        created_at=event.created_at.isoformat(),
        message=event.message,
    )
