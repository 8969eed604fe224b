"""What is counted over all artifacts: what the filters of the list offer, its columns, and the numbers above it."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, cast, func, select

from gto.studio.index.artifact_conditions import IS_BROKEN
from gto.studio.index.database import kept
from gto.studio.index.dialects import Integer
from gto.studio.index.latest_model import count_frameworks
from gto.studio.index.schema import artifact, label, repository, standing
from gto.studio.index.waiting import count_waiting


class Facet(NamedTuple):
    """A value that the list can be filtered by, and how many artifacts have it."""

    value: str
    artifacts: int


class Facets(NamedTuple):
    """What the filters offer."""

    repositories: tuple[Facet, ...]
    stages: tuple[Facet, ...]
    labels: tuple[Facet, ...]
    types: tuple[Facet, ...]
    frameworks: tuple[Facet, ...]


class Totals(NamedTuple):
    """Counts over all active artifacts."""

    artifacts: int
    repositories: int
    versions: int
    behind: int
    broken: int
    waiting: int
    """How much waits for somebody's approval."""


def facets(connection: Connection) -> Facets:
    """Count what active artifacts have: of a stage those that are in it, in the order of the configurations."""
    counted = func.count()
    active = artifact.c.is_active
    in_stages = select(standing.c.stage, counted).join(artifact).where(active, standing.c.place == 0)
    by_stage: dict[str, int] = {row[0]: row[1] for row in connection.execute(in_stages.group_by(standing.c.stage))}
    by_repo = select(repository.c.name, counted).select_from(artifact.join(repository)).where(active)
    by_label = select(label.c.label, counted).join(artifact).where(active).group_by(label.c.label)
    by_type = select(artifact.c.type, counted).where(active, artifact.c.type.is_not(None)).group_by(artifact.c.type)
    return Facets(
        _facets(connection, by_repo.group_by(repository.c.name, repository.c.position).order_by(repository.c.position)),
        tuple(Facet(stage, by_stage.get(stage, 0)) for stage in kept(connection, stages)),
        _facets(connection, by_label.order_by(counted.desc(), label.c.label).limit(100)),
        _facets(connection, by_type.order_by(counted.desc(), artifact.c.type).limit(100)),
        _facets(connection, count_frameworks().limit(100)),
    )


def _facets(connection: Connection, chosen: Select[*tuple[Any, ...]]) -> tuple[Facet, ...]:
    return tuple(Facet(str(row[0]), int(str(row[1]))) for row in connection.execute(chosen))


def totals(connection: Connection) -> Totals:
    """Count over all active artifacts."""
    counted = func.count()
    behind, broken = counted.filter(artifact.c.behind > 0), counted.filter(IS_BROKEN)
    repositories = select(counted).select_from(repository).scalar_subquery()
    versions = cast(func.coalesce(func.sum(artifact.c.versions), 0), Integer)  # PostgreSQL's sum is no integer
    chosen = select(counted, repositories, versions, behind, broken).select_from(artifact).where(artifact.c.is_active)
    return Totals._make((*connection.execute(chosen).one(), count_waiting(connection)))


_USUAL = ("dev", "staging", "prod")
"""The order in which versions go through these where no configuration says another."""


def stages(connection: Connection) -> tuple[str, ...]:
    """Return the stages that are columns: those of the configurations in their order, then others that are in use."""
    told = connection.execute(select(repository.c.stages).order_by(repository.c.position)).scalars()
    configured = [stage for one in told for stage in one or ()]
    used = connection.execute(select(standing.c.stage).distinct().order_by(standing.c.stage)).scalars()
    usual = sorted(used, key=lambda stage: _USUAL.index(stage) if stage in _USUAL else -1)
    return tuple(dict.fromkeys([*configured, *usual]))
