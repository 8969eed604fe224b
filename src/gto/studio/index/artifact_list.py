"""The list of artifacts: filtered, sorted and cut into pages by SQL."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, literal, select, tuple_

from gto.studio.index.artifact_conditions import ListQuery, narrow
from gto.studio.index.artifact_row import ArtifactRow, choose, read_row, rows_of
from gto.studio.index.database import kept
from gto.studio.index.list_counts import stages, totals
from gto.studio.index.schema import artifact, repository


class ArtifactListing(NamedTuple):
    """The artifacts of one page of the list, and how many there are on all pages."""

    rows: tuple[ArtifactRow, ...]
    total: int


_SORT_COLUMNS: Mapping[str, ColumnElement[object]] = {
    "changed": artifact.c.changed_at,
    "name": artifact.c.name,
    "repo": repository.c.position,
    "latest": artifact.c.latest_at,
    "staged": artifact.c.staged_at,
    "metric": artifact.c.metric["value"].as_float(),
    "versions": artifact.c.versions,
    "problems": artifact.c.problems + artifact.c.against,
    "framework": func.nullif(artifact.c.framework, ""),
    "size": artifact.c.size,
}


_MOST_KEPT = 100  # queries that were made last
_JOINED = artifact.join(repository)
_COUNTED = func.count().over().label("total")  # with the rows: what was searched for is looked for once


def find(connection: Connection, wanted: ListQuery) -> ArtifactListing:
    """Return one page of the artifacts that fit."""
    known = kept(connection, stages)
    if not (wanted.terms or wanted.filters or wanted.deprecated or wanted.only):
        rows = rows_of(connection, _choose_all(wanted))
        return ArtifactListing(rows, kept(connection, totals).artifacts)
    found = connection.execute(_choose_fitting(wanted, known)).all()
    rows = tuple(read_row(row[:-1]) for row in found)
    if wanted.after is None and (found or not wanted.offset):
        return ArtifactListing(rows, found[0].total if found else 0)
    count = narrow(select(func.count()).select_from(_JOINED), wanted, known)
    return ArtifactListing(rows, int(connection.execute(count).scalar_one()))


def _order(wanted: ListQuery) -> tuple[ColumnElement[object], ...]:
    column = _SORT_COLUMNS[wanted.sort]
    first = column.asc() if wanted.is_ascending else column.desc()
    return (first.nulls_last(), repository.c.position, artifact.c.name)


@lru_cache(_MOST_KEPT)  # to make one costs a tenth of an answer
def _choose_all(wanted: ListQuery) -> Select[*tuple[Any, ...]]:
    """Return the query for a page of all artifacts that count."""
    return _page_of(narrow(choose(), wanted, ()), wanted).order_by(*_order(wanted))


@lru_cache(_MOST_KEPT)
def _choose_fitting(wanted: ListQuery, known_stages: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    """Return the query for a page of the artifacts that fit, with the number of all of them in each row."""
    fitting = narrow(select(artifact.c.id, _COUNTED).select_from(_JOINED), wanted, known_stages)
    these = _page_of(fitting, wanted).order_by(*_order(wanted)).subquery()
    chosen = choose().add_columns(these.c.total).join(these, these.c.id == artifact.c.id)
    return chosen.order_by(*_order(wanted))


def _page_of(chosen: Select[*tuple[Any, ...]], wanted: ListQuery) -> Select[*tuple[Any, ...]]:
    """Return what of a query is on the page that is wanted."""
    if wanted.after is not None:
        here, there = tuple_(repository.c.position, artifact.c.name), tuple_(*(literal(one) for one in wanted.after))
        chosen = chosen.where(here > there)
    return chosen.limit(wanted.limit).offset(wanted.offset)
