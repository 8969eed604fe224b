from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests import stores
from tests.ci import channels, gh, programs, runner
from tests.ci.runner import ROOT, Run
from tests.repo import Repo

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ci.expression import Values
    from tests.ci.origin import Origin

EXAMPLES = ROOT / "integrations/examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.yml"))
ON_TAGS = [name for name in NAMES if name not in {"compare-on-pull-request", "roll-back"}]
VARS = {
    "AWS_REGION": "eu-west-1",
    "BUCKET": "bucket",
    "HEROKU_APP": "shop",
    "HOST": "deploy@vm.example.com",
    "IMAGES": "images.example.com/ada",
    "IMAGES_USER": "ada",
    "MODELS": "s3://bucket/models",
    "SAGEMAKER_ROLE": "arn:aws:iam::1:role/sagemaker",
    "SERVING_IMAGE": "1.dkr.ecr.eu-west-1.amazonaws.com/serve:1",
}
SECRETS = {
    "AWS_ACCESS_KEY_ID": "id",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "ENVIRONMENTS_TOKEN": "token",
    "HEROKU_API_KEY": "key",
    "IMAGES_PASSWORD": "pass $word",
    "KUBE_CONFIG": "apiVersion: v1\nkind: Config",
    "SSH_KEY": "key",
    "SSH_KNOWN_HOSTS": "vm.example.com ssh-ed25519 key",
}
SSH = 'while [ "$1" != -- ]; do shift; done; shift 2; cd "$REMOTE_HOME"; exec sh -c "$*"'  # what is left: its words
KUBECTL = 'cat "$KUBECONFIG" >"${0%/*}/config"; [ "$1" != patch ] || echo "inferenceservice/churn patched"'


def clouds(place: Path, state: Path, **scripts: str) -> Path:
    """The programs of clouds, which stand for themselves; that of GitHub keeps its state in a file."""
    usual = {
        "docker": "cat >/dev/null",
        "gh": f'exec {sys.executable} {gh.__file__} {state} "$@"',
        "kubectl": KUBECTL,
        "sleep": ":",
        "ssh": SSH,
    }
    return programs.make(place / "bin", "aws", "curl", "heroku", **{**usual, **scripts})


def follow(name: str, remote: Origin, ref: str, place: Path, **values: Values) -> tuple[Run, list[list[str]]]:
    """What an example's workflow does when a ref is pushed: the run, and the calls of the programs of clouds."""
    return go(name, remote, ref, clouds(place, place / "github.json"), **values)


def go(name: str, remote: Origin, ref: str, stubs: Path, **values: Values) -> tuple[Run, list[list[str]]]:
    """The same with these programs."""
    workflow = runner.read(EXAMPLES / f"{name}.yml")
    place = stubs.parent
    run = Run(remote, ref, place, stubs, scripts=EXAMPLES)
    run.workflow(workflow, **{"vars": VARS, "secrets": SECRETS, **values})
    return run, programs.calls(stubs)


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home directory of a machine that is reached by ssh."""
    home = tmp_path / "machine"
    home.mkdir()
    monkeypatch.setenv("REMOTE_HOME", str(home))
    return home


def test_each_example_has_its_script_and_says_what_it_is_for() -> None:
    scripts = {path.stem for path in EXAMPLES.glob("*.sh")}
    assert scripts == set(NAMES) - {"roll-back"}
    for path in EXAMPLES.iterdir():
        head = path.read_text(encoding="utf-8").removeprefix("#!/bin/sh\n")
        assert head.startswith("# "), path
    for name in scripts:
        assert f"sh scripts/{name}.sh" in (EXAMPLES / f"{name}.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ON_TAGS)
def test_an_example_for_tags_starts_on_any_of_them_and_acts_on_its_event_alone(
    name: str, remote: Origin, tmp_path: Path, cloud: Path
) -> None:
    """A registration of what nobody has annotated, and nobody deploys, fails no deployment."""
    workflow = runner.read(EXAMPLES / f"{name}.yml")
    assert runner.starts(workflow, "refs/tags/sub/dir=model@v1.0.0")
    assert not runner.starts(workflow, "refs/heads/main")
    other = "churn#prod#2" if name == "build-image" else "gone@v1.0.0"
    run, calls = follow(name, remote, f"refs/tags/{other}", tmp_path)
    assert calls == []
    assert list(cloud.iterdir()) == []
    assert "pulled to" not in run.log


@pytest.mark.parametrize("name", NAMES)
def test_an_example_says_first_which_variables_and_secrets_it_needs(name: str) -> None:
    text = (EXAMPLES / f"{name}.yml").read_text(encoding="utf-8")
    head, rest = re.split(r"^on:", text, maxsplit=1, flags=re.MULTILINE)
    variables, _, secrets = head.partition("# Secrets: ")
    for said, context in ((variables.partition("# Variables: ")[2], "vars"), (secrets, "secrets")):
        words = set(re.findall(r"\b[A-Z_]{4,}\b", said))
        assert words == set(re.findall(rf"\b{context}\.([A-Z_]+)", rest)), context


@pytest.mark.parametrize("name", ON_TAGS)
def test_a_setting_that_is_missing_is_named(name: str, remote: Origin, tmp_path: Path) -> None:
    """The last step alone; the steps before it are those of the tests below."""
    (job,) = runner.read(EXAMPLES / f"{name}.yml")["jobs"].values()
    stubs = clouds(tmp_path, tmp_path / "github.json")
    run = Run(remote, "refs/heads/main", tmp_path, stubs, scripts=EXAMPLES)
    run.outputs["gto"] = {"event": "registration" if name == "build-image" else "assignment", "path": "model.txt"}
    with pytest.raises(AssertionError, match=r"[A-Z]+: is (a variable|a secret|to be) "):
        run.job({"steps": [job["steps"][0], job["steps"][-1]]}, vars={}, secrets={})
    assert programs.calls(stubs) == []


@pytest.mark.parametrize("name", NAMES)
def test_no_text_of_a_stranger_is_a_part_of_an_examples_script(name: str) -> None:
    (job,) = runner.read(EXAMPLES / f"{name}.yml")["jobs"].values()
    assert not [step["run"] for step in job["steps"] if "${{" in step.get("run", "")]


def test_an_image_is_built_with_the_model_and_pushed(remote: Origin, tmp_path: Path) -> None:
    run, calls = follow("build-image", remote, "refs/tags/churn@v1.1.0", tmp_path)
    image = "images.example.com/ada/churn:v1.1.0"
    labels = ["--label", "gto.name=churn", "--label", "gto.version=v1.1.0"]
    assert calls == [
        ["docker", "login", "--username", "ada", "--password-stdin", "images.example.com"],
        ["docker", "build", "--build-arg", "MODEL=models/churn.pkl", *labels, "--tag", image, "."],
        ["docker", "push", image],
    ]
    assert "pass $word" not in run.log
    assert "pulled to" in run.log
    assert (run.checkout / "models/churn.pkl").read_text(encoding="utf-8") == "weights\n"


def test_the_name_of_an_image_is_in_lower_case(tmp_path: Path) -> None:
    stubs = clouds(tmp_path, tmp_path / "github.json")
    words = {"NAME": "Team/Dir:Churn", "VERSION": "v1.0.0+b.1", "MODEL": "m.pkl", "IMAGES": "ghcr.io/ada"}
    env = {**os.environ, **words, "PATH": f"{stubs}:{os.environ['PATH']}"}
    subprocess.run(["sh", str(EXAMPLES / "build-image.sh")], env=env, stdin=subprocess.DEVNULL, check=True)
    assert programs.calls(stubs)[-1] == ["docker", "push", "ghcr.io/ada/team/dir/churn:v1.0.0_b.1"]


def test_the_inference_service_of_the_stage_gets_the_version(remote: Origin, tmp_path: Path) -> None:
    _, (patch, pods, service) = follow("deploy-kserve", remote, "refs/tags/churn#prod#2", tmp_path)
    assert patch[:-1] == [
        "kubectl", "patch", "inferenceservice", "churn", "--namespace", "prod", "--type", "merge", "--patch",
    ]  # fmt: skip
    said = json.loads(patch[-1])
    assert said["spec"]["predictor"]["model"]["storageUri"] == "s3://bucket/models/churn/v1.1.0"
    assert said["metadata"]["labels"] == {"gto/version": "v1.1.0"}
    assert pods[:3] == ["kubectl", "wait", "pod"]
    assert "serving.kserve.io/inferenceservice=churn,gto/version=v1.1.0" in pods
    assert service[:3] == ["kubectl", "wait", "inferenceservice/churn"]
    assert (tmp_path / "bin/config").read_text(encoding="utf-8") == SECRETS["KUBE_CONFIG"] + "\n"


NO_POD_YET = """case "$1 $2" in
"patch inferenceservice") echo "inferenceservice/churn patched" ;;
"wait pod") [ -e "$0.asked" ] || { touch "$0.asked"; exit 1; } ;;
esac"""
NEVER_A_POD = """case "$1 $2" in
"patch inferenceservice") echo "inferenceservice/churn patched" ;;
"wait pod") exit 1 ;;
esac"""
LATER = 'echo >>"$0.asked"; wc -l <"$0.asked" | sed s/$/00/'  # 100 seconds pass between two looks at the clock


def test_an_inference_service_that_is_ready_with_the_version_before_is_waited_for(
    remote: Origin, tmp_path: Path
) -> None:
    stubs = clouds(tmp_path, tmp_path / "github.json", kubectl=NO_POD_YET)
    _, calls = go("deploy-kserve", remote, "refs/tags/churn#prod#2", stubs)
    assert [call[1] for call in calls] == ["patch", "wait", "5", "wait", "wait"]
    place = tmp_path / "never"
    stubs = clouds(place, tmp_path / "github.json", kubectl=NEVER_A_POD, date=LATER)
    with pytest.raises(AssertionError, match=r"No pod of 'churn' serves v1\.1\.0 after 10 minutes"):
        go("deploy-kserve", remote, "refs/tags/churn#prod#2", stubs)
    assert [call[1] for call in programs.calls(stubs) if call[0] == "kubectl"][-2:] == ["wait", "describe"]


def test_an_inference_service_that_has_the_version_already_needs_no_pod(remote: Origin, tmp_path: Path) -> None:
    same = 'echo "inferenceservice/churn patched (no change)"'
    stubs = clouds(tmp_path, tmp_path / "github.json", kubectl=same)
    _, calls = go("deploy-kserve", remote, "refs/tags/churn#prod#2", stubs)
    assert [call[:3] for call in calls[1:]] == [["kubectl", "wait", "inferenceservice/churn"]]


def test_the_endpoint_of_the_stage_serves_the_version(remote: Origin, tmp_path: Path) -> None:
    run, calls = follow("deploy-sagemaker", remote, "refs/tags/churn#prod#2", tmp_path)
    assert "pulled to" in run.log
    copied, created, configured, described, updated, waited = calls
    assert copied == ["aws", "s3", "cp", "model.tar.gz", "s3://bucket/churn/v1.1.0/model.tar.gz"]
    model = created[created.index("--model-name") + 1]
    assert model.startswith("churn-v1-1-0-prod-")
    container = json.loads(created[-1])
    assert container == {"Image": VARS["SERVING_IMAGE"], "ModelDataUrl": "s3://bucket/churn/v1.1.0/model.tar.gz"}
    assert json.loads(configured[-1])[0]["ModelName"] == model
    assert [call[2] for call in (described, updated, waited)] == ["describe-endpoint", "update-endpoint", "wait"]
    assert updated[3:] == ["--endpoint-name", "churn-prod", "--endpoint-config-name", model]


def test_the_heroku_app_of_the_stage_gets_the_version(remote: Origin, tmp_path: Path) -> None:
    run, calls = follow("deploy-heroku", remote, "refs/tags/churn#prod#2", tmp_path)
    assert "pulled to" in run.log
    words = "MODEL=models/churn.pkl,VERSION=v1.1.0"
    assert calls[1:3] == [
        ["heroku", "container:push", "web", "--app", "shop-prod", "--arg", words],
        ["heroku", "container:release", "web", "--app", "shop-prod"],
    ]


def test_heroku_is_installed_where_the_runner_has_none(remote: Origin, tmp_path: Path) -> None:
    """The program `curl` prints an installer, which brings a `heroku` that notes its calls."""
    stubs = clouds(tmp_path, tmp_path / "github.json", curl='echo "cp ${0%/*}/docker ${0%/*}/heroku"')
    (stubs / "heroku").unlink()
    _, calls = go("deploy-heroku", remote, "refs/tags/churn#prod#2", stubs)
    assert calls[0][-1] == "https://cli-assets.heroku.com/install.sh"
    assert [call[1] for call in calls[1:]] == [
        "container:login", "container:push", "container:release", "config:set",
    ]  # fmt: skip
    env = {"APP": "shop", "HEROKU_API_KEY": "key", "STAGE": "prod", "VERSION": "v1.0.0", "MODEL": "m.pkl,A=b"}
    script = ["sh", str(EXAMPLES / "deploy-heroku.sh")]
    assert subprocess.run(script, env={**os.environ, **env}, capture_output=True, check=False).returncode == 1
    fails = clouds(tmp_path / "fails", tmp_path / "github.json", curl="exit 22")
    (fails / "heroku").unlink()
    with pytest.raises(AssertionError, match="exit code 22"):
        go("deploy-heroku", remote, "refs/tags/churn#prod#2", fails)


def test_a_machine_gets_the_file_and_the_stage_points_there(remote: Origin, tmp_path: Path, cloud: Path) -> None:
    """A real server, whose user begins in a directory of this test, and the real ssh."""
    with stores.serve_ssh(tmp_path / "ssh") as server:
        place = tmp_path / "ssh/authorized"
        begin = f'command="cd {cloud} && eval \\"$SSH_ORIGINAL_COMMAND\\""'
        place.write_text(f"{begin} {place.read_text(encoding='utf-8')}", encoding="utf-8")
        secrets = {"SSH_KEY": server.key.read_text(encoding="utf-8"), "SSH_KNOWN_HOSTS": server.known}
        values = {"vars": {"HOST": f"ssh://{stores.this_user()}@127.0.0.1:{server.port}"}, "secrets": secrets}
        for number, (ref, version) in enumerate((("churn#prod#1", "v1.0.0"), ("churn#prod#2", "v1.1.0"))):
            stubs = programs.make(tmp_path / str(number) / "bin")
            run, _ = go("deploy-ssh", remote, f"refs/tags/{ref}", stubs, **values)
            assert "pulled to" in run.log
            assert (cloud / "models/churn/prod").readlink().name == version
            assert (cloud / "models/churn/prod/churn.pkl").read_text(encoding="utf-8") == "weights\n"
        assert sorted(path.name for path in (cloud / "models/churn").iterdir()) == ["prod", "v1.0.0", "v1.1.0"]
        values["secrets"] = {**secrets, "SSH_KNOWN_HOSTS": server.known[:-9] + "AAAAAAAA\n"}
        with pytest.raises(AssertionError, match="Host key verification failed"):
            go("deploy-ssh", remote, "refs/tags/churn#prod#1", programs.make(tmp_path / "other/bin"), **values)


def test_a_pull_request_asks_for_the_version_in_the_repository_of_environments(remote: Origin, tmp_path: Path) -> None:
    work = Repo(tmp_path / "work")
    work.path.mkdir()
    work.git("init", "--quiet")
    work.commit("first", {"prod/churn.yaml": "old\n"})
    work.git("clone", "--quiet", "--bare", ".", str(tmp_path / "environments.git"))
    values = {"vars": {**VARS, "ENVIRONMENTS": str(tmp_path / "environments.git")}}
    state = tmp_path / "github.json"
    _, calls = go("gitops-pull-request", remote, "refs/tags/churn#prod#2", clouds(tmp_path, state), **values)
    assert [call[:3] for call in calls] == [["gh", "auth", "setup-git"], ["gh", "pr", "list"], ["gh", "pr", "create"]]
    assert calls[2][3:7] == ["--head", "gto/prod/churn-v1.1.0", "--title", "churn v1.1.0 in prod"]
    bare = Repo(tmp_path / "environments.git")
    text = bare.git("show", "gto/prod/churn-v1.1.0:prod/churn.yaml")
    commit = remote.commits["churn#prod#2"]
    assert text == f'model:\n  name: "churn"\n  version: "v1.1.0"\n  commit: "{commit}"'
    stubs = clouds(tmp_path / "rerun", state)
    run, again = go("gitops-pull-request", remote, "refs/tags/churn#prod#2", stubs, **values)
    assert [call[:3] for call in again] == [["gh", "auth", "setup-git"], ["gh", "pr", "list"]]
    assert "Pull request 1 asks for it" in run.log
    state.write_text(state.read_text(encoding="utf-8").replace("open", "closed"), encoding="utf-8")
    stubs = clouds(tmp_path / "closed", state)
    _, anew = go("gitops-pull-request", remote, "refs/tags/churn#prod#2", stubs, **values)
    assert anew[-1][:3] == ["gh", "pr", "create"]
    bare.git("branch", "--force", "main", "gto/prod/churn-v1.1.0")
    stubs = clouds(tmp_path / "merged", state)
    run, merged = go("gitops-pull-request", remote, "refs/tags/churn#prod#2", stubs, **values)
    assert merged == [["gh", "auth", "setup-git"]]
    assert "has churn v1.1.0 already" in run.log


def compare(remote: Origin, place: Path, state: Path, head: str = "ada/models", stage: str = "prod") -> Run:
    """The job for pull request 7 from a branch of a repository."""
    pull = {"number": 7, "head": {"repo": {"full_name": head}}}
    workflow = runner.read(EXAMPLES / "compare-on-pull-request.yml")
    assert not runner.starts(workflow, "refs/tags/churn@v1.0.0")
    (job,) = workflow["jobs"].values()
    job["steps"][-1]["env"].update(NAME="swap", STAGE=stage)
    run = Run(remote, "refs/heads/main", place, clouds(place, state), scripts=EXAMPLES)
    run.workflow(workflow, github={"event": {"pull_request": pull}, "token": "t"})
    return run


MARK = "<!-- gto-compare swap prod -->\n"


def test_a_pull_request_is_commented_with_the_comparison_and_later_over_it(remote: Origin, tmp_path: Path) -> None:
    """A comment of another workflow stays as it is, and so does that of a stranger who writes our mark."""
    state = tmp_path / "github.json"
    others = [(gh.BOT, "Coverage: 99 %"), ("mallory", f"{MARK}mine")]
    comments = [{"id": 1 + number, "user": {"login": name}, "body": text} for number, (name, text) in enumerate(others)]
    state.write_text(json.dumps({"comments": comments}), encoding="utf-8")
    compare(remote, tmp_path / "one", state)
    *before, ours = json.loads(state.read_text(encoding="utf-8"))["comments"]
    assert before == comments
    assert ours["body"].startswith(MARK)
    assert "`swap#prod (v2.0.0)`" in ours["body"]
    state.write_text(json.dumps({"comments": [*comments, {**ours, "body": f"{MARK}old"}]}), encoding="utf-8")
    compare(remote, tmp_path / "two", state)
    assert json.loads(state.read_text(encoding="utf-8"))["comments"] == [*comments, ours]
    compare(remote, tmp_path / "three", state, stage="nowhere")
    *_, last = json.loads(state.read_text(encoding="utf-8"))["comments"]
    said = "No version of `swap` is in `nowhere` yet: there is nothing to compare with.\n"
    assert last["body"] == f"<!-- gto-compare swap nowhere -->\n{said}"


@pytest.mark.parametrize(("head", "asked"), [("eve/models", 0), ("ada/models", 1)])
def test_where_a_job_may_not_comment_the_comparison_is_in_its_summary(
    head: str, asked: int, remote: Origin, tmp_path: Path
) -> None:
    state = tmp_path / "github.json"
    state.write_text(json.dumps({"refuses": True}), encoding="utf-8")
    run = compare(remote, tmp_path / "job", state, head)
    summaries = [path.read_text(encoding="utf-8") for path in (tmp_path / "job").rglob("summary")]
    assert [text.startswith(f"{MARK}") and "`swap#prod (v2.0.0)`" in text for text in summaries] == [True]
    assert "The comparison is in the summary of this job" in run.log
    assert len(programs.calls(tmp_path / "job/bin")) == asked


def test_a_button_rolls_back_and_pushes_the_tag(remote: Origin, tmp_path: Path) -> None:
    own = remote._replace(path=tmp_path / "models.git")
    shutil.copytree(remote.path, own.path)
    values = {"inputs": {"name": "swap", "stage": "prod"}, "github": {"actor": "ada"}}
    follow("roll-back", own, "refs/heads/main", tmp_path, **values)
    bare = Repo(own.path)
    assert bare.git("rev-parse", "swap#prod#3^{commit}") == remote.commits["swap@v1.0.0"]
    assert bare.git("for-each-ref", "--format=%(taggername)", "refs/tags/swap#prod#3") == "ada"


HOSTILE = (
    "$(touch hacked)",
    "`touch hacked`",
    "a'; touch hacked; '",
    'a"; touch hacked; "',
    "a\ntouch hacked",
    "../..",
)
WORDS = (
    *("NAME", "VERSION", "STAGE", "MODEL", "COMMIT", "APP", "BUCKET", "IMAGE", "IMAGES", "ROLE", "MODELS", "NUMBER"),
    *("AWS_ACCESS_KEY_ID", "AWS_REGION", "AWS_SECRET_ACCESS_KEY", "GH_TOKEN", "HEROKU_API_KEY", "HEAD_REPO"),
    *("IMAGES_PASSWORD", "IMAGES_USER", "KUBE_CONFIG", "SSH_KEY", "SSH_KNOWN_HOSTS", "GITHUB_REPOSITORY"),
)
TAKES_ANY = {"build-image", "compare-on-pull-request", "deploy-heroku"}
"""The examples whose script hands any word on, as an argument; the others refuse what they do not expect."""


@pytest.mark.parametrize("name", [name for name in NAMES if name != "roll-back"])
def test_an_examples_script_runs_nothing_that_its_words_hold(name: str, tmp_path: Path, cloud: Path) -> None:
    """GTO's own rules let none of this through; a script does not count on that."""
    stubs = clouds(tmp_path, tmp_path / "github.json", gh=":")
    (stubs / "gto").write_text("#!/bin/sh\n", encoding="utf-8")
    for text in HOSTILE:
        env = dict.fromkeys(WORDS, text) | {
            "HOST": "vm",
            "ENVIRONMENTS": "nowhere",
            "PATH": f"{stubs}:{os.environ['PATH']}",
        }
        script = ["sh", str(EXAMPLES / f"{name}.sh")]
        done = subprocess.run(script, cwd=cloud, env={**os.environ, **env}, capture_output=True, check=False)
        assert not list(tmp_path.rglob("hacked")), text
        assert (done.returncode == 0) == (name in TAKES_ANY), done.stderr
        if done.returncode == 0:  # then each word came through as one argument, or a part of one
            assert any(text in word for call in programs.calls(stubs) for word in call)
        assert channels.azure_commands(done.stdout.decode()) == []
