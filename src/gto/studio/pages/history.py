"""`/history`, and that of one artifact: what happened, the newest first; as a page, as JSON and as a feed."""

from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from gto.core.dates import parse_date
from gto.output.published import Published
from gto.studio.addresses import artifact_url, count_pages, read_number, url
from gto.studio.context import context_of, own_address
from gto.studio.index import event_list, list_counts, lookup
from gto.studio.index.database import kept
from gto.studio.index.event_list import EventListing, EventQuery, ListedEvent
from gto.studio.respond import render, respond
from gto.studio.words import iso

router = APIRouter()

PAGE = 50


class HistoryPage(NamedTuple):
    """One page of events, and what it was asked for."""

    repo: str
    """Empty for all repositories, as `name` is for all artifacts."""
    name: str
    asked: EventQuery
    at: str
    found: EventListing
    stages: tuple[str, ...]
    repositories: tuple[str, ...]
    number: int

    @property
    def lines(self) -> tuple[ListedEvent, ...]:
        """The events of this page."""
        return self.found.lines

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return count_pages(self.found.total, PAGE)

    @property
    def path(self) -> str:
        """The address of this history, without its filters."""
        return artifact_url(self.repo, self.name, "history") if self.name else "/history"

    def link(self, path: str = "", **changes: object) -> str:
        """Return the address of this page with something changed."""
        asked = self.asked
        here = {
            "repo": "" if self.name else asked.repo,
            "event": asked.kind,
            "stage": asked.stage,
            "author": asked.author,
        }
        return url(path or self.path, **{**here, "version": asked.version, "at": self.at, **changes})

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {
            "total": self.found.total,
            "page": self.number,
            "pages": self.pages,
            "events": [{"repo": one.repo, **one.line.as_dict()} for one in self.lines],
        }


@router.get("/history", include_in_schema=False)
@router.get("/history.json", include_in_schema=False)
def history(request: Request) -> Response:
    """Answer the history of everything."""
    return respond(request, "history.html", read(request, "", ""))


@router.get("/history.atom", include_in_schema=False)
def feed(request: Request) -> Response:
    """Answer the history of everything as a feed."""
    return _feed(request, read(request, "", ""))


@router.get("/m/{repo}/{name:path}/-/history.atom", include_in_schema=False)
def feed_of_model(request: Request, repo: str, name: str) -> Response:
    """Answer the history of an artifact as a feed."""
    return _feed(request, read(request, repo, name))


@router.get("/m/{repo}/{name:path}/-/history", include_in_schema=False)
@router.get("/m/{repo}/{name:path}/-/history.json", include_in_schema=False)
def history_of_model(request: Request, repo: str, name: str) -> Response:
    """Answer the history of an artifact."""
    return respond(request, "history.html", read(request, repo, name))


def read(request: Request, repo: str, name: str) -> HistoryPage:
    """Read what the address asks for from the index."""
    given = request.query_params
    at, number = given.get("at", ""), read_number(given)
    asked = EventQuery(
        repo or given.get("repo", ""),
        name,
        event_list.checked_kind(given.get("event", "")),
        given.get("stage", ""),
        given.get("version", ""),
        given.get("author", "").strip(),
        parse_date(at, end=True) if at else None,
        limit=PAGE,
        offset=(number - 1) * PAGE,
    )
    with context_of(request).database.read() as connection:
        if asked.repo:
            found = lookup.find_repository(connection, asked.repo)
            if name:
                lookup.find_artifact(connection, found, name)
        shown = event_list.find(connection, asked)
        stages, repositories = kept(connection, list_counts.stages), lookup.repository_names(connection)
    return HistoryPage(repo, name, asked, at, shown, stages, repositories, number)


def _feed(request: Request, page: HistoryPage) -> Response:
    values = {"page": page, "base": own_address(request), "updated": iso(page.lines[0].line.time if page.lines else 0)}
    return Response(render(request, "history.atom", values), media_type="application/atom+xml")
