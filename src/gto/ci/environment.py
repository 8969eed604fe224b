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


def _gitlab(environ: Environ) -> Trigger:
    branch = environ.get("CI_COMMIT_BRANCH") or environ.get("CI_COMMIT_REF_NAME")
    ref, repo = _one_of(environ.get("CI_COMMIT_TAG"), branch), environ.get("CI_PROJECT_URL", "")
    return Trigger(ref, repo=repo, commit=environ.get("CI_COMMIT_SHA", ""))


def _bitbucket(environ: Environ) -> Trigger:
    ref = _one_of(environ.get("BITBUCKET_TAG"), environ.get("BITBUCKET_BRANCH"))
    repo = environ.get("BITBUCKET_GIT_HTTP_ORIGIN", "")
    return Trigger(ref, repo=repo, commit=environ.get("BITBUCKET_COMMIT", ""))


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


def _azure(environ: Environ) -> Trigger:
    ref, repo = environ.get("BUILD_SOURCEBRANCH", ""), environ.get("BUILD_REPOSITORY_URI", "")
    return Trigger(ref, repo=repo, commit=environ.get("BUILD_SOURCEVERSION", ""))


def _circleci(environ: Environ) -> Trigger:
    ref = _one_of(environ.get("CIRCLE_TAG"), environ.get("CIRCLE_BRANCH"))
    repo = environ.get("CIRCLE_REPOSITORY_URL", "")
    return Trigger(ref, repo=repo, commit=environ.get("CIRCLE_SHA1", ""))


def _buildkite(environ: Environ) -> Trigger:
    ref = _one_of(environ.get("BUILDKITE_TAG"), environ.get("BUILDKITE_BRANCH"))
    return Trigger(ref, repo=environ.get("BUILDKITE_REPO", ""), commit=environ.get("BUILDKITE_COMMIT", ""))


def _woodpecker(environ: Environ) -> Trigger:
    ref = environ.get("CI_COMMIT_REF") or _one_of(environ.get("CI_COMMIT_TAG"), environ.get("CI_COMMIT_BRANCH"))
    return Trigger(ref, repo=environ.get("CI_REPO_URL", ""), commit=environ.get("CI_COMMIT_SHA", ""))


# Forgejo and Gitea say that they are GitHub too, so they are asked first.
_FORGES: tuple[tuple[CiSystem, Callable[[Environ], bool], Callable[[Environ], Trigger]], ...] = (
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
