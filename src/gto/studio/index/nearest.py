"""Where a query for a metric finds nothing: which artifact comes nearest to what was asked."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, or_, select

from gto.studio.index.query import Term
from gto.studio.index.schema import artifact, metric, repository


class NearestValue(NamedTuple):
    """The highest or the lowest value that a latest version has of a metric."""

    metric: str
    value: float
    is_highest: bool
    repo: str
    artifact: str


def find(connection: Connection, terms: Sequence[Term]) -> NearestValue | None:
    """Return it for the first condition of a query that asks for more or less than a number; None without one."""
    term = next((one for one in terms if one.key == "metric" and one.operator[0] in "<>" and not one.is_not), None)
    if term is None:
        return None
    is_highest = term.operator[0] == ">"
    same = (metric.c.repository_id == artifact.c.repository_id) & (metric.c.artifact == artifact.c.name)
    name = term.value.casefold()
    query = (
        select(metric.c.value, repository.c.name, artifact.c.name)
        .select_from(artifact.join(repository).join(metric, same & (metric.c.commit == artifact.c.latest_commit)))
        .where(artifact.c.is_active, or_(metric.c.name == name, metric.c.folded_key == name))
        .order_by(metric.c.value.desc() if is_highest else metric.c.value, repository.c.position, artifact.c.name)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return NearestValue(term.value, row[0], is_highest, row[1], row[2]) if row is not None else None
