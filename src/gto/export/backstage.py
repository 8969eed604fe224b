"""The registry as entities of a Backstage catalogue, in YAML.

The rules for names, tags and values are those of Backstage's documentation, "Descriptor Format of Catalog Entities".
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from gto.annotations.annotation import Annotation
from gto.export.inventory import Inventory, Item
from gto.export.web_url import as_url

Entity = dict[str, object]

_LONGEST = 63  # characters of a name and of a tag
_DIGITS = 8  # of a hash that tells names apart
_DATA = frozenset({"data", "dataset"})
_OWNER_RE = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9]*:)?(?:[a-zA-Z0-9-]+/)?[a-zA-Z0-9](?:[a-zA-Z0-9_.-]*[a-zA-Z0-9])?")


class House(NamedTuple):
    """What the catalogue knows and the registry does not."""

    owner: str = "unknown"
    """The entity that owns artifacts whose annotation does not say `owner` in its custom metadata."""
    system: str | None = None
    production: tuple[str, ...] = ("prod", "production")
    """The stages that make an artifact's lifecycle `production`."""
    address: str = ""
    """Of the repository; empty where it is not known."""


def entities(inventory: Inventory, house: House) -> list[Entity]:
    """Return an entity for each artifact, deprecated ones too."""
    names = _names([item.state.name for item in inventory.items])
    return [_entity(item, names[item.state.name], house) for item in inventory.items]


def text(entities: Sequence[Entity]) -> str:
    """Return entities as the documents of one YAML file; characters that are not ASCII are written as escapes."""
    import yaml

    return yaml.safe_dump_all(entities, explicit_start=True, sort_keys=False, width=10_000)


def is_owner(text: str) -> bool:
    """Tell whether a text may refer to an entity: `team-a`, `group:default/team-a`."""
    return bool(_OWNER_RE.fullmatch(text))


def _entity(item: Item, name: str, house: House) -> Entity:
    said = item.annotation
    type_ = (said and said.type) or "model"
    is_data = type_ in _DATA
    spec: Entity = {"type": "ml-model" if type_ == "model" else type_}
    if not is_data:
        spec["lifecycle"] = _lifecycle(item, house)
    spec["owner"] = _owner(said) or house.owner
    if house.system is not None:
        spec["system"] = house.system
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Resource" if is_data else "Component",
        "metadata": _metadata(item, name, house),
        "spec": spec,
    }


def _metadata(item: Item, name: str, house: House) -> Entity:
    said = item.annotation
    found: Entity = {"name": name}
    if name != item.state.name:
        found["title"] = item.state.name
    if said and said.description.strip():
        found["description"] = " ".join(said.description.split())
    found["annotations"] = _annotations(item, house)
    tags = _tags(said.labels if said else ())
    if tags:
        found["tags"] = tags
    url = _page(house.address)
    if url is not None:
        found["links"] = [{"url": url, "title": "Repository"}]
    return found


def _annotations(item: Item, house: House) -> Mapping[str, str]:
    latest, said = item.state.latest, item.annotation
    stages = ", ".join(f"{stage}={version}" for stage, version in item.stages.items())
    found = {
        "gto/artifact": item.state.name,
        "gto/latest-version": latest.name if latest else "",
        "gto/stages": stages,
        "gto/path": (said and said.path) or "",
        "gto/repository": house.address,
    }
    url = _page(house.address)
    if url is not None:
        found["backstage.io/source-location"] = f"url:{url.rstrip('/')}/"
    return {key: value for key, value in found.items() if value}


def _lifecycle(item: Item, house: House) -> str:
    if item.is_registered and not item.state.is_active:
        return "deprecated"
    return "production" if set(item.stages) & set(house.production) else "experimental"


def _owner(said: Annotation | None) -> str | None:
    owner = said.custom.get("owner") if said and isinstance(said.custom, dict) else None
    return owner if isinstance(owner, str) and is_owner(owner) else None


def _page(address: str) -> str | None:
    """Return an address that a browser can open; None for others."""
    return as_url(address) if address.startswith(("https://", "http://")) else None


def _names(names: Sequence[str]) -> dict[str, str]:
    """Return a valid name for each artifact.

    Backstage does not tell small letters from capital ones. Where several artifacts would get one name, it is left to
    the one that is called so, and the others get a part of the hash of their true name.
    """
    plain = {name: re.sub(r"[^a-zA-Z0-9_.-]", "-", name).strip("_.-") for name in names}
    taken = Counter(valid.lower() for valid in plain.values())
    found = {}
    for name, valid in plain.items():
        is_own = len(valid) <= _LONGEST and (taken[valid.lower()] == 1 or name == valid.lower())
        found[name] = valid if is_own else _told_apart(name, valid)
    return found


def _told_apart(name: str, valid: str) -> str:
    return f"{valid[: _LONGEST - _DIGITS - 1]}-{sha256(name.encode()).hexdigest()[:_DIGITS]}"


def _tags(labels: Sequence[str]) -> list[str]:
    shaped = (re.sub(r"[^a-z0-9:+#]+", "-", label.lower())[:_LONGEST].strip("-") for label in labels)
    return [tag for tag in dict.fromkeys(shaped) if tag]
