"""The routes of the REST API. They read the index alone."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, cast

from fastapi import Query, Request
from sqlalchemy import Connection

from gto.core import selector as selectors
from gto.core.selector import Pick
from gto.core.snapshot import ArtifactState, VersionState
from gto.core.view import Choice, VersionRow, version_key, versions
from gto.exceptions import UsageError, VersionNotFound
from gto.registry.resolve import pick_version
from gto.studio.context import context_of
from gto.studio.index import artifact_list, event_list, events, lookup, query, repository_rows
from gto.studio.index.artifact_conditions import ListQuery
from gto.studio.index.artifact_row import ArtifactRow
from gto.studio.index.event_list import EventQuery
from gto.studio.index.lookup import FoundRepository, flat_metrics, values_of
from gto.studio.page_router import PageRouter
from gto.studio.rest import answers

router = PageRouter(
    prefix="/api/v1", responses={status: {"model": answers.ProblemDetails} for status in (400, 401, 404)}
)

Limit = Annotated[int, Query(ge=1, le=200, description="How many at most")]
Cursor = Annotated[str, Query(max_length=2000, description="`next` of the page before")]
Text = Annotated[str, Query(max_length=500, description="As on /models: `auc>0.9 stage:prod framework:xgboost churn`")]

_MOST_COMPARED = 10


@router.get("/repositories", tags=["repositories"])
def repositories(request: Request) -> answers.RepositoryList:
    """List the repositories."""
    studio = context_of(request)
    with studio.database.read() as connection:
        rows = repository_rows.find(connection, shows_paths=studio.runs_all)
    items = [
        answers.RepositoryResource(
            name=row.name, address=row.address, is_remote=row.is_remote, head=row.head,
            read_at=answers.moment(row.read_at), error=row.error, artifacts=row.artifacts, problems=row.problems,
        )
        for row in rows
    ]  # fmt: skip
    return answers.RepositoryList(items=items)


@router.get("/artifacts", tags=["artifacts"])
def list_artifacts(
    request: Request, q: Text = "", limit: Limit = 50, cursor: Cursor = "", *, deprecated: bool = False
) -> answers.ArtifactList:
    """List the artifacts that fit a query, by repository and name."""
    values = answers.decode_cursor(cursor, (str, str))
    wanted = ListQuery(query.parse(q), deprecated=deprecated, sort="repo", is_ascending=True, limit=limit)
    with context_of(request).database.read() as connection:
        if values:
            wanted = wanted._replace(after=(_position(connection, values[0]), str(values[1])))
        found = artifact_list.find(connection, wanted)
    items = [_artifact(row) for row in found.rows]
    more = len(items) == limit
    last = answers.encode_cursor([found.rows[-1].repo, found.rows[-1].name]) if more else None
    return answers.ArtifactList(items=items, total=found.total, next=last)


@router.get("/artifacts/{repo}/{name:path}/versions", tags=["artifacts"])
def list_versions(
    request: Request, repo: str, name: str, limit: Limit = 50, cursor: Cursor = "", *, deprecated: bool = False
) -> answers.VersionList:
    """List the versions of an artifact, the highest first."""
    after = answers.decode_cursor(cursor, (str,))
    with context_of(request).database.read() as connection:
        found, _ = _find(connection, repo, name)
        state = events.artifact_state(connection, found.id, name)
        rows = versions(state, Choice(deprecated=deprecated))
        key = version_key(str(after[0])) if after else None
        left = [row for row in rows if key is None or version_key(row.version.name) < key]
        facts = lookup.heads_of(connection, found, name, [row.version.commit for row in left[:limit]])
    items = [_version(row, facts.get(row.version.commit)) for row in left[:limit]]
    last = answers.encode_cursor([items[-1].name]) if len(left) > limit else None
    return answers.VersionList(items=items, total=len(rows), next=last)


@router.get("/artifacts/{repo}/{name:path}/facts", tags=["artifacts"])
def facts_of(request: Request, repo: str, name: str, version: str) -> dict[str, object]:
    """Return all that the commit of a version tells, as `gto describe --all --json` prints it."""
    with context_of(request).database.read() as connection:
        found, _ = _find(connection, repo, name)
        state = events.artifact_state(connection, found.id, name)
        fact = lookup.find_fact(connection, found, name, _version_of(state, version).commit)
    if fact is None:
        raise VersionNotFound(f"The facts of '{name}@{version}' are not read yet", "ask again in a moment")
    return dict(fact)


@router.get("/artifacts/{repo}/{name:path}", tags=["artifacts"])
def one_artifact(request: Request, repo: str, name: str) -> answers.ArtifactResource:
    """Return one artifact."""
    with context_of(request).database.read() as connection:
        return _artifact(_find(connection, repo, name)[1])


@router.get("/resolve/{repo}/{selector:path}", tags=["artifacts"])
def resolve(request: Request, repo: str, selector: str) -> answers.ResolvedVersion:
    """Return the version that a selector names: `churn@v1.0.0`, `churn@latest`, `churn#prod` (`#` as `%23`)."""
    wanted = selectors.parse(selector)
    if wanted.pick is Pick.ALL:
        raise UsageError(f"'{selector}' names no version", "write NAME@VERSION, NAME@latest or NAME%23STAGE")
    database = context_of(request).database
    if wanted.pick is Pick.STAGE:
        with database.read_once() as connection:
            cell = lookup.find_in_stage(connection, repo, wanted.name, wanted.value)
        if cell is not None:
            return answers.ResolvedVersion(
                repo=repo, artifact=wanted.name, version=cell.version, commit=cell.commit, ref=cell.ref
            )
    with database.read() as connection:
        found, row = _find(connection, repo, wanted.name)
        state = events.artifact_state(connection, found.id, row.name)
    version = pick_version(state, wanted, is_annotated=not row.is_known).version
    ref = version.registrations[-1].ref if version.registrations else version.events[-1].ref
    return answers.ResolvedVersion(repo=repo, artifact=row.name, version=version.name, commit=version.commit, ref=ref)


@router.get("/events", tags=["events"])
def list_events(
    request: Request,
    *,
    repo: str = "",
    artifact: str = "",
    event: str = "",
    stage: str = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> answers.EventList:
    """List the events, the newest first; `artifact` is one of `repo`."""
    if artifact and not repo:
        raise UsageError("An artifact is one of a repository", "name the repository as `repo`")
    values = answers.decode_cursor(cursor, (int, int, int, str, str))
    asked = EventQuery(repo, artifact, event_list.checked_kind(event), stage, limit=limit)
    with context_of(request).database.read() as connection:
        if values:
            key = (*values[:4], _position(connection, values[4]))
            asked = asked._replace(before=cast("tuple[int, int, int, str, int]", key))
        if artifact:
            _find(connection, repo, artifact)
        elif repo:
            lookup.find_repository(connection, repo)
        found = event_list.find(connection, asked)
    items = [answers.EventResource.model_validate({"repo": one.repo, **one.line.as_dict()}) for one in found.lines]
    more = len(items) == limit
    last = answers.encode_cursor([*found.lines[-1].key[:4], found.lines[-1].repo]) if more else None
    return answers.EventList(items=items, next=last)


@router.get("/compare/{repo}/{name:path}", tags=["artifacts"])
def compare(
    request: Request, repo: str, name: str, v: Annotated[list[str], Query(min_length=1, max_length=_MOST_COMPARED)]
) -> answers.ComparedVersions:
    """Compare the metrics and parameters of several versions, `v`."""
    with context_of(request).database.read() as connection:
        found, _ = _find(connection, repo, name)
        state = events.artifact_state(connection, found.id, name)
        facts = [lookup.find_fact(connection, found, name, _version_of(state, one).commit) for one in v]
    sides = {kind: [values_of(fact, kind) for fact in facts] for kind in ("metrics", "params")}
    return answers.ComparedVersions(
        versions=v, metrics=_differences(sides["metrics"]), params=_differences(sides["params"])
    )


def _position(connection: Connection, repo: object) -> int:
    """Return where a repository stands: a cursor names it, as its number tells of those that one may not see."""
    found = lookup.position_of(connection, str(repo))
    if found is None:
        raise UsageError("The cursor's repository is gone", "leave the cursor out to begin with the first page")
    return found


def _differences(sides: Sequence[dict[tuple[str, str], object]]) -> list[answers.ValueRow]:
    places = dict.fromkeys(place for side in sides for place in side)
    return [
        answers.ValueRow.model_validate({"file": file, "key": key, "values": [side.get((file, key)) for side in sides]})
        for file, key in places
    ]


def _version_of(state: ArtifactState, version: str) -> VersionState:
    found = state.version(version)
    if found is None:
        raise VersionNotFound(f"'{state.name}' has no version '{version}'", "list its versions")
    return found


def _find(connection: Connection, repo: str, name: str) -> tuple[FoundRepository, ArtifactRow]:
    found = lookup.find_repository(connection, repo)
    return found, lookup.find_artifact(connection, found, name)


def _artifact(row: ArtifactRow) -> answers.ArtifactResource:
    stages = {
        stage: answers.StageResource(
            version=cell.version, commit=cell.commit, ref=cell.ref, assigned_at=datetime.fromtimestamp(cell.time, UTC),
            author=cell.author, behind=cell.behind,
        )
        for stage, cell in row.stages.items()
    }  # fmt: skip
    trend = row.metric
    metric = (
        answers.MetricResource(file=trend.file, key=trend.key, value=trend.value, change=trend.change)
        if trend
        else None
    )
    return answers.ArtifactResource(
        repo=row.repo, name=row.name, type=row.type, description=row.description, path=row.path,
        labels=list(row.labels), registered=row.is_known, active=row.is_active, latest=row.latest,
        commit=row.latest_commit, versions=row.versions, stages=stages, metric=metric, problems=row.problems,
        size=row.size,
        model=answers.ModelResource.model_validate(row.model.as_dict()) if row.model else None,
    )  # fmt: skip


def _version(row: VersionRow, fact: Mapping[str, object] | None) -> answers.VersionResource:
    version = row.version
    first = version.origin
    return answers.VersionResource(
        name=version.name,
        commit=version.commit,
        ref=first.ref if version.registrations else None,
        registered_at=first.created_at if version.registrations else None,
        author=first.author,
        message=first.message,
        active=version.is_active,
        stages=[one.stage for one in row.stages],
        metrics=flat_metrics(fact),
    )
