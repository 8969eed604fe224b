"""Which models somebody follows."""

from sqlalchemy import Connection, select

from gto.studio.team.team import Team
from gto.studio.team.team_tables import watched


def is_watched(team: Team, person_id: int, repo: str, name: str) -> bool:
    """Tell whether somebody follows a model."""
    with team.database.engine.connect() as connection:
        return (repo, name) in models_of(connection, person_id)


def models_of(connection: Connection, person_id: int) -> tuple[tuple[str, str], ...]:
    """Return the models that somebody follows: repository and name of each."""
    query = select(watched.c.repository, watched.c.artifact).where(watched.c.person_id == person_id)
    rows = connection.execute(query.order_by(watched.c.repository, watched.c.artifact))
    return tuple((row.repository, row.artifact) for row in rows)
