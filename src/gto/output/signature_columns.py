"""Tables and JSON, with what the signatures under each row are worth beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gto.output.published import Published, signature

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gto.core.tag_signature import Signature
    from gto.output.tables import Table


def rows(table: Table, found: Iterable[Signature | None]) -> Table:
    """Return a table with the verdict for each row."""
    return table.beside("signature", [None if one is None else one.trust.value for one in found])


def overview(table: Table, found: Mapping[str, Signature | None]) -> Table:
    """Return the overview with the verdict for each artifact."""
    names = (str(cell).removeprefix("*") for cell in table.column("name"))
    return rows(table, [found.get(name) for name in names])


def dicts(states: Iterable[Published], found: Iterable[Signature | None]) -> list[Published]:
    """Return published values with the signature for each; None where nobody could have signed."""
    pairs = zip(states, found, strict=True)
    return [{**state, "signature": None if one is None else signature(one)} for state, one in pairs]


def artifacts(states: Mapping[str, Published], found: Mapping[str, Signature | None]) -> dict[str, Published]:
    """Return the published overview with the signature for each artifact."""
    return dict(zip(states, dicts(states.values(), map(found.get, states)), strict=True))
