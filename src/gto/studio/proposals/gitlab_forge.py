"""GitLab's REST API for merge requests, of gitlab.com and of other hosts, with groups in groups."""

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


class GitLab:
    """One project there."""

    name = "GitLab"
    scope = "`api`"

    def __init__(self, repo: ForgeRepository) -> None:
        self.repo = repo

    def link(self, branch: str, base: str) -> str:
        """Return the page of a new merge request."""
        pairs = {"merge_request[source_branch]": branch, "merge_request[target_branch]": base}
        return f"{self.repo.site}/{self.repo.quoted}/-/merge_requests/new?{urlencode(pairs)}"

    def page(self, number: int) -> str:
        """Return the page of a merge request."""
        return f"{self.repo.site}/{self.repo.quoted}/-/merge_requests/{number}"

    def login(self, token: ForgeToken) -> tuple[str, str]:
        """Return what git pushes with: any name will do, and `oauth2` for tokens of either kind."""
        return token.name or "oauth2", token.token

    def headers(self, token: ForgeToken) -> dict[str, str]:
        """Return the headers of each request: of personal tokens and of those by OAuth."""
        return {"Authorization": f"Bearer {token.token}"}

    def listings(self, of: BranchPair) -> Iterable[str]:
        """Return the list of what is open from the branch."""
        pairs = {"state": "opened", "source_branch": of.branch, "target_branch": of.base}
        return [f"{self._merge_requests}?{urlencode(pairs)}"]

    def read_open(self, answer: ForgeAnswer, of: BranchPair) -> int | None:
        """Return the first of this project's own branch: a fork may have one of that name."""
        for one in items_of(answer.data):
            is_own = one.get("source_project_id") == one.get("target_project_id")
            if is_own and one.get("source_branch") == of.branch and one.get("target_branch") == of.base:
                return number_in(one, "iid")
        return None

    def creation(self, draft: PullRequestDraft) -> tuple[str, dict[str, object]]:
        """Return the request that opens one."""
        return self._merge_requests, {
            "source_branch": draft.of.branch,
            "target_branch": draft.of.base,
            "title": draft.title,
            "description": draft.text,
            "remove_source_branch": True,
        }

    def read_created(self, answer: ForgeAnswer) -> int | None:
        """Return its number in the project."""
        return number_in(answer.data, "iid")

    def reason(self, answer: ForgeAnswer) -> str:
        """Return its words."""
        return words_of(answer.get("error_description")) or words_of(answer.data)

    @property
    def _merge_requests(self) -> str:
        api = self.repo.api or f"{self.repo.site}/api/v4"
        return f"{api}/projects/{quote(self.repo.path, safe='')}/merge_requests"
