"""The address of a repository as a URL, as formats of others ask for it."""

import re
from urllib.parse import quote

from gto.output import escape

_URL_RE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_SHORT_RE = re.compile(r"(?:[^@/]+@)?(\[[^\]/]*\]|[^:/\[\]]+):(?!:)(.+)", re.DOTALL)  # `ext::` names a helper of git's
_HOST_RE = re.compile(r"(.*?)(:[0-9]*)?", re.DOTALL)
_BRACKETS_RE = re.compile(r"\[([0-9A-Fa-f:.]+)\]")
_LOOSE_RE = re.compile("%(?![0-9A-Fa-f]{2})")
_IN_HOST = "!$&'()*+,;=-._~%"
_IN_PATH = f"{_IN_HOST}:@/"


def as_url(address: str) -> str | None:
    """Return an address as a URL that leaves no character bare that none may have; None where it leads nowhere.

    A path of this machine is a URL of `file`, the short form of SSH one of `ssh`; a relative path is none.
    """
    if address.startswith("/"):
        return f"file://{_quoted(address, _IN_PATH)}"
    found = _URL_RE.fullmatch(address)
    if found is None:
        short = _SHORT_RE.fullmatch(address)
        return f"ssh://{_host(short[1])}/{_quoted(short[2].lstrip('/'), _IN_PATH)}" if short else None
    scheme, host, path, query, fragment = found.groups()
    url = f"{scheme}://{_host(host)}{_quoted(path, _IN_PATH)}"
    url += f"?{_quoted(query, _IN_PATH + '?')}" if query else ""
    return url + (f"#{_quoted(fragment, _IN_PATH + '?')}" if fragment else "")


def _host(text: str) -> str:
    """Return a host with its port, without a user; what is no address of IPv6 in brackets is taken for a name."""
    found = _HOST_RE.fullmatch(text.rpartition("@")[2])
    assert found is not None  # noqa: S101  anything is a name
    return (_ipv6(found[1]) or _quoted(found[1], _IN_HOST)) + (found[2] or "")


def _ipv6(host: str) -> str | None:
    """Return an address in brackets with all its digits, which each validator takes; None for what is none."""
    from ipaddress import AddressValueError, IPv6Address

    inside = _BRACKETS_RE.fullmatch(host)
    try:
        return f"[{IPv6Address(inside[1]).exploded}]" if inside else None
    except AddressValueError:
        return None


def _quoted(text: str, safe: str) -> str:
    return quote(escape.as_utf8(_LOOSE_RE.sub("%25", text)), safe=safe)
