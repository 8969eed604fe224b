"""gto deploy against moto's SageMaker, which lacks UpdateEndpoint, and updates against botocore's Stubber and model.

As docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html says, an endpoint is `Updating` until it is
`InService` with the new configuration, or with the old one where that failed.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.session import get_session
from botocore.stub import Stubber
from botocore.validate import ParamValidator
from click.testing import CliRunner
from moto import mock_aws
from moto.core.responses import ActionResult
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.models import sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse

from gto.cli.main import app
from gto.exceptions import GTOException, NotReady
from gto.serve.deploy.clouds.sagemaker import SageMakerEndpoint
from gto.serve.deploy.clouds.sagemaker_requests import requests_of
from gto.serve.deploy.deploy_file import parse_targets
from gto.serve.deploy.target import WantedDeployment

ROLE = "arn:aws:iam::123456789012:role/sagemaker"
REGION = "eu-west-1"


def update_endpoint(self: SageMakerResponse) -> ActionResult:
    """What moto lacks: the endpoint takes another configuration, or keeps its own where that one's image is bad."""
    name, config = self._get_param("EndpointName"), self._get_param("EndpointConfigName")
    endpoint = self.sagemaker_backend.endpoints[name]
    variants = self.sagemaker_backend.endpoint_configs[config].production_variants
    UPDATES.append(config)
    model = self.sagemaker_backend.describe_model(variants[0]["ModelName"]).response_object
    if "v1.1.0-bad" in model["PrimaryContainer"]["Image"]:
        endpoint.failure_reason = "The primary container did not pass the ping health check."
    else:
        endpoint.endpoint_config_name, endpoint.failure_reason = config, None
        count = variants[0].get("InitialInstanceCount")
        endpoint.production_variants = [{"VariantName": variants[0]["VariantName"], "DesiredInstanceCount": count}]
    return ActionResult({"EndpointArn": endpoint.arn})


UPDATES: list[str] = []


def refuse(_: SageMakerResponse) -> ActionResult:
    raise AWSValidationException("no instance of this kind is to be had")


def git(place: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=place, check=True, capture_output=True, text=True)
    return done.stdout.strip()


class Registry:
    """A repository with two versions, and a target that follows `prod`."""

    def __init__(self, place: Path) -> None:
        self.place, self.count = place, 0
        git(place, "init", "-q", "-b", "main")
        for version in ("v1.0.0", "v1.1.0"):
            git(place, "commit", "-q", "--allow-empty", "-m", version)
            git(place, "tag", "-a", "-m", "x", f"churn@{version}")
        self.assign("v1.0.0")

    def assign(self, version: str) -> None:
        self.count += 1
        git(self.place, "tag", "-a", "-m", "x", f"churn#prod#{self.count}", f"churn@{version}^{{}}")

    def deploy(self, *words: str, image: str = "host/churn:{version}", **values: object) -> SimpleNamespace:
        target = {"kind": "sagemaker", "selector": "churn#prod", "image": image, "values": {"role": ROLE, **values}}
        (self.place / "deploy.yaml").write_text(json.dumps({"targets": {"churn-prod": target}}))
        done = CliRunner().invoke(app, ["deploy", *words, "-r", str(self.place)], standalone_mode=False)
        said = done.exception
        if said is None or isinstance(said, SystemExit):
            return SimpleNamespace(
                code=done.exit_code or done.return_value or 0, stdout=done.stdout, stderr=done.stderr
            )
        if not isinstance(said, GTOException):
            raise said
        return SimpleNamespace(code=1, stdout=done.stdout, stderr=f"{done.stderr}{said.message}")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for key, value in (("ACCESS_KEY_ID", "of-test"), ("SECRET_ACCESS_KEY", "of-test"), ("DEFAULT_REGION", REGION)):
        monkeypatch.setenv(f"AWS_{key}", value)
    monkeypatch.setattr(SageMakerResponse, "update_endpoint", update_endpoint, raising=False)
    UPDATES.clear()
    with mock_aws():
        yield boto3.client("sagemaker")


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("HOME", str(tmp_path))
    for whose in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{whose}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{whose}_EMAIL", "ada@example.com")
    place = tmp_path / "repo"
    place.mkdir()
    return Registry(place)


def served(aws: Any) -> str:
    """The version behind the endpoint, by the image of its model."""
    config = aws.describe_endpoint(EndpointName="churn-prod")["EndpointConfigName"]
    variant = aws.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"][0]
    image: str = aws.describe_model(ModelName=variant["ModelName"])["PrimaryContainer"]["Image"]
    return image.partition(":")[2]


def test_an_endpoint_follows_the_stage(registry: Registry, aws: Any) -> None:
    assert registry.deploy("plan").code == 2
    done = registry.deploy("apply")
    assert done.stdout == "churn-prod  churn#prod  nothing -> v1.0.0\n", done.stderr
    assert registry.deploy("apply").stdout == "churn-prod  churn#prod  v1.0.0, as it was\n"
    assert (registry.deploy("plan").code, UPDATES) == (0, [])

    wish = [{"VariantName": "main", "DesiredInstanceCount": 4}]
    aws.update_endpoint_weights_and_capacities(EndpointName="churn-prod", DesiredWeightsAndCapacities=wish)
    assert "endpoint.yaml was changed on the target" in registry.deploy("plan").stdout
    assert registry.deploy("plan", autoscaled=True).stdout.count("was changed") == 0
    assert registry.deploy("apply").code == 0
    assert aws.describe_endpoint(EndpointName="churn-prod")["ProductionVariants"][0]["DesiredInstanceCount"] == 1
    assert UPDATES == [], "a count needs no new configuration"

    registry.assign("v1.1.0")
    assert registry.deploy("apply").stdout == "churn-prod  churn#prod  v1.0.0 -> v1.1.0\n"
    back = registry.deploy("rollback", "churn-prod")
    assert back.stdout.endswith("churn-prod  churn#prod  v1.1.0 -> v1.0.0\n"), back
    assert (served(aws), len(UPDATES)) == ("v1.0.0", 2)

    for count in (2, 3):
        assert registry.deploy("apply", instances=count).code == 0
    configs = aws.list_endpoint_configs(NameContains="churn-prod-")["EndpointConfigs"]
    assert len(configs) == 2, "the one that answers, and the one before"
    assert {one["ModelName"] for one in aws.list_models()["Models"]} == {one["EndpointConfigName"] for one in configs}


def test_what_fails_is_put_back_and_what_broke_off_is_mended(registry: Registry, aws: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SageMakerResponse, "create_endpoint", refuse)
        assert "no instance of this kind is to be had" in registry.deploy("apply").stderr
    assert len(aws.list_endpoint_configs()["EndpointConfigs"]) == 1
    assert registry.deploy("apply").code == 0
    registry.assign("v1.1.0")
    failed = registry.deploy("apply", image="host/churn:{version}-bad")
    assert "SageMaker took the update back: The primary container did not pass the ping health check" in failed.stderr
    assert "v1.0.0 runs again" in failed.stderr
    assert (served(aws), registry.deploy("apply").code, served(aws)) == ("v1.0.0", 0, "v1.1.0")

    sagemaker_backends["123456789012"][REGION].endpoints["churn-prod"].endpoint_status = "Failed"
    assert "it is not ready: Failed" in registry.deploy("plan").stdout
    assert registry.deploy("apply").code == 0, "an endpoint that failed can only be made anew"


def test_an_endpoint_of_others_is_left_alone(registry: Registry, aws: Any) -> None:
    registry.deploy("apply")
    arn = aws.describe_endpoint(EndpointName="churn-prod")["EndpointArn"]
    aws.delete_tags(ResourceArn=arn, TagKeys=["gto:target"])
    assert "the endpoint is none that GTO made" in registry.deploy("plan").stdout
    assert "no target of GTO made it" in registry.deploy("apply").stderr


def test_without_credentials_it_is_unreachable(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    assert "You must specify a region" in registry.deploy("status").stdout


def wish(**values: object) -> WantedDeployment:
    target = {"kind": "sagemaker", "selector": "churn#prod", "image": "host/churn:{version}"}
    (declared,) = parse_targets(
        json.dumps({"targets": {"churn-prod": {**target, "values": {"role": ROLE, **values}}}}).encode()
    )
    return WantedDeployment(declared, "churn", "v1.1.0", "c" * 40, f"sha256:{'d' * 64}")


MANNERS: list[dict[str, Any]] = [
    {},
    {"instances": 4, "alarms": ["errors"]},
    {"alarms": ["errors"], "autoscaled": True},
    {"serverless": {"memory_mb": 2048, "concurrency": 5}},
    {"subnets": ["subnet-1"], "security_groups": ["sg-1"], "env": {"A": "1"}, "tags": {"team": "churn"}},
]


@pytest.mark.parametrize("values", MANNERS)
def test_botocore_knows_every_key_that_is_sent(values: dict[str, Any]) -> None:
    requests = requests_of(wish(**values))
    operations = {"model": "CreateModel", "endpoint_config": "CreateEndpointConfig", "endpoint": "UpdateEndpoint"}
    service = get_session().get_service_model("sagemaker")
    for kind, operation in operations.items():
        shape = service.operation_model(operation).input_shape
        report = ParamValidator().validate(requests[kind], shape)
        assert not report.has_errors(), report.generate_report()


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    client = boto3.client("sagemaker", region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b")  # noqa: S106  of the test
    monkeypatch.setattr(boto3.session.Session, "client", lambda *_, **__: client)
    with Stubber(client) as stubber:
        yield stubber


ARN = f"arn:aws:sagemaker:{REGION}:123456789012:endpoint/churn-prod"


def describe(stubbed: Stubber, status: str, config: str, **more: object) -> None:
    told = {"EndpointName": "churn-prod", "EndpointArn": ARN, "EndpointStatus": status, "EndpointConfigName": config}
    times = {"CreationTime": "2026-11-29T00:00:00Z", "LastModifiedTime": "2026-11-29T00:00:00Z"}
    stubbed.add_response("describe_endpoint", {**told, **times, **more}, {"EndpointName": "churn-prod"})


def test_an_update_is_rolling_and_waits_for_one_that_is_under_way(stubbed: Stubber) -> None:
    wanted = wish(instances=4, alarms=["errors"])
    platform = SageMakerEndpoint()
    files = platform.render(wanted)
    requests = requests_of(wanted)
    for status in ("Updating", "RollingBack", "InService"):
        describe(stubbed, status, "churn-prod-old")
    stubbed.add_response("list_tags", {"Tags": [{"Key": "gto:target", "Value": "churn-prod"}]}, {"ResourceArn": ARN})
    for kind, key in (("model", "ModelName"), ("endpoint_config", "EndpointConfigName")):
        name = requests[kind][key]
        answer = f"Could not find {kind} 'arn'."
        stubbed.add_client_error(f"describe_{kind}", "ValidationException", answer, expected_params={key: name})
        made = {"ModelArn" if kind == "model" else "EndpointConfigArn": f"arn:aws:sagemaker:::{kind}/{name}"}
        stubbed.add_response(f"create_{kind}", made, requests[kind])
    sent = {
        "EndpointName": "churn-prod",
        "EndpointConfigName": requests["endpoint"]["EndpointConfigName"],
        "DeploymentConfig": {
            "RollingUpdatePolicy": {
                "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
                "WaitIntervalInSeconds": 60,
            },
            "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
        },
    }
    stubbed.add_response("update_endpoint", {"EndpointArn": ARN}, sent)
    platform.apply(wanted, files)
    stubbed.assert_no_pending_responses()

    describe(stubbed, "Updating", "churn-prod-old")
    describe(stubbed, "InService", "churn-prod-old", FailureReason="the alarm errors went off")
    with pytest.raises(NotReady, match="SageMaker took the update back: the alarm errors went off"):
        platform.wait_ready(wanted, 5)
    describe(stubbed, "Updating", "churn-prod-old")
    with pytest.raises(NotReady, match="the endpoint is Updating after 0 s"):
        platform.wait_ready(wanted, 0)
