"""Commits that a team hides among its experiments, for everybody: chosen in the table, confirmed on a page."""

import re
import time
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request
from sqlalchemy import delete, insert, select
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.exceptions import UsageError
from gto.output.published import Published
from gto.studio.addresses import repository_url, url
from gto.studio.context import context_of, team_of
from gto.studio.forms import read_index_form
from gto.studio.index import lookup
from gto.studio.index.schema import commit
from gto.studio.respond import respond
from gto.studio.team import audit
from gto.studio.team.team_tables import hidden_commit

router = APIRouter()

_OID_RE = re.compile("[0-9a-f]{40}([0-9a-f]{24})?")
_MOST = 100  # at a time


class ChosenCommit(NamedTuple):
    """A commit that is to be hidden or shown."""

    oid: str
    subject: str
    author: str
    is_hidden: bool


class HidePage(NamedTuple):
    """The commits that were chosen."""

    repo: str
    commits: tuple[ChosenCommit, ...]

    @property
    def table(self) -> str:
        """The address of the table of experiments."""
        return repository_url(self.repo, "experiments")

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {"repo": self.repo, "commits": [one._asdict() for one in self.commits]}


@router.get("/r/{repo}/-/hidden", include_in_schema=False)
@router.get("/r/{repo}/-/hidden.json", include_in_schema=False)
def ask_to_hide(request: Request, repo: str) -> Response:
    """Answer the form that hides the chosen commits, or shows them again."""
    studio, given = context_of(request), request.query_params.getlist("c")[:_MOST]
    hidden = studio.hidden_commits(repo)
    with studio.database.read() as connection:
        found = lookup.find_repository(connection, repo)
        chosen = (commit.c.repository_id == found.id) & commit.c.oid.in_(
            [one for one in given if _OID_RE.fullmatch(one)]
        )
        rows = connection.execute(select(commit.c.oid, commit.c.subject, commit.c.author).where(chosen)).all()
    commits = tuple(ChosenCommit(row.oid, row.subject, row.author, row.oid in hidden) for row in rows)
    if not commits:
        raise UsageError("No commit is chosen", "tick some in the table of experiments")
    return respond(request, "hide_commits.html", HidePage(repo, commits))


@router.post("/r/{repo}/-/hidden", include_in_schema=False)
def hide(request: Request, repo: str, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Hide commits from everybody's table, or show them again."""
    studio, team = context_of(request), team_of(request)
    oids = sorted({str(one) for one in form.getlist("c") if _OID_RE.fullmatch(str(one))})[:_MOST]
    if not oids:
        raise UsageError("No commit is chosen", "tick some in the table of experiments")
    hides = form.get("do") != "show"
    about = {"repository": repo, "person": studio.visitor.name, "at": time.time()}
    with team.database.record() as connection:
        theirs = (hidden_commit.c.repository == repo) & hidden_commit.c.oid.in_(oids)
        connection.execute(delete(hidden_commit).where(theirs))
        if hides:
            connection.execute(insert(hidden_commit), [{**about, "oid": oid} for oid in oids])
        action, origin = "hide commits" if hides else "show commits", audit.origin_of(request)
        audit.note(connection, studio.visitor, origin, action, " ".join(one[:7] for one in oids), repository=repo)
    return RedirectResponse(url(repository_url(repo, "experiments"), hidden="" if hides else "1"), 303)
