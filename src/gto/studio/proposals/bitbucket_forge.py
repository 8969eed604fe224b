"""The REST APIs of Bitbucket for pull requests: of Cloud, and of Data Center, which is another program."""

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


class BitbucketServer:
    """One repository there; a person's own are in the project `~NAME`."""

    name = "Bitbucket"
    scope = "`REPO_WRITE` (Repository write)"

    def __init__(self, repo: ForgeRepository) -> None:
        self.repo = repo

    def link(self, branch: str, base: str) -> str:
        """Return the page of a new pull request."""
        pairs = {"sourceBranch": f"refs/heads/{branch}", "targetBranch": f"refs/heads/{base}"}
        return f"{self._home}/pull-requests?create&{urlencode(pairs)}"

    def page(self, number: int) -> str:
        """Return the page of a pull request."""
        return f"{self._home}/pull-requests/{number}/overview"

    def login(self, token: ForgeToken) -> tuple[str, str]:
        """Return what git pushes with: a person's token wants their name, one of a project or repository another."""
        return token.name or "x-token-auth", token.token

    def headers(self, token: ForgeToken) -> dict[str, str]:
        """Return the headers of each request."""
        return {"Authorization": f"Bearer {token.token}"}

    def listings(self, of: BranchPair) -> Iterable[str]:
        """Return the list of what is open from the branch."""
        pairs = {"state": "OPEN", "direction": "OUTGOING", "at": f"refs/heads/{of.branch}"}
        return [f"{self._pulls}?{urlencode(pairs)}"]

    def read_open(self, answer: ForgeAnswer, of: BranchPair) -> int | None:
        """Return the one to the other branch of this repository."""
        for one in items_of(answer.get("values")):
            item = ForgeAnswer(answer.status, one)
            is_own = item.get("toRef", "repository", "id") == item.get("fromRef", "repository", "id")
            if is_own and item.get("toRef", "id") == f"refs/heads/{of.base}":
                return number_in(one, "id")
        return None

    def creation(self, draft: PullRequestDraft) -> tuple[str, dict[str, object]]:
        """Return the request that opens one."""
        where = {"slug": self.repo.name, "project": {"key": self.repo.owner}}
        return self._pulls, {
            "title": draft.title,
            "description": draft.text,
            "fromRef": {"id": f"refs/heads/{draft.of.branch}", "repository": where},
            "toRef": {"id": f"refs/heads/{draft.of.base}", "repository": where},
        }

    def read_created(self, answer: ForgeAnswer) -> int | None:
        """Return its number."""
        return number_in(answer.data, "id")

    def reason(self, answer: ForgeAnswer) -> str:
        """Return its words."""
        return words_of(answer.get("errors"))

    @property
    def _home(self) -> str:
        key, name = self.repo.owner, quote(self.repo.name)
        if key.startswith("~"):
            return f"{self.repo.site}/users/{quote(key[1:])}/repos/{name}"
        return f"{self.repo.site}/projects/{quote(key)}/repos/{name}"

    @property
    def _pulls(self) -> str:
        api = self.repo.api or f"{self.repo.site}/rest/api/1.0"
        return f"{api}/projects/{quote(self.repo.owner)}/repos/{quote(self.repo.name)}/pull-requests"
