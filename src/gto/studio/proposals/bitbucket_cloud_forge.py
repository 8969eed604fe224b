"""The REST API of Bitbucket Cloud for pull requests."""

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from gto.storage.transport import basic
from gto.studio.proposals.forge_client import (
    BranchPair,
    ForgeAnswer,
    ForgeToken,
    PullRequestDraft,
    items_of,
    number_in,
    words_of,
)
from gto.studio.proposals.forge_site import ForgeRepository

_API = "https://api.bitbucket.org/2.0"


class BitbucketCloud:
    """One repository there."""

    name = "Bitbucket"
    scope = "`write:repository:bitbucket` and `write:pullrequest:bitbucket`"

    def __init__(self, repo: ForgeRepository) -> None:
        self.repo = repo

    def link(self, branch: str, base: str) -> str:
        """Return the page of a new pull request."""
        query = urlencode({"source": branch, "dest": base})
        return f"{self.repo.site}/{self.repo.quoted}/pull-requests/new?{query}"

    def page(self, number: int) -> str:
        """Return the page of a pull request."""
        return f"{self.repo.site}/{self.repo.quoted}/pull-requests/{number}"

    def login(self, token: ForgeToken) -> tuple[str, str]:
        """Return what git pushes with: a person's API token and an access token have names of their own."""
        return "x-bitbucket-api-token-auth" if token.name else "x-token-auth", token.token

    def headers(self, token: ForgeToken) -> dict[str, str]:
        """Return the headers of each request: with an e-mail address for an API token, without for an access token."""
        return {"Authorization": basic(token.name, token.token) if token.name else f"Bearer {token.token}"}

    def listings(self, of: BranchPair) -> Iterable[str]:
        """Return the list of what is open from the branch."""
        source, target = (name.replace("\\", "\\\\").replace('"', '\\"') for name in (of.branch, of.base))
        wanted = f'state = "OPEN" AND source.branch.name = "{source}" AND destination.branch.name = "{target}"'
        return [f"{self._pulls}?{urlencode({'q': wanted}, quote_via=quote)}"]

    def read_open(self, answer: ForgeAnswer, of: BranchPair) -> int | None:
        """Return the one from this repository's branch: a fork may have one of that name."""
        for one in items_of(answer.get("values")):
            item = ForgeAnswer(answer.status, one)
            full = item.get("source", "repository", "full_name")
            if item.get("source", "branch", "name") == of.branch and full in {None, self.repo.path}:
                return number_in(one, "id")
        return None

    def creation(self, draft: PullRequestDraft) -> tuple[str, dict[str, object]]:
        """Return the request that opens one."""
        return self._pulls, {
            "title": draft.title,
            "description": draft.text,
            "source": {"branch": {"name": draft.of.branch}},
            "destination": {"branch": {"name": draft.of.base}},
            "close_source_branch": True,
        }

    def read_created(self, answer: ForgeAnswer) -> int | None:
        """Return its number."""
        return number_in(answer.data, "id")

    def reason(self, answer: ForgeAnswer) -> str:
        """Return its words."""
        return words_of(answer.get("error", "message"))

    @property
    def _pulls(self) -> str:
        return f"{self.repo.api or _API}/repositories/{self.repo.quoted}/pullrequests"
