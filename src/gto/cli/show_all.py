"""`gto show --all`: the artifacts of all repositories of a catalogue, or the versions of one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gto.catalog import overview
from gto.catalog.place import choose, parse_address
from gto.cli import render

if TYPE_CHECKING:
    from gto.catalog.place import Failure
    from gto.cli.across import Across
    from gto.core.table import Table
    from gto.registry.overview import Look


def read(
    where: Across, repo: str, address: str | None, look: Look, *, details: bool
) -> tuple[Table, object, tuple[Failure, ...]]:
    """Read what an address names, all without one; return its table, what --json prints, and what failed."""
    found = where.search(repo)
    parsed = parse_address(address) if address else None
    if parsed and parsed.rest:
        one = overview.show_versions(found, parsed, look, where.way(), details=details)
        return one.table(), one.as_dict() if details else None, one.failures
    shown = overview.show(choose(found, [parsed.repo]) if parsed else found, look, where.way())
    for place, part in shown.parts:
        if part.set_aside:
            hint = f"see `gto doctor -r {place.address}`"
            render.note(f"note: {place.name}: {part.set_aside} tag(s) were set aside: {hint}")
    return shown.table(), shown.as_dict() if details else None, shown.failures
