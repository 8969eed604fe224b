"""What a Studio for a team has beside the index: its settings, its secret, its own tables."""

from typing import NamedTuple

from gto.catalog.repositories import CatalogRepository
from gto.studio.index.database import Database
from gto.studio.proposals.forge_client import ForgeToken
from gto.studio.team import write_settings
from gto.studio.team.accounts import LoginWays
from gto.studio.team.oidc import Provider
from gto.studio.team.passwords import Passwords
from gto.studio.team.secrets_box import SecretsBox
from gto.studio.team.serve_options import TeamSettings
from gto.studio.team.trusted_proxy import ISSUER
from gto.studio.visitor import Visitor
from gto.studio.write_access import WriteAccess


class Team(NamedTuple):
    """A Studio for a team that runs."""

    database: Database
    """All of the index, and the tables of the team."""
    settings: TeamSettings
    box: SecretsBox
    passwords: Passwords
    provider: Provider | None = None
    """Who vouches for people by OpenID Connect; None for nobody."""

    @property
    def ways(self) -> LoginWays:
        """How people log in."""
        issuers = (self.provider.settings.issuer if self.provider else "", ISSUER if self.settings.proxy.user else "")
        return LoginWays(self.settings.has_passwords, frozenset(one for one in issuers if one))

    def write_access(self, visitor: Visitor, place: CatalogRepository) -> WriteAccess:
        """Return how a repository is written to for a visitor."""
        with self.database.engine.connect() as connection:
            return write_settings.access_of(connection, visitor, place)

    def forge_token(self, visitor: Visitor, site: str) -> ForgeToken | None:
        """Return the token that a visitor keeps for a forge; None where there is none."""
        if visitor.id is None or not site:
            return None
        with self.database.record() as connection:
            return write_settings.use_token(connection, self.box, visitor.id, site)
