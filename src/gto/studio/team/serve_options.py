"""How a Studio for a team is started: what flags, variables and a file of options say, each with its default."""

from collections.abc import Mapping
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from gto.exceptions import UsageError
from gto.storage import urls
from gto.studio.team.repository_sources import RepositorySources
from gto.studio.team.trusted_proxy import TrustedProxy, parse_networks

Part = TypeVar("Part", bound=NamedTuple)


class WorkerSettings(NamedTuple):
    """How much a process reads."""

    jobs: int = 4
    """Repositories at once; 0 where only others read."""
    every: float = 60.0
    """Seconds after which a repository is read again that nobody asks for, whatever webhooks say."""


class SessionLimits(NamedTuple):
    """How long a session lasts, in seconds."""

    unused: float = 8 * 3600.0
    longest: float = 7 * 86400.0


class OidcSettings(NamedTuple):
    """The provider of OpenID Connect, and who this Studio is there."""

    issuer: str = ""
    """Its address; empty where there is none."""
    client_id: str = ""
    client_secret: str | None = None
    """None for a public client."""
    label: str = "your organisation"
    """What the button on the login page calls the provider."""
    groups_claim: str = "groups"
    """The claim that names somebody's groups."""
    scopes: tuple[str, ...] = ("openid", "profile", "email")


class TeamSettings(NamedTuple):
    """What pages ask of how a Studio for a team was started."""

    url: str = ""
    """Where people find it: scheme, host, and the path under which it lies, without a slash at the end."""
    public: tuple[str, ...] = ()
    """The groups of repositories that anybody may see, `*` for all; none where one has to log in."""
    no_passwords: bool = False
    """Whether nobody may log in with a password."""
    audit_days: float = 365.0
    """How long entries of the audit log are kept."""
    allow_private_webhooks: bool = False
    """Whether webhooks may go to this machine and its private network, where a target says so too."""
    ca_file: str = ""
    """Certificate authorities that webhooks and OpenID Connect believe beside the system's."""
    session: SessionLimits = SessionLimits()
    proxy: TrustedProxy = TrustedProxy()
    sources: RepositorySources = RepositorySources()
    """Where repositories may lie that an admin adds by a page."""
    reading: WorkerSettings = WorkerSettings()
    """How much of Git this process reads, and how often."""

    @property
    def has_passwords(self) -> bool:
        """Whether people may log in with a password."""
        return not self.no_passwords

    def require_passwords(self) -> None:
        """Raise UsageError where nobody may log in with a password, so that no link serves to choose one."""
        if self.no_passwords:
            hint = "`gto studio people` gives a role to who has logged in once, or to a group of the provider's"
            raise UsageError("Nobody logs in with a password here", hint)

    @property
    def first_admin(self) -> str:
        """How there comes to be an admin."""
        if self.no_passwords:
            return "`gto studio people claim GROUP '*=admin'` makes one of who is in a group of the provider's"
        return "`gto studio invite NAME --role admin` prints a link for the first one"

    @property
    def is_secure(self) -> bool:
        """Whether it is reached by TLS."""
        return self.url.startswith("https://")

    @property
    def host(self) -> str:
        """The value of the Host header."""
        return urlsplit(self.url).netloc

    @property
    def noreply(self) -> str:
        """The domain of the addresses of people who have none: no mail gets there, and nobody can choose one."""
        return f"users.noreply.{(urlsplit(self.url).hostname or '').rstrip('.')}"

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


class ServeOptions(NamedTuple):
    """How a Studio for a team is started."""

    data: str = "gto-studio"
    """The directory of what it keeps: the database, where no other is named, and the secret."""
    database: str | None = None
    """`postgresql://...`, or the path of a SQLite file; None for one in the directory."""
    secrets: tuple[str, ...] = ()
    """The secret, and those before it; without any the one in a file of the directory counts."""
    catalog: str | None = None
    groups: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8765
    presign: bool = False
    """Whether who downloads a file is led to the store that has it, where that can sign an address."""
    log_format: str = "text"
    log_level: str = "info"
    timeout: float = 60.0
    """The seconds that one repository may take."""
    oidc: OidcSettings = OidcSettings()
    team: TeamSettings = TeamSettings()
    """Its address is empty for this machine and the port."""

    @property
    def local_url(self) -> str:
        """Where this machine finds it; what listens to all of a machine's addresses is found at loopback's."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  it is not listened to
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


_PARTS: tuple[tuple[str, NamedTuple], ...] = (
    ("", ServeOptions()),
    ("", TeamSettings()),
    ("oidc_", OidcSettings()),
    ("proxy_", TrustedProxy()),
    ("sources_", RepositorySources()),
    ("reading_", WorkerSettings()),
)
DEFAULTS: Mapping[str, object] = {
    prefix + name: value for prefix, part in _PARTS for name, value in part._asdict().items()
}
"""By the names of the parameters that read_options() takes: a field's, behind that of the part that it is of."""


def read_options(values: Mapping[str, object]) -> ServeOptions:
    """Return what a command was told; for what it has no parameter the default counts."""
    reading = _told(WorkerSettings(), values, "reading_")
    proxy = _told(TrustedProxy(), values, "proxy_")
    team = _told(TeamSettings(), values)._replace(
        reading=reading._replace(jobs=0) if values.get("no_worker") else reading,
        proxy=proxy._replace(networks=parse_networks([str(one) for one in proxy.networks])),
        sources=_told(RepositorySources(), values, "sources_"),
    )
    return _told(ServeOptions(), values)._replace(team=team, oidc=_told(OidcSettings(), values, "oidc_"))


def _told(part: Part, values: Mapping[str, object], prefix: str = "") -> Part:
    """Return a part with what was told in place of its defaults; None tells nothing."""
    told = {name: values.get(prefix + name) for name in part._fields}
    return part._replace(**{name: value for name, value in told.items() if value is not None})


def check_served(options: ServeOptions) -> None:
    """Raise UsageError where options do not fit together with which people are to log in."""
    oidc, proxy = options.oidc, options.team.proxy
    if oidc.issuer:
        parse_issuer(oidc.issuer)
        if not oidc.client_id:
            raise UsageError("--oidc-issuer needs --oidc-client-id", "the provider gives one for each program")
    elif oidc != OidcSettings():
        raise UsageError("Options of OpenID Connect need --oidc-issuer", "it says which provider they are about")
    if proxy.user and not proxy.networks:
        raise UsageError("--proxy-user-header needs --trusted-proxy", "it counts from nobody else, as 10.0.0.5")
    if not proxy.user and proxy != TrustedProxy(proxy.networks):
        raise UsageError("Headers of a proxy need --proxy-user-header", "it names whom the others are about")
    if options.team.no_passwords and not oidc.issuer and not proxy.user:
        hint = "--oidc-issuer names a provider, --proxy-user-header what a proxy says"
        raise UsageError("With --no-passwords nobody could log in", hint)


def parse_issuer(text: str) -> str:
    """Return an issuer's address, or raise UsageError: it is https, or on this machine."""
    if not is_safe(text):
        raise UsageError(f"'{urls.shown(text)}' is no issuer", "write its address as https://login.example.com/realm")
    return text


def is_safe(url: str) -> bool:
    """Tell whether an address is one whose way nobody listens to: https, or of this machine."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_here(url)))
    except ValueError:  # brackets that are no address
        return False


def is_here(url: str) -> bool:
    """Tell whether an address is of this machine."""
    return urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}


_ADDRESS = "write it as https://studio.example.com or with a path"


def parse_url(text: str) -> str:
    """Return the address of a Studio, or raise UsageError."""
    try:
        parts = urlsplit(text)
    except ValueError:  # brackets that are no address
        parts = urlsplit("")
    is_plain = parts.hostname and not (parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme not in {"http", "https"} or not is_plain:
        raise UsageError(f"'{urls.shown(text)}' is no address of a Studio", _ADDRESS)
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"
