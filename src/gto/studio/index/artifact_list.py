"""The list of artifacts: filtered, sorted and cut into pages by SQL."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, literal, or_, select, tuple_

from gto.studio.index.artifact_conditions import condition
from gto.studio.index.artifact_row import ArtifactRow, choose, rows_of
from gto.studio.index.database import kept
from gto.studio.index.list_counts import totals
from gto.studio.index.query import Term
from gto.studio.index.schema import artifact, repository

SORTS = ("changed", "name", "repo", "latest", "staged", "metric", "versions", "problems", "framework", "size")
"""What the list can be sorted by; the first is the usual one."""


class ListQuery(NamedTuple):
    """Which artifacts are wanted, and in which order."""

    terms: tuple[Term, ...] = ()
    """All of them must fit."""
    filters: tuple[tuple[Term, ...], ...] = ()
    """Of each of these one must fit."""
    deprecated: bool = False
    """Whether deprecated ones count too."""
    sort: str = SORTS[0]
    is_ascending: bool = False
    after: tuple[int, str] | None = None
    """The number of a repository and a name: in the order of these, artifacts behind them are wanted."""
    limit: int = 50
    offset: int = 0
    only: tuple[tuple[str, str], ...] = ()
    """Repository and name of the artifacts that count, deprecated ones too; none for all."""


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
    chosen = _where(choose(), wanted)
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
    fitting = _where(select(func.count()).select_from(artifact.join(repository)), wanted)
    return int(connection.execute(fitting).scalar_one())


def _where(chosen: Select[*tuple[Any, ...]], wanted: ListQuery) -> Select[*tuple[Any, ...]]:
    every = [*wanted.terms, *(term for group in wanted.filters for term in group)]
    stages = [term.value for term in every if term.key == "stage" and not term.is_not]
    conditions = [condition(term, stages) for term in wanted.terms]
    conditions += [or_(*(condition(term, stages) for term in group)) for group in wanted.filters if group]
    asks_for_old = any(term.key == "is" and term.value == "deprecated" for term in every) or wanted.only
    if wanted.only:
        conditions.append(tuple_(repository.c.name, artifact.c.name).in_(wanted.only))
    if not wanted.deprecated and not asks_for_old:
        conditions.append(artifact.c.is_active)
    return chosen.where(*conditions)
