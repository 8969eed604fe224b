"""Versions or events as CSV, as RFC 4180 writes it, with no cell that a spreadsheet would run as a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from gto.core.snapshot import VersionState
from gto.core.view import journal, merge_journals
from gto.export.inventory import Inventory, Item
from gto.output import escape

VERSIONS = (
    "artifact",
    "version",
    "active",
    "stages",
    "registered_at",
    "author",
    "author_email",
    "message",
    "commit",
    "tag",
    "type",
    "path",
    "labels",
    "description",
)
EVENTS = (
    "created_at",
    "artifact",
    "event",
    "version",
    "stage",
    "commit",
    "tag",
    "author",
    "author_email",
    "message",
)
# What begins a cell for a reader to whom `;` or `|` ends one; the last four are the wide forms of the first.
_FORMULA_RE = re.compile("((?:^|[;|])[\\s\"'\ufeff]*)(?=[=+\\-@\uff1d\uff0b\uff0d\uff20])")


def versions(inventory: Inventory) -> str:
    """Return a row for each version: by artifact, the highest version first."""
    return table(VERSIONS, (row for item in inventory.items for row in _versions(item)))


def events(inventory: Inventory) -> str:
    """Return a row for each event, the oldest first."""
    return table(EVENTS, _events(inventory))


def _versions(item: Item) -> Iterator[Sequence[str]]:
    stages = item.stages_by_version
    for one in item.versions:
        yield _version(item, one, stages.get(one.name, []))


def _version(item: Item, version: VersionState, stages: Sequence[str]) -> Sequence[str]:
    registration = version.registrations[-1] if version.registrations else None
    said = item.by_commit.get(version.commit)
    told = (registration.created_at.isoformat(), registration.author, registration.author_email, registration.message)\
        if registration else ("", "", "", "")  # fmt: skip
    return (
        item.state.name,
        version.name,
        "true" if version.is_active and item.state.is_active else "false",
        " ".join(stages),
        *told,
        version.commit,
        registration.ref if registration else "",
        (said and said.type) or "",
        (said and said.path) or "",
        " ".join(said.labels) if said else "",
        said.description if said else "",
    )


def _events(inventory: Inventory) -> Iterator[Sequence[str]]:
    for event, version in merge_journals((journal(item.state) for item in inventory.items), ascending=True):
        yield (
            event.created_at.isoformat(),
            event.artifact,
            event.kind.noun,
            version or "",
            event.tag.stage or "",
            event.commit,
            event.ref,
            event.author,
            event.author_email,
            event.message,
        )


def table(columns: Sequence[str], rows: Iterable[Sequence[str | float]]) -> str:
    """Return a table; numbers stand as they are."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_harmless(column) for column in columns])
    writer.writerows([_harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return out.getvalue()


def _harmless(cell: str) -> str:
    """Return a cell as text on one line: controls as escapes, an apostrophe before what would begin a formula."""
    return _FORMULA_RE.sub(r"\1'", escape.one_line(cell))
