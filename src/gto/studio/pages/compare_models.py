"""`/compare`: models of any repositories beside each other, each by its latest version or the one that is named."""

from collections.abc import Sequence
from typing import NamedTuple

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from gto.exceptions import UsageError
from gto.studio.context import context_of
from gto.studio.index import events, list_counts, lookup
from gto.studio.index.database import kept
from gto.studio.pages.compare import answer, asked_names, asked_switches, compared, side_of
from gto.studio.pages.compare_page import ComparePage, Side
from gto.studio.pages.comparison_rows import ComparedColumn
from gto.studio.pages.version_detail import choose, holders_of

router = APIRouter()


class _Known(NamedTuple):
    """A model, and what is known of its version."""

    side: Side
    column: ComparedColumn


@router.get("/compare", include_in_schema=False)
@router.get("/compare.json", include_in_schema=False)
@router.get("/compare.md", include_in_schema=False)
def compare_models(request: Request) -> Response:
    """Answer the comparison of models."""
    return answer(request, read(request))


def read(request: Request) -> ComparePage:
    """Read what the address asks for: `m=REPO/NAME` or `m=REPO/NAME@VERSION`, each once."""
    studio, given = context_of(request), request.query_params
    wanted = asked_names(request, "m")
    with studio.database.read() as connection:
        stages = kept(connection, list_counts.stages)
        found = {one: _read_one(connection, one, stages) for one in wanted}
    known = [one for one in found.values() if one is not None]
    if not known:
        hint = "tick some with a version in the list of models"
        raise UsageError("None of these has a version to compare" if wanted else "No model to compare is named", hint)
    sides = tuple(one.side for one in known)
    base = next((at for at, side in enumerate(sides) if side.name == given.get("baseline")), 0)
    repos = {side.repo for side in sides}
    left_out = tuple(one for one, has in found.items() if has is None)
    page = ComparePage("", "", sides, base, *asked_switches(request), stages=stages, left_out=left_out)
    return compared(studio, page, [one.column for one in known], repos.pop() if len(repos) == 1 else "")


def _read_one(connection: Connection, wanted: str, stages: Sequence[str]) -> _Known | None:
    """Read one model; None where it has no version."""
    repo, _, selector = wanted.partition("/")
    found = lookup.find_repository(connection, repo)
    name, at, version = selector.rpartition("@")
    row = lookup.find_artifact(connection, found, name if at else selector)
    state = events.artifact_state(connection, found.id, row.name)
    chosen = choose(state, version if at else "")
    if chosen is None:
        return None
    side = side_of(row.name, chosen, holders_of(state, stages))
    facts = lookup.find_fact(connection, found, row.name, chosen.commit)
    files = lookup.files_of(connection, found, row.name, chosen.commit).files
    return _Known(side._replace(name=wanted, repo=repo), ComparedColumn(facts, None, files))
