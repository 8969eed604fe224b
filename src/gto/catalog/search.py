"""Artifacts found by a text in their names, descriptions, labels, types and stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gto.catalog.parallel import Way, gather
from gto.catalog.repositories import problems
from gto.exceptions import UsageError
from gto.output.tables import Table
from gto.registry import annotation_lookup, standings
from gto.registry.standings_cache import FROM_TAGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gto.annotations.annotation import Annotation
    from gto.catalog.repositories import Failure, Search
    from gto.core.view import Standing
    from gto.output.published import Published
    from gto.registry.registry import Registry

_WIDTH = 60  # characters of a text in a table


class Hit(NamedTuple):
    """One field of one artifact that holds the text."""

    repo: str | None
    """None where one repository was searched that no catalogue names."""
    artifact: str
    version: str | None
    """The latest one; None where nothing is registered."""
    field: str
    """name, description, label, type or stage."""
    text: str

    @property
    def name(self) -> str:
        """The artifact's address."""
        return self.artifact if self.repo is None else f"{self.repo}/{self.artifact}"


class SearchResult(NamedTuple):
    """All hits, by repository in the catalogue's order, then by artifact; and what could not be read."""

    wanted: str
    hits: tuple[Hit, ...]
    failures: tuple[Failure, ...] = ()

    def table(self) -> Table:
        """Return a row for each hit; a long text is cut around what was searched."""
        rows = [(hit.name, hit.version, hit.field, _cut(hit.text, self.wanted)) for hit in self.hits]
        return Table(("artifact", "latest", "field", "text"), tuple(rows))

    def as_dict(self) -> Published:
        """Return it as `gto search --json` prints it, with whole texts."""
        return {"hits": [hit._asdict() for hit in self.hits], "problems": problems(self.failures)}


def search(registry: Registry, text: str, *, deprecated: bool = False, from_tags: int = FROM_TAGS) -> tuple[Hit, ...]:
    """Search one repository, whether letters are capital or small; deprecated artifacts only where they are wanted."""
    if not text.strip():
        raise UsageError("An empty text is found everywhere", "name a word to search")
    known = standings.known(registry, from_tags)
    states = {one.name: one for one in known.standings if one.active or deprecated}
    commits: dict[str, str | None] = dict.fromkeys(known.names)
    for one in known.standings:
        commits.pop(one.name, None)
    commits |= {name: state.latest_commit for name, state in states.items()}
    said = annotation_lookup.of_each(registry, commits)
    found: list[Hit] = []
    for name in sorted(commits):
        state = states.get(name)
        for field, value in _fields(name, said.get(name), state):
            if text.casefold() in value.casefold():
                found.append(Hit(None, name, state.latest if state else None, field, value))
    return tuple(found)


def _fields(name: str, said: Annotation | None, state: Standing | None) -> Iterator[tuple[str, str]]:
    yield "name", name
    if said is not None:
        yield "description", said.description
        for label in said.labels:
            yield "label", label
        yield "type", said.type or ""
    for stage in dict.fromkeys(holding.stage for holding in (state.holdings if state else ())):
        yield "stage", stage


def search_all(found: Search, text: str, way: Way, *, deprecated: bool = False) -> SearchResult:
    """Search all these repositories."""
    parts, failures = gather(found, lambda one: search(one, text, deprecated=deprecated, from_tags=0), way)
    hits = [hit._replace(repo=place.name) for place, part in parts for hit in part]
    return SearchResult(text, tuple(hits), failures)


def _cut(text: str, wanted: str) -> str:
    line = " ".join(text.split())
    if len(line) <= _WIDTH:
        return line
    at = max(line.casefold().find(wanted.casefold()), 0)
    start = max(min(at - (_WIDTH - len(wanted)) // 2, len(line) - _WIDTH), 0)
    end = start + _WIDTH
    return f"{'...' if start else ''}{line[start:end]}{'...' if end < len(line) else ''}"
