"""`/models`: every artifact of every repository; as a page, as JSON, and as CSV."""

from collections.abc import Iterator
from typing import NamedTuple

from fastapi import Request
from markupsafe import Markup
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from gto.exceptions import UsageError
from gto.export import csv
from gto.output.published import Published
from gto.studio.addresses import count_pages, read_number, url
from gto.studio.context import context_of
from gto.studio.index import artifact_list, list_counts, query
from gto.studio.index.artifact_conditions import SORTS, ListQuery
from gto.studio.index.artifact_list import ArtifactListing
from gto.studio.index.artifact_row import ArtifactRow
from gto.studio.index.database import kept
from gto.studio.index.list_counts import Facet, Facets, Totals
from gto.studio.index.nearest import NearestValue
from gto.studio.index.nearest import find as find_nearest
from gto.studio.page_router import PageRouter
from gto.studio.pages import list_columns, model_list_rows
from gto.studio.pages.list_columns import FIELDS, Columns
from gto.studio.production import production
from gto.studio.respond import respond

router = PageRouter()

PAGE = 50
_MOST_OFFERED = 100
_MOST_CHOSEN = 100
_STEP = 1000  # artifacts that CSV reads at a time
_FACETS = ("repo", "stage", "label", "type", "framework", "is")


class ModelsPage(NamedTuple):
    """One page of the list, and what it was asked for."""

    rows: tuple[ArtifactRow, ...]
    total: int
    totals: Totals
    facets: Facets
    stages: tuple[str, ...]
    text: str
    chosen: dict[str, tuple[str, ...]]
    """The filters, by key of the query language."""
    columns: Columns
    sort: str
    is_ascending: bool
    number: int
    """Of the page, from 1."""
    error: str = ""
    hint: str = ""
    only: tuple[str, ...] = ()
    """The artifacts that were chosen, as `REPO/NAME`; none for all."""
    nearest: NearestValue | None = None
    """What comes nearest to a metric that was asked for, where nothing fits."""

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return count_pages(self.total, PAGE)

    @property
    def asked(self) -> dict[str, object]:
        """What the address of this list says, but for the page."""
        sort = "" if self.sort == SORTS[0] else self.sort
        order = "asc" if self.is_ascending else ""
        return {
            "q": self.text, "m": self.only, **self.chosen, "sort": sort, "order": order, "columns": self.columns.ids
        }  # fmt: skip

    @property
    def production(self) -> str | None:
        """The stage that stands for production."""
        return production(self.stages)

    @property
    def offered_stages(self) -> list[Facet]:
        """The stages that the filter offers: the first ones, and those that are chosen."""
        first, rest = self.facets.stages[:_MOST_OFFERED], self.facets.stages[_MOST_OFFERED:]
        return [*first, *(one for one in rest if one.value in self.chosen.get("stage", ()))]

    def link(self, path: str = "/models", **changes: object) -> str:
        """Return the address of this list with something changed."""
        return url(path, **{**self.asked, **changes})

    def drawn(self, now: float, writable: frozenset[str], promotable: frozenset[str]) -> Markup:
        """Return the rows for the table."""
        return model_list_rows.draw(self.rows, self.columns.shown, self.stages, now, (writable, promotable))

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {
            "total": self.total,
            "page": self.number,
            "pages": self.pages,
            "totals": self.totals._asdict(),
            "stages": list(self.stages),
            "artifacts": [row.as_dict(self.stages) for row in self.rows],
            **({"nearest": self.nearest._asdict()} if self.nearest else {}),
            **({"error": self.error, "hint": self.hint} if self.error else {}),
        }


@router.get("/", include_in_schema=False)
def home() -> Response:
    """Lead to the list."""
    return RedirectResponse("/models", 307)


@router.get("/models", include_in_schema=False)
@router.get("/models.json", include_in_schema=False)
def models(request: Request) -> Response:
    """Answer the list."""
    page = read(request)
    return respond(request, "models.html", page, 400 if page.error else 200)


@router.get("/models.csv", include_in_schema=False)
def save(request: Request) -> Response:
    """Answer all artifacts that fit, with all columns."""
    wanted = read_query(request)
    with context_of(request).database.read() as connection:
        stages = kept(connection, list_counts.stages)
        rows = list(_every(connection, wanted))
    text = csv.table([*FIELDS, *(f"#{stage}" for stage in stages)], list_columns.table(rows, stages))
    name = {"content-disposition": 'attachment; filename="models.csv"'}
    return Response(text.encode("utf-8", "replace"), media_type="text/csv; charset=utf-8", headers=name)


def _every(connection: Connection, wanted: ListQuery) -> Iterator[ArtifactRow]:
    wanted = wanted._replace(limit=_STEP, offset=0)
    while rows := artifact_list.find(connection, wanted).rows:
        yield from rows
        wanted = wanted._replace(offset=wanted.offset + _STEP)


def read(request: Request) -> ModelsPage:
    """Read what the address asks for from the index."""
    given = request.query_params
    wanted, error, hint = ListQuery(), "", ""
    try:
        wanted = read_query(request)
    except UsageError as wrong:
        error, hint = wrong.message, wrong.hint
    number = read_number(given)
    wanted = wanted._replace(limit=PAGE, offset=(number - 1) * PAGE)
    with context_of(request).database.read() as connection:
        listed = ArtifactListing((), 0) if error else artifact_list.find(connection, wanted)
        stages = kept(connection, list_counts.stages)
        nearest = None if listed.total or error else find_nearest(connection, wanted.terms)
        totals, facets = kept(connection, list_counts.totals), kept(connection, list_counts.facets)
    return ModelsPage(
        *listed,
        totals,
        facets,
        stages,
        text=given.get("q", "").strip(),
        chosen=_filters(request),
        columns=list_columns.choose(given.getlist("columns"), stages, given.get("left", "")),
        sort=wanted.sort,
        is_ascending=wanted.is_ascending,
        number=number,
        error=error,
        hint=hint,
        only=tuple(given.getlist("m")[:_MOST_CHOSEN]),
        nearest=nearest,
    )


def _filters(request: Request) -> dict[str, tuple[str, ...]]:
    given = request.query_params
    return {key: tuple(dict.fromkeys(given.getlist(key))) for key in _FACETS if given.getlist(key)}


def read_query(request: Request) -> ListQuery:
    """Return which artifacts an address asks for, in which order, or raise UsageError."""
    given = request.query_params
    sort = given.get("sort", SORTS[0])
    filters = tuple(tuple(query.term(key, value) for value in values) for key, values in _filters(request).items())
    return ListQuery(
        query.parse(given.get("q", "").strip()),
        filters,
        sort=sort if sort in SORTS else SORTS[0],
        is_ascending=given.get("order") == "asc",
        only=tuple((repo, name) for repo, _, name in (one.partition("/") for one in given.getlist("m")[:_MOST_CHOSEN])),
    )
