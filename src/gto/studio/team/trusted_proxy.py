"""What a proxy in front of Studio says, where it is trusted: from where a request came, and who it logged in."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple

from gto.exceptions import UsageError
from gto.studio.team.vouched_person import VouchedPerson

if TYPE_CHECKING:
    from starlette.datastructures import Headers

ISSUER = "proxy"
"""What stands in the place of an issuer for people whom the proxy logs in."""

_LONGEST = 200
_MOST_GROUPS = 1000
_MOST_HOPS = 20


class TrustedProxy(NamedTuple):
    """Which addresses are a proxy's, and in which headers it says who it logged in."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    user: str = ""
    """The header with the name, as `X-Forwarded-User`; empty where the proxy logs nobody in."""
    full_name: str = ""
    """As `X-Forwarded-Name`; empty, as the next two, where the proxy does not say: then a client's would count."""
    email: str = ""
    groups: str = ""
    """The names of the groups, with commas between."""

    def trusts(self, address: str) -> bool:
        """Tell whether an address is the proxy's."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found.version == one.version and found in one for one in self.networks)

    def client_address(self, peer: str, headers: "Headers") -> str:
        """Return from where a request came: the last address that no trusted proxy wrote down for itself."""
        address = peer
        hops = ",".join(headers.getlist("x-forwarded-for")).split(",")[-_MOST_HOPS:]
        while self.trusts(address) and hops and hops[-1].strip():
            address = hops.pop().strip()[:_LONGEST]
        return address

    def identity(self, peer: str, headers: "Headers") -> VouchedPerson | None:
        """Return whom the proxy logged in; None where it says nobody, or somebody else says it."""
        name = _only(headers, self.user) if self.user and self.trusts(peer) else ""
        if not name:
            return None
        groups = _only(headers, self.groups, _LONGEST * _MOST_GROUPS).split(",")[:_MOST_GROUPS]
        kept = tuple(one.strip() for one in groups if 0 < len(one.strip()) <= _LONGEST)
        full_name, email = (_only(headers, one) for one in (self.full_name, self.email))
        return VouchedPerson(ISSUER, name, name, full_name, email, kept)


def _only(headers: "Headers", name: str, longest: int = _LONGEST) -> str:
    """Return a header that is there once; of several, one is what a client sent, and the proxy let through.

    One that is too long says nothing: cut, it might be another's.
    """
    found = headers.getlist(name) if name else []
    return found[0].strip() if len(found) == 1 and len(found[0]) <= longest else ""


def parse_networks(texts: Sequence[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return networks by their text, as in `10.0.0.0/8` or `127.0.0.1`, or raise UsageError."""
    try:
        return tuple(ip_network(one) for one in texts)
    except ValueError as error:
        raise UsageError(f"That is no network: {error}", "write it as 10.0.0.0/8, or one address") from error
