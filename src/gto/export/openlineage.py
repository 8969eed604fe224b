"""Registrations and assignments as OpenLineage run events: which data a version came from, and where it went.

Source: the specification of OpenLineage, 2-0-2, and of its facets.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit
from uuid import NAMESPACE_OID, uuid5

from gto.core import selector
from gto.core.event import Event
from gto.core.selector import Pick, Selector
from gto.core.snapshot import ArtifactState
from gto.core.tag import Kind
from gto.core.view import JournalLine, journal, merge_journals
from gto.dvc.output import Datum
from gto.exceptions import ArtifactNotFound, UsageError
from gto.export.provenance import Made, Makings
from gto.export.web_url import as_url
from gto.registry.registry import Registry
from gto.registry.resolve import pick_version
from gto.version import __version__

Value = dict[str, object]

PRODUCER = f"pkg:pypi/gto@{__version__}"
_SPEC = "https://openlineage.io/spec"
_RUN_EVENT = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
_FACETS = {
    "DatasetVersionDatasetFacet": "1-0-1",
    "DocumentationDatasetFacet": "1-0-1",
    "JobTypeJobFacet": "2-0-3",
    "SourceCodeLocationJobFacet": "1-0-1",
}


def run_events(registry: Registry, text: str | None, address: str) -> Iterator[Value]:
    """Yield a START and a COMPLETE for each event that a selector names, the oldest first; without one, for all.

    `address` names the repository: it is the namespace of jobs, models and files.
    """
    if not address:
        raise UsageError("This repository has no remote that names it", "--address URL says what to call it")
    states = _states(registry, text)
    chosen = {ref for state in states for ref in _wanted(state, selector.parse(text) if text else None)}
    lines = [line for line in merge_journals(map(journal, states), ascending=True) if line.event.ref in chosen]
    makings = Makings(registry, (line.event for line in lines if line.event.kind is Kind.REGISTRATION))
    for line in lines:
        made = makings.of(line.event) if line.event.kind is Kind.REGISTRATION else Made()
        yield from _run(line, made, address)


def _states(registry: Registry, text: str | None) -> list[ArtifactState]:
    if text is None:
        return list(registry.snapshot().artifacts.values())
    state = registry.artifact(selector.parse(text).name)
    if state.newest is None:
        raise ArtifactNotFound(state.name)
    return [state]


def _wanted(state: ArtifactState, wanted: Selector | None) -> Iterator[str]:
    """Yield the tags of the registrations and assignments that are told."""
    version = _version(state, wanted) if wanted and wanted.pick is not Pick.ALL else None
    for line in journal(state):
        if line.event.kind in {Kind.REGISTRATION, Kind.ASSIGNMENT} and version in {None, line.version}:
            yield line.event.ref


def _version(state: ArtifactState, wanted: Selector) -> str:
    """Return the version that a selector names; what was deregistered has its events still."""
    known = state.version(wanted.value) if wanted.pick is Pick.VERSION else None
    return (known or pick_version(state, wanted).version).name


def _run(line: JournalLine, made: Made, address: str) -> Iterator[Value]:
    event = line.event
    fields: Value = {
        "eventTime": event.created_at.isoformat(),
        "run": {"runId": str(uuid5(NAMESPACE_OID, event.oid))},
        "job": _job(event, address),
        "producer": PRODUCER,
        "schemaURL": _RUN_EVENT,
    }
    inputs, outputs = _datasets(line, made, address)
    yield {"eventType": "START", **fields, "inputs": [], "outputs": []}
    yield {"eventType": "COMPLETE", **fields, "inputs": inputs, "outputs": outputs}


def _job(event: Event, address: str) -> Value:
    words = [event.artifact, event.kind.noun, *([event.tag.stage] if event.tag.stage else [])]
    facets: Value = {
        "jobType": _facet("JobTypeJobFacet", processingType="BATCH", integration="GTO", jobType=event.kind.noun.upper())
    }
    url = as_url(address)
    if url is not None:
        said = {"type": "git", "url": url, "repoUrl": address, "version": event.commit, "tag": event.ref}
        facets["sourceCodeLocation"] = _facet("SourceCodeLocationJobFacet", **said)
    return {"namespace": address, "name": ".".join(words), "facets": facets}


def _datasets(line: JournalLine, made: Made, address: str) -> tuple[list[Value], list[Value]]:
    """Return what an event took and what it gave: data gives a model, a model gives the model in a stage."""
    event, version = line.event, line.version or line.event.commit
    model = _dataset(address, event.artifact, version)
    if event.kind is Kind.ASSIGNMENT:
        return [model], [_dataset(address, f"{event.artifact}#{event.tag.stage}", version)]
    inputs = [_datum(datum, address) for datum in made.inputs]
    return inputs, [_dataset(address, event.artifact, version, made.description)]


def _datum(datum: Datum, address: str) -> Value:
    if "://" in datum.path:
        parts = urlsplit(datum.path)
        host = parts.netloc.rpartition("@")[2]
        return _dataset(f"{parts.scheme}://{host}", parts.path.lstrip("/") or "/", datum.md5)
    return _dataset(address, datum.path, datum.md5)


def _dataset(namespace: str, name: str, version: str | None, description: str = "") -> Value:
    facets: Value = {}
    if version is not None:
        facets["version"] = _facet("DatasetVersionDatasetFacet", datasetVersion=version)
    if description:
        facets["documentation"] = _facet("DocumentationDatasetFacet", description=description)
    return {"namespace": namespace, "name": name, "facets": facets}


def _facet(name: str, **fields: str) -> Mapping[str, str]:
    return {"_producer": PRODUCER, "_schemaURL": f"{_SPEC}/facets/{_FACETS[name]}/{name}.json#/$defs/{name}", **fields}
