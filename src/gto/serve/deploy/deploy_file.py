"""`deploy.yaml`: which versions belong on which targets, read from Git and checked, with the place of each error."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from gto.core import names, selector
from gto.core.nearness import did_you_mean
from gto.core.selector import Pick
from gto.declared_targets import DEPLOY_FILE, MOST_TARGETS, TargetEntry, read_entries
from gto.exceptions import NotFound
from gto.serve.deploy.kinds import MODULES, find_kind
from gto.serve.deploy.settings import (
    SECRETS,
    Setting,
    SettingPlace,
    changed_only,
    json_schema,
    read_settings,
    refuse_secrets,
)
from gto.serve.deploy.target import DeployTarget
from gto.yamldoc.document import load, to_json
from gto.yamldoc.nodes import Alias, Mapping, Node, Sequence, find

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gto.registry.registry import Registry

NAME = r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?"
_TEXT = r"[^\x00-\x20\x7f]+"
_IMAGE = r"[A-Za-z0-9{][^\x00-\x20\x7f]*"
_REFERENCE = "`{artifact}`, `{version}` and `{commit}` are put in"
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_HOLDER_RE = re.compile(r"\{([^}]*)\}")

KEYS = {
    "name": Setting("text", "the name of the target: small letters, digits and `-`", pattern=NAME, example="prod-eu"),
    "kind": Setting("text", "what runs the version", required=True, choices=tuple(MODULES)),
    "selector": Setting("text", "what runs there", required=True, pattern=_TEXT, example="churn#prod"),
    "image": Setting("text", f"the image's reference; {_REFERENCE}", pattern=_IMAGE, example="host/churn:{version}"),
    "model": Setting("text", f"where the platform finds the model; {_REFERENCE}", pattern=_IMAGE),
    "sample": Setting(
        "text",
        "the path, in the repository, of a request of the Open Inference Protocol that must be answered by the version",
        pattern=r"(?!/)(?!(.*/)?\.\.(/|$))[^\x00-\x1f\x7f]+",
        example="samples/churn.json",
    ),
    "values": Setting("any", "the settings of the kind"),
}
"""The keys of a target; `name` is the key of its entry where `targets` is a mapping."""


def read_targets(registry: Registry, path: str = DEPLOY_FILE, rev: str | None = None) -> tuple[DeployTarget, ...]:
    """Return the targets that a file of the repository declares.

    It is the work tree's, where there is one and no other revision was asked for; else that of the commit.
    """
    from gto.git.commit_files import Files

    here = rev is None and registry.rev == "HEAD" and registry.repo.top is not None
    commit = None if here else registry.commit(rev)
    data = Files(registry.repo).read(commit, path)
    if data is None:
        where = "the work tree" if here else f"commit {(commit or '')[:7]}"
        raise NotFound(f"There is no '{path}' in {where}", f"write one: {_EXAMPLE}")
    return parse_targets(data, path)


_EXAMPLE = "`targets: {prod: {kind: compose, selector: 'churn#prod', image: 'host/churn:{version}'}}`"


def parse_targets(data: bytes, path: str = DEPLOY_FILE) -> tuple[DeployTarget, ...]:
    """Return the targets of a file's bytes; BadFile says what is wrong, and where."""
    document = load(data, path)
    at = SettingPlace(path, lambda *keys: _line(document.root, keys))
    value = to_json(document.value) or {}
    refuse_secrets(value, at)
    read_settings(value, at, {"targets": Setting("any", "what is deployed where", required=True)})
    return tuple(_target(one, at.at("targets").at(one.key)) for one in read_entries(document))


def _target(entry: TargetEntry, at: SettingPlace) -> DeployTarget:
    read, called = read_settings(to_json(entry.value), at, KEYS), entry.name
    if isinstance(entry.key, str) and read["name"] not in (None, called):
        raise at.at("name").wrong(f"it is called '{called}' above", "leave this name out")
    if called is None:
        raise at.wrong("'name' is missing", "as in `name: prod-eu`")
    if re.fullmatch(NAME, called) is None:
        raise at.wrong(f"'{called}' is no name of a target", "small letters, digits and `-`, at most 40")
    _check_selector(read["selector"], at.at("selector"))
    kind = find_kind(read["kind"])
    for key in ("image", "model"):
        _check_reference(key, read[key], at, needs=key in kind.needs, takes=key in kind.needs + kind.takes)
    values = read_settings(read["values"], at.at("values"), kind.values)
    for twice in [one for one in values.get(SECRETS, ()) if one in values["env"]]:
        raise at.at("values").at(SECRETS).at(twice).wrong("it is in `env`, too", "leave one of them out")
    texts = (read["image"] or "", read["model"] or "", read["sample"] or "")
    told = [called, read["kind"], read["selector"], *texts[:2], changed_only(values, kind.values)]
    mark = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
    return DeployTarget(called, read["kind"], read["selector"], *texts[:2], values, at.line(*at.keys), texts[2], mark)


def _check_selector(text: str, at: SettingPlace) -> None:
    wanted = selector.parse(text)
    if wanted.pick is Pick.ALL or not names.is_artifact(wanted.name):
        raise at.wrong(f"'{text}' names no version", "as in 'churn#prod', 'churn@v1.2.0' or 'churn@latest', in quotes")


def _check_reference(key: str, text: str | None, at: SettingPlace, *, needs: bool, takes: bool) -> None:
    """Refuse a reference that is missing, or of no use here, or the same for every version."""
    if text is None:
        if needs:
            raise at.wrong(f"'{key}' is missing: this kind needs one", f"as in `{key}: host/churn:{{version}}`")
        return
    if not takes:
        raise at.at(key).wrong(f"this kind takes no '{key}'", "leave it out")
    held = set(_HOLDER_RE.findall(text))
    if unknown := sorted(held - {"artifact", "version", "commit"}):
        raise at.at(key).wrong(f"'{{{unknown[0]}}}' is not known", _REFERENCE)
    if needs and not held & {"version", "commit"}:
        hint = f"put `{{version}}` in: `{text.rpartition(':')[0] or text}:{{version}}`"
        raise at.at(key).wrong("it is the same for every version, so that no version would ever be deployed", hint)


def choose_targets(targets: Iterable[DeployTarget], wanted: Iterable[str]) -> tuple[DeployTarget, ...]:
    """Return the targets of these names, all for none; NotFound for a name that there is not."""
    known = {one.name: one for one in targets}
    asked = list(dict.fromkeys(wanted))
    for name in asked:
        if name not in known:
            listed = ", ".join(known) or "there is none"
            raise NotFound(f"There is no target '{name}'", did_you_mean(name, known) or f"the targets are {listed}")
    return tuple(known[name] for name in asked) if asked else tuple(known.values())


def _line(node: Node | None, keys: tuple[object, ...]) -> int | None:
    """Return the line of what keys lead to, or of the last that was found on the way."""
    line = None
    for key in keys:
        inner = node.target if isinstance(node, Alias) else node
        if isinstance(inner, Mapping) and (pair := find(inner, str(key))):
            line, node = pair.key.place.line, pair.value
        elif isinstance(inner, Sequence) and isinstance(key, int) and key < len(inner.items):
            node = inner.items[key]
            line = node.place.line
        else:
            break
    return line


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the file, for editors: of each kind with its own settings."""
    entry = {"oneOf": [{"$ref": f"#/$defs/{kind}"} for kind in MODULES]}
    return {
        "$schema": _DRAFT,
        "title": f"{DEPLOY_FILE}: which versions belong on which targets",
        "type": "object",
        "additionalProperties": False,
        "required": ["targets"],
        "properties": {
            "targets": {
                "anyOf": [
                    {"type": "array", "maxItems": MOST_TARGETS, "items": {**entry, "required": ["name"]}},
                    {"type": "object", "propertyNames": {"pattern": f"^(?:{NAME})$"}, "additionalProperties": entry},
                ]
            }
        },
        "$defs": {kind: _entry_schema(kind) for kind in MODULES},
    }


def _entry_schema(name: str) -> dict[str, Any]:
    kind = find_kind(name)
    left_out = {"image", "model"} - {*kind.needs, *kind.takes}
    known = {key: one._replace(required=one.required or key in kind.needs) for key, one in KEYS.items()}
    found = json_schema({key: one for key, one in known.items() if key not in left_out})
    found["description"] = kind.help
    found["properties"] |= {"kind": {"const": name}, "values": json_schema(kind.values)}
    if any(one.required for one in kind.values.values()):
        found["required"].append("values")
    return found
