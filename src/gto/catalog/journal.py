"""What happened in all repositories of a catalogue, in one order."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

from gto.catalog.crew import Way, gather
from gto.catalog.place import choose, parse_address, problems
from gto.core import published
from gto.core.table import Table, history_table
from gto.registry import reading

if TYPE_CHECKING:
    from gto.catalog.place import Failure, Search
    from gto.core.published import Published, PublishedEvent
    from gto.registry.reading import Asked
    from gto.registry.registry import Registry


class Line(NamedTuple):
    """An event, and the repository that it happened in."""

    repo: str
    event: PublishedEvent


class Journal(NamedTuple):
    """The events of all, and why some repositories could not be read."""

    lines: tuple[Line, ...]
    failures: tuple[Failure, ...]

    def table(self) -> Table:
        """Return the rows of `gto history`, with artifacts as `repository/artifact`."""
        return history_table(line.event._replace(artifact=f"{line.repo}/{line.event.artifact}") for line in self.lines)

    def as_dict(self) -> Published:
        """Return it as `gto history --all --json` prints it: each event as of one repository, and with its name."""
        events = [{"repo": line.repo, **published.history_line(line.event)} for line in self.lines]
        return {"events": events, "problems": problems(self.failures)}


def history(found: Search, address: str | None, asked: Asked, way: Way) -> Journal:
    """Read the events in one order, those of one second in the catalogue's; those that an address names, else all."""
    repo, name = parse_address(address) if address else ("", "")

    def work(registry: Registry) -> list[PublishedEvent]:
        return reading.history(registry, name or None, ascending=asked.ascending, keep=asked.keep)

    parts, failures = gather(choose(found, [repo]) if repo else found, work, way)
    lines = [[Line(place.name, event) for event in events] for place, events in parts]
    merged = heapq.merge(*lines, key=lambda line: line.event.created_at, reverse=not asked.ascending)
    return Journal(tuple(merged), failures)
