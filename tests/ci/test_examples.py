from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.ci import channels, programs, runner
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
SECRETS = {"IMAGES_PASSWORD": "pass $word", "HEROKU_API_KEY": "key"}
SSH = 'shift 4; cd "$REMOTE_HOME"; exec sh -c "$*"'  # after `-o BatchMode=yes -- HOST`: the words for its shell


def follow(name: str, remote: Origin, ref: str, place: Path, **values: Values) -> tuple[Run, list[list[str]]]:
    """What an example's workflow does when a ref is pushed: the run, and the calls of the programs of clouds."""
    workflow = runner.read(EXAMPLES / f"{name}.yml")
    stubs = programs.make(place / "bin", "aws", "gh", "heroku", "kubectl", docker="cat >/dev/null", ssh=SSH)
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
    workflow = runner.read(EXAMPLES / f"{name}.yml")
    assert runner.starts(workflow, "refs/tags/sub/dir=model@v1.0.0")
    assert not runner.starts(workflow, "refs/heads/main")
    other = "churn#prod#2" if name == "build-image" else "churn@v1.1.0"
    _, calls = follow(name, remote, f"refs/tags/{other}", tmp_path)
    assert calls == []
    assert list(cloud.iterdir()) == []


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
    assert (run.checkout / "models/churn.pkl").read_text(encoding="utf-8") == "weights\n"


def test_the_inference_service_of_the_stage_gets_the_version(remote: Origin, tmp_path: Path) -> None:
    _, (patch, wait) = follow("deploy-kserve", remote, "refs/tags/churn#prod#2", tmp_path)
    assert patch[:-1] == [
        "kubectl", "patch", "inferenceservice", "churn", "--namespace", "prod", "--type", "merge", "--patch",
    ]  # fmt: skip
    said = json.loads(patch[-1])
    assert said["spec"]["predictor"]["model"]["storageUri"] == "s3://bucket/models/churn/v1.1.0"
    assert said["metadata"]["annotations"] == {"gto/version": "v1.1.0"}
    assert wait[:3] == ["kubectl", "wait", "inferenceservice/churn"]


def test_the_endpoint_of_the_stage_serves_the_version(remote: Origin, tmp_path: Path) -> None:
    _, calls = follow("deploy-sagemaker", remote, "refs/tags/churn#prod#2", tmp_path)
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
    _, calls = follow("deploy-heroku", remote, "refs/tags/churn#prod#2", tmp_path)
    words = "MODEL=models/churn.pkl,VERSION=v1.1.0"
    assert calls[1:3] == [
        ["heroku", "container:push", "web", "--app", "shop-prod", "--arg", words],
        ["heroku", "container:release", "web", "--app", "shop-prod"],
    ]


def test_a_machine_gets_the_file_and_the_stage_points_there(remote: Origin, tmp_path: Path, cloud: Path) -> None:
    for number, (ref, version) in enumerate((("churn#prod#1", "v1.0.0"), ("churn#prod#2", "v1.1.0"))):
        _, calls = follow("deploy-ssh", remote, f"refs/tags/{ref}", tmp_path / str(number))
        assert [call[:5] for call in calls] == [["ssh", "-o", "BatchMode=yes", "--", VARS["HOST"]]] * 2
        assert (cloud / "models/churn/prod").readlink().name == version
        assert (cloud / "models/churn/prod/churn.pkl").read_text(encoding="utf-8") == "weights\n"
    assert sorted(path.name for path in (cloud / "models/churn").iterdir()) == ["prod", "v1.0.0", "v1.1.0"]


def test_a_pull_request_asks_for_the_version_in_the_repository_of_environments(remote: Origin, tmp_path: Path) -> None:
    work = Repo(tmp_path / "work")
    work.path.mkdir()
    work.git("init", "--quiet")
    work.commit("first", {"prod/churn.yaml": "old\n"})
    work.git("clone", "--quiet", "--bare", ".", str(tmp_path / "environments.git"))
    values = {"vars": {**VARS, "ENVIRONMENTS": str(tmp_path / "environments.git")}}
    _, calls = follow("gitops-pull-request", remote, "refs/tags/churn#prod#2", tmp_path, **values)
    assert [call[:3] for call in calls] == [["gh", "auth", "setup-git"], ["gh", "pr", "create"]]
    assert calls[1][3:7] == ["--head", "gto/prod/churn-v1.1.0", "--title", "churn v1.1.0 in prod"]
    bare = Repo(tmp_path / "environments.git")
    text = bare.git("show", "gto/prod/churn-v1.1.0:prod/churn.yaml")
    commit = remote.commits["churn#prod#2"]
    assert text == f'model:\n  name: "churn"\n  version: "v1.1.0"\n  commit: "{commit}"'
    bare.git("branch", "--force", "main", "gto/prod/churn-v1.1.0")
    run, again = follow("gitops-pull-request", remote, "refs/tags/churn#prod#2", tmp_path / "again", **values)
    assert again == [["gh", "auth", "setup-git"]]
    assert "has churn v1.1.0 already" in run.log


def test_a_pull_request_is_commented_with_the_comparison(remote: Origin, tmp_path: Path) -> None:
    values: dict[str, Any] = {"github": {"event": {"pull_request": {"number": 7}}}}
    workflow = runner.read(EXAMPLES / "compare-on-pull-request.yml")
    (job,) = workflow["jobs"].values()
    job["steps"][-1]["env"]["NAME"] = "swap"
    assert not runner.starts(workflow, "refs/tags/churn@v1.0.0")
    stubs = programs.make(tmp_path / "bin", "gh")
    run = Run(remote, "refs/heads/main", tmp_path, stubs, scripts=EXAMPLES)
    run.workflow(workflow, **values)
    words = ["--edit-last", "--create-if-none", "--body-file", "comparison.md"]
    assert programs.calls(stubs) == [["gh", "pr", "comment", "7", *words]]
    assert "`swap#prod (v2.0.0)`" in (run.checkout / "comparison.md").read_text(encoding="utf-8")


def test_a_pull_request_is_told_that_its_stage_is_empty(remote: Origin, tmp_path: Path) -> None:
    values = {"github": {"event": {"pull_request": {"number": 7}}, "token": "t"}}
    workflow = runner.read(EXAMPLES / "compare-on-pull-request.yml")
    (job,) = workflow["jobs"].values()
    job["steps"][-1]["env"].update(NAME="swap", STAGE="nowhere")
    stubs = programs.make(tmp_path / "bin", "gh")
    run = Run(remote, "refs/heads/main", tmp_path, stubs, scripts=EXAMPLES)
    run.workflow(workflow, **values)
    assert programs.calls(stubs)[0][:4] == ["gh", "pr", "comment", "7"]
    said = (run.checkout / "comparison.md").read_text(encoding="utf-8")
    assert said == "No version of `swap` is in `nowhere` yet: there is nothing to compare with.\n"


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
WORDS = ("NAME", "VERSION", "STAGE", "MODEL", "COMMIT", "APP", "BUCKET", "IMAGE", "IMAGES", "ROLE", "MODELS", "NUMBER")


@pytest.mark.parametrize("name", [name for name in NAMES if name != "roll-back"])
def test_an_examples_script_runs_nothing_that_its_words_hold(name: str, tmp_path: Path, cloud: Path) -> None:
    """GTO's own rules let none of this through; a script does not count on that."""
    stubs = programs.make(tmp_path / "bin", "aws", "gh", "heroku", "kubectl", docker="cat >/dev/null", ssh=SSH)
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
        if done.returncode == 0:  # then each word came through as one argument, or a part of one
            assert any(text in word for call in programs.calls(stubs) for word in call)
        assert channels.azure_commands(done.stdout.decode()) == []
