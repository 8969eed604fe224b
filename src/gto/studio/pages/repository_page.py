"""`/r/REPO`: one repository: when it was read, what `gto doctor` finds in it, its branches."""

from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from gto.core.event import WARNINGS
from gto.output.published import Published
from gto.studio.context import StudioContext, context_of
from gto.studio.index import lookup, repository_rows
from gto.studio.index.repository_rows import FoundExamination, RepositoryRow
from gto.studio.respond import respond
from gto.studio.visitor import Role
from gto.studio.webhooks import received_log
from gto.studio.webhooks.received_log import HookState
from gto.studio.write_access import PERSONAL, WriteAccess

router = APIRouter()


class RepositoryPage(NamedTuple):
    """One repository."""

    row: RepositoryRow
    found: FoundExamination
    catalogue: str | None
    hook: HookState | None = None
    """How it stands with its webhook; None for who is no admin of it."""
    access: WriteAccess = PERSONAL
    """How it is written to in a team."""
    is_mine: bool = False
    """Whether the visitor chooses that."""

    @property
    def warnings(self) -> frozenset[str]:
        """The codes of problems that take nothing from the registry as it is."""
        return WARNINGS

    def as_dict(self) -> Published:
        """Return it for JSON: `config`, `problems` and `notes` as `gto doctor --json` prints them."""
        return {
            **self.row.as_dict(),
            **({"write_mode": self.access.mode.value} if self.access.mode else {}),
            "facts": self.row.facts,
            "policy": self.found.policy,
            "policy_error": self.found.policy_error,
            "examined_at": self.found.examined_at,
            "config": list(self.found.config),
            "findings": [one._asdict() for one in self.found.problems],
            "notes": list(self.found.notes),
            "branches": [one._asdict() for one in self.found.branches],
        }


@router.get("/r/{repo}", include_in_schema=False)
@router.get("/r/{repo}.json", include_in_schema=False)  # it is put in first
def show_repository(request: Request, repo: str) -> Response:
    """Answer the page of a repository."""
    return respond(request, "repository.html", read(context_of(request), repo))


def read(studio: StudioContext, name: str) -> RepositoryPage:
    """Read the page from the index."""
    with studio.database.read() as connection:
        found = lookup.find_repository(connection, name)
        row = next(row for row in repository_rows.find(connection, shows_paths=studio.runs_all) if row.name == name)
        told = repository_rows.find_examination(connection, found.id)
    told = told if studio.runs_all else told.without_paths()
    hook = received_log.read_states(studio).get(name)
    row, access = row._replace(progress=studio.progress().get(name)), studio.write_access(name)
    is_mine = access.mode is not None and studio.may(Role.ADMIN, name)
    return RepositoryPage(row, told, studio.catalogue if studio.runs_all else None, hook, access, is_mine)
