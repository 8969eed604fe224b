"""An artifact as MLflow's clients see it: its versions by numbers, each with the stages that show it."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from gto.core import tag_signature
from gto.core.snapshot import ArtifactState, StageState, VersionState
from gto.core.view import Choice, by_stage

_RUN_RE = re.compile(r"^MLflow-Run: *([A-Za-z0-9]{1,64}) *$", re.MULTILINE)


class ServedVersion(NamedTuple):
    """A registered version, deregistered or not."""

    number: int
    name: str
    commit: str
    ref: str
    """The tag that registered it."""
    created: int
    """In seconds, as `updated`."""
    updated: int
    author: str
    author_email: str
    message: str
    run: str
    """The run of MLflow that it was imported from; empty for none."""
    is_signed: bool
    is_active: bool
    stages: tuple[str, ...]
    """Those that show it, the one that it came into last first."""


class ServedVersions(NamedTuple):
    """All versions of an artifact."""

    by_number: Mapping[int, ServedVersion]
    by_name: Mapping[str, ServedVersion]
    stages: Mapping[str, str]
    """The version that each stage shows."""
    latest: str
    """The highest that counts; empty for none."""
    created: int
    """In seconds."""
    meant: dict[str, str]
    """Which version a word means that somebody asked for; it is the same for as long as no tag changes."""


NONE = ServedVersions({}, {}, {}, "", 0, {})
"""Those of an artifact that has no tags."""


class ServedModel(NamedTuple):
    """An artifact."""

    repo: str
    name: str
    is_active: bool
    description: str
    labels: tuple[str, ...]
    type: str
    updated: int
    """In seconds."""
    versions: ServedVersions = NONE

    @property
    def latest(self) -> ServedVersion | None:
        """The highest active version; None where none counts."""
        return self.versions.by_name.get(self.versions.latest) if self.is_active else None


def serve(state: ArtifactState, numbers: Mapping[str, int]) -> ServedVersions:
    """Return the versions of an artifact; one has no number where its name is no SemVer."""
    cells = {stage: shown for stage, (shown, *_) in by_stage(state.standing, Choice()).items()}
    made = [_serve(one, numbers[one.name], cells) for one in state.versions if one.name in numbers]
    latest = state.latest
    return ServedVersions(
        {one.number: one for one in made},
        {one.name: one for one in made},
        {stage: cell.version for stage, cell in cells.items()},
        latest.name if latest else "",
        min((one.time for one in state.events), default=0),
        {},
    )


def _serve(version: VersionState, number: int, cells: Mapping[str, StageState]) -> ServedVersion:
    first = version.origin
    told = first.body.partition(b"\n\n")[2]
    run = _RUN_RE.findall(first.message.rpartition("\n\n")[2])
    stages = [(cell.author.time, stage) for stage, cell in cells.items() if cell.version == version.name]
    return ServedVersion(
        number,
        version.name,
        version.commit,
        first.ref,
        version.registrations[0].time,
        max(one.time for one in version.events),
        first.author,
        first.author_email,
        first.message,
        run[-1] if run else "",
        tag_signature.begin(told) < len(told),
        version.is_active,
        tuple(stage for _, stage in sorted(stages, reverse=True)),
    )
