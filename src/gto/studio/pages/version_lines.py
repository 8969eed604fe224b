"""The table of an artifact's versions: who registered what when, in which stages it is, and its metrics."""

from collections.abc import Mapping, Sequence
from heapq import nlargest
from typing import NamedTuple

from gto.core.snapshot import ArtifactState
from gto.core.view import VersionRow
from gto.registry.signatures import under_version
from gto.studio.index.lookup import Facts, flat_metrics, mapping_of
from gto.studio.index.verdicts import EventVerdict, Verdicts, speaks
from gto.studio.words import short

METRICS = 4
"""Columns, unless the address names others."""
MOST_METRICS = 12
_NEWEST = 5  # versions among whose metrics the columns are looked for

Heads = Mapping[str, Facts]
"""Metrics and commit of versions, by commit."""


class VersionLine(NamedTuple):
    """One version of the table."""

    name: str
    commit: str
    ref: str | None
    """Of its registration; None for a commit that only has stages."""
    time: int
    author: str
    message: str
    """The commit's subject; of one that is not read yet the tag's message."""
    is_active: bool
    stages: tuple[str, ...]
    metrics: tuple[float | str | None, ...]
    proof: EventVerdict | None
    """What speaks for the events that made it, and put it into its stages."""

    @property
    def short(self) -> str:
        """The name, a hash cut short."""
        return short(self.name)


def newest_commits(state: ArtifactState) -> list[str]:
    """Return the commits of the versions that were registered last."""
    newest = (
        version.registrations or version.stages[-1].assignments for version in state.versions if version.is_active
    )
    found = nlargest(_NEWEST, (events[-1] for events in newest if events), key=lambda event: event.key)
    return [event.commit for event in found]


def metric_names(commits: Sequence[str], heads: Heads) -> tuple[str, ...]:
    """Return the metrics of the first of these commits that has any."""
    return next((tuple(found) for commit in commits if (found := flat_metrics(heads.get(commit)))), ())


def line_of(row: VersionRow, heads: Heads, columns: Sequence[str], verdicts: Verdicts) -> VersionLine:
    """Return a version as a line of the table."""
    version = row.version
    event = version.origin
    fact = heads.get(version.commit)
    subject = str(mapping_of(fact, "commit").get("subject") or "")
    numbers = flat_metrics(fact)
    return VersionLine(
        version.name,
        version.commit,
        event.ref if version.registrations else None,
        event.time,
        event.author,
        subject or event.message.partition("\n")[0],
        version.is_active,
        tuple(one.stage for one in row.stages),
        tuple(numbers.get(column) for column in columns),
        speaks(under_version(row), verdicts),
    )
