"""How what a visitor asks for gets into a repository: as whoever started Studio writes, or in a team by its mode."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import Enum
from typing import NamedTuple

from gto.core.policy.behalf import OnBehalf
from gto.exceptions import GTOException
from gto.git.acting import Person, as_person
from gto.studio.proposals.forge_client import ForgeToken
from gto.studio.proposals.forge_site import ForgeSettings, find_repository

_PROGRAM = "Studio"
_UNKNOWN = ForgeSettings()
_WORDS = {
    "off": "Studio writes nothing: its pages show the command, which people type where their clone and their key are.",
    "own": "Studio pushes with the token of who asks, so the forge knows who it was. Annotations become pull requests.",
    "server": (
        "Studio writes with what the server may; who asked is the tagger, and a line `Via: Studio` says how it came. "
        "What the policy wants signed, approved or done by named people is refused."
    ),
}


class WriteMode(Enum):
    """How Studio writes to a repository of a team."""

    OFF = "off"
    """Not at all: pages show the command."""
    OWN = "own"
    """It pushes with the token of who asks."""
    SERVER = "server"
    """It writes as the server may; the tagger is who asks."""

    @property
    def words(self) -> str:
        """What it means, in a sentence."""
        return _WORDS[self.value]


class WriteRefused(GTOException):
    """Studio does not write this; its user can, with the command."""


class TokenWanted(GTOException):
    """Studio would push as a person who gave no token."""

    def __init__(self, site: str) -> None:
        hint = "type one for this action alone, or keep one under `/account/forges`"
        super().__init__(f"Studio pushes as you, with a token of yours for {site}", hint)


class TokenRefused(GTOException):
    """A forge lets nobody push with the token that a person gave."""


class WriteAccess(NamedTuple):
    """How one repository is written to for one visitor."""

    mode: WriteMode | None = None
    """None in a Studio of one person, whose own git writes."""
    person: Person | None = None
    """The visitor, as a tagger is named; None in a Studio of one person."""
    address: str = ""
    is_remote: bool = False
    has_token: bool = False
    """Whether the visitor's token for the site is kept."""
    forge: ForgeSettings = _UNKNOWN

    @property
    def site(self) -> str:
        """For which site a token must be, as https://host; empty where nothing is pushed to by HTTP."""
        from gto.studio.proposals.push_access import token_site  # what asks forges is imported where a team needs it

        return token_site(self.address, self.forge) if self.is_remote else ""

    @property
    def behalf(self) -> OnBehalf | None:
        """Studio, where it writes for another."""
        return OnBehalf(_PROGRAM, self.mode is WriteMode.SERVER) if self.mode else None

    @property
    def scope(self) -> str:
        """What a token must be allowed to do, in the forge's words; empty where nobody knows the forge."""
        from gto.studio.proposals.forge_api import client_of

        where = find_repository(self.address, self.forge)
        return client_of(where).scope if where else ""

    def why_not(self, word: str) -> WriteRefused | None:
        """Return why an action is not carried out whatever its form says; None where it may be."""
        if self.mode is WriteMode.OFF:
            return self.refused()
        if self.mode and word == "approve":
            return WriteRefused(
                "An approval is signed with your key, which Studio does not have", "type the command instead"
            )
        return None

    def refused(self) -> WriteRefused:
        """Return why nothing at all is written."""
        return WriteRefused("Studio does not write to this repository", "type the command instead")

    def reading(self) -> AbstractContextManager[None]:
        """Have git name the visitor as who writes, where what would be written is only decided."""
        return as_person(self.person) if self.person else nullcontext()

    @contextmanager
    def acting(self, token: ForgeToken | None) -> Iterator[None]:
        """Have git write and push as the mode says inside; TokenRefused where the token does not do."""
        if self.mode is WriteMode.OFF:
            raise self.refused()
        if self.person is None:
            yield
        elif self.mode is WriteMode.OWN:
            if token is None:
                raise TokenWanted(self.site)
            with _pushing(self, self.person, token):
                yield
        else:
            with as_person(self.person):
                yield


@contextmanager
def _pushing(access: WriteAccess, person: Person, token: ForgeToken) -> Iterator[None]:
    from gto.studio.proposals.forge_api import ForgeRefused
    from gto.studio.proposals.push_access import pushing

    try:
        with pushing(access.address, person, token, access.forge):
            yield
    except ForgeRefused as error:
        raise TokenRefused(error.message, error.hint) from error


PERSONAL = WriteAccess()
"""That of a Studio of one person."""
