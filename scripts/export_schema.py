"""The JSON Schema of what `gto export json` writes.

`python -m scripts.reference` writes it to docs/reference/schemas/.
"""

from __future__ import annotations

from gto.core.tag import Kind
from gto.export.registry_json import SCHEMA
from scripts.schemas import DRAFT, Schema

_TEXT: Schema = {"type": "string"}
_MAYBE: Schema = {"type": ["string", "null"]}
_FLAG: Schema = {"type": "boolean"}
_COMMIT: Schema = {"type": "string", "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_KINDS = [kind.noun for kind in Kind if kind is not Kind.CREATION]


def _about(schema: Schema, words: str) -> Schema:
    return {"description": words, **schema}


def _object(properties: dict[str, Schema], **more: object) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
        **more,
    }


_ANNOTATION = _object(
    {
        "file": _about(_TEXT, "The annotating file's path in the repository."),
        "type": _MAYBE,
        "path": _about(_MAYBE, "From the repository's root, unless it is a URL or absolute."),
        "virtual": _about(_FLAG, "False where the writer vouched that the path is in the commit."),
        "labels": {"type": "array", "items": _TEXT},
        "description": _TEXT,
        "custom": {"description": "Whatever JSON can hold."},
    }
)
_SAID: Schema = {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/annotation"}]}
_VERSION = _object(
    {
        "version": _about(_TEXT, "A SemVer with a leading v; of a commit that was assigned without one, its hash."),
        "commit": _COMMIT,
        "registered": _about(_FLAG, "Whether a tag registers it."),
        "active": _about(_FLAG, "False for a version that was deregistered."),
        "registered_at": _about({"type": ["string", "null"], "format": "date-time"}, "When it was registered last."),
        "author": _MAYBE,
        "author_email": _MAYBE,
        "message": _MAYBE,
        "tag": _MAYBE,
        "stages": _about({"type": "array", "items": _TEXT}, "The stages that it is in now, by name."),
        "annotation": _about(_SAID, "What its commit says of the artifact."),
    }
)
_EVENT = _object(
    {
        "event": {"enum": _KINDS},
        "version": _MAYBE,
        "stage": _MAYBE,
        "commit": _COMMIT,
        "tag": _TEXT,
        "tag_id": _about(_COMMIT, "The id of the tag object."),
        "created_at": _TIME,
        "author": _TEXT,
        "author_email": _TEXT,
        "message": _TEXT,
    }
)
_ARTIFACT = _object(
    {
        "name": _TEXT,
        "registered": _about(_FLAG, "Whether any event is about it; false where only HEAD's annotation knows it."),
        "active": _about(_FLAG, "False for a deprecated artifact."),
        "latest": _about(_MAYBE, "The highest version that is registered."),
        "stages": _about(
            {"type": "object", "additionalProperties": _TEXT},
            "The version in each stage now: the one that was assigned last.",
        ),
        "annotation": _about(_SAID, "What the latest version's commit says; HEAD where there is no version."),
        "versions": _about({"type": "array", "items": _VERSION}, "The highest first."),
        "events": _about({"type": "array", "items": _EVENT}, "The oldest first."),
    }
)


def export() -> Schema:
    """Return the schema of the whole document."""
    return {
        "$schema": DRAFT,
        "title": "A GTO registry",
        "description": "What `gto export json` writes.",
        **_object(
            {
                "schema": _about({"const": SCHEMA}, "The version of this form."),
                "artifacts": _about({"type": "array", "items": _ARTIFACT}, "By name."),
            }
        ),
        "$defs": {"annotation": _ANNOTATION},
    }
