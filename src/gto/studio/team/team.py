"""What a Studio for a team has beside the index: its settings, its secret, its own tables."""

from typing import NamedTuple
from urllib.parse import urlsplit

from gto.catalog.repositories import CatalogRepository
from gto.exceptions import UsageError
from gto.studio.index.database import Database
from gto.studio.proposals.forge_client import ForgeToken
from gto.studio.team import write_settings
from gto.studio.team.oidc import Provider
from gto.studio.team.passwords import Passwords
from gto.studio.team.secrets_box import SecretsBox
from gto.studio.team.sessions import SessionLimits
from gto.studio.team.trusted_proxy import TrustedProxy
from gto.studio.visitor import Visitor
from gto.studio.write_access import WriteAccess


class TeamSettings(NamedTuple):
    """How a Studio for a team was started."""

    url: str
    """Where people find it: scheme, host, and the path under which it lies, without a slash at the end."""
    public: tuple[str, ...] = ()
    """The groups of repositories that anybody may see, `*` for all; none where one has to log in."""
    session: SessionLimits = SessionLimits()
    audit_days: float = 365.0
    """How long entries of the audit log are kept."""
    proxy: TrustedProxy = TrustedProxy()
    has_passwords: bool = True
    """Whether people may log in with a password."""
    every: float = 60.0
    """Seconds after which all repositories are read again, whatever webhooks say."""
    allow_private_webhooks: bool = False
    """Whether webhooks may go to this machine and its private network, where a target says so too."""
    ca_file: str = ""
    """Certificate authorities that webhooks believe beside the system's."""

    @property
    def is_secure(self) -> bool:
        """Whether it is reached by TLS."""
        return self.url.startswith("https://")

    @property
    def host(self) -> str:
        """The value of the Host header."""
        return urlsplit(self.url).netloc

    @property
    def prefix(self) -> str:
        """The path under which it lies; empty for the root."""
        return urlsplit(self.url).path

    @property
    def cookie(self) -> str:
        """The name of the session's cookie, which tells the browser how it may be set."""
        if not self.is_secure:
            return "gto_studio"
        return "__Secure-gto_studio" if self.prefix else "__Host-gto_studio"


class Team(NamedTuple):
    """A Studio for a team that runs."""

    database: Database
    """All of the index, and the tables of the team."""
    settings: TeamSettings
    box: SecretsBox
    passwords: Passwords
    provider: Provider | None = None
    """Who vouches for people by OpenID Connect; None for nobody."""

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


def parse_url(text: str) -> str:
    """Return the address of a Studio, or raise UsageError."""
    parts = urlsplit(text)
    is_plain = parts.hostname and not (parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme not in {"http", "https"} or not is_plain:
        raise UsageError(f"'{text}' is no address of a Studio", "write it as https://studio.example.com or with a path")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"
