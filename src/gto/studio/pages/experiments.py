"""`/r/REPO/experiments`: commits and DVC experiments with their metrics, params and data, branch by branch."""

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from gto.core.dates import parse_date
from gto.exceptions import GTOException, UsageError
from gto.output.published import Published
from gto.studio.addresses import read_number, repository_url
from gto.studio.context import context_of
from gto.studio.index import commit_table, list_counts, lookup, query
from gto.studio.index.commit_table import CommitTable, ProjectPlace, RepositoryCommits
from gto.studio.index.database import kept
from gto.studio.index.lookup import FoundRepository
from gto.studio.pages import experiment_columns as columns_of
from gto.studio.pages import experiment_rows as rows_of
from gto.studio.pages.experiment_baseline import find_baseline
from gto.studio.pages.experiment_columns import ExperimentColumns
from gto.studio.pages.experiment_rows import RowsQuery
from gto.studio.pages.experiments_page import ExperimentsPage
from gto.studio.respond import respond

router = APIRouter()

SWITCHES = ("delta", "unchanged", "hidden", "merged")
_MANY = ("branch", "columns", "up", "down", "fold")
_ONE = ("q", "project", "sort", "order", "baseline", "since")


class ExperimentsHome(NamedTuple):
    """The repositories, and how much there is to see in each."""

    rows: tuple[RepositoryCommits, ...]

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {"repositories": [row._asdict() for row in self.rows]}


@router.get("/experiments", include_in_schema=False)
@router.get("/experiments.json", include_in_schema=False)
def home(request: Request) -> Response:
    """Lead to the only repository, or list them."""
    with context_of(request).database.read() as connection:
        rows = commit_table.count_commits(connection)
    if len(rows) == 1:
        path = repository_url(rows[0].name, "experiments")
        return RedirectResponse(f"{path}.json" if request.url.path.endswith(".json") else path, 307)
    return respond(request, "experiments_home.html", ExperimentsHome(rows))


@router.get("/r/{repo}/experiments", include_in_schema=False)
@router.get("/r/{repo}/experiments.json", include_in_schema=False)
def experiments(request: Request, repo: str) -> Response:
    """Answer the table."""
    page = read(request, repo)
    return respond(request, "experiments.html", page, 400 if page.error else 200)


def read(request: Request, repo: str, *, is_whole: bool = False) -> ExperimentsPage:
    """Read what the address asks for from the index; `is_whole` takes all rows on one page."""
    given = request.query_params
    asked = {key: tuple(one for one in given.getlist(key) if one) for key in (*_ONE, *_MANY, *SWITCHES)}
    asked = {key: values[:1] if key in _ONE else values for key, values in asked.items() if values}
    with context_of(request).database.read() as connection:
        found = lookup.find_repository(connection, repo)
        found = found if context_of(request).runs_all else found.without_paths()
        projects = commit_table.read_projects(connection, found.id)
        project = _project(projects, given.get("project"))
        table = _read_table(request, connection, found, project)
        stages = kept(connection, list_counts.stages)
        names = lookup.artifact_names(connection, found)
    told = dict.fromkeys(asked.get("up", ()), True) | dict.fromkeys(asked.get("down", ()), False)
    columns = columns_of.choose(table, asked.get("columns", ()), told)
    wanted, error, hint = RowsQuery(), "", ""
    try:
        baseline = find_baseline(table, found.stages, given.get("baseline", ""), project)
        number, fold = read_number(given), frozenset(asked.get("fold", ()))
        wanted = _wanted(asked, columns)._replace(number=number, is_whole=is_whole, fold=fold)
    except GTOException as wrong:
        baseline, error, hint = find_baseline(table, found.stages, "", project), wrong.message, wrong.hint or ""
    rows = rows_of.arrange(table, wanted, baseline.oid if baseline else None)
    return ExperimentsPage(
        found, asked, table, project, projects, columns, rows, baseline, stages, names, wanted.number, error, hint
    )


def _read_table(request: Request, connection: Connection, found: FoundRepository, project: ProjectPlace) -> CommitTable:
    """Read the commits, without those that the team hides, and with the experiments that run."""
    studio = context_of(request)
    table = commit_table.read_table(connection, found.id, project).hiding(studio.hidden_commits(found.name))
    lives = [one for one in studio.live_experiments(found.name) if one.project == project.root]
    return table.with_live(lives, time.time()) if lives else table


def _project(projects: Sequence[ProjectPlace], wanted: str | None) -> ProjectPlace:
    if wanted is None:
        return projects[0]
    found = next((one for one in projects if one.path == wanted.strip("/")), None)
    if found is None:
        raise UsageError(f"'{wanted}' is no project of this repository", f"one of {', '.join(_told(projects))}")
    return found


def _told(projects: Sequence[ProjectPlace]) -> list[str]:
    return [one.path or "/" for one in projects]


def _wanted(asked: Mapping[str, tuple[str, ...]], columns: ExperimentColumns) -> RowsQuery:
    sort = next((one.column for one in columns.every if one.id in asked.get("sort", ())), None)
    since = next(iter(asked.get("since", ())), "")
    return RowsQuery(
        query.parse(" ".join(asked.get("q", ())).strip(), query.COMMITS),
        asked.get("branch", ()),
        sort,
        "asc" in asked.get("order", ()),
        parse_date(since, end=False) if since else None,
        unchanged="unchanged" in asked,
        hidden="hidden" in asked,
        merged="merged" in asked,
    )
