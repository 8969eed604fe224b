"""The JSON Schemas of `.gto` and `.gto.policy.yaml`, made from the readers' own tables of keys and patterns.

`python -m scripts.reference` writes them to docs/reference/schemas/.
"""

from __future__ import annotations

import json
import re
from typing import Any

from gto import registry_config
from gto.core import names
from gto.core.policy.policy import CODE_ON_LOAD
from gto.policy_file import fields, people, rules

DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]

_FLAG: Schema = {"type": "boolean"}
_NAME: Schema = {"type": "string", "maxLength": 200, "pattern": f"^(?!.*//){names.PLAIN}$"}


def _text(pattern: str, about: str, **more: object) -> Schema:
    return {"description": about, "type": "string", "pattern": f"^(?:{pattern})$", "maxLength": fields.LONGEST, **more}


def _some(item: Schema, about: str) -> Schema:
    """Return the schema of one or a list of these."""
    bare = {key: value for key, value in item.items() if key != "description"}
    return {"description": about, "anyOf": [bare, {"type": "array", "items": bare}]}


_WHO: Schema = {"type": "string", "pattern": f"^(?:{people.ADDRESS}|{people.FINGERPRINT}|{people.GROUP})$"}
_EVENT: Schema = {"type": "string", "enum": list(fields.EVENTS)}

RULE: dict[str, Schema] = {
    "name": _text(fields.TEXT, "What the rule is called in refusals; by default its place, as in 'rule 3'."),
    "artifacts": _some(_text(fields.ARTIFACTS, ""), "Names of artifacts, or patterns of them; by default any."),
    "stages": _some(_text(fields.STAGES, ""), "Stages, or patterns of them; by default the rule is about any event."),
    "events": _some(_EVENT, "The kinds of events that the rule is about; by default all."),
    "who": _some(_WHO, "Who may do it: addresses, keys' fingerprints, groups."),
    "signed": _FLAG | {"description": "Whether the event must be signed with a trusted key."},
    "after": _NAME | {"description": "The stage that the version must be in already."},
    "branch": _text(fields.BRANCH, "The branch that the commit must be on."),
    "prereleases": _FLAG | {"description": "Whether pre-releases are allowed; by default they are."},
    "annotated": _FLAG | {"description": "Whether the commit must annotate the artifact."},
    "one_version": _FLAG | {"description": "Whether the stage holds one version at a time."},
    "approvals": {
        "description": "How many others must have approved.",
        "type": "integer",
        "minimum": 0,
        "maximum": fields.MOST_APPROVALS,
    },
    "approvers": _some(_WHO, "Who may approve; by default anybody with a trusted key."),
    "code_on_load": {
        "description": "The most that loading the model may run, as the facts beside it say.",
        "enum": list(CODE_ON_LOAD),
    },
    "files_signed": _FLAG | {"description": "Whether a trusted public key must have signed the version's files."},
    "compatible": _FLAG | {"description": "Whether the model must not break who uses the version before."},
}
SIGNING: dict[str, Schema] = {
    "sign": _FLAG | {"description": "Whether gto signs what it writes."},
    "required": _FLAG | {"description": "Whether every event must be signed with a trusted key."},
    "allowed_signers": _text(fields.PATH, "The file, in the repository, that says whose keys count."),
    "public_keys": _text(fields.PATH, "The file, in the repository, of public keys (PEM) that sign files."),
}
POLICY: dict[str, Schema] = {
    "since": _text(fields.SINCE, "When the policy begins: older events are not judged. Without a zone it is UTC."),
    "max_age": _text(fields.MAX_AGE, "How old an event may be when it is pushed: a number and s, m, h or d."),
    "users": {
        "description": "A server's user names, with the addresses that these people tag with.",
        "type": "object",
        "propertyNames": {"pattern": f"^(?:{people.USER})$"},
        "additionalProperties": {"type": "string", "pattern": f"^(?:{people.PERSON})$"},
    },
    "groups": {
        "description": "Groups of addresses, keys' fingerprints and other groups.",
        "type": "object",
        "propertyNames": {"pattern": f"^(?:{people.GROUP})$"},
        "additionalProperties": _some(_WHO, "Who is in the group."),
    },
    "signing": {
        "description": "Signatures.",
        "type": "object",
        "additionalProperties": False,
        "properties": SIGNING,
    },
    "rules": {
        "description": "The rules; every one that is about an event must be met.",
        "type": "array",
        "maxItems": rules.MOST,
        "items": {"type": "object", "additionalProperties": False, "properties": RULE},
    },
}
_NAMES: Schema = {"type": ["array", "null"], "items": _NAME}
_WORDS = sorted(registry_config._TRUE | registry_config._FALSE)  # noqa: SLF001 - the one list of them
_SWITCH: Schema = {
    "anyOf": [
        {"type": "boolean"},
        {"enum": [0, 1]},
        {"enum": sorted({word for one in _WORDS for word in (one, one.upper(), one.title())})},
    ]
}
CONFIG: dict[str, Schema] = {
    "index": {
        "description": "The name of GTO's own annotation file.",
        "type": "string",
        "pattern": r"^(?!/)(?!(?:.*/)?\.\.(?:/|$))[^\n]+$",
    },
    "log_level": {
        "description": "Read for the sake of GTO 1.10.",
        "enum": [word for level in registry_config._LEVELS for word in (level, level.lower())],  # noqa: SLF001 - see above
    },
    "debug": _SWITCH | {"description": "Read for the sake of GTO 1.10."},
    "emojis": _SWITCH | {"description": "Whether answers and errors begin with an emoji."},
    "types": _NAMES | {"description": "The types that annotations may give; by default any."},
    "stages": _NAMES | {"description": "The stages that may be assigned, in the order of columns; by default any."},
    "enrichments": {"description": "Read for the sake of GTO 1.10.", "type": "array"},
    "autoload_enrichments": _SWITCH | {"description": "Read for the sake of GTO 1.10."},
}


def policy() -> Schema:
    """Return the schema of `.gto.policy.yaml`."""
    return _whole("Policy of a GTO registry", "Who may do what, in which order: the file .gto.policy.yaml.", POLICY)


def settings() -> Schema:
    """Return the schema of `.gto`."""
    return _whole("Settings of a GTO registry", "The file .gto.", CONFIG)


def _whole(title: str, about: str, properties: dict[str, Schema]) -> Schema:
    return {
        "$schema": DRAFT,
        "title": title,
        "description": about,
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": properties,
    }


def text(schema: Schema) -> str:
    """Return a schema as a file holds it."""
    return json.dumps(schema, indent=2) + "\n"


def portable(pattern: str) -> bool:
    """Tell whether a regular expression means the same in Python and in JavaScript, which editors use."""
    return not re.search(r"\(\?[aiLmsux<P]|\\[AZz]|\+\+|\*\+", pattern)
