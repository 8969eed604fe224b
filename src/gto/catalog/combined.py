"""All artifacts, versions and events of a catalogue in one order."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

from gto.catalog.parallel import Gathered, Way, gather
from gto.catalog.repositories import Address, CatalogRepository, Failure, Search, choose, parse_address, problems
from gto.core import selector
from gto.output import published
from gto.output.tables import Table, history_table, overview_table, version_table
from gto.registry import version_reader
from gto.registry.overview import Look, Overview, look_at

if TYPE_CHECKING:
    from gto.catalog.repositories import Failure, Search
    from gto.core.view import Row
    from gto.output.published import Published, PublishedEvent
    from gto.registry.registry import Registry
    from gto.registry.version_reader import HistoryQuery, Versions


class Shown(NamedTuple):
    """The overviews of repositories, in the catalogue's order, and why others could not be read."""

    parts: tuple[tuple[CatalogRepository, Overview], ...]
    failures: tuple[Failure, ...]

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages of all, each where the first repository that has it puts it."""
        return tuple(dict.fromkeys(stage for _, part in self.parts for stage in part.stages))

    def table(self) -> Table:
        """Return the rows by repository, then by name."""
        stages = self.stages
        tables = [
            overview_table([_named(place, row, stages) for row in part.rows], stages) for place, part in self.parts
        ]
        columns = overview_table((), stages).columns
        return Table(columns, tuple(row for table in tables for row in table.rows))

    def dicts(self) -> dict[str, Published]:
        """Return the artifacts as `gto show --json` has them, by `repository/artifact`."""
        stages = self.stages
        rows = [_named(place, row, stages) for place, part in self.parts for row in part.rows]
        return {row.name: published.row(row, stages) for row in rows}

    def as_dict(self) -> Published:
        """Return it as `gto show --all --json` prints it."""
        return {"artifacts": self.dicts(), "problems": problems(self.failures)}


def _named(place: CatalogRepository, row: Row, stages: tuple[str, ...]) -> Row:
    return row._replace(name=f"{place.name}/{row.name}", stages={stage: row.stages.get(stage, ()) for stage in stages})


def show(found: Search, look: Look, way: Way) -> Shown:
    """Read all these repositories; what is read is kept for the next time, however few tags there are."""
    return Shown(*gather(found, lambda registry: look_at(registry, look, from_tags=0), way))


class ShownVersions(NamedTuple):
    """The versions of one artifact; none where its repository could not be read."""

    repo: str
    found: Versions | None
    failures: tuple[Failure, ...]

    def table(self) -> Table:
        """Return the versions as `gto show NAME` has them, under `repository/artifact`."""
        if self.found is None:
            return version_table("", (), {}, known=True)
        name = f"{self.repo}/{self.found.artifact.name}"
        return version_table(name, self.found.rows, self.found.enriched.commits, known=self.found.known)

    def as_dict(self) -> Published:
        """Return it as `gto show --all REPOSITORY/NAME --json` prints it."""
        versions = [] if self.found is None else self.found.dicts()
        return {"repo": self.repo, "versions": versions, "problems": problems(self.failures)}


def show_versions(found: Search, address: Address, look: Look, way: Way, *, details: bool = False) -> ShownVersions:
    """Read the versions that an address names."""
    wanted = selector.parse(address.rest)

    def work(registry: Registry) -> Versions:
        versions = version_reader.versions(registry, wanted, look.choice, until=look.until, details=details)
        return versions if look.wanted.stage is None else versions.in_stage(look.wanted.stage)

    parts: Gathered[Versions] = gather(choose(found, [address.repo]), work, way)
    return ShownVersions(address.repo, parts.parts[0][1] if parts.parts else None, parts.failures)


class RepositoryEvent(NamedTuple):
    """An event, and the repository that it happened in."""

    repo: str
    event: PublishedEvent


class Journal(NamedTuple):
    """The events of all, and why some repositories could not be read."""

    lines: tuple[RepositoryEvent, ...]
    failures: tuple[Failure, ...]

    def table(self) -> Table:
        """Return the rows of `gto history`, with artifacts as `repository/artifact`."""
        return history_table(line.event._replace(artifact=f"{line.repo}/{line.event.artifact}") for line in self.lines)

    def as_dict(self) -> Published:
        """Return it as `gto history --all --json` prints it: each event as of one repository, and with its name."""
        events = [{"repo": line.repo, **published.history_line(line.event)} for line in self.lines]
        return {"events": events, "problems": problems(self.failures)}


def history(found: Search, address: str | None, asked: HistoryQuery, way: Way) -> Journal:
    """Read the events in one order, those of one second in the catalogue's; those that an address names, else all."""
    repo, name = parse_address(address) if address else ("", "")

    def work(registry: Registry) -> list[PublishedEvent]:
        return version_reader.history(registry, name or None, ascending=asked.ascending, keep=asked.keep)

    parts, failures = gather(choose(found, [repo]) if repo else found, work, way)
    lines = [[RepositoryEvent(place.name, event) for event in events] for place, events in parts]
    merged = heapq.merge(*lines, key=lambda line: line.event.created_at, reverse=not asked.ascending)
    return Journal(tuple(merged), failures)
