"""The REST API of Azure Repos for pull requests, of dev.azure.com and of Azure DevOps Server."""

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

_VERSION = "6.0"  # the servers of 2020 know no later one
_LONGEST_TITLE, _LONGEST_TEXT = 400, 4000


class AzureRepos:
    """One repository there."""

    name = "Azure Repos"
    scope = "`Code (read & write)`"

    def __init__(self, repo: ForgeRepository) -> None:
        self.repo = repo

    def link(self, branch: str, base: str) -> str:
        """Return the page of a new pull request."""
        return f"{self._home}/pullrequestcreate?{urlencode({'sourceRef': branch, 'targetRef': base})}"

    def page(self, number: int) -> str:
        """Return the page of a pull request."""
        return f"{self._home}/pullrequest/{number}"

    def login(self, token: ForgeToken) -> tuple[str, str]:
        """Return what git pushes with: any name will do."""
        return token.name or "pat", token.token

    def headers(self, token: ForgeToken) -> dict[str, str]:
        """Return the headers of each request; with the last, who is not let in is told so, and led to no page."""
        return {"Authorization": basic("", token.token), "X-TFS-FedAuthRedirect": "Suppress"}

    def listings(self, of: BranchPair) -> Iterable[str]:
        """Return the list of what is open from the branch."""
        refs = {"sourceRefName": of.branch, "targetRefName": of.base}
        pairs = {f"searchCriteria.{key}": f"refs/heads/{name}" for key, name in refs.items()}
        pairs |= {"searchCriteria.status": "active", "api-version": _VERSION}
        return [f"{self._pulls}?{urlencode(pairs)}"]

    def read_open(self, answer: ForgeAnswer, of: BranchPair) -> int | None:
        """Return the first that is from this branch to the other."""
        for one in items_of(answer.get("value")):
            refs = (one.get("sourceRefName"), one.get("targetRefName"))
            if refs == (f"refs/heads/{of.branch}", f"refs/heads/{of.base}") and not one.get("forkSource"):
                return number_in(one, "pullRequestId")
        return None

    def creation(self, draft: PullRequestDraft) -> tuple[str, dict[str, object]]:
        """Return the request that opens one."""
        return f"{self._pulls}?api-version={_VERSION}", {
            "sourceRefName": f"refs/heads/{draft.of.branch}",
            "targetRefName": f"refs/heads/{draft.of.base}",
            "title": draft.title[:_LONGEST_TITLE],
            "description": draft.text[:_LONGEST_TEXT],
        }

    def read_created(self, answer: ForgeAnswer) -> int | None:
        """Return its number."""
        return number_in(answer.data, "pullRequestId")

    def reason(self, answer: ForgeAnswer) -> str:
        """Return its words."""
        return words_of(answer.get("message"))

    @property
    def _home(self) -> str:
        return f"{self.repo.site}/{quote(self.repo.owner)}/_git/{quote(self.repo.name)}"

    @property
    def _pulls(self) -> str:
        api = self.repo.api or self.repo.site
        project, name = (quote(part, safe="") for part in (self.repo.owner, self.repo.name))
        return f"{api}/{project}/_apis/git/repositories/{name}/pullrequests"
