"""What a model or data set is: its version, its files by name, and the names that lead to versions."""

from collections.abc import Sequence
from hashlib import sha256

from starlette.responses import Response

from gto.exceptions import CannotLocate, NoAnnotation
from gto.studio.context import StudioContext
from gto.studio.downloads.located_version import LocatedVersion
from gto.studio.index import events, lookup
from gto.studio.index.artifact_row import ArtifactRow
from gto.studio.protocols.artifact_names import to_hub
from gto.studio.protocols.hub.hub_replies import json_body, moment
from gto.studio.protocols.hub.hub_revision import HubRevision
from gto.studio.protocols.hub.repository_files import HubFile, list_entries

_MAIN = "main"
_ID_DIGITS = 24
_MOST_COMMITS = 1000


def about(studio: StudioContext, row: ArtifactRow) -> dict[str, object]:
    """Return what lists and pages of an artifact say."""
    namespace, slug = to_hub(row.repo), to_hub(row.name)
    named = f"{namespace}/{slug}"
    framework = row.model.framework if row.model else ""
    public = studio.team.settings.public if studio.team else ()
    return {
        "_id": sha256(named.encode()).hexdigest()[:_ID_DIGITS],
        "id": named,
        "modelId": named,
        "author": namespace,
        "sha": row.latest_commit,
        "lastModified": moment(row.changed_at or 0),
        "private": not set(studio.place(row.repo).entry.groups) & set(public),
        "gated": False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": [*row.labels, *([framework] if framework else [])],
        "description": row.description,
        **({"library_name": framework} if framework else {}),
        "gto": own_words(row),
    }


def own_words(row: ArtifactRow) -> dict[str, object]:
    """Return what the Hub has no words for."""
    return {"repo": row.repo, "artifact": row.name, "type": row.type, "version": row.latest}


def info(asked: HubRevision) -> Response:
    """Answer what a version is, with the names of its files."""
    chosen = asked.chosen
    with asked.studio.database.read() as connection:
        row = lookup.find_artifact(connection, lookup.find_repository(connection, chosen.repo), chosen.name)
    body = about(asked.studio, row)
    stages = sorted(stage for stage, cell in row.stages.items() if cell.version == chosen.version)
    body["gto"] = {
        "repo": row.repo,
        "artifact": row.name,
        "type": row.type,
        "version": chosen.version,
        "stages": stages,
    }
    try:
        found = asked.locate()
    except (CannotLocate, NoAnnotation):  # it is a name with versions, and no file
        return json_body({**body, "sha": chosen.commit, "siblings": []})
    is_whole = asked.request.query_params.get("blobs", "").lower() == "true"
    siblings = _with_blobs(found) if is_whole else [{"rfilename": path} for path, _ in found.files]
    return json_body({**body, "sha": chosen.commit, "lastModified": moment(found.time), "siblings": siblings})


def _with_blobs(found: LocatedVersion) -> list[dict[str, object]]:
    return [_sibling(one) for one in list_entries(found, found.files)]


def _sibling(one: HubFile) -> dict[str, object]:
    told: dict[str, object] = {"rfilename": one.path, "size": one.size, "blobId": one.oid}
    if one.lfs:
        told["lfs"] = {"sha256": one.lfs["oid"], "size": one.size, "pointerSize": one.lfs["pointerSize"]}
    return told


def refs(asked: HubRevision) -> Response:
    """Answer the names of versions, as tags, and of stages, as branches: these move."""
    chosen = asked.chosen
    with asked.studio.database.read() as connection:
        found = lookup.find_repository(connection, chosen.repo)
        row = lookup.find_artifact(connection, found, chosen.name)
        state = events.artifact_state(connection, found.id, chosen.name)
    branches = {_MAIN: chosen.commit, **{stage: cell.commit for stage, cell in row.stages.items() if stage != _MAIN}}
    tags = {one.name: one.commit for one in state.versions if one.is_registered and one.is_active}
    return json_body(
        {
            "branches": [_ref("heads", *one) for one in branches.items()],
            "converts": [],
            "tags": [_ref("tags", *one) for one in tags.items()],
            "pullRequests": [],
        }
    )


def _ref(kind: str, name: str, commit: str) -> dict[str, str]:
    return {"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": commit}


def commits(asked: HubRevision) -> Response:
    """Answer the versions up to one, that one first: they are what happened to an artifact."""
    chosen = asked.chosen
    with asked.studio.database.read() as connection:
        found = lookup.find_repository(connection, chosen.repo)
        state = events.artifact_state(connection, found.id, chosen.name)
    active = [one for one in state.versions if one.semver is not None and one.is_active]
    active.sort(key=lambda one: one.semver.key if one.semver else (), reverse=True)
    at = next((place for place, one in enumerate(active) if one.name == chosen.version), None)
    listed = active[at:] if at is not None else [one for one in state.versions if one.name == chosen.version]
    return json_body(
        [
            {
                "id": one.commit,
                "title": one.name,
                "message": one.origin.message,
                "date": moment(one.origin.time),
                "authors": [{"user": one.origin.author, "avatar": ""}],
            }
            for one in listed[:_MOST_COMMITS]
        ]
    )


def namespaces(studio: StudioContext) -> Sequence[str]:
    """Return how the repositories are called that the visitor sees."""
    return sorted({to_hub(one.name) for one in studio.places})
