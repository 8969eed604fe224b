"""`/repos`: the repositories, when each was read, and what was in the way."""

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection, func, select
from starlette.datastructures import FormData
from starlette.responses import JSONResponse, RedirectResponse, Response

from gto.catalog.repositories import Failure, problems
from gto.output.published import Published
from gto.studio.context import context_of
from gto.studio.forms import back, read_form
from gto.studio.index.schema import artifact, fact, problem, repository
from gto.studio.respond import respond, wants_json
from gto.studio.sync.worker import Progress

router = APIRouter()

_PATIENCE = 20.0  # seconds that "sync now" waits


class RepositoryRow(NamedTuple):
    """One repository."""

    name: str
    address: str
    is_remote: bool
    branch: str | None
    groups: list[str]
    head: str | None
    read_at: float | None
    changed_at: float | None
    error: str | None
    hint: str | None
    artifacts: int
    problems: int
    facts: int
    progress: Progress | None

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {**self._asdict(), "progress": self.progress and self.progress._asdict()}


class RepositoriesPage(NamedTuple):
    """All repositories, and the entries of the catalogue that lead to none."""

    rows: tuple[RepositoryRow, ...]
    failures: tuple[Failure, ...]

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {"repositories": [row.as_dict() for row in self.rows], "problems": problems(self.failures)}


@router.get("/repos", include_in_schema=False)
@router.get("/repos.json", include_in_schema=False)
def repositories(request: Request) -> Response:
    """Answer the list of repositories."""
    studio = context_of(request)
    progress = studio.worker.progress()
    with studio.database.read() as connection:
        rows = read(connection, progress)
    return respond(request, "repositories.html", RepositoriesPage(rows, tuple(studio.failures)))


def read(connection: Connection, progress: dict[str, Progress]) -> tuple[RepositoryRow, ...]:
    """Read the repositories from the index, in the catalogue's order."""
    counts = [
        select(func.count()).where(table.c.repository_id == repository.c.id).scalar_subquery()
        for table in (artifact, problem, fact)
    ]
    columns = [repository.c[name] for name in RepositoryRow._fields[:10]]
    query = select(*columns, *counts).order_by(repository.c.position)
    return tuple(RepositoryRow._make([*row, progress.get(row[0])]) for row in connection.execute(query))


@router.post("/sync", include_in_schema=False)
def sync(request: Request, form: Annotated[FormData, Depends(read_form)]) -> Response:
    """Read all repositories, or one, from Git now."""
    worker = context_of(request).worker
    names = [str(name) for name in form.getlist("repo")]
    done = worker.wait(worker.ask(*names), _PATIENCE)
    if wants_json(request):
        return JSONResponse({"done": done}, 200 if done else 202)
    return RedirectResponse(back(form, "/repos"), 303)


@router.get("/health", include_in_schema=False)
def health() -> dict[str, str]:
    """Say that this Studio answers."""
    return {"status": "ok"}
