"""The bill of materials of one version: a CycloneDX 1.6 document for machine learning, the same at every run."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from gto.annotations import place
from gto.ci.export.component import (
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
from gto.ci.export.licence import licences
from gto.ci.export.model_card import custom, model_card
from gto.core import selector
from gto.core.event import Event
from gto.core.selector import Pick
from gto.core.view import VersionRow
from gto.delivery.locating import locate
from gto.exceptions import (
    BadFile,
    CannotLocate,
    ExtraMissing,
    NotInCommit,
    StorageError,
    VersionNotFound,
)
from gto.git.command import masked
from gto.lineage.gathering import Known, gather
from gto.lineage.point import Point
from gto.registry import reading
from gto.registry.registry import Registry
from gto.storage.location import Located
from gto.version import __version__

_DATA = frozenset({"data", "dataset"})


class Bill(NamedTuple):
    """The document, and what it had to leave out."""

    document: Component
    notes: tuple[str, ...]


class _Subject(NamedTuple):
    """The version that a bill is about, with all that is known of it."""

    name: str
    row: VersionRow
    known: Known
    located: Located | None
    address: str

    @property
    def version(self) -> str:
        return self.row.version.name

    @property
    def commit(self) -> str:
        return self.row.version.commit

    @property
    def events(self) -> Sequence[Event]:
        return self.row.version.events


def bill(registry: Registry, text: str, address: str) -> Bill:
    """Return the bill of the version that a selector names; `address` is that of the repository, or empty.

    Hashes are those that Git LFS and DVC noted; nothing but listings is downloaded, and no hash is computed.
    """
    row, name = _find(registry, text)
    version = row.version.name if row.version.is_registered else None
    point = Point(text, row.version.commit, name, version)
    known = gather(registry, [point])[0]
    located, notes = _locate(registry, known)
    subject = _Subject(name, row, known, located, address)
    said = (f"{one.subject}: {one.reason}" for one in known.problems)
    return Bill(_document(subject), (*notes, *said))


def _find(registry: Registry, text: str) -> tuple[VersionRow, str]:
    wanted = selector.parse(text)
    if wanted.pick is Pick.ALL:
        wanted = wanted._replace(pick=Pick.LATEST)
    row = reading.select_one(registry, wanted)
    if row is None or not row.version.events:
        raise VersionNotFound(f"'{text}' names no version", f"`gto show {wanted.name}` lists them")
    return row, wanted.name


def _locate(registry: Registry, known: Known) -> tuple[Located | None, tuple[str, ...]]:
    """Return the files of the version; where they cannot be told, why."""
    path = known.annotation.path if known.annotation else None
    if not path:
        return None, ("no annotation says where its files are: none is listed",)
    if place.is_elsewhere(path):
        return None, (f"its files are not listed: nobody promised what is at '{masked(path)}'",)
    try:
        return locate(registry, known.point.commit, path), ()
    except (BadFile, CannotLocate, ExtraMissing, NotInCommit, StorageError) as error:
        return None, (f"its files are not listed: {error.message}",)


def _document(subject: _Subject) -> Component:
    known = subject.known
    parts = [*taken(known.lineage), *libraries(known.packages)]
    address, row = subject.address, subject.row
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
            "component": _itself(subject),
        },
        "components": parts,
        "dependencies": _dependencies(subject, [str(part["bom-ref"]) for part in parts]),
    }


def _ref(subject: _Subject) -> str:
    return f"{subject.name}@{subject.version}"


def _itself(subject: _Subject) -> Component:
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
    if subject.address:
        found["externalReferences"] = [{"type": "vcs", "url": subject.address}]
    return {**found, **properties([*_own(found), *_properties(subject)])}


def _own(found: Component) -> list[Property]:
    """Return the properties that the bytes gave, which are listed with the others."""
    listed = found.pop("properties", [])
    assert isinstance(listed, list)  # noqa: S101  properties() made it
    return [Property(one["name"].removeprefix("gto:"), one["value"]) for one in listed]


def _bytes(subject: _Subject) -> Component:
    """Return the hash of a version that is one file, or the files of one that is a directory."""
    located = subject.located
    if located is None:
        lineage = subject.known.lineage
        return of_datum(lineage.datum) if lineage else {}
    if located.is_directory:
        return {"components": files(_ref(subject), located.contents)} if located.contents else {}
    return of_digest(located.contents[0].digest)


def _properties(subject: _Subject) -> list[Property]:
    stages = sorted(one.stage for one in subject.row.stages)
    said = subject.known.annotation
    return [
        Property("artifact", subject.name),
        Property("commit", subject.commit),
        Property("repository", subject.address),
        *(Property("tag", event.ref) for event in subject.row.version.registrations[-1:]),
        *(Property("stage", stage) for stage in stages),
        Property("type", (said and said.type) or ""),
        Property("path", masked((said and said.path) or "")),
        *(Property("requirements", path) for path in subject.known.requirements),
    ]


def _dependencies(subject: _Subject, refs: Sequence[str]) -> list[Component]:
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
