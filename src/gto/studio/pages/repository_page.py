"""`/r/REPO`: one repository: when it was read, what `gto doctor` finds in it, its branches."""

from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from sqlalchemy import select
from starlette.responses import Response

from gto.core.event import WARNINGS, Problem
from gto.output.published import Published
from gto.studio.context import StudioContext, context_of
from gto.studio.index import lookup
from gto.studio.index.schema import repository
from gto.studio.pages import repository_list
from gto.studio.pages.repository_list import RepositoryRow
from gto.studio.respond import respond

router = APIRouter()


class ListedBranch(NamedTuple):
    """Where a branch stands."""

    name: str
    commit: str
    time: int | None
    author: str
    subject: str


class RepositoryPage(NamedTuple):
    """One repository."""

    row: RepositoryRow
    policy: str | None
    has_policy: bool
    policy_error: str | None
    policy_hint: str | None
    examined_at: float | None
    problems: tuple[Problem, ...]
    config: tuple[str, ...]
    notes: tuple[str, ...]
    branches: tuple[ListedBranch, ...]
    catalogue: str | None

    @property
    def warnings(self) -> frozenset[str]:
        """The codes of problems that take nothing from the registry as it is."""
        return WARNINGS

    def as_dict(self) -> Published:
        """Return it for JSON: `config`, `problems` and `notes` as `gto doctor --json` prints them."""
        return {
            **self.row.as_dict(),
            "facts": self.row.facts,
            "policy": self.policy,
            "policy_error": self.policy_error,
            "examined_at": self.examined_at,
            "config": list(self.config),
            "findings": [one._asdict() for one in self.problems],
            "notes": list(self.notes),
            "branches": [one._asdict() for one in self.branches],
        }


@router.get("/r/{repo}", include_in_schema=False)
def show_repository(request: Request, repo: str) -> Response:
    """Answer the page of a repository."""
    return respond(request, "repository.html", read(context_of(request), repo.removesuffix(".json")))


def read(studio: StudioContext, name: str) -> RepositoryPage:
    """Read the page from the index."""
    progress = studio.worker.progress()
    columns = ("policy", "has_policy", "policy_error", "policy_hint", "examined_at", "findings", "branches")
    with studio.database.read() as connection:
        found = lookup.find_repository(connection, name)
        rows = repository_list.read(connection, progress)
        query = select(*(repository.c[one] for one in columns)).where(repository.c.id == found.id)
        *said, findings, branches = connection.execute(query).one()
    told: dict[str, Any] = findings or {}
    shown = next(row for row in rows if row.name == name)
    problems = tuple(Problem(**one) for one in told.get("problems", ()))
    config, notes = tuple(told.get("config", ())), tuple(told.get("notes", ()))
    heads = tuple(ListedBranch(**one) for one in branches or ())
    return RepositoryPage._make((shown, *said, problems, config, notes, heads, studio.catalogue))
