"""Which CI runs this process, and which ref started its job, as the environment says."""

import json
from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple

from gto.exceptions import WrongConfig
from gto.fs.regular_file import read_file
from gto.storage.urls import without_user

TAGS, HEADS = "refs/tags/", "refs/heads/"
_LARGEST = 26_000_000  # bytes: GitHub's limit of a webhook's payload is 25 MB


class CiSystem(Enum):
    """The CI systems that are known, by their own names."""

    GITHUB = "GitHub Actions"
    GITEA = "Gitea Actions"
    FORGEJO = "Forgejo Actions"
    GITLAB = "GitLab CI"
    BITBUCKET = "Bitbucket Pipelines"
    JENKINS = "Jenkins"
    AZURE = "Azure Pipelines"
    CIRCLECI = "CircleCI"
    BUILDKITE = "Buildkite"
    WOODPECKER = "Woodpecker"

    @property
    def speaks_github(self) -> bool:
        """Whether steps hand outputs on as those of GitHub Actions do."""
        return self in {CiSystem.GITHUB, CiSystem.GITEA, CiSystem.FORGEJO}


class Trigger(NamedTuple):
    """What started a job."""

    ref: str
    """`refs/tags/...`, `refs/heads/...`, whatever else the CI calls it, or empty where it does not say."""
    forge: CiSystem | None = None
    """None outside of a CI."""
    deleted: bool = False
    """Whether the job runs because the ref is gone."""
    repo: str = ""
    """The repository's address without anything secret; empty where the CI does not say."""
    commit: str = ""
    """The commit that the job was started for; of some CIs another word, or empty."""

    @property
    def tag(self) -> str | None:
        """The tag's name; None where the job was started by something else."""
        return self.ref.removeprefix(TAGS) if self.ref.startswith(TAGS) else None


Environ = Mapping[str, str]
Reader = Callable[[Environ], Trigger]


def find_trigger(environ: Environ) -> Trigger:
    """Return what the environment says; an empty ref where it says nothing."""
    for forge, is_here, read in _FORGES:
        if is_here(environ):
            found = read(environ)
            return found._replace(forge=forge, repo=without_user(found.repo))
    return Trigger("")


def _is_true(*names: str) -> Callable[[Environ], bool]:
    return lambda environ: any(environ.get(name, "").lower() == "true" for name in names)


def _is_set(*names: str) -> Callable[[Environ], bool]:
    return lambda environ: any(environ.get(name) for name in names)


def _one_of(tag: str | None, branch: str | None) -> str:
    """Return the ref of short names. They are taken as they are: a branch may be named `tags/churn#prod#1`."""
    if tag:
        return TAGS + tag
    return HEADS + branch if branch else ""


def _github(environ: Environ) -> Trigger:
    """Gitea and Forgejo set the same. A `delete` event runs on the default branch, and names the ref in its payload."""
    server, slug = environ.get("GITHUB_SERVER_URL", ""), environ.get("GITHUB_REPOSITORY", "")
    repo = f"{server}/{slug}" if server and slug else slug
    if environ.get("GITHUB_EVENT_NAME") != "delete":
        return Trigger(environ.get("GITHUB_REF", ""), repo=repo, commit=environ.get("GITHUB_SHA", ""))
    payload = _payload(environ.get("GITHUB_EVENT_PATH", ""))
    ref = str(payload.get("ref") or "")
    kind = TAGS if payload.get("ref_type") == "tag" else HEADS
    return Trigger(ref if not ref or ref.startswith("refs/") else kind + ref, deleted=True, repo=repo)


def _payload(path: str) -> Mapping[str, object]:
    data = read_file(path, _LARGEST) if path else None
    try:
        found = json.loads(data or b"{}")
    except (ValueError, RecursionError) as error:
        raise WrongConfig("GITHUB_EVENT_PATH", f"its file is no JSON: {error}") from error
    return found if isinstance(found, dict) else {}


def _jenkins(environ: Environ) -> Trigger:
    """A multibranch job sets TAG_NAME or BRANCH_NAME; one whose refspec fetches tags says in GIT_BRANCH which."""
    repo, commit = environ.get("GIT_URL", ""), environ.get("GIT_COMMIT", "")
    ref = _one_of(environ.get("TAG_NAME"), environ.get("BRANCH_NAME"))
    if ref:
        return Trigger(ref, repo=repo, commit=commit)
    branch = environ.get("GIT_BRANCH", "")
    for start in (TAGS, "tags/", "origin/tags/"):
        if branch.startswith(start):
            return Trigger(TAGS + branch.removeprefix(start), repo=repo, commit=commit)
    return Trigger(_one_of(None, branch.removeprefix("origin/")), repo=repo, commit=commit)


def _set_by(repo: str, commit: str, *, ref: str = "", tag: str = "", branches: tuple[str, ...] = ()) -> Reader:
    """Read variables of these names; a whole ref counts more than a tag, and that more than a branch."""

    def read(environ: Environ) -> Trigger:
        branch = next(filter(None, map(environ.get, branches)), None)
        found = environ.get(ref) or _one_of(environ.get(tag), branch)
        return Trigger(found, repo=environ.get(repo, ""), commit=environ.get(commit, ""))

    return read


_gitlab = _set_by(
    "CI_PROJECT_URL", "CI_COMMIT_SHA", tag="CI_COMMIT_TAG", branches=("CI_COMMIT_BRANCH", "CI_COMMIT_REF_NAME")
)
_bitbucket = _set_by(
    "BITBUCKET_GIT_HTTP_ORIGIN", "BITBUCKET_COMMIT", tag="BITBUCKET_TAG", branches=("BITBUCKET_BRANCH",)
)
_azure = _set_by("BUILD_REPOSITORY_URI", "BUILD_SOURCEVERSION", ref="BUILD_SOURCEBRANCH")
_circleci = _set_by("CIRCLE_REPOSITORY_URL", "CIRCLE_SHA1", tag="CIRCLE_TAG", branches=("CIRCLE_BRANCH",))
_buildkite = _set_by("BUILDKITE_REPO", "BUILDKITE_COMMIT", tag="BUILDKITE_TAG", branches=("BUILDKITE_BRANCH",))
_woodpecker = _set_by(
    "CI_REPO_URL", "CI_COMMIT_SHA", ref="CI_COMMIT_REF", tag="CI_COMMIT_TAG", branches=("CI_COMMIT_BRANCH",)
)


# Forgejo and Gitea say that they are GitHub too, so they are asked first.
_FORGES: tuple[tuple[CiSystem, Callable[[Environ], bool], Reader], ...] = (
    (CiSystem.FORGEJO, _is_true("FORGEJO_ACTIONS"), _github),
    (CiSystem.GITEA, _is_true("GITEA_ACTIONS"), _github),
    (CiSystem.GITHUB, _is_true("GITHUB_ACTIONS"), _github),
    (CiSystem.GITLAB, _is_true("GITLAB_CI"), _gitlab),
    (CiSystem.WOODPECKER, lambda environ: environ.get("CI") == "woodpecker", _woodpecker),
    (CiSystem.BITBUCKET, _is_set("BITBUCKET_BUILD_NUMBER"), _bitbucket),
    (CiSystem.AZURE, _is_true("TF_BUILD"), _azure),
    (CiSystem.CIRCLECI, _is_true("CIRCLECI"), _circleci),
    (CiSystem.BUILDKITE, _is_true("BUILDKITE"), _buildkite),
    (CiSystem.JENKINS, _is_set("JENKINS_URL", "HUDSON_URL", "JENKINS_HOME"), _jenkins),
)
