"""The overview of a registry: one line for each artifact, read anew or from what was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gto.core import selector, view
from gto.core.view import Choice, Row, Standing
from gto.registry import annotation_lookup
from gto.registry.standings import Standings, past, standings
from gto.registry.standings import known as known_standings
from gto.registry.standings_cache import FROM_TAGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gto.annotations.annotation import Annotation
    from gto.output.published import Published
    from gto.registry.registry import Registry


class ArtifactFilter(NamedTuple):
    """Which artifacts the overview shows; empty fields let all through."""

    type: str | None = None
    labels: tuple[str, ...] = ()
    stage: str | None = None
    pattern: str | None = None
    """Which names are wanted, as in `fraud-*`."""

    @property
    def needs_annotations(self) -> bool:
        """Whether annotations decide."""
        return self.type is not None or bool(self.labels)


ANYTHING = ArtifactFilter()


class Look(NamedTuple):
    """What is asked of a registry's overview."""

    choice: Choice = Choice()
    wanted: ArtifactFilter = ANYTHING
    until: int | None = None
    """The second as of which the registry is shown."""
    all_branches: bool = False
    """Whether annotations in the tips of all branches count."""
    all_commits: bool = False
    limit: int | None = None
    """How many artifacts are shown at most, the first by name."""


class Overview(NamedTuple):
    """The registry's rows, in the order of GTO 1.x's JSON, the stages that are its columns, and what was set aside."""

    rows: tuple[Row, ...]
    stages: tuple[str, ...]
    set_aside: int = 0
    left_out: int = 0
    """How many artifacts a limit leaves out."""

    def dicts(self) -> dict[str, Published]:
        """Return the registry as GTO 1.x prints it in JSON."""
        from gto.output import published

        return {row.name: published.row(row, self.stages) for row in self.rows}


def overview(
    registry: Registry,
    choice: Choice,
    wanted: ArtifactFilter = ANYTHING,
    *,
    until: int | None = None,
    revs: Sequence[str] = (),
    from_tags: int = FROM_TAGS,
) -> Overview:
    """Read the registry; with `until`, the events up to that second; with `revs`, annotations of those commits too.

    What is read of a registry of `from_tags` tags or more is kept for the next time.
    """
    now = known_standings(registry, from_tags) if until is None else Standings(past(registry, until), [])
    known = {one.name: one for one in now.standings}
    stages = columns(registry.config.stages, view.stages_in_use(known.values()))
    rows = view.overview(known.values(), stages, choice)
    if until is None:
        empty: dict[str, tuple[str, ...]] = dict.fromkeys(stages, ())
        found = annotation_lookup.in_tables(registry, known, revs) if revs else now.names
        rows += [Row(name, None, empty, registered=False, active=True) for name in found if name not in known]
    if wanted.pattern is not None:
        fitting = selector.matching(wanted.pattern, [row.name for row in rows])
        rows = [row for row in rows if row.name in fitting]
    rows = [row for row in rows if wanted.stage is None or row.stages.get(wanted.stage)]
    if wanted.needs_annotations:
        rows = _filtered(registry, rows, known, wanted)
    return Overview(tuple(rows), tuple(stages), sum(one.problems for one in known.values()))


def look_at(registry: Registry, look: Look, from_tags: int = FROM_TAGS) -> Overview:
    """Read the registry as a look asks for it."""
    revs = annotation_lookup.commits(registry, all_branches=look.all_branches, all_commits=look.all_commits)
    seen = overview(registry, look.choice, look.wanted, until=look.until, revs=revs, from_tags=from_tags)
    if look.limit is None:
        return seen
    first = set(sorted(row.name for row in seen.rows)[: look.limit])
    rows = tuple(row for row in seen.rows if row.name in first)
    return seen._replace(rows=rows, left_out=len(seen.rows) - len(rows))


def columns(allowed: Sequence[str] | None, in_use: Sequence[str]) -> list[str]:
    """Return the stages of the configuration in its order, then others that are in use."""
    return [*(allowed or ()), *(stage for stage in in_use if stage not in (allowed or ()))]


def _filtered(registry: Registry, rows: Sequence[Row], known: dict[str, Standing], wanted: ArtifactFilter) -> list[Row]:
    commits = {row.name: known[row.name].latest_commit if row.name in known else None for row in rows}
    found = annotation_lookup.of_each(registry, commits)

    def fits(one: Annotation | None) -> bool:
        return (
            one is not None
            and (wanted.type is None or one.type == wanted.type)
            and set(wanted.labels) <= set(one.labels)
        )

    return [row for row in rows if fits(found.get(row.name))]


def stages(registry: Registry, *, allowed: bool = False, used: bool = False) -> list[str] | None:
    """Return the stages of the configuration (None for any), those ever used, or without a wish those that matter."""
    if allowed or (not used and registry.config.stages is not None):
        return None if registry.config.stages is None else list(registry.config.stages)
    found = standings(registry)
    return view.stages_ever_used(found) if used else view.stages_in_use(found)
