"""GitHub's REST API for pull requests, of github.com, of Enterprise Cloud and of Enterprise Server."""

from collections.abc import Iterable
from urllib.parse import quote, urlencode, urlsplit

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


class GitHub:
    """One repository there."""

    name = "GitHub"
    scope = "`repo`; of a fine-grained token `Contents` and `Pull requests`, read and write"

    def __init__(self, repo: ForgeRepository) -> None:
        self.repo = repo

    def link(self, branch: str, base: str) -> str:
        """Return the page of a new pull request."""
        return f"{self.repo.site}/{self.repo.quoted}/compare/{quote(base)}...{quote(branch)}?expand=1"

    def page(self, number: int) -> str:
        """Return the page of a pull request."""
        return f"{self.repo.site}/{self.repo.quoted}/pull/{number}"

    def login(self, token: ForgeToken) -> tuple[str, str]:
        """Return what git pushes with: any name will do."""
        return token.name or "x-access-token", token.token

    def headers(self, token: ForgeToken) -> dict[str, str]:
        """Return the headers of each request."""
        return {
            "Authorization": f"Bearer {token.token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }

    def listings(self, of: BranchPair) -> Iterable[str]:
        """Return the list of what is open from the branch."""
        return [
            f"{self._pulls}?{urlencode({'state': 'open', 'head': f'{self.repo.owner}:{of.branch}', 'base': of.base})}"
        ]

    def read_open(self, answer: ForgeAnswer, of: BranchPair) -> int | None:
        """Return the first; GitHub gives all where it does not understand the filter."""
        for one in items_of(answer.data):
            item = ForgeAnswer(answer.status, one)
            if item.get("head", "ref") == of.branch and item.get("base", "ref") == of.base:
                return number_in(one, "number")
        return None

    def creation(self, draft: PullRequestDraft) -> tuple[str, dict[str, object]]:
        """Return the request that opens one."""
        return self._pulls, {"title": draft.title, "body": draft.text, "head": draft.of.branch, "base": draft.of.base}

    def read_created(self, answer: ForgeAnswer) -> int | None:
        """Return its number."""
        return number_in(answer.data, "number")

    def reason(self, answer: ForgeAnswer) -> str:
        """Return the errors in its words, which say more than the message."""
        return words_of(answer.get("errors")) or words_of(answer.data)

    @property
    def _pulls(self) -> str:
        host = urlsplit(self.repo.site).hostname or ""
        is_cloud = host == "github.com" or host.endswith(".ghe.com")
        api = f"https://api.{host}" if is_cloud else f"{self.repo.site}/api/v3"
        return f"{self.repo.api or api}/repos/{self.repo.quoted}/pulls"
