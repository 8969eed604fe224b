"""`/m/REPO/NAME/-/schema.json`: what a method of a version's model takes and gives, as a file."""

from typing import Any, cast

from fastapi import APIRouter, Request
from starlette.responses import Response

from gto.exceptions import NotFound, UsageError, VersionNotFound
from gto.inspect.facts import ModelFacts
from gto.inspect.schema_formats import FORMATS, find_schema, schema_text
from gto.studio.context import context_of
from gto.studio.index import events, lookup
from gto.studio.pages.version_detail import choose

router = APIRouter()


@router.get("/m/{repo}/{name:path}/-/schema.json", include_in_schema=False)
def schema(request: Request, repo: str, name: str) -> Response:
    """Answer what `gto inspect NAME@VERSION --schema FORM --method METHOD` prints of the side-car."""
    given = request.query_params
    form = given.get("form", FORMATS[0])
    if form not in FORMATS:
        raise UsageError(f"'{form}' is no form of a schema", f"one of {', '.join(FORMATS)}")
    method = find_schema(_facts(request, repo, name), given.get("method", "predict"))
    headers = {"content-disposition": f'attachment; filename="{form}.json"'}
    return Response(f"{schema_text(method, form)}\n", media_type="application/json", headers=headers)


def _facts(request: Request, repo: str, name: str) -> ModelFacts:
    with context_of(request).database.read() as connection:
        found = lookup.find_repository(connection, repo)
        lookup.find_artifact(connection, found, name)
        version = choose(events.artifact_state(connection, found.id, name), request.query_params.get("version", ""))
        if version is None:
            raise VersionNotFound(f"'{name}' has no version", "register one first")
        told = lookup.find_fact(connection, found, name, version.commit)
    said = told.get("model") if told else None
    if said is None:
        raise NotFound(f"'{name}@{version.name}' has no side-car", f"`gto annotate {name} --inspect` writes one")
    return ModelFacts.from_dict(cast("dict[str, Any]", said))
