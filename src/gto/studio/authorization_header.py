"""The token of a request, in the spellings that clients have for it."""

import base64
import binascii

from starlette.datastructures import Headers

PREFIX = "gto_"
"""By which scanners of secrets know our tokens."""
ANONYMOUS = "anonymous"
"""The token that is no token: clients of container registries ask for one, and send it, whoever they are."""

_SCHEMES = ("bearer ", "token ")
_BASIC = "basic "
_HUB = "hf_"  # npm's client of the Hub sends no token that does not begin so


def read_token(headers: Headers) -> str:
    """Return the token of a request, as `Authorization: Bearer ...`, `token ...` or `Basic ...` has it; empty for none.

    Basic has one where the password is a token of ours, or the user is and there is no password: other credentials of
    that kind are for a proxy. Before a token of ours may stand `hf_`.
    """
    given = headers.get("authorization", "")
    if given.lower().startswith(_BASIC):
        return _read_basic(given[len(_BASIC) :].strip())
    found = next((given[len(one) :].strip() for one in _SCHEMES if given.lower().startswith(one)), "")
    found = found.removeprefix(_HUB) if found.startswith(_HUB + PREFIX) else found
    return "" if found == ANONYMOUS else found


def _read_basic(encoded: str) -> str:
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return ""
    found = password or user
    return found if found.startswith(PREFIX) else ""
