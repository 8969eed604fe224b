"""One version of an artifact in full: metrics against a baseline, params that changed, files, how to use it."""

from collections.abc import Iterator, Mapping, Sequence
from heapq import nlargest
from operator import itemgetter
from typing import NamedTuple, cast

from markupsafe import Markup
from starlette.datastructures import QueryParams

from gto.core.snapshot import ArtifactState, VersionState
from gto.core.view import version_key
from gto.exceptions import VersionNotFound
from gto.lineage.values import is_number
from gto.output.published import Published
from gto.studio.draw.card_html import render_within
from gto.studio.draw.graph_layout import LineageGraph
from gto.studio.draw.lineage_graph import draw
from gto.studio.goals import is_gain, is_higher_better, read_goals
from gto.studio.index.latest_model import size_of
from gto.studio.index.lookup import Facts, FoundFiles, FoundRepository, mapping_of, values_of
from gto.studio.pages.facts_tab import FactsTab, read_tab
from gto.studio.pages.use_it import Snippet, UsedVersion, snippets
from gto.studio.production import nearest_first
from gto.studio.words import short

_TREND = 12
_MOST_TILES = 12
_MOST_CARD = 30_000  # characters of HTML


class Tile(NamedTuple):
    """One metric, beside that of the baseline."""

    file: str
    key: str
    value: float | str
    change: float | None
    is_better: bool | None
    values: tuple[float, ...]
    """Of the versions up to this one."""


class ChangedParam(NamedTuple):
    """A parameter; `old` is None where the baseline has none, and equal to `new` where it did not change."""

    file: str
    key: str
    old: object
    new: object


class FileLine(NamedTuple):
    """A file or directory of the version."""

    path: str
    kept_in: str
    size: int | None
    hash: str | None


class VersionFacts(NamedTuple):
    """One version, and the one in a stage that it is compared with."""

    version: str
    commit: str
    is_default: bool
    """Whether nobody asked for it by name."""
    stages: tuple[str, ...]
    is_read: bool
    """False while its facts are still being read."""
    baseline: str
    baseline_stage: str
    is_baseline_asked: bool
    """Whether somebody asked for that one."""
    tiles: tuple[Tile, ...]
    params: tuple[ChangedParam, ...]
    asked: tuple[str, ...]
    """Keys of the parameters that the page was asked to show."""
    files: tuple[FileLine, ...]
    graph: LineageGraph | None
    subject: str
    author: str
    snippets: tuple[Snippet, ...]
    card: Markup
    """As much of it as the page of an artifact has room for."""
    is_card_whole: bool
    card_path: str
    facts: Facts | None
    model: FactsTab | None = None
    """What is shown of its model."""

    @property
    def short(self) -> str:
        """The name, a hash cut short."""
        return short(self.version)

    @property
    def changed(self) -> tuple[ChangedParam, ...]:
        """The parameters that differ from the baseline's."""
        return tuple(one for one in self.params if one.old != one.new)

    @property
    def shown(self) -> tuple[ChangedParam, ...]:
        """The parameters that the page shows: those that were asked for, else what changed, else all."""
        if self.asked:
            return tuple(one for one in self.params if one.key in self.asked)
        return self.changed or self.params

    @property
    def problems(self) -> tuple[Mapping[str, object], ...]:
        """What was set aside while the commit was read, and files that are declared and were not found."""
        found = self.facts.get("problems") if self.facts else None
        lacking = self.facts.get("not_in_git") if self.facts else None
        missing = [
            {"subject": one["path"], "reason": one.get("reason") or "it is not in Git", "hint": one.get("hint") or ""}
            for one in (lacking if isinstance(lacking, list) else ())
        ]
        return (*(found if isinstance(found, list) else ()), *missing)

    @property
    def plots(self) -> int:
        """How many plots it declares."""
        found = self.facts.get("plots") if self.facts else None
        return len(found) if isinstance(found, list) else 0

    def as_dict(self) -> Published:
        """Return it for JSON: its facts as `gto describe --all --json` prints them."""
        return {
            "version": self.version,
            "commit": self.commit,
            "stages": list(self.stages),
            "baseline": self.baseline or None,
            "files": [file._asdict() for file in self.files],
            "card": self.card_path or None,
            "facts": self.facts,
        }


Holders = Mapping[str, str]
"""The version that each stage shows; the last stage last."""


class VersionPair(NamedTuple):
    """A version, the one that it is compared with, and the stage in which that is; empty for none."""

    version: VersionState
    baseline: VersionState | None
    stage: str


class KnownFacts(NamedTuple):
    """What the index has of a pair."""

    facts: Mapping[str, Facts]
    """Of both, by commit."""
    heads: Mapping[str, Facts]
    """Metrics of other versions, by commit."""
    trend: Sequence[VersionState]
    """The versions up to the chosen one, the lowest first."""
    files: FoundFiles


class DetailRequest(NamedTuple):
    """What an address asks for, and of which Studio."""

    given: QueryParams
    site: str
    """The address of this Studio."""
    is_of_team: bool


def find_pair(state: ArtifactState, asked: str, against: str, holders: Holders) -> VersionPair | None:
    """Return the version that was asked for, the latest without a wish, and what it is compared with.

    None where there is no version.
    """
    version = choose(state, asked)
    if version is None:
        return None
    if not against:
        return VersionPair(version, *default_baseline(state, version, holders))
    baseline = choose(state, against)
    stages = [stage for stage, held in nearest_first(holders) if baseline and held == baseline.name]
    return VersionPair(version, baseline, stages[0] if stages else "")


def read_facts(
    state: ArtifactState,
    pair: VersionPair,
    known: KnownFacts,
    repo: FoundRepository,
    holders: Holders,
    asked: DetailRequest,
) -> VersionFacts:
    """Return all that is known of a version."""
    given, site, is_of_team = asked
    version, baseline, stage = pair
    here, there = known.facts.get(version.commit), known.facts.get(baseline.commit) if baseline else None
    commit = mapping_of(here, "commit")
    card, is_card_whole = render_within(known.files.card, _MOST_CARD)
    lineage = mapping_of(here, "lineage") or None
    used = UsedVersion(repo, state.name, version, lineage, site, is_of_team, bool(here and here.get("model")))
    return VersionFacts(
        version=version.name,
        commit=version.commit,
        is_default=not given.get("version"),
        stages=tuple(stage for stage, held in holders.items() if held == version.name),
        is_read=here is not None,
        baseline=baseline.name if baseline else "",
        baseline_stage=stage,
        is_baseline_asked=bool(given.get("baseline")),
        tiles=tuple(_tiles(known, pair, given.getlist("metrics"))),
        params=tuple(_params(here, there)),
        asked=tuple(given.getlist("params")),
        files=tuple(_files(here, known.files)),
        graph=draw(lineage, mapping_of(there, "lineage") or None, version.name if version.is_registered else ""),
        subject=str(commit.get("subject") or ""),
        author=str(commit.get("author") or ""),
        snippets=tuple(snippets(used)),
        card=card,
        is_card_whole=is_card_whole,
        card_path=known.files.card_path,
        facts=here,
        model=read_tab(here, _size(here, known.files)),
    )


def choose(state: ArtifactState, asked: str) -> VersionState | None:
    """Return the version of a name, the latest of none; None where there is no version."""
    if asked:
        found = state.version(asked)
        if found is None:
            raise VersionNotFound(f"'{state.name}' has no version '{asked}'", "its page lists the versions")
        return found
    return state.latest or max(state.versions, key=lambda one: version_key(one.name), default=None)


def holders_of(state: ArtifactState, stages: Sequence[str]) -> Holders:
    """Return the version that each stage shows, in the order of the stages."""
    held: dict[str, str] = {}
    for one in state.standing:  # the newest assignment first
        held.setdefault(one.stage, one.version)
    return {stage: held[stage] for stage in stages if stage in held}


def default_baseline(state: ArtifactState, version: VersionState, holders: Holders) -> tuple[VersionState | None, str]:
    """Return the version of the stage nearest to production that holds another one; else the one below it."""
    for stage, held in nearest_first(holders):
        if held != version.name:
            return state.version(held), stage
    before = up_to(state, version)[:-1]
    return (before[-1] if before else None), ""


def _tiles(known: KnownFacts, pair: VersionPair, asked: Sequence[str]) -> Iterator[Tile]:
    here = known.facts.get(pair.version.commit)
    there = known.facts.get(pair.baseline.commit) if pair.baseline else None
    told = read_goals(here.get("annotation") if here else None)
    old = values_of(there, "metrics")
    before = [values_of(known.heads.get(one.commit), "metrics") for one in known.trend]
    every = values_of(here, "metrics")
    shown = {place: value for place, value in every.items() if not asked or (place[1] or place[0]) in asked}
    for (file, key), value in list(shown.items())[:_MOST_TILES]:
        past, change, better = old.get((file, key)), None, None
        if is_number(value) and is_number(past):
            change, better = value - past, is_gain(value - past, higher=is_higher_better(file, key, told))
        series = tuple(number for one in before if is_number(number := one.get((file, key))))
        yield Tile(file, key or file, cast("float", value), change, better, series)


def up_to(state: ArtifactState, version: VersionState) -> list[VersionState]:
    """Return the last versions up to one, the lowest first."""
    mine = version_key(version.name)
    keyed = ((version_key(one.name), one) for one in state.versions if one.is_active)
    found = nlargest(_TREND, (pair for pair in keyed if pair[0] <= mine), key=itemgetter(0))
    return [one for _, one in reversed(found)]


def _params(here: Facts | None, there: Facts | None) -> Iterator[ChangedParam]:
    old, new = values_of(there, "params"), values_of(here, "params")
    for file, key in dict.fromkeys([*new, *old]):
        place = (file, key)
        yield ChangedParam(file, key, old.get(place) if there else new.get(place), new.get(place))


def _size(here: Facts | None, known: FoundFiles) -> int | None:
    count = here.get("files_in_git") if here else None
    return size_of(mapping_of(here, "lineage") or None, known.files, count if isinstance(count, int) else 0)


def _files(here: Facts | None, known: FoundFiles) -> Iterator[FileLine]:
    lineage = mapping_of(here, "lineage")
    if lineage and lineage.get("kept_in") != "git":
        size, mark = lineage.get("size"), lineage.get("md5")
        home = str(lineage.get("kept_in") or "nowhere")
        shown = size if isinstance(size, int) else None
        yield FileLine(str(lineage.get("path")), home, shown, str(mark) if mark else None)
    for path, count, oid in known.files:
        yield FileLine(path, "git", count, oid)
