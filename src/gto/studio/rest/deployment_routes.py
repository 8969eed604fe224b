"""The routes of the REST API about targets: what runs where, and the reports of those who can reach them."""

import time
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response
from pydantic import BaseModel, Field

from gto.catalog.repositories import CatalogRepository
from gto.core.target_state import TargetReport
from gto.exceptions import NotFound
from gto.output.escape import clean
from gto.studio.context import StudioContext, context_of
from gto.studio.deployments.report_store import MOST, SeenReport, forget_report, keep_reports
from gto.studio.index.deployments import DeployedTarget, find_targets
from gto.studio.rest.answers import ProblemDetails, moment
from gto.studio.sync.deploy_targets import drop_report, write_reports
from gto.studio.sync.repository_row import row_of

router = APIRouter(
    prefix="/api/v1/deployments",
    tags=["deployments"],
    responses={status: {"model": ProblemDetails} for status in (400, 401, 403, 404)},
)

_NAME, _LONGEST = 200, 2000
_LINE = r"^[^\x00-\x1f\x7f]*$"
_SEGMENT = r"^[^/\x00-\x1f\x7f]*$"  # of a path, by which it is forgotten
Name = Annotated[str, Path(max_length=_NAME, description="Of a target")]


class DeploymentResource(BaseModel):
    """A target: what is to run there, and what was found."""

    repo: str
    target: str
    kind: str = Field(description="Of platform; empty where nobody told")
    selector: str = Field(description="What is to run; empty where `deploy.yaml` does not declare the target")
    artifact: str
    version: str | None = Field(description="What is to run; null where its stage holds none")
    commit: str | None
    state: str = Field(
        description="`synced`, `out of sync`, `not ready`, `missing`, `unreachable`, `not reported`, ..."
    )
    runs: str | None = Field(description="The version that runs; null where none does, or nobody told")
    detail: str = Field(description="What the platform says, or why it could not be asked")
    seen_at: datetime | None = Field(description="When it was looked at last")
    seen_by: str | None


class DeploymentList(BaseModel):
    """All targets: those that do not run what Git says first."""

    items: list[DeploymentResource]


class ReportBody(BaseModel):
    """What was found on a target."""

    target: str = Field(min_length=1, max_length=_NAME, pattern=_SEGMENT)
    kind: str = Field("", max_length=_NAME, pattern=_LINE)
    artifact: str = Field("", max_length=_LONGEST, pattern=_LINE, description="Empty where nothing of GTO's runs there")
    version: str = Field("", max_length=_NAME, pattern=_LINE)
    commit: str = Field("", max_length=64, pattern=_LINE)
    ready: bool = Field(default=False, description="Whether it answers")
    in_sync: bool = Field(default=True, description="False where files or settings are other ones than Git's")
    detail: str = Field("", max_length=_LONGEST)
    unreachable: str = Field("", max_length=_LONGEST, description="Why it could not be asked; empty where it could")


class ReportsBody(BaseModel):
    """What was found on the targets of a repository, as `gto deploy status --report` sends it."""

    targets: list[ReportBody] = Field(max_length=MOST)


@router.get("")
def list_deployments(request: Request) -> DeploymentList:
    """List the targets of all repositories."""
    with context_of(request).database.read() as connection:
        return DeploymentList(items=[_resource(one) for one in find_targets(connection)])


def check_reporter(request: Request) -> None:
    """Raise 403 where nothing may be written, and for a browser of who works alone: reports carry no form's token."""
    studio = context_of(request)
    if studio.team is None and "authorization" not in request.headers:
        raise HTTPException(403, "Reports come from programs, with the token of GTO_STUDIO_TOKEN.")
    if studio.settings.read_only:
        raise HTTPException(403, "This Studio was started with --read-only: it takes no reports.")


@router.post("/{repo}", dependencies=[Depends(check_reporter)])
def report(request: Request, repo: str, body: ReportsBody) -> DeploymentList:
    """Keep what was found on targets, in the place of what was found before, and return how they stand now."""
    studio = context_of(request)
    place = studio.place(repo)
    seen = {one.target: _seen(one, studio) for one in body.targets}
    _keep(studio, place, seen)
    with studio.database.read() as connection:
        found = [one for one in find_targets(connection) if one.repo == repo and one.name in seen]
    return DeploymentList(items=[_resource(one) for one in found])


@router.delete("/{repo}/{target}", status_code=204, dependencies=[Depends(check_reporter)])
def forget(request: Request, repo: str, target: Name) -> Response:
    """Forget what was found on a target."""
    studio = context_of(request)
    place, database = studio.place(repo), studio.worker.database
    if not forget_report(database.lasting, studio.lasting_name(place), target):
        raise NotFound(f"Nothing was reported of a target '{target}'", "GET /api/v1/deployments lists the targets")
    with database.write() as connection:
        drop_report(connection, row_of(connection, repo).id, target)
    return Response(status_code=204)


def _keep(studio: StudioContext, place: CatalogRepository, seen: dict[str, SeenReport]) -> None:
    database = studio.worker.database
    keep_reports(database.lasting, studio.lasting_name(place), list(seen.values()))
    with database.write() as connection:
        write_reports(connection, row_of(connection, place.name, for_update=True).id, seen)


def _seen(one: ReportBody, studio: StudioContext) -> SeenReport:
    return SeenReport(report_of(one), one.kind, time.time(), studio.visitor.full_name or studio.visitor.name)


def report_of(one: ReportBody) -> TargetReport:
    """Return what a body tells."""
    return TargetReport(
        target=one.target,
        artifact="" if one.unreachable else one.artifact,
        version=one.version,
        commit=one.commit,
        is_ready=one.ready,
        is_in_sync=one.in_sync,
        detail=clean(one.detail),
        unreachable=clean(one.unreachable),
    )


def _resource(one: DeployedTarget) -> DeploymentResource:
    return DeploymentResource(
        repo=one.repo, target=one.name, kind=one.kind, selector=one.selector, artifact=one.artifact,
        version=one.version, commit=one.commit, state=one.state, runs=one.runs, detail=one.detail,
        seen_at=moment(one.seen_at), seen_by=one.seen_by,
    )  # fmt: skip
