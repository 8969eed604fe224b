"""The list of artifacts: filtered, sorted and cut into pages by SQL."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, literal, select, tuple_

from gto.studio.index.artifact_conditions import ListQuery, narrow
from gto.studio.index.artifact_row import ArtifactRow, choose, rows_of
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


def find(connection: Connection, wanted: ListQuery) -> ArtifactListing:
    """Return one page of the artifacts that fit."""
    column = _SORT_COLUMNS[wanted.sort]
    order = column.asc() if wanted.is_ascending else column.desc()
    chosen = narrow(choose(), wanted, kept(connection, stages))
    if wanted.after is not None:
        here, there = tuple_(repository.c.position, artifact.c.name), tuple_(*(literal(one) for one in wanted.after))
        chosen = chosen.where(here > there)
    chosen = chosen.order_by(order.nulls_last(), repository.c.position, artifact.c.name)
    rows = rows_of(connection, chosen.limit(wanted.limit).offset(wanted.offset))
    if wanted.after is None and (rows or not wanted.offset) and len(rows) < wanted.limit:  # the last page
        return ArtifactListing(rows, wanted.offset + len(rows))
    return ArtifactListing(rows, _count(connection, wanted))


def _count(connection: Connection, wanted: ListQuery) -> int:
    if not (wanted.terms or wanted.filters or wanted.deprecated or wanted.only):
        return kept(connection, totals).artifacts
    fitting = narrow(select(func.count()).select_from(artifact.join(repository)), wanted, kept(connection, stages))
    return int(connection.execute(fitting).scalar_one())
