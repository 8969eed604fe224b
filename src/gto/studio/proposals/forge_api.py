"""A forge's API asked: what is open from a branch, and a pull request opened; refusals in plain words."""

import json
import re
import time
from contextlib import closing
from typing import NamedTuple
from urllib.parse import urlsplit

from gto.exceptions import GTOException, RemoteUnreachable, StorageError
from gto.storage import http_client
from gto.storage.transport import Transport
from gto.studio.proposals.azure_forge import AzureRepos
from gto.studio.proposals.bitbucket_forge import BitbucketCloud, BitbucketServer
from gto.studio.proposals.forge_client import (
    BranchPair,
    ForgeAnswer,
    ForgeClient,
    ForgeToken,
    PullRequest,
    PullRequestDraft,
    words_of,
)
from gto.studio.proposals.forge_site import ForgeKind, ForgeRepository, ForgeSettings
from gto.studio.proposals.gitea_forge import Gitea
from gto.studio.proposals.github_forge import GitHub
from gto.studio.proposals.gitlab_forge import GitLab

SECONDS = 20.0
"""The longest that a forge may take for one answer."""
_LARGEST = 4 << 20  # bytes of an answer
_LONGEST = 300  # characters of a forge's words
_CONTROL_RE = re.compile(r"[\x00-\x1f\x7f]+")
_LIMITED_RE = re.compile("rate limit|too many requests|abuse", re.IGNORECASE)
_EMPTY_RE = re.compile(
    "no commits between|no changes to be pulled|already up-to-date|no commits to pull|EmptyPullRequest", re.IGNORECASE
)
_TAKEN = frozenset({400, 409, 422})  # among other things: there is one already
_DIGITS = 9


class ForgeRefused(GTOException):
    """A forge does not do what it was asked for."""


def client_of(repo: ForgeRepository) -> ForgeClient:
    """Return who knows a repository's forge."""
    match repo.kind:
        case ForgeKind.GITHUB:
            return GitHub(repo)
        case ForgeKind.GITLAB:
            return GitLab(repo)
        case ForgeKind.GITEA:
            return Gitea(repo)
        case ForgeKind.BITBUCKET:
            return BitbucketCloud(repo)
        case ForgeKind.BITBUCKET_SERVER:
            return BitbucketServer(repo)
        case ForgeKind.AZURE:
            return AzureRepos(repo)


class ForgeApi(NamedTuple):
    """One repository's forge, asked with one person's token."""

    client: ForgeClient
    token: ForgeToken
    settings: ForgeSettings = ForgeSettings()

    def find_open(self, of: BranchPair) -> PullRequest | None:
        """Return the pull request that is open from a branch to another."""
        for url in self.client.listings(of):
            answer = self._ask("GET", url)
            if answer.status != 200:  # noqa: PLR2004  yes
                raise refused(self.client, answer)
            number = self.client.read_open(answer, of)
            if number is not None:
                return PullRequest(number, self.client.page(number))
            if not answer.data:  # the page after the last
                break
        return None

    def open(self, draft: PullRequestDraft) -> PullRequest:
        """Open a pull request, or return the one that is open already."""
        found = self.find_open(draft.of)
        if found is not None:
            return found
        url, body = self.client.creation(draft)
        answer = self._ask("POST", url, body)
        number = self.client.read_created(answer) if answer.status in {200, 201} else None
        if number is not None:
            return PullRequest(number, self.client.page(number))
        if answer.status in _TAKEN and not _is_empty(self.client, answer):  # somebody was quicker
            found = self.find_open(draft.of)
            if found is not None:
                return found
        raise refused(self.client, answer)

    def _ask(self, method: str, url: str, body: dict[str, object] | None = None) -> ForgeAnswer:
        headers = {"Accept": "application/json", **self.client.headers(self.token)}
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        transport = transport_of(self.client.repo, self.settings)
        try:
            return ask(http_client.Request(url, method, headers, data, secret=True, transport=transport))
        except StorageError as error:
            reason = error.reason if isinstance(error, RemoteUnreachable) else error.message
            raise ForgeRefused(f"{self.client.name} cannot be reached: {reason}", "try again later") from error


def transport_of(repo: ForgeRepository, settings: ForgeSettings) -> Transport:
    """Return how a forge is reached: on a private address only where the administrator allows that or names it."""
    return settings.transport._replace(known=repo.api or repo.site) if repo.is_configured else settings.transport


def ask(request: http_client.Request) -> ForgeAnswer:
    """Return what a server says, up to a size, in so many seconds; no redirect is followed."""
    end = time.monotonic() + SECONDS
    answer = http_client.send(request._replace(follow=False, seconds=SECONDS))
    body = bytearray()
    with closing(answer.chunks()) as chunks:
        for chunk in chunks:
            body += chunk
            if len(body) > _LARGEST or time.monotonic() > end:
                reason = f"its answer has no end after {len(body)} bytes"
                raise RemoteUnreachable(answer.url, reason)
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    return ForgeAnswer(answer.status, data, {key.lower(): value for key, value in answer.headers.items()})


def refused(client: ForgeClient, answer: ForgeAnswer) -> ForgeRefused:
    """Return what a refusal means, and what to do."""
    name, path, status = client.name, client.repo.path, answer.status
    if client.repo.kind is ForgeKind.AZURE and status in {203, 302}:  # it leads to the page where people log in
        status = 401
    words = said(client.reason(answer))
    if status in {401, 403, 404, 429}:
        return _refused_token(client, answer._replace(status=status), words)
    if status in {301, 302, 307, 308}:
        where = urlsplit(answer.headers.get("location", "")).netloc
        hint = "mend the address in the catalogue: no token is sent where an answer leads"
        return ForgeRefused(f"{name} says that '{path}' was moved{_colon(said(where))}", hint)
    if _is_empty(client, answer):
        return ForgeRefused(f"{name} finds no commits between the two branches", "was it merged already?")
    return ForgeRefused(f"{name} answered with status {status}{_colon(words)}", "try again, or open it there")


def _refused_token(client: ForgeClient, answer: ForgeAnswer, words: str) -> ForgeRefused:
    name, hint = client.name, f"give a token that may: {said(_wanted_scope(answer)) or client.scope}"
    if answer.status == 429 or (answer.status == 403 and _is_limited(answer, words)):  # noqa: PLR2004  too many
        return ForgeRefused(f"{name} has had enough requests with this token for now", _when(answer))
    if answer.status == 401:  # noqa: PLR2004  unauthorized
        return ForgeRefused(f"{name} does not accept the token: it is wrong, expired or withdrawn", hint)
    if answer.status == 403:  # noqa: PLR2004  forbidden
        return ForgeRefused(f"{name} does not let this token do that{_colon(words)}", hint)
    hint = f"may its owner see the repository, and the token? It wants {client.scope}; or was it moved?"
    return ForgeRefused(f"{name} shows no repository '{client.repo.path}' to this token", hint)


def _wanted_scope(answer: ForgeAnswer) -> str:
    """Return what would do, where the forge says it: GitHub in a header, GitLab and Bitbucket Cloud in the body."""
    told = answer.headers.get("x-accepted-github-permissions") or answer.headers.get("x-accepted-oauth-scopes")
    return told or words_of(answer.get("scope")) or words_of(answer.get("error", "detail", "required"))


def said(text: str) -> str:
    """Return somebody's words on one line, up to a length."""
    line = _CONTROL_RE.sub(" ", text).strip()
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def _colon(words: str) -> str:
    return f": {words}" if words else ""


def _is_empty(client: ForgeClient, answer: ForgeAnswer) -> bool:
    return _EMPTY_RE.search(f"{client.reason(answer)} {answer.data}") is not None


def _is_limited(answer: ForgeAnswer, words: str) -> bool:
    spent = answer.headers.get("x-ratelimit-remaining") == "0"
    return spent or "retry-after" in answer.headers or _LIMITED_RE.search(words) is not None


def _when(answer: ForgeAnswer) -> str:
    """Say when to ask again: after so many seconds, or at a second, as the headers have it."""
    after = answer.headers.get("retry-after", "")
    reset = answer.headers.get("x-ratelimit-reset") or answer.headers.get("ratelimit-reset", "")
    if after.isascii() and after.isdigit():
        return f"try again in {int(after[:_DIGITS])} seconds"
    if reset.isascii() and reset.isdigit() and len(reset) > _DIGITS:
        return f"try again in {max(1, int(reset[:12]) - int(time.time()))} seconds"
    return "try again in some minutes"
