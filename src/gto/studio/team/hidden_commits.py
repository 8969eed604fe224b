"""Which commits a team does not want to see among its experiments."""

from sqlalchemy import select

from gto.studio.team.team import Team
from gto.studio.team.team_tables import hidden_commit


def read_hidden(team: Team, repo: str) -> frozenset[str]:
    """Return the commits of a repository that are hidden."""
    with team.database.engine.connect() as connection:
        query = select(hidden_commit.c.oid).where(hidden_commit.c.repository == repo)
        return frozenset(connection.execute(query).scalars())
