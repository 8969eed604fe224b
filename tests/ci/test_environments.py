from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gto.ci import job_outputs as channel
from gto.ci.environment import find_trigger
from gto.registry.event_report import Report
from tests.ci import channels, recorded
from tests.ci.origin import HOSTILE, HOSTILE_TAG, WORDS, Origin
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ci.recorded import Job
    from tests.repo import Repo, Result

CHURN = {"name": "churn", "type": "model", "path": "models/churn.pkl", "description": WORDS}
EVENTS: dict[str, dict[str, str]] = {
    "churn@v1.0.0": {**CHURN, "event": "registration", "version": "v1.0.0"},
    "churn@v1.1.0": {**CHURN, "event": "registration", "version": "v1.1.0", "previous_version": "v1.0.0"},
    "churn#prod#1": {**CHURN, "event": "assignment", "version": "v1.0.0", "stage": "prod"},
    "churn#prod#2": {
        **CHURN, "event": "assignment", "version": "v1.1.0", "stage": "prod", "previous_version": "v1.0.0",
    },
    "churn#prod!#3": {**CHURN, "event": "unassignment", "version": "v1.1.0", "stage": "prod"},
    "churn@v1.0.0!#4": {**CHURN, "event": "deregistration", "version": "v1.0.0"},
    "gone@deprecated": {"event": "deprecation", "name": "gone"},
    "sub/dir=model@v2.0.0-rc.1": {
        "event": "registration", "name": "sub/dir:model", "version": "v2.0.0-rc.1",
        "type": "dataset", "path": "sub/dir/model.bin", "description": "one of many",
    },
}  # fmt: skip
SILENT = ("refs/tags/release-1", "refs/heads/main", f"refs/tags/{HOSTILE_TAG}")


def run(name: str, repo: Repo, ref: str, scratch: Path, commit: str = "0" * 40) -> tuple[Job, Result, dict[str, str]]:
    """A job's step that runs `gto ci`: what it was told, what gto left behind, and the outputs that came through."""
    scratch.mkdir(parents=True)
    job = recorded.job(name, ref, commit, scratch)
    options = {"dotenv": ["--dotenv", str(scratch / "gto.env")], "json": ["--json"], "shell": ["--shell"]}
    result = repo.gto("ci", *options.get(job.channel, []), env=job.env)
    done(result)
    return job, result, read(job, result, scratch)


def read(job: Job, result: Result, scratch: Path) -> dict[str, str]:
    """The outputs, as the CI finds them."""
    match job.channel:
        case "github":
            return channels.github((scratch / "output").read_bytes().decode("utf-8", "surrogateescape"))
        case "dotenv" | "bitbucket":
            place = scratch / ("gto.env" if job.channel == "dotenv" else "variables")
            return (channels.gitlab if job.channel == "dotenv" else channels.dotenv)(place.read_bytes())
        case "azure":
            return channels.azure(result.stdout)
        case "bash":
            return channels.shell(scratch / "bash.env", "bash")
        case "shell":
            (scratch / "exports").write_text(result.stdout, encoding="utf-8", errors="surrogateescape")
            return channels.shell(scratch / "exports", "sh")
        case _:
            found: dict[str, str] = json.loads(result.stdout)
            return found


def as_told(expected: dict[str, str], channel: str) -> dict[str, str]:
    """What a channel can bring over: the dotenv format has no values of several lines, and Azure escapes no `$(`."""
    if channel == "azure":
        return {key: value.replace("$(", "$ (") for key, value in expected.items()}
    if channel not in {"dotenv", "bitbucket"}:
        return expected
    return {key: value.replace("\n", " ").replace("\t", " ") for key, value in expected.items()}


@pytest.mark.parametrize("name", recorded.NAMES)
def test_each_event_reaches_the_next_step_from_a_shallow_checkout(name: str, remote: Origin, tmp_path: Path) -> None:
    for number, (ref, words) in enumerate(EVENTS.items()):
        repo = remote.checkout(tmp_path / f"checkout{number}", f"refs/tags/{ref}")
        before = repo.refs()
        scratch = tmp_path / f"scratch{number}"
        job, _, found = run(name, repo, f"refs/tags/{ref}", scratch, remote.commits[ref])
        assert found == as_told({**remote.event(ref, **words), "repo": job.repo}, job.channel), ref
        assert repo.refs() == before
        assert repo.git("status", "--porcelain") == ""


@pytest.mark.parametrize("name", recorded.NAMES)
def test_what_is_no_event_gives_an_empty_event(name: str, remote: Origin, tmp_path: Path) -> None:
    for number, ref in enumerate(SILENT):
        repo = remote.checkout(tmp_path / f"checkout{number}", ref)
        job, result, found = run(name, repo, ref, tmp_path / f"scratch{number}")
        empty = dict.fromkeys(found, "")
        assert found == as_told({**empty, "ref": ref, "repo": job.repo}, job.channel)
        assert len(found) == 14
        assert result.stderr.startswith("note: ")


@pytest.mark.parametrize("name", recorded.NAMES)
def test_a_deleted_tag_is_no_event(name: str, remote: Origin, tmp_path: Path) -> None:
    """A job may have waited while its tag was deleted; some CI systems start one for a deletion."""
    ref = "refs/tags/churn#dev#9"
    repo = remote.checkout(tmp_path / "checkout", ref)
    job, result, found = run(name, repo, ref, tmp_path / "scratch")
    assert found == {**dict.fromkeys(found, ""), "ref": ref, "repo": job.repo}
    assert "is not there, or not any more" in result.stderr
    if recorded.starts_on_deletion(name):
        (tmp_path / "deletion").mkdir()
        gone = recorded.job(name, ref, "0" * 40, tmp_path / "deletion", deleted=True)
        result = repo.gto("ci", "--json", env=gone.env)
        assert json.loads(done(result))["event"] == ""
        assert "was deleted" in result.stderr


@pytest.mark.parametrize("name", recorded.NAMES)
def test_a_hostile_annotation_stays_one_value_and_commands_nothing(name: str, remote: Origin, tmp_path: Path) -> None:
    ref = "hostile#prod"
    repo = remote.checkout(tmp_path / "checkout", f"refs/tags/{ref}")
    job, result, found = run(name, repo, f"refs/tags/{ref}", tmp_path / "scratch")
    words = {"event": "assignment", "name": "hostile", "version": "v1.0.0", "stage": "prod"}
    expected = remote.event(ref, **words, type="model", path="models/h", description=found["description"])
    assert found == {**expected, "repo": job.repo}
    if job.channel in {"dotenv", "bitbucket"}:
        assert found["description"].startswith("first ::set-output name=event::hacked")
    else:
        assert found["description"] == as_told({"description": HOSTILE}, job.channel)["description"]
    assert not list(repo.path.rglob("hacked"))
    assert not list((tmp_path / "scratch").rglob("hacked"))
    if job.channel == "github":
        assert [*channels.azure_commands(result.stdout), *channels.github_commands(result.stdout)] == []
    assert channels.azure_commands(result.stderr) == []
    assert channels.github_commands(result.stderr) == []


@pytest.mark.parametrize("branch", ["tags/churn#prod#1", "refs/tags/churn#prod#1"])
def test_a_branch_that_is_named_like_a_tag_is_a_branch(branch: str) -> None:
    jenkins = {"JENKINS_URL": "https://jenkins.example.com/", "BRANCH_NAME": branch, "GIT_BRANCH": branch}
    names = {
        "CI_COMMIT_BRANCH": branch,
        "CIRCLE_BRANCH": branch,
        "BITBUCKET_BRANCH": branch,
        "BUILDKITE_BRANCH": branch,
    }
    marks = ({"GITLAB_CI": "true"}, {"CIRCLECI": "true"}, {"BITBUCKET_BUILD_NUMBER": "1"}, {"BUILDKITE": "true"})
    for environ in (jenkins, *({**mark, **names} for mark in marks)):
        assert find_trigger(environ).ref == f"refs/heads/{branch}"
    tag = "refs/tags/churn#prod#1"
    for mark in marks:
        told = {"CI_COMMIT_TAG": tag, "CIRCLE_TAG": tag, "BITBUCKET_TAG": tag, "BUILDKITE_TAG": tag}
        assert find_trigger({**mark, **told}).ref == f"refs/tags/{tag}"


FILLED_IN = "$CI_JOB_TOKEN ${CI_JOB_TOKEN} $$CI_JOB_TOKEN %CI_JOB_TOKEN% %%CI_JOB_TOKEN% $5 100% $(System.AccessToken)"


def test_a_later_job_fills_no_secret_into_what_a_stranger_wrote() -> None:
    report = Report(description=FILLED_IN, repo="https://example.com/100%E2%82%AC")
    assert "SECRET" in channels.gitlab(channel.as_dotenv(report).encode())["description"]  # the plain form is no good
    found = channels.gitlab(channel.as_gitlab(report).encode())
    broken = FILLED_IN.replace("%CI_JOB_TOKEN%", "% CI_JOB_TOKEN%")
    assert found["description"] == broken
    assert found["repo"] == report.repo
    assert channels.azure(channel.as_azure(report))["description"] == FILLED_IN.replace("$(", "$ (")


def test_a_part_of_a_long_path_is_no_path() -> None:
    report = Report(path="models/" + "x" * 2000, description="y" * 2000)
    found = channels.dotenv(channel.as_dotenv(report).encode())
    assert (found["path"], found["description"]) == ("", "y" * 1000)


READS = (
    ("ci",),
    ("ci", "--json"),
    ("ci", "--shell"),
    ("ci", "--show", "--history"),
    ("ci", "--summary="),
    ("show",),
    ("show", "hostile"),
    ("show", "--json"),
    ("history",),
    ("history", "--plain"),
    ("history", "--json"),
    ("describe", "hostile"),
    ("describe", "hostile", "--description"),
    ("describe", "hostile", "--all"),
    ("check-ref", "hostile#prod"),
    ("show", HOSTILE_TAG),
    ("describe", "nothing\n::error::hacked"),
    ("doctor",),
)


@pytest.mark.parametrize("args", READS, ids=" ".join)
@pytest.mark.parametrize("emojis", ["true", "false"])
@pytest.mark.parametrize("name", ["azure", "github"])
def test_nothing_that_is_printed_commands_a_ci(
    name: str, emojis: str, args: tuple[str, ...], remote: Origin, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    repo = remote.checkout(tmp_path / "checkout", "refs/tags/hostile#prod")
    repo.git("fetch", "--quiet", "--force", "--tags", "--unshallow")
    job = recorded.job(name, "refs/tags/hostile#prod", remote.commits["hostile#prod"], scratch)
    env = {key: value for key, value in job.env.items() if key != "GITHUB_STEP_SUMMARY"}
    result = repo.gto(*args, env={**env, "GTO_EMOJIS": emojis})
    assert "Traceback" not in result.stderr
    assert result.stdout + result.stderr
    assert channels.github_commands(result.stderr) == []
    assert channels.azure_commands(result.stderr) == []
    if name == "github":
        assert channels.github_commands(result.stdout) == []
    elif "ci" not in args or {"--json", "--shell"} & set(args):
        assert channels.azure_commands(result.stdout) == []
    else:
        told = channels.azure(result.stdout)
        assert (told["event"], len(told)) == ("assignment", 14)


def test_the_ends_of_the_channels_obey_what_is_not_made_harmless() -> None:
    """The checks above can fail: text as it is written commands both."""
    assert len(channels.github_commands(HOSTILE)) > 5
    assert len(channels.azure_commands(HOSTILE)) > 4
    assert channels.github("a=1\nevent<<EOF\nhacked\nEOF\n") == {"a": "1", "event": "hacked"}


def test_a_name_that_is_no_utf8_does_not_stop_a_job(remote: Origin, tmp_path: Path) -> None:
    repo = remote.checkout(tmp_path / "checkout", "refs/heads/main")
    ref = "refs/tags/##\udcff"
    for name in recorded.NAMES:
        _, _, found = run(name, repo, ref, tmp_path / name)
        assert found["event"] == ""
        assert found["ref"].startswith("refs/tags/##")


def test_each_forge_is_told_from_those_that_it_imitates(tmp_path: Path) -> None:
    """Forgejo says that it is Gitea and GitHub too, Gitea that it is GitHub."""
    seen = {name: find_trigger(recorded.job(name, "refs/tags/a@v1.0.0", "", tmp_path).env) for name in recorded.NAMES}
    forges = {name: found.forge.value if found.forge else "" for name, found in seen.items()}
    assert forges == {name: recorded.job(name, "refs/tags/a@v1.0.0", "", tmp_path).forge for name in recorded.NAMES}
    assert {found.ref for found in seen.values()} == {"refs/tags/a@v1.0.0"}
    assert not [found for found in seen.values() if "hunter2" in found.repo]


def test_a_payload_that_is_no_json_is_an_error_with_its_name(remote: Origin, tmp_path: Path) -> None:
    repo = remote.checkout(tmp_path / "checkout", "refs/heads/main")
    job = recorded.job("github", "refs/tags/churn#dev#9", "0" * 40, tmp_path, deleted=True)
    (tmp_path / "event.json").write_text("no JSON", encoding="utf-8")
    said(repo.gto("ci", env=job.env), "GITHUB_EVENT_PATH", "no JSON")
    (tmp_path / "event.json").write_text('["a list"]', encoding="utf-8")
    assert json.loads(done(repo.gto("ci", "--ref", "churn@v1.0.0", "--json", env=job.env)))["event"] == "registration"
    (tmp_path / "event.json").write_text('{"ref": "topic", "ref_type": "branch"}', encoding="utf-8")
    assert find_trigger(job.env).ref == "refs/heads/topic"


@pytest.mark.parametrize("branch", ["refs/tags/a@v1.0.0", "tags/a@v1.0.0", "origin/tags/a@v1.0.0"])
def test_a_job_of_jenkins_without_branches_says_in_git_branch_which_tag_it_took(branch: str) -> None:
    assert find_trigger({"JENKINS_URL": "https://jenkins.example.com/", "GIT_BRANCH": branch}).tag == "a@v1.0.0"
    home = {"JENKINS_HOME": "/var/jenkins_home"}  # where the server's address was not configured
    assert find_trigger({**home, "TAG_NAME": "a@v1.0.0", "GIT_BRANCH": branch}).tag == "a@v1.0.0"
    other = find_trigger({"JENKINS_URL": "https://jenkins.example.com/", "GIT_BRANCH": "origin/main"})
    assert other.ref == "refs/heads/main"
