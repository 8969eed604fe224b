"""What is asked where Studio would push as a person who gave no token: the token, for the form that was sent."""

from collections.abc import Mapping
from typing import NamedTuple

from gto.exceptions import GTOException
from gto.output.published import Published
from gto.studio.write_access import TokenWanted, WriteAccess

_NOT_KEPT = frozenset({"form_token", "forge_token", "forge_name"})


class TokenPage(NamedTuple):
    """A form without a token, as it was sent."""

    title: str
    """What is to be done."""
    site: str
    """For which forge the token must be."""
    scope: str
    """What it must be allowed to do; empty where nobody knows."""
    fields: tuple[tuple[str, str], ...]
    """Of the form, but nothing secret."""
    name: str
    """The person's name on the forge, where they told it."""
    error: str = ""
    hint: str = ""

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {"site": self.site, "scope": self.scope or None, "error": self.error or None, "hint": self.hint}


def ask_token(access: WriteAccess, given: Mapping[str, object], error: GTOException, title: str) -> TokenPage:
    """Keep a form that was sent, and ask for a token; `error` is why the one that there was did not do."""
    fields = tuple((key, str(value)) for key, value in given.items() if key not in _NOT_KEPT)
    page = TokenPage(title, access.site, access.scope, fields, str(given.get("forge_name", "")))
    return page if isinstance(error, TokenWanted) else page._replace(error=error.message, hint=error.hint)
