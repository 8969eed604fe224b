"""What each forge's module answers: addresses, bodies and headers of its API, and what its answers say."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from gto.studio.proposals.forge_site import ForgeRepository


class ForgeToken(NamedTuple):
    """What a person gave for one forge; it goes to no other."""

    site: str
    """The forge's address, as https://host."""
    token: str
    name: str = ""
    """The person's name there, on Bitbucket Cloud their e-mail address; not every forge asks for it."""

    def __repr__(self) -> str:
        """Show no token: a traceback may be logged."""
        return f"ForgeToken(site={self.site!r}, token='***', name={self.name!r})"


class BranchPair(NamedTuple):
    """The branch with a change, and the one that it is for."""

    branch: str
    base: str


class PullRequestDraft(NamedTuple):
    """A pull request that is to be opened."""

    of: BranchPair
    title: str
    text: str


class PullRequest(NamedTuple):
    """A pull request that is open."""

    number: int
    url: str


class ForgeAnswer(NamedTuple):
    """What an API said."""

    status: int
    data: Any
    """What its JSON holds; None where it is none."""
    headers: Mapping[str, str] = {}
    """By names in lower case."""

    def get(self, *keys: str) -> object:
        """Return what is below these keys; None where there is nothing."""
        found = self.data
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found


class ForgeClient(Protocol):
    """A forge's API for one repository, without any sending: forge_api.py does that."""

    name: str
    """The forge's name in sentences."""
    scope: str
    """What a token must be allowed to do, in the forge's words."""
    repo: ForgeRepository

    def link(self, branch: str, base: str) -> str:
        """Return the page on which a person opens a pull request from a branch."""

    def page(self, number: int) -> str:
        """Return the page of a pull request."""

    def login(self, token: ForgeToken) -> tuple[str, str]:
        """Return the name and the password with which git pushes."""

    def headers(self, token: ForgeToken) -> dict[str, str]:
        """Return the headers of each request."""

    def listings(self, of: BranchPair) -> Iterable[str]:
        """Return the addresses, one a page, that list what is open from the branch."""

    def read_open(self, answer: ForgeAnswer, of: BranchPair) -> int | None:
        """Return the number of the one that is open from the branch to the other."""

    def creation(self, draft: PullRequestDraft) -> tuple[str, dict[str, object]]:
        """Return the address and the body of the request that opens one."""

    def read_created(self, answer: ForgeAnswer) -> int | None:
        """Return the number of the one that was opened."""

    def reason(self, answer: ForgeAnswer) -> str:
        """Return the forge's own words on a refusal; empty where it says nothing."""


def number_in(found: object, key: str) -> int | None:
    """Return the number under a key of what a forge answers."""
    number = found.get(key) if isinstance(found, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) and number > 0 else None


def items_of(found: object) -> list[dict[str, Any]]:
    """Return the objects of a list that a forge answers."""
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def words_of(found: object, depth: int = 6) -> str:
    """Return a forge's words, which may be a text, a list of them, or lists by field; none from far below."""
    if isinstance(found, str):
        return found
    if isinstance(found, dict) and depth:
        return words_of(found.get("message") or list(found.values()), depth - 1)
    if isinstance(found, list) and depth:
        return "; ".join(filter(None, (words_of(one, depth - 1) for one in found)))
    return ""
