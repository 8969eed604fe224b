from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.ci import channels, programs, runner
from tests.ci.clouds import EXAMPLES, NAMES, ON_TAGS, VARS, clouds, follow, go
from tests.ci.runner import Run
from tests.repo import Repo

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ci.origin import Origin


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
def test_runs_of_an_example_wait_for_one_another_and_none_is_dropped(name: str) -> None:
    """But for comparisons: there the newest commit of a pull request counts alone."""
    told = runner.read(EXAMPLES / f"{name}.yml")["concurrency"]
    if name == "compare-on-pull-request":
        pull = "${{ github.workflow }} ${{ github.event.pull_request.number }}"
        assert told == {"group": pull, "cancel-in-progress": True}
    else:
        assert told == {"group": "${{ github.workflow }}", "queue": "max"}


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


def test_the_endpoint_of_the_stage_serves_the_version(remote: Origin, tmp_path: Path) -> None:
    run, calls = follow("deploy-sagemaker", remote, "refs/tags/churn#prod#2", tmp_path)
    assert "pulled to" in run.log
    copied, created, configured, described, updated, waited = calls
    assert [*copied[:3], copied[4]] == ["aws", "s3", "cp", "s3://bucket/churn/v1.1.0/model.tar.gz"]
    model = created[created.index("--model-name") + 1]
    assert model.startswith("churn-v1-1-0-")
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
TAKES_ANY = {"build-image", "compare-on-pull-request"}
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
