"""The bill of materials of one version: a CycloneDX 1.6 document for machine learning, the same at every run."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from gto.dvc.dvc_config import RepositoryTrust
from gto.export.cyclonedx_component import (
    Component,
    Property,
    data_ref,
    files,
    libraries,
    of_datum,
    of_digest,
    properties,
    taken,
)
from gto.export.cyclonedx_model_card import custom, licences, model_card
from gto.export.version_facts import Subject, find_subject
from gto.export.web_url import as_url
from gto.git.command import masked
from gto.registry.registry import Registry
from gto.version import __version__

_DATA = frozenset({"data", "dataset"})


class Bill(NamedTuple):
    """The document, and what it had to leave out."""

    document: Component
    notes: tuple[str, ...]


def bill(registry: Registry, text: str, address: str, trust: RepositoryTrust | None = None) -> Bill:
    """Return the bill of the version that a selector names; `address` is that of the repository, or empty.

    Hashes are those that Git LFS and DVC noted; nothing but listings is downloaded, and no hash is computed. `trust`
    says how far a repository that a URL names is believed, as for `gto ls`.
    """
    subject = find_subject(registry, text, trust)
    return Bill(_document(subject, address), subject.notes)


def _document(subject: Subject, address: str) -> Component:
    known, row = subject.known, subject.row
    parts = [*taken(known.lineage), *libraries(known.packages)]
    key = f"{address}\n{subject.name}\n{subject.version}\n{subject.commit}"
    registered = row.version.registrations or row.version.events
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, key)}",
        "version": len(subject.events),
        "metadata": {
            "timestamp": registered[-1].created_at.isoformat(),
            "tools": {"components": [{"type": "application", "name": "gto", "version": __version__}]},
            "component": _itself(subject, address),
        },
        "components": parts,
        "dependencies": _dependencies(subject, [str(part["bom-ref"]) for part in parts]),
    }


def _ref(subject: Subject) -> str:
    return f"{subject.name}@{subject.version}"


def _itself(subject: Subject, address: str) -> Component:
    known = subject.known
    said = known.annotation
    is_data = said is not None and said.type in _DATA
    found: Component = {
        "type": "data" if is_data else "machine-learning-model",
        "bom-ref": _ref(subject),
        "name": subject.name,
        "version": subject.version,
    }
    if said and said.description:
        found["description"] = said.description
    found |= {**licences(custom(known).get("license")), **_bytes(subject)}
    card = {} if is_data else model_card(known)
    if card:
        found["modelCard"] = card
    url = as_url(address)
    if url is not None:
        found["externalReferences"] = [{"type": "vcs", "url": url}]
    return {**found, **properties([*_own(found), *_properties(subject, address)])}


def _own(found: Component) -> list[Property]:
    """Return the properties that the bytes gave, which are listed with the others."""
    listed = found.pop("properties", [])
    assert isinstance(listed, list)  # noqa: S101  properties() made it
    return [Property(one["name"].removeprefix("gto:"), one["value"]) for one in listed]


def _bytes(subject: Subject) -> Component:
    """Return the hash of a version that is one file, or the files of one that is a directory."""
    located = subject.located
    if located is None:
        lineage = subject.known.lineage
        return of_datum(lineage.datum) if lineage else {}
    if located.is_directory:
        return {"components": files(_ref(subject), located.contents)} if located.contents else {}
    return of_digest(located.contents[0].digest)


def _properties(subject: Subject, address: str) -> list[Property]:
    stages = sorted(one.stage for one in subject.row.stages)
    said = subject.known.annotation
    return [
        Property("artifact", subject.name),
        Property("commit", subject.commit),
        Property("repository", address),
        *(Property("tag", event.ref) for event in subject.row.version.registrations[-1:]),
        *(Property("stage", stage) for stage in stages),
        Property("type", (said and said.type) or ""),
        Property("path", masked((said and said.path) or "")),
        *(Property("requirements", path) for path in subject.known.requirements),
    ]


def _dependencies(subject: Subject, refs: Sequence[str]) -> list[Component]:
    """Return what each part was made from: the version from all packages, and from what its own stage took."""
    lineage = subject.known.lineage
    steps = lineage.steps if lineage else ()
    itself = lineage.datum.path if lineage else ""
    took = {step.stage: [data_ref(one.datum.path) for one in step.inputs if one.datum.path != itself] for step in steps}
    made = {data_ref(one.datum.path): took[one.stage] for step in steps for one in step.inputs if one.stage in took}
    first = took[steps[0].stage] if steps else []
    found: dict[str, list[str]] = {_ref(subject): [*first, *(ref for ref in refs if ref.startswith("library:"))]}
    for ref in refs:
        found[ref] = [one for one in made.get(ref, ()) if one != ref]
    return [{"ref": ref, **({"dependsOn": sorted(set(ons))} if ons else {})} for ref, ons in found.items()]
