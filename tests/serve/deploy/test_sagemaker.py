"""SageMaker: what is rendered is closed; what is asked of it, in an environment with boto3 and moto, is inside/."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gto.exceptions import DeployFailed, InvalidManifest
from gto.serve.deploy.clouds.sagemaker_client import SageMakerClient
from gto.serve.deploy.kinds import find_kind
from tests.environment import sagemaker_python
from tests.measured import measured
from tests.serve.deploy.wanting import wanted

if TYPE_CHECKING:
    from tests.repo import Repo

INSIDE = Path(__file__).parent / "inside"
ROOT = INSIDE.parent.parent.parent.parent
ROLE = "arn:aws:iam::123456789012:role/sagemaker"


def test_statements_inside_the_environment(tmp_path: Path) -> None:
    python = sagemaker_python()
    alone = ["-c", os.devnull, "--noconftest", "-p", "no:cacheprovider", "-q", "--rootdir", str(INSIDE)]
    env = {key: value for key, value in os.environ.items() if not key.startswith(("COVERAGE_", "COV_", "PYTEST_"))}
    words = [
        *measured(env),
        "-m",
        "pytest",
        *alone,
        "--basetemp",
        str(tmp_path / "t"),
        str(INSIDE / "check_sagemaker.py"),
    ]
    done = subprocess.run(
        [str(python), *words], check=False, capture_output=True, text=True, timeout=300, env=env, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


def test_without_boto3_the_extra_is_named(repo: Repo) -> None:
    values = f"{{role: '{ROLE}'}}"
    target = f"{{kind: sagemaker, selector: 'churn@v1.0.0', image: 'churn:{{version}}', values: {values}}}"
    repo.commit("one", {"deploy.yaml": f"targets:\n  prod: {target}\n"})
    repo.tag("churn@v1.0.0")
    planned = repo.gto("deploy", "plan")
    assert (planned.code, "pip install boto3, or GTO with its extra 'sagemaker'" in planned.stderr) == (1, True), (
        planned
    )
    assert repo.gto("deploy", "render", "-o", "out").code == 0, "files are rendered without it"


class Endless(SageMakerClient):
    """A service whose lists have no end."""

    def __init__(self) -> None:
        self.asked = 0

    def call(self, operation: str, **request: object) -> dict[str, Any]:
        self.asked += 1
        return {"Tags": [operation], "NextToken": f"{request} and more"[-20:]}


def test_a_list_without_an_end_is_given_up() -> None:
    client = Endless()
    with pytest.raises(DeployFailed, match="list_tags has more than 100 pages"):
        client.tags("arn")
    assert client.asked == 100


CASES: list[dict[str, Any]] = [
    {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/churn:{version}"},
    {
        "image": "host/serve:1",
        "model": "s3://models/churn/{version}/model.tar.gz",
        "instances": 3,
        "alarms": ["errors"],
    },
    {
        "image": "host/serve:1",
        "model": "s3://models/churn/{version}/",
        "serverless": {"memory_mb": 2048, "concurrency": 5},
    },
    {"image": "host/churn:{commit}", "alarms": ["errors"], "subnets": ["subnet-1"], "security_groups": ["sg-1"]},
]


@pytest.mark.parametrize("given", CASES)
def test_a_misspelt_key_fails(given: dict[str, Any]) -> None:
    more = {key: given[key] for key in ("image", "model") if key in given}
    values = {key: value for key, value in given.items() if key not in more}
    case = wanted("sagemaker", {"role": ROLE, "env": {"A": "1"}, **values}, **more)
    platform = find_kind("sagemaker").make()
    (file,) = platform.render(case)
    assert platform.render(case) == (file,)
    platform.validate(case, (file,))
    for key in ("Image", "VariantName", "EndpointName", "ExecutionRoleArn"):
        with pytest.raises(InvalidManifest):
            platform.validate(case, (file._replace(text=file.text.replace(f"{key}:", f"{key}z:")),))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"model": "s3://models/{version}/"}, "'image' is missing"),
        ({"image": "host/serve:1"}, "neither `image` nor `model` has"),
    ],
)
def test_what_names_no_version_is_refused(more: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidManifest, match=said):
        find_kind("sagemaker").make().render(wanted("sagemaker", {"role": ROLE}, **more))
