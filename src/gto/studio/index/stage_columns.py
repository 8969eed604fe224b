"""Which stages are columns of tables, and in which order."""

from sqlalchemy import Connection, select

from gto.studio.index.schema import repository, standing

_USUAL = ("dev", "staging", "prod")
"""The order in which versions go through these where no configuration says another."""


def stages(connection: Connection) -> tuple[str, ...]:
    """Return the stages that are columns: those of the configurations in their order, then others that are in use."""
    told = connection.execute(select(repository.c.stages).order_by(repository.c.position)).scalars()
    configured = [stage for one in told for stage in one or ()]
    used = connection.execute(select(standing.c.stage).distinct().order_by(standing.c.stage)).scalars()
    usual = sorted(used, key=lambda stage: _USUAL.index(stage) if stage in _USUAL else -1)
    return tuple(dict.fromkeys([*configured, *usual]))
