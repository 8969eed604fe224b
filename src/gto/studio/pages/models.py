"""`/models`: every artifact of every repository."""

from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from gto.exceptions import UsageError
from gto.output.published import Published
from gto.studio.context import context_of
from gto.studio.index import artifacts, query
from gto.studio.index.artifacts import SORTS, ArtifactRow, Facets, ListQuery, Totals
from gto.studio.respond import respond, url

router = APIRouter()

COLUMNS = ("repository", "labels", "latest", "metric", "stages", "health")
"""The columns that can be left out."""

PAGE = 50
_DIGITS = 7
_FACETS = ("repo", "stage", "label", "type", "is")


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
    columns: tuple[str, ...]
    sort: str
    is_ascending: bool
    number: int
    """Of the page, from 1."""
    error: str = ""
    hint: str = ""

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.total // PAGE))

    def link(self, **changes: object) -> str:
        """Return the address of this list with something changed."""
        sort = "" if self.sort == SORTS[0] else self.sort
        columns = "" if self.columns == COLUMNS else ",".join(self.columns)
        order = "asc" if self.is_ascending else ""
        return url(
            "/models", **{"q": self.text, **self.chosen, "sort": sort, "order": order, "columns": columns, **changes}
        )

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {
            "total": self.total,
            "page": self.number,
            "pages": self.pages,
            "stages": list(self.stages),
            "artifacts": [row.as_dict(self.stages) for row in self.rows],
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


def read(request: Request) -> ModelsPage:
    """Read what the address asks for from the index."""
    given = request.query_params
    text = given.get("q", "").strip()
    chosen = {key: tuple(dict.fromkeys(given.getlist(key))) for key in _FACETS if given.getlist(key)}
    sort = given.get("sort", SORTS[0])
    sort = sort if sort in SORTS else SORTS[0]
    number = read_number(given.get("page", ""), 1)
    columns = tuple(one for one in given.get("columns", ",".join(COLUMNS)).split(",") if one in COLUMNS)
    is_ascending = given.get("order") == "asc"
    wanted, error, hint = ListQuery(), "", ""
    try:
        filters = tuple(tuple(query.term(key, value) for value in values) for key, values in chosen.items())
        wanted = ListQuery(query.parse(text), filters, sort=sort, is_ascending=is_ascending)
        wanted = wanted._replace(limit=PAGE, offset=(number - 1) * PAGE)
    except UsageError as wrong:
        error, hint = wrong.message, wrong.hint
    with context_of(request).database.read() as connection:
        listed = artifacts.Listed((), 0) if error else artifacts.find(connection, wanted)
        stages = artifacts.stages(connection)
        totals, facets = artifacts.totals(connection), artifacts.facets(connection)
    return ModelsPage(
        listed.rows,
        listed.total,
        totals,
        facets,
        stages,
        text,
        chosen,
        columns,
        sort,
        is_ascending,
        number,
        error,
        hint,
    )


def read_number(text: str, usual: int) -> int:
    """Return a positive number that an address holds; the usual one where it holds none."""
    is_one = text.isascii() and text.isdigit() and len(text) < _DIGITS
    return max(1, int(text)) if is_one else usual
