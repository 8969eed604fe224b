"""One version of an artifact in full: metrics against a baseline, params that changed, files, how to use it."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, cast

from gto.core import semver
from gto.core.snapshot import ArtifactState, VersionState
from gto.core.view import version_key
from gto.exceptions import VersionNotFound
from gto.output.published import Published
from gto.studio.goals import is_better, read_goals
from gto.studio.index.lookup import FoundRepository

Facts = Mapping[str, object]
"""What a commit tells, as `gto describe --all --json` prints it."""

_TREND = 12
_MOST_TILES = 12


class Tile(NamedTuple):
    """One metric, beside that of the baseline."""

    file: str
    key: str
    value: float | str
    change: float | None
    is_better: bool | None
    values: tuple[float, ...]
    """Of the versions up to this one."""


class Changed(NamedTuple):
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


class Snippet(NamedTuple):
    """How to get the version from somewhere."""

    name: str
    code: str


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
    tiles: tuple[Tile, ...]
    params: tuple[Changed, ...]
    files: tuple[FileLine, ...]
    subject: str
    author: str
    snippets: tuple[Snippet, ...]
    facts: Facts | None

    @property
    def short(self) -> str:
        """The name, a hash cut short."""
        return self.version if semver.parse(self.version) else self.version[:7]

    @property
    def changed(self) -> tuple[Changed, ...]:
        """The parameters that differ from the baseline's."""
        return tuple(one for one in self.params if one.old != one.new)

    def as_dict(self) -> Published:
        """Return it for JSON: its facts as `gto describe --all --json` prints them."""
        return {
            "version": self.version,
            "commit": self.commit,
            "stages": list(self.stages),
            "baseline": self.baseline or None,
            "facts": self.facts,
        }


def read_facts(
    state: ArtifactState, facts: Mapping[str, Facts], asked: str, repo: FoundRepository, stages: Sequence[str]
) -> VersionFacts | None:
    """Return the version that was asked for, the latest without a wish; None where there is no version."""
    version = choose(state, asked)
    if version is None:
        return None
    baseline, stage = default_baseline(state, version, stages)
    here, there = facts.get(version.commit), facts.get(baseline.commit) if baseline else None
    commit = _mapping(here, "commit")
    return VersionFacts(
        version=version.name,
        commit=version.commit,
        is_default=not asked,
        stages=tuple(stage for stage in stages if (held := state.holder(stage)) and held.version == version.name),
        is_read=here is not None,
        baseline=baseline.name if baseline else "",
        baseline_stage=stage,
        tiles=tuple(_tiles(state, facts, version, there)),
        params=tuple(_params(here, there)),
        files=tuple(_files(here)),
        subject=str(commit.get("subject") or ""),
        author=str(commit.get("author") or ""),
        snippets=tuple(snippets(repo, state.name, version)),
        facts=here,
    )


def choose(state: ArtifactState, asked: str) -> VersionState | None:
    """Return the version of a name, the latest of none; None where there is no version."""
    if asked:
        found = state.version(asked)
        if found is None:
            raise VersionNotFound(f"'{state.name}' has no version '{asked}'", "its page lists the versions")
        return found
    ranked = sorted(state.versions, key=lambda one: version_key(one.name))
    return state.latest or (ranked[-1] if ranked else None)


def default_baseline(
    state: ArtifactState, version: VersionState, stages: Sequence[str]
) -> tuple[VersionState | None, str]:
    """Return the version of the last stage that holds another one; else the one below it."""
    for stage in reversed(stages):
        holder = state.holder(stage)
        if holder is not None and holder.version != version.name:
            return state.version(holder.version), stage
    key = version_key(version.name)
    lower = [one for one in state.versions if one.is_active and version_key(one.name) < key]
    return (max(lower, key=lambda one: version_key(one.name)) if lower else None), ""


def _mapping(value: Facts | None, key: str) -> Mapping[str, object]:
    found = value.get(key) if value else None
    return cast("Mapping[str, object]", found) if isinstance(found, Mapping) else {}


def values_of(fact: Facts | None, kind: str) -> dict[tuple[str, str], object]:
    """Return the metrics or params of a version, by file and key."""
    return {
        (file, key): value
        for file, keyed in _mapping(fact, kind).items()
        for key, value in (keyed.items() if isinstance(keyed, Mapping) else ())
    }


def is_number(value: object) -> bool:
    """Tell whether a value can be compared and drawn."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _tiles(
    state: ArtifactState, facts: Mapping[str, Facts], version: VersionState, there: Facts | None
) -> Iterator[Tile]:
    here = facts.get(version.commit)
    told = read_goals(here.get("annotation") if here else None)
    old = values_of(there, "metrics")
    before = _up_to(state, version)
    for (file, key), value in list(values_of(here, "metrics").items())[:_MOST_TILES]:
        past, change, better = old.get((file, key)), None, None
        if is_number(value) and is_number(past):
            first, last = cast("float", past), cast("float", value)
            change, better = last - first, is_better(key, first, last, told)
        series = [values_of(facts.get(one.commit), "metrics").get((file, key)) for one in before]
        numbers = tuple(cast("float", one) for one in series if is_number(one))
        yield Tile(file, key or file, cast("float", value), change, better, numbers)


def _up_to(state: ArtifactState, version: VersionState) -> list[VersionState]:
    key = version_key(version.name)
    known = [one for one in state.versions if one.is_active and version_key(one.name) <= key]
    return sorted(known, key=lambda one: version_key(one.name))[-_TREND:]


def _params(here: Facts | None, there: Facts | None) -> Iterator[Changed]:
    old, new = values_of(there, "params"), values_of(here, "params")
    for file, key in dict.fromkeys([*new, *old]):
        place = (file, key)
        yield Changed(file, key, old.get(place) if there else new.get(place), new.get(place))


def _files(here: Facts | None) -> Iterator[FileLine]:
    lineage = _mapping(here, "lineage")
    if lineage:
        size = lineage.get("size")
        mark = lineage.get("md5")
        path, home = str(lineage.get("path")), str(lineage.get("kept_in") or "nowhere")
        if home != "git":
            yield FileLine(path, home, size if isinstance(size, int) else None, str(mark) if mark else None)
    files = here.get("files") if here else None
    for path in files if isinstance(files, list) else ():
        yield FileLine(str(path), "git", None, None)


def snippets(repo: FoundRepository, name: str, version: VersionState) -> Iterator[Snippet]:
    """Yield the ways to get a version, from a shell, Python, DVC, curl and a Dockerfile."""
    chosen = f"{name}@{version.name}" if version.is_registered else name
    rev = version.registrations[-1].ref if version.registrations else version.commit
    where = f" -r {shlex.quote(repo.address)}"
    yield Snippet("gto", f"gto get {shlex.quote(chosen)}{where}")
    yield Snippet("Python", f"import gto.api\n\ngto.api.get({repo.address!r}, {chosen!r})")
    yield Snippet("DVC", f"dvc get --rev {shlex.quote(rev)} {shlex.quote(repo.address)} PATH")
    yield Snippet("Docker", f"RUN gto get {shlex.quote(chosen)}{where} -o /model")
