"""The REST API of Gitea and Forgejo for pull requests."""

from collections.abc import Iterable
from urllib.parse import quote, urlencode

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

_PAGES, _SIZE = 20, 50  # of a list that cannot be asked for one branch with a change alone


class Gitea:
    """One repository there."""

    name = "Gitea or Forgejo"
    scope = "`write:repository`"

    def __init__(self, repo: ForgeRepository) -> None:
        self.repo = repo

    def link(self, branch: str, base: str) -> str:
        """Return the page of a new pull request."""
        return f"{self.repo.site}/{self.repo.quoted}/compare/{quote(base)}...{quote(branch)}"

    def page(self, number: int) -> str:
        """Return the page of a pull request."""
        return f"{self.repo.site}/{self.repo.quoted}/pulls/{number}"

    def login(self, token: ForgeToken) -> tuple[str, str]:
        """Return what git pushes with: any name will do."""
        return token.name or "oauth2", token.token

    def headers(self, token: ForgeToken) -> dict[str, str]:
        """Return the headers of each request."""
        return {"Authorization": f"token {token.token}"}

    def listings(self, of: BranchPair) -> Iterable[str]:
        """Return the pages of all that are open, the newest first; of those to one branch, where it knows how."""
        query = urlencode({"state": "open", "base_branch": of.base, "limit": _SIZE})
        return (f"{self._pulls}?{query}&page={number}" for number in range(1, _PAGES + 1))

    def read_open(self, answer: ForgeAnswer, of: BranchPair) -> int | None:
        """Return the one from this repository's branch."""
        for one in items_of(answer.data):
            item = ForgeAnswer(answer.status, one)
            refs = (item.get("head", "ref"), item.get("base", "ref"))
            if refs == (of.branch, of.base) and item.get("head", "repo_id") == item.get("base", "repo_id"):
                return number_in(one, "number")
        return None

    def creation(self, draft: PullRequestDraft) -> tuple[str, dict[str, object]]:
        """Return the request that opens one."""
        return self._pulls, {"title": draft.title, "body": draft.text, "head": draft.of.branch, "base": draft.of.base}

    def read_created(self, answer: ForgeAnswer) -> int | None:
        """Return its number."""
        return number_in(answer.data, "number")

    def reason(self, answer: ForgeAnswer) -> str:
        """Return its words."""
        return words_of(answer.get("message"))

    @property
    def _pulls(self) -> str:
        return f"{self.repo.api or f'{self.repo.site}/api/v1'}/repos/{self.repo.quoted}/pulls"
