"""Who asks, and what they may do in which repositories."""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import NamedTuple

EVERY = "*"
"""The group of all repositories."""


class Role(IntEnum):
    """What one may do in a repository; each may do what those before it may."""

    VIEWER = 1
    """Sees it."""
    CONTRIBUTOR = 2
    """Registers versions, describes artifacts."""
    MAINTAINER = 3
    """Assigns stages, takes back, deprecates."""
    ADMIN = 4
    """Says how Studio writes, and who may do what."""

    def __str__(self) -> str:
        """Return its name in lower case."""
        return self.name.lower()


def parse_role(text: str) -> Role | None:
    """Return the role of a name; None where there is none."""
    return next((one for one in Role if str(one) == text), None)


class Visitor(NamedTuple):
    """Who asks: a person, a program with a person's token, or anybody where a team shows something to all."""

    roles: Mapping[str, Role]
    """By group of repositories."""
    id: int | None = None
    """None for who is not known by name."""
    name: str = ""
    full_name: str = ""
    email: str = ""
    scopes: frozenset[str] | None = None
    """What a token is limited to; None where nothing is."""
    session: str = ""
    """The digest of the session; empty where a token or a proxy says who it is."""

    def role_in(self, groups: Iterable[str]) -> Role | None:
        """Return the highest role in a repository of these groups; None where it is not theirs to see."""
        return max((self.roles[one] for one in (EVERY, *groups) if one in self.roles), default=None)

    def may(self, role: Role, groups: Iterable[str]) -> bool:
        """Tell whether they have at least this role in a repository of these groups."""
        return (self.role_in(groups) or 0) >= role

    @property
    def sees_all(self) -> bool:
        """Whether every repository is theirs to see."""
        return EVERY in self.roles


OWNER = Visitor(MappingProxyType({EVERY: Role.ADMIN}))
"""Who started a Studio for themselves."""
NOBODY = Visitor(MappingProxyType({}))
"""Who is not known."""
