"""Lists of models and data sets, searched by Studio's own query language."""

from urllib.parse import urlencode

from fastapi import HTTPException, Request
from starlette.datastructures import QueryParams
from starlette.responses import Response

from gto.studio.context import context_of, own_address
from gto.studio.index import artifact_list, query
from gto.studio.index.artifact_conditions import ListQuery
from gto.studio.index.query import Term
from gto.studio.protocols.artifact_names import to_hub
from gto.studio.protocols.hub.hub_replies import json_body
from gto.studio.protocols.hub.repository_info import about

_MOST, _USUAL = 1000, 100
_LARGEST = 1_000_000  # places of a list
_SORTS = {"lastModified": "changed", "last_modified": "changed", "createdAt": "latest", "created_at": "latest"}
_DATA_SET = "dataset"


def search(request: Request, kind: str) -> Response:
    """Answer a page of the models or data sets that have a version; `search` is a query as the list's page takes it."""
    studio, given = context_of(request), request.query_params
    most, offset = _number(given, "limit", _USUAL, _MOST), _number(given, "cursor", 0, _LARGEST)
    wanted = _wanted(kind, given)
    if author := given.get("author", ""):
        names = [one.name for one in studio.places if to_hub(one.name) == author]
        if not names:
            return json_body([])
        wanted = wanted._replace(filters=(*wanted.filters, tuple(Term("repo", one) for one in names)))
    with studio.database.read() as connection:
        found = artifact_list.find(connection, wanted._replace(limit=most, offset=offset))
    headers = {}
    if offset + most < found.total:
        more = urlencode({**dict(given), "limit": most, "cursor": offset + most}, errors="replace")
        headers["link"] = f'<{own_address(request)}/hf/api/{kind}?{more}>; rel="next"'
    return json_body([about(studio, row) for row in found.rows], headers)


def _wanted(kind: str, given: QueryParams) -> ListQuery:
    """Return what a list is asked for; each filter is a label or a framework."""
    terms = [Term("type", _DATA_SET, is_not=kind != "datasets"), Term("is", "unregistered", is_not=True)]
    words = [*given.getlist("filter"), *given.getlist("library")]
    filters = tuple((Term("label", one), Term("framework", one)) for one in words if one)
    asked = query.parse(given.get("search", ""))
    sort = _SORTS.get(given.get("sort", ""))
    return ListQuery(
        (*terms, *asked), filters, sort=sort or "repo", is_ascending=sort is None or given.get("direction") == "1"
    )


def _number(given: QueryParams, key: str, usual: int, most: int) -> int:
    text = given.get(key, "")
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) < 9):  # noqa: PLR2004  digits that no list has
        raise HTTPException(400, f"`{key}` is a number.")
    return min(int(text), most)
