"""What readers ask of one artifact, and of the journal."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from gto.core import beside, names, tag, view
from gto.core.event import Event
from gto.core.selector import Selector, is_pattern, matching, select
from gto.core.snapshot import ArtifactState, VersionState, fold
from gto.core.view import Choice, VersionRow
from gto.exceptions import ArtifactNotFound
from gto.git.commit import parse_commit
from gto.git.commit_files import Files
from gto.output import published
from gto.output.commit_event import Enriched
from gto.output.published import PublishedEvent
from gto.registry import annotation_lookup
from gto.registry.registry import Registry
from gto.registry_config import FILE

if TYPE_CHECKING:
    from gto.core.commit_facts import Commit
    from gto.output.published_artifact import PublishedArtifact
    from gto.output.published_registry import PublishedRegistry


class Versions(NamedTuple):
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
        return self._replace(rows=rows)

    def dicts(self) -> list[published.Published]:
        """Return the versions as GTO 1.x prints them in JSON."""
        from gto.output.published_version import version_line  # no table needs it

        return [version_line(self.artifact.name, row, self.enriched) for row in self.rows]


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
    if head is not None and annotation_lookup.adds_head(registry, name, known=known):
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
    return state._replace(versions=(*state.versions, VersionState(commit, commit, None)))


def enrich(registry: Registry, name: str, commits: Sequence[str], *, details: bool) -> Enriched:
    """Read the facts of commits, and with `details` what `artifacts.yaml` says of the artifact there."""
    unique = list(dict.fromkeys(commits))
    if not unique:
        return Enriched({}, {})
    files = [f"{commit}:{registry.config.index_file}" for commit in unique] if details else []
    found = registry.repo.read([*unique, *files])
    facts: dict[str, Commit] = {}
    for commit, item in zip(unique, found, strict=False):
        fact = parse_commit(item) if item else None
        if fact is not None:
            facts[commit] = fact
    said: dict[str, list[published.Published]] = {}
    for commit, item in zip(unique, found[len(unique) :], strict=False):
        one = annotation_lookup.in_index(registry, name, commit, item)
        if one is not None:
            said[commit] = [{"source": "gto", "artifact": one.as_enrichment()}]
    return Enriched(facts, said)


class HistoryQuery(NamedTuple):
    """Which events of a journal are wanted, and in which order."""

    ascending: bool = False
    keep: Callable[[int], bool] = lambda _: True
    """Decides by the second in which an event happened."""


def history(
    registry: Registry,
    name: str | None,
    *,
    ascending: bool = False,
    keep: Callable[[int], bool] = lambda _: True,
) -> list[PublishedEvent]:
    """Read the events, newest first; `keep` decides by the second in which an event happened.

    `name` is an artifact, or a pattern such as `fraud-*`.
    """
    if name is not None and not is_pattern(name):
        states: Iterable[ArtifactState] = [registry.artifact(name)]
    else:
        states = sorted(registry.snapshot().artifacts.values(), key=lambda one: one.rank)
    if name is not None and is_pattern(name):
        states = [state for state in states if matching(name, [state.name])]
    lines = view.merge_journals((view.journal(state) for state in states), ascending=ascending)
    return [published.published(line.event, line.version) for line in lines if keep(line.event.time)]


def state(registry: Registry, revs: Iterable[str] = ()) -> "PublishedRegistry":
    """Read everything, in its published form; HEAD, and each of `revs`, counts where an index annotates."""
    from gto.output.published_registry import PublishedRegistry

    states = {one.name: one for one in sorted(registry.snapshot().artifacts.values(), key=lambda one: one.rank)}
    head = registry.repo.rev
    for commit in dict.fromkeys([*([head] if head else []), *revs]):
        for name in annotation_lookup.names_in_index(registry, commit):
            states[name] = _with_commit(states.get(name, ArtifactState(name)), commit)
    return PublishedRegistry({name: _published_artifact(registry, one) for name, one in states.items()})


def artifact(registry: Registry, name: str) -> "PublishedArtifact | None":
    """Read one artifact, in its published form; None where no tag and no index at HEAD names it."""
    one = registry.artifact(name)
    head = registry.repo.rev
    if head and name in annotation_lookup.names_in_index(registry, head):
        one = _with_commit(one, head)
    return _published_artifact(registry, one) if one.versions or one.newest else None


def _published_artifact(registry: Registry, one: ArtifactState) -> "PublishedArtifact":
    from gto.output.published_artifact import published_artifact

    commits = [version.commit for version in one.versions]
    return published_artifact(one, enrich(registry, one.name, commits, details=True))


def is_gto_repo(registry: Registry) -> bool:
    """Tell whether there is anything of GTO: a configuration, an annotation, an event."""
    where = None if registry.repo.top is not None else registry.repo.rev or "HEAD"
    files = Files(registry.repo)
    if files.has(where, FILE) or files.has(where, registry.config.index_file):
        return True
    return bool(annotation_lookup.in_tables(registry, ()) or registry.snapshot().artifacts)


def check_ref(registry: Registry, ref: str) -> PublishedEvent | None:
    """Return the event of a tag, named with or without `refs/tags/`; None where it is no event."""
    short = ref.removeprefix("refs/tags/")
    name = tag.find(short)
    return published.find_event(registry.artifact(name.artifact), short) if name else None


def why_no_event(registry: Registry, ref: str) -> str | None:
    """Return why a tag that is named like an event is none; None where it is not named so, or is not there."""
    short = ref.removeprefix("refs/tags/")
    name = tag.find(short)
    if name is None:
        return None
    found = fold(registry.items(name.artifact))
    return next((problem.reason for problem in found.problems if problem.subject == short), None)


def tags(registry: Registry, *, other: bool) -> list[str]:
    """Return the names of the event tags, or of those that are neither events nor beside them, in git's order."""
    events = {item.ref for item in registry.items() if isinstance(item, Event)}
    if not other:
        return [ref for _, ref in registry.listing if ref in events]
    return [ref for _, ref in registry.listing if ref not in events and beside.find(ref) is None]
