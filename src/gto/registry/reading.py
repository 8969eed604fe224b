"""What readers ask of a registry: the overview, one artifact's versions, the journal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gto.annotations.annotation import Annotation
from gto.core import names, published, view
from gto.core.published import Commit, Enriched, PublishedEvent
from gto.core.selector import Pick, Selector, select
from gto.core.snapshot import ArtifactState, VersionState
from gto.core.view import Choice, Row, Standing, VersionRow
from gto.exceptions import ArtifactNotFound
from gto.git.commit import parse_commit
from gto.git.repo import read_objects
from gto.registry import annotation
from gto.registry.registry import Registry


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which artifacts the overview shows; empty fields let all through."""

    type: str | None = None
    labels: tuple[str, ...] = ()
    stage: str | None = None

    @property
    def needs_annotations(self) -> bool:
        """Whether annotations decide."""
        return self.type is not None or bool(self.labels)


@dataclass(frozen=True, slots=True)
class Overview:
    """The registry's rows, in the order of GTO 1.x's JSON, the stages that are its columns, and what was set aside."""

    rows: tuple[Row, ...]
    stages: tuple[str, ...]
    set_aside: int = 0

    def dicts(self) -> dict[str, published.Published]:
        """Return the registry as GTO 1.x prints it in JSON."""
        return {row.name: published.row(row, self.stages) for row in self.rows}


def overview(
    registry: Registry,
    choice: Choice,
    wanted: Wanted = Wanted(),
    *,
    until: int | None = None,
    revs: Sequence[str] = (),
) -> Overview:
    """Read the registry; with `until`, the events up to that second; with `revs`, annotations of those commits too."""
    standings = registry.standings() if until is None else past(registry, until)
    in_use = view.stages_in_use(standings)
    stages = columns(registry.config.stages, in_use)
    rows = view.overview(standings, stages, choice)
    if until is None:
        known = {one.name for one in standings}
        found = annotation.in_tables(registry, known, revs)
        empty: dict[str, tuple[str, ...]] = dict.fromkeys(stages, ())
        rows += [Row(name, None, empty, registered=False, active=True) for name in found if name not in known]
    rows = [row for row in rows if wanted.stage is None or row.stages.get(wanted.stage)]
    if wanted.needs_annotations:
        rows = _filtered(registry, rows, {one.name: one for one in standings}, wanted)
    return Overview(tuple(rows), tuple(stages), sum(one.problems for one in standings))


def columns(allowed: Sequence[str] | None, in_use: Sequence[str]) -> list[str]:
    """Return the stages of the configuration in its order, then others that are in use."""
    return [*(allowed or ()), *(stage for stage in in_use if stage not in (allowed or ()))]


def past(registry: Registry, until: int) -> list[Standing]:
    """Sum all artifacts up as they were at a second."""
    return [view.standing(state) for state in registry.snapshot(until).artifacts.values() if state.newest]


def _filtered(registry: Registry, rows: Sequence[Row], known: dict[str, Standing], wanted: Wanted) -> list[Row]:
    commits = {row.name: known[row.name].latest_commit if row.name in known else None for row in rows}
    found = annotation.of_each(registry, commits)

    def fits(one: Annotation | None) -> bool:
        return (
            one is not None
            and (wanted.type is None or one.type == wanted.type)
            and set(wanted.labels) <= set(one.labels)
        )

    return [row for row in rows if fits(found.get(row.name))]


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of one artifact that a selector names, and the facts of commits that their table needs."""

    artifact: ArtifactState
    rows: tuple[VersionRow, ...]
    enriched: Enriched
    known: bool
    """False where only an annotation knows the artifact."""
    hidden: bool = False
    """Whether the artifact is deprecated and its versions are therefore not shown."""

    def in_stage(self, stage: str) -> "Versions":
        """Return those of the versions that are in a stage."""
        rows = tuple(row for row in self.rows if any(state.stage == stage for state in row.stages))
        return replace(self, rows=rows)

    def dicts(self) -> list[published.Published]:
        """Return the versions as GTO 1.x prints them in JSON."""
        return [published.version(self.artifact.name, row, self.enriched) for row in self.rows]


def versions(
    registry: Registry,
    selector: Selector,
    choice: Choice,
    *,
    until: int | None = None,
    details: bool = False,
) -> Versions:
    """Read one artifact; `details` reads the commits and annotations of all its versions for JSON."""
    name = selector.name
    state = registry.artifact(name, until) if names.is_artifact(name) else ArtifactState(name)
    known = state.newest is not None
    head = registry.repo.rev if until is None else None
    if head is not None and annotation.adds_head(registry, name, known=known):
        state = _with_commit(state, head)
    if not state.versions and not known:
        raise ArtifactNotFound(name)
    rows = select(view.versions(state, choice), selector)
    hidden = known and not state.is_active and not choice.deprecated
    commits = [row.version.commit for row in rows if details or not row.version.events]
    return Versions(state, tuple(rows), enrich(registry, name, commits, details=details), known, hidden)


def _with_commit(state: ArtifactState, commit: str) -> ArtifactState:
    """Count a commit that carries an annotation as a version, unless it is one already."""
    if any(version.commit == commit for version in state.versions):
        return state
    versions_ = (*state.versions, VersionState(commit, commit, None))
    return ArtifactState(state.name, versions_, state.deprecations, state.problems, state.newest, state.oldest_of_kind)


def enrich(registry: Registry, name: str, commits: Sequence[str], *, details: bool) -> Enriched:
    """Read the facts of commits, and with `details` what `artifacts.yaml` says of the artifact there."""
    unique = list(dict.fromkeys(commits))
    if not unique:
        return Enriched({}, {})
    files = [f"{commit}:{registry.config.index}" for commit in unique] if details else []
    found = read_objects(registry.git, [*unique, *files])
    facts: dict[str, Commit] = {}
    for commit, item in zip(unique, found, strict=False):
        fact = parse_commit(item) if item else None
        if fact is not None:
            facts[commit] = fact
    said: dict[str, list[published.Published]] = {}
    for commit, item in zip(unique, found[len(unique) :], strict=False):
        one = annotation.in_index(registry, name, item)
        if one is not None:
            said[commit] = [{"source": "gto", "artifact": one.as_enrichment()}]
    return Enriched(facts, said)


def history(
    registry: Registry,
    name: str | None,
    *,
    ascending: bool = False,
    keep: Callable[[int], bool] = lambda _: True,
) -> list[PublishedEvent]:
    """Read the events, newest first; `keep` decides by the second in which an event happened."""
    states = [registry.artifact(name)] if name is not None else registry.snapshot().artifacts.values()
    lines = view.merge_journals((view.journal(state) for state in states), ascending=ascending)
    return [published.published(line.event, line.version) for line in lines if keep(line.event.time)]


def stages(registry: Registry, *, allowed: bool = False, used: bool = False) -> list[str] | None:
    """Return the stages of the configuration (None for any), those ever used, or without a wish those that matter."""
    if allowed or (not used and registry.config.stages is not None):
        return None if registry.config.stages is None else list(registry.config.stages)
    standings = registry.standings()
    return view.stages_ever_used(standings) if used else view.stages_in_use(standings)


def select_one(registry: Registry, selector: Selector) -> VersionRow | None:
    """Return the version that a selector names, or None where it names none; ALL counts as the latest."""
    pick = selector if selector.pick is not Pick.ALL else Selector(selector.name, Pick.LATEST)
    rows = versions(registry, pick, Choice()).rows
    return rows[0] if rows else None


def state(registry: Registry) -> dict[str, published.Published]:
    """Read everything, in the published form of the hidden `gto print-state`."""
    artifacts = registry.snapshot().artifacts.values()
    found = {}
    for one in sorted(artifacts, key=lambda artifact: view.standing(artifact).rank):
        commits = [version.commit for version in one.versions]
        found[one.name] = published.artifact(one, enrich(registry, one.name, commits, details=True))
    return found
