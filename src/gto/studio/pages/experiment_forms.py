"""What can be done with the table of experiments: save it as CSV, go on with chosen rows, have more commits read."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.core.dates import parse_date
from gto.exceptions import UsageError
from gto.export import csv
from gto.studio.addresses import artifact_url, repository_url, sides_url, url
from gto.studio.context import context_of
from gto.studio.downloads.sending import downloads_of
from gto.studio.forms import back, read_index_form
from gto.studio.index import lookup
from gto.studio.pages.experiment_rows import ExperimentRow
from gto.studio.pages.experiments import read
from gto.studio.pages.experiments_page import ExperimentsPage
from gto.studio.sync import commit_values
from gto.studio.sync.repository_row import want_more_commits
from gto.studio.words import iso

router = APIRouter()

_PATIENCE = 20.0
_ABOUT = ("branch", "commit", "experiment", "subject", "author", "created_at", "versions")


@router.get("/r/{repo}/experiments.csv", include_in_schema=False)
def save(request: Request, repo: str) -> Response:
    """Answer the rows that fit, on one page, with the columns that are shown; with `all=1` every column."""
    page = read(request, repo, is_whole=True)
    if page.error:
        raise UsageError(page.error, page.hint)
    columns = page.columns.every if request.query_params.get("all") else page.columns.shown
    head = [*_ABOUT, *(one.id if one.column.kind != "data" else one.column.key for one in columns)]
    rows = ([*_about(row, page), *(_plain(row.value(one.column)) for one in columns)] for row in _every(page))
    named = f"filename*=UTF-8''{quote(f'{repo}-experiments.csv')}"  # a header is ASCII, and a name any letters
    name = {"content-disposition": f'attachment; filename="experiments.csv"; {named}'}
    text = csv.table(head, rows).encode("utf-8", "replace")
    return Response(text, media_type="text/csv; charset=utf-8", headers=name)


def _every(page: ExperimentsPage) -> Iterator[ExperimentRow]:
    for group in page.rows.branches:
        yield from group.rows


def _about(row: ExperimentRow, page: ExperimentsPage) -> list[str]:
    commit, experiment = row.found.commit, row.found.experiment
    versions = " ".join(f"{one.artifact}@{one.version}" for one in row.found.versions)
    name = experiment.name if experiment else ""
    oid = "" if commit.oid in page.table.live else commit.oid
    return [row.found.branch, oid, name, commit.subject, commit.author, iso(commit.time), versions]


def _plain(value: object) -> str | float:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, int | float) else "" if value is None else str(value)


@router.get("/r/{repo}/chosen", include_in_schema=False)
def go_on(request: Request, repo: str) -> Response:
    """Lead on with the chosen rows: to their comparison or plots, to the registration of one, or to it as baseline."""
    given = request.query_params
    oids, wish = list(dict.fromkeys(given.getlist("c"))), given.get("do", "compare")
    table = repository_url(repo, "experiments")
    kept = {key: given.getlist(f"_{key}") for key in dict.fromkeys(key[1:] for key in given if key.startswith("_"))}
    if not oids:
        return RedirectResponse(url(table, **kept), 303)
    if wish == "baseline":
        return RedirectResponse(url(table, **{**kept, "baseline": oids[0]}), 303)
    if wish == "hide":
        return RedirectResponse(url(repository_url(repo, "-/hidden"), c=oids), 303)
    if wish.startswith("register:"):
        return RedirectResponse(url(artifact_url(repo, wish.partition(":")[2], "register"), commit=oids[0]), 303)
    base = given.get("baseline", "")
    is_meant = len(oids) == 1 or base in oids  # who chose several compares them with each other
    page = "plots" if wish == "plots" else "compare"
    return RedirectResponse(sides_url(repo, "", page, oids, baseline=base if is_meant else ""), 303)


@router.post("/r/{repo}/commits", include_in_schema=False)
async def read_more(request: Request, repo: str, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Have older commits read, so many more of each branch or all since a date; or those again that lack a file."""
    return await downloads_of(request).work(partial(_read_more, request, repo, form))  # it waits for Git


def _read_more(request: Request, repo: str, form: FormData) -> Response:
    studio = context_of(request)
    if form.get("again"):
        with studio.worker.database.write() as connection:
            commit_values.forget_lacking(connection, lookup.find_repository(connection, repo).id)
        return _read_now(request, repo, form)
    since = str(form.get("since", "")).strip()
    with studio.worker.database.write() as connection:
        found = lookup.find_repository(connection, repo)
        want_more_commits(connection, found.id, parse_date(since, end=False) if since else None)
    return _read_now(request, repo, form)


def _read_now(request: Request, repo: str, form: FormData) -> Response:
    worker = context_of(request).worker
    worker.wait(worker.ask(repo, again="again" in form), _PATIENCE)
    return RedirectResponse(back(form, repository_url(repo, "experiments")), 303)
