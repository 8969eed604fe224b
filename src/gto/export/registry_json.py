"""The registry as one JSON document; docs/reference/schemas/export.json says what is in it."""

from gto.annotations.annotation import Annotation
from gto.core.event import Event
from gto.core.snapshot import VersionState
from gto.core.view import JournalLine, journal
from gto.export.inventory import Inventory, Item

SCHEMA = 1
"""The version of the document's form; it rises when a reader of the old form would misread the new one."""

Value = dict[str, object]


def document(inventory: Inventory) -> Value:
    """Return the whole registry; the same tags, and the same annotations in their commits, give the same value."""
    return {"schema": SCHEMA, "artifacts": [_artifact(item) for item in inventory.items]}


def _artifact(item: Item) -> Value:
    latest, stages = item.state.latest, item.stages_by_version
    return {
        "name": item.state.name,
        "registered": item.is_registered,
        "active": item.state.is_active or not item.is_registered,
        "latest": latest.name if latest else None,
        "stages": item.stages,
        "annotation": _annotation(item.annotation),
        "versions": [_version(item, one, stages.get(one.name, [])) for one in item.versions],
        "events": [_event(line) for line in journal(item.state)],
    }


def _annotation(one: Annotation | None) -> Value | None:
    return {"file": one.file, **one.as_enrichment()} if one else None


def _version(item: Item, version: VersionState, stages: list[str]) -> Value:
    registration = version.registrations[-1] if version.registrations else None
    return {
        "version": version.name,
        "commit": version.commit,
        "registered": version.is_registered,
        "active": version.is_active,
        "registered_at": _time(registration) if registration else None,
        "author": registration.author if registration else None,
        "author_email": registration.author_email if registration else None,
        "message": registration.message if registration else None,
        "tag": registration.ref if registration else None,
        "stages": stages,
        "annotation": _annotation(item.by_commit.get(version.commit)),
    }


def _event(line: JournalLine) -> Value:
    event = line.event
    return {
        "event": event.kind.noun,
        "version": line.version,
        "stage": event.tag.stage,
        "commit": event.commit,
        "tag": event.ref,
        "tag_id": event.oid,
        "created_at": _time(event),
        "author": event.author,
        "author_email": event.author_email,
        "message": event.message,
    }


def _time(event: Event) -> str:
    return event.created_at.isoformat()
