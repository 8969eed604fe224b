"""`/audit`: who did what, as a page, as JSON and as CSV; to an admin of a group, what was done in its repositories."""

import json
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from gto.core.dates import parse_date
from gto.export import csv
from gto.output.published import Published
from gto.studio.addresses import count_pages, read_number, url
from gto.studio.context import StudioContext, context_of, team_of
from gto.studio.respond import respond
from gto.studio.team import audit_log, rights
from gto.studio.team.audit_log import AuditEntry, AuditQuery
from gto.studio.visitor import Role
from gto.studio.words import iso

router = APIRouter()

_PAGE = 100
_MOST = 100_000  # lines of CSV


class AuditPage(NamedTuple):
    """One page of entries, and what it was asked for."""

    rows: tuple[AuditEntry, ...]
    total: int
    number: int
    asked: AuditQuery
    since: str
    until: str
    actions: tuple[str, ...]
    repositories: tuple[str, ...]
    days: float
    """How long entries are kept."""

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return count_pages(self.total, _PAGE)

    @property
    def first(self) -> int:
        """The number of the first entry of this page."""
        return (self.number - 1) * _PAGE + 1

    def link(self, path: str = "/audit", **changes: object) -> str:
        """Return the address of this page with something changed."""
        here = {one: getattr(self.asked, one) for one in ("person", "action", "repository")}
        return url(path, **{**here, "since": self.since, "until": self.until, **changes})

    def as_dict(self) -> Published:
        """Return it for JSON."""
        entries = [one.as_dict() for one in self.rows]
        return {"total": self.total, "page": self.number, "pages": self.pages, "entries": entries}


@router.get("/audit", include_in_schema=False)
@router.get("/audit.json", include_in_schema=False)
def show(request: Request) -> Response:
    """Answer the log."""
    asked, number = _query(request), read_number(request.query_params)
    with team_of(request).database.engine.connect() as connection:
        rows = audit_log.find(connection, asked, _PAGE, (number - 1) * _PAGE)
        total, actions = audit_log.count(connection, asked), audit_log.actions(connection, asked)
    since, until = (request.query_params.get(one, "") for one in ("since", "until"))
    names = tuple(sorted(_led(context_of(request))))
    days = team_of(request).settings.audit_days
    return respond(request, "audit.html", AuditPage(rows, total, number, asked, since, until, actions, names, days))


@router.get("/audit.csv", include_in_schema=False)
def table(request: Request) -> Response:
    """Answer the log as CSV, the newest entries."""
    with team_of(request).database.engine.connect() as connection:
        rows = audit_log.find(connection, _query(request), _MOST)
    cells = [
        [json.dumps(value) if isinstance(value, dict) else iso(value) if key == "at" else value
         for key, value in row._asdict().items()]
        for row in rows
    ]  # fmt: skip
    text = csv.table(AuditEntry._fields, cells).encode("utf-8", "replace")
    name = {"content-disposition": 'attachment; filename="audit.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=name)


def _query(request: Request) -> AuditQuery:
    given, studio = request.query_params, context_of(request)
    person, action, repository = (given.get(one, "").strip() for one in ("person", "action", "repository"))
    since, until = given.get("since", ""), given.get("until", "")
    return AuditQuery(
        person,
        action,
        repository,
        parse_date(since, end=False) if since else None,
        parse_date(until, end=True) if until else None,
        None if rights.control_of(studio.visitor).is_whole else _led(studio),
    )


def _led(studio: StudioContext) -> frozenset[str]:
    """Return the repositories of which the reader is admin."""
    return frozenset(one.name for one in studio.places if studio.visitor.may(Role.ADMIN, one.entry.groups))
