"""A version's commit as GTO 1.x lists it among the events of the version, with the annotations there."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from gto.core.commit_facts import Commit
from gto.core.snapshot import VersionState
from gto.output.published import EventKey, Exclude, Published, shared_fields, without


class CommitEvent(NamedTuple):
    """A version's commit, as GTO 1.x lists it among the events of the version; `enrichments` are the annotations."""

    artifact: str
    version: str
    created_at: datetime
    """The committer's time."""
    author: str
    author_email: str
    message: str
    commit_hexsha: str
    enrichments: list[Published]
    committer: str
    committer_email: str

    @property
    def event(self) -> str:
        """The published name of such an event."""
        return "commit"

    @property
    def ref(self) -> str:
        """The commit's hash."""
        return self.commit_hexsha

    @property
    def priority(self) -> int:
        """Its place among events of one second: the first."""
        return 0

    @property
    def addition(self) -> bool:
        """Whether the event adds, rather than takes back."""
        return True

    @property
    def key(self) -> EventKey:
        """What events are sorted by: a commit stands before tags of its second."""
        return self.created_at, -1, self.priority, self.ref

    def __str__(self) -> str:
        """Say what happened."""
        return f'Artifact "{self.artifact}" is annotated'

    def dict_state(self, exclude: Exclude = None) -> Published:
        """Return it with its kind's name."""
        return without({**self.model_dump(), "event": self.event}, exclude)

    def model_dump(self, exclude: Exclude = None) -> Published:
        """Return it as GTO 1.x prints it in JSON."""
        state: Published = {
            **shared_fields(self),
            "version": self.version,
            "enrichments": list(self.enrichments),
            "committer": self.committer,
            "committer_email": self.committer_email,
        }
        return without(state, exclude)


class Enriched(NamedTuple):
    """What the commits of an artifact's versions add to its JSON: facts of the commit, and annotations there."""

    commits: Mapping[str, Commit]
    details: Mapping[str, Sequence[Published]]

    def of(self, name: str, version: VersionState) -> list[CommitEvent]:
        """Return a version's commit as an event; nothing where it was not read."""
        found = self.commits.get(version.commit)
        if found is None:
            return []
        author = (found.created_at, found.author, found.author_email, found.message, found.oid)
        details = list(self.details.get(version.commit, ()))
        return [CommitEvent(name, version.name, *author, details, found.committer, found.committer_email)]
