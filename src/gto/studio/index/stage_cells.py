"""Which version is in which stage of an artifact, as rows of the index and pages have it."""

from collections.abc import Iterator
from typing import NamedTuple

from gto.core.snapshot import ArtifactState
from gto.core.view import Choice, by_stage


class StageCell(NamedTuple):
    """A version in a stage."""

    version: str
    commit: str
    ref: str
    time: int
    author: str
    behind: int
    """How many active versions are higher."""


def cells_of(state: ArtifactState, most: int = -1) -> Iterator[tuple[str, int, StageCell]]:
    """Yield stage, place and version, the one that `gto show` shows at place 0; at most so many of each stage."""
    ranks = _ranks(state)
    for stage, holders in by_stage(state.standing, Choice(versions_per_stage=most)).items():
        for place, one in enumerate(holders):
            made = one.author
            yield (
                stage,
                place,
                StageCell(one.version, one.commit, made.ref, made.time, made.author, ranks.get(one.version, 0)),
            )


def shown_cells(state: ArtifactState) -> dict[str, StageCell]:
    """Return the version that each stage shows."""
    return {stage: cell for stage, _, cell in cells_of(state, 1)}


def _ranks(state: ArtifactState) -> dict[str, int]:
    """Return of each active version how many active ones are higher."""
    known = [(one.semver.key, one.name) for one in state.versions if one.semver is not None and one.is_active]
    return {name: place for place, (_, name) in enumerate(sorted(known, reverse=True))}
