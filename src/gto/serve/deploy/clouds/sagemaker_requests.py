"""What SageMaker is asked for a version: a model, the configuration of an endpoint, and the endpoint."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from gto.exceptions import InvalidManifest
from gto.serve.deploy.clusters.kubernetes_objects import check_references
from gto.serve.deploy.settings import VARIABLE, Setting
from gto.serve.deploy.target import LABELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gto.serve.deploy.target import WantedDeployment

Json = dict[str, Any]

FILE = "endpoint.yaml"
OWNER = "gto:target"
"""The tag that says which target made an endpoint, a configuration and a model."""
_VARIANT = "main"
_LONGEST_NAME = 63
_HASH = 12

_SERVERLESS = {
    "memory_mb": Setting("whole", "memory", required=True, least=1024, most=6144),
    "concurrency": Setting("whole", "the most requests at once", required=True, least=1, most=200),
}
VALUES: Mapping[str, Setting] = {
    "region": Setting("text", "the AWS region; that of boto3's configuration where none is named", example="eu-west-1"),
    "profile": Setting("text", "the profile of boto3's configuration; its own choice where none is named"),
    "role": Setting(
        "text",
        "the ARN of the role with which SageMaker fetches the image and the model",
        required=True,
        pattern=r"arn:aws[a-z-]*:iam::[0-9]{12}:role/\S+",
        example="arn:aws:iam::123456789012:role/sagemaker",
    ),
    "instance_type": Setting("text", "the kind of instance", default="ml.m5.large", pattern=r"ml\.\S+"),
    "instances": Setting("whole", "how many instances answer", default=1, least=1),
    "serverless": Setting("group", "answer without instances of its own", fields=_SERVERLESS),
    "autoscaled": Setting(
        "flag",
        "whether something else chooses how many instances there are: an update keeps their number",
        default=False,
    ),
    "start_seconds": Setting("whole", "how long loading the model may take", default=300, least=60, most=3600),
    "env": Setting("pairs", "environment variables of the container, no secrets", keys=VARIABLE),
    "subnets": Setting("texts", "the subnets of a VPC in which the container is", pattern=r"subnet-\S+"),
    "security_groups": Setting("texts", "its security groups there", pattern=r"sg-\S+"),
    "alarms": Setting("texts", "names of CloudWatch's alarms that have SageMaker take an update back"),
    "tags": Setting("pairs", "more tags", keys=r"(?!(aws|gto):)[^\x00-\x1f\x7f]{1,128}"),
}


def requests_of(wanted: WantedDeployment) -> Json:
    """Return the three requests, by `model`, `endpoint_config` and `endpoint`.

    The first two are never changed: their name has a hash of all that they hold in it.
    """
    check_references(wanted, FILE)
    if not wanted.image:
        raise InvalidManifest(FILE, ["'image' is missing: the container that answers, also where `model` is given"])
    values = wanted.target.values
    model: Json = {"PrimaryContainer": _container(wanted), "ExecutionRoleArn": values["role"]}
    if values["subnets"] or values["security_groups"]:
        model["VpcConfig"] = {"SecurityGroupIds": values["security_groups"], "Subnets": values["subnets"]}
    model["Tags"] = [{"Key": key, "Value": value} for key, value in _tags(wanted).items()]
    variant = _variant(values)
    name = _name(wanted, json.dumps([model, variant], sort_keys=True))
    config = {
        "EndpointConfigName": name,
        "ProductionVariants": [{"VariantName": _VARIANT, "ModelName": name, **variant}],
        "Tags": model["Tags"],
    }
    endpoint = {"EndpointName": wanted.target.name, "EndpointConfigName": name, **_rollout(values)}
    return {"model": {"ModelName": name, **model}, "endpoint_config": config, "endpoint": endpoint}


def labels_of(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return what tags record, by the names of LABELS."""
    told = {one["Key"]: one["Value"] for one in tags}
    return {name: told[f"gto:{name}"] for name in LABELS if f"gto:{name}" in told}


def with_count(requests: Json, count: int | None, config: str) -> Json:
    """Return the requests as they would be of an endpoint with so many instances, and a configuration of that name."""
    (variant,) = requests["endpoint_config"]["ProductionVariants"]
    if count is not None and "InitialInstanceCount" in variant:
        variant = {**variant, "InitialInstanceCount": count}
    changed = {**requests["endpoint_config"], "ProductionVariants": [variant]}
    return {**requests, "endpoint_config": changed, "endpoint": {**requests["endpoint"], "EndpointConfigName": config}}


def _container(wanted: WantedDeployment) -> Json:
    found: Json = {"Image": wanted.image}
    if wanted.model.endswith("/"):
        source = {"S3Uri": wanted.model, "S3DataType": "S3Prefix", "CompressionType": "None"}
        found["ModelDataSource"] = {"S3DataSource": source}
    elif wanted.model:
        found["ModelDataUrl"] = wanted.model
    env = wanted.target.values["env"]
    return {**found, "Environment": dict(env)} if env else found


def _tags(wanted: WantedDeployment) -> dict[str, str]:
    return {**{f"gto:{name}": value for name, value in wanted.labels.items()}, **wanted.target.values["tags"]}


def _variant(values: Mapping[str, Any]) -> Json:
    if serverless := values["serverless"]:
        told = {"MemorySizeInMB": serverless["memory_mb"], "MaxConcurrency": serverless["concurrency"]}
        return {"ServerlessConfig": told}
    return {
        "InstanceType": values["instance_type"],
        "InitialInstanceCount": values["instances"],
        "ContainerStartupHealthCheckTimeoutInSeconds": values["start_seconds"],
    }


def _rollout(values: Mapping[str, Any]) -> Json:
    """Return how an update takes place: half of the instances at a time, where there are several."""
    if values["serverless"]:
        return {}
    config: Json = {}
    if values["instances"] > 1:
        batch = {"Type": "CAPACITY_PERCENT", "Value": 50}
        config["RollingUpdatePolicy"] = {"MaximumBatchSize": batch, "WaitIntervalInSeconds": 60}
    if values["alarms"]:
        config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": one} for one in values["alarms"]]}
        if "RollingUpdatePolicy" not in config:
            shift = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 60}
            config["BlueGreenUpdatePolicy"] = {"TrafficRoutingConfiguration": shift}
    found: Json = {"DeploymentConfig": config} if config else {}
    return {**found, "RetainAllVariantProperties": True} if values["autoscaled"] else found


def _name(wanted: WantedDeployment, told: str) -> str:
    """Return `TARGET-VERSION-HASH`, of the letters that SageMaker takes."""
    digest = hashlib.sha256(told.encode()).hexdigest()[:_HASH]
    version = re.sub(r"[^A-Za-z0-9]+", "-", wanted.version)
    start = f"{wanted.target.name}-{version}"[: _LONGEST_NAME - _HASH - 1].rstrip("-")
    return f"{start}-{digest}"


def _text(pattern: str = "") -> Setting:
    return Setting("text", "", required=True, pattern=pattern)


def _group(fields: Mapping[str, Setting], *, required: bool = False) -> Setting:
    return Setting("group", "", required=required, fields=fields)


_NUMBER = Setting("whole", "", required=True, least=0)
_NAME = _text(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_TAGS = Setting("groups", "", fields={"Key": _text(r"(?!aws:).{1,128}"), "Value": _text(r".{0,256}")})
_S3 = {"S3Uri": _text(r"(s3|https)://\S+"), "S3DataType": _text(), "CompressionType": _text()}
_BATCH = {"Type": _text(), "Value": _NUMBER}
_DEPLOYMENT = {
    "RollingUpdatePolicy": _group(
        {"MaximumBatchSize": _group(_BATCH, required=True), "WaitIntervalInSeconds": _NUMBER}
    ),
    "BlueGreenUpdatePolicy": _group(
        {"TrafficRoutingConfiguration": _group({"Type": _text(), "WaitIntervalInSeconds": _NUMBER}, required=True)}
    ),
    "AutoRollbackConfiguration": _group(
        {"Alarms": Setting("groups", "", required=True, fields={"AlarmName": _text()})}
    ),
}
_PRIMARY = {
    "Image": _text(r"[\S]{1,255}"),
    "ModelDataUrl": Setting("text", "an address on S3", pattern=r"(s3|https)://\S+"),
    "ModelDataSource": _group({"S3DataSource": _group(_S3, required=True)}),
    "Environment": Setting("pairs", ""),
}
_VARIANTS = {
    "VariantName": _text(),
    "ModelName": _NAME,
    "InstanceType": Setting("text", ""),
    "InitialInstanceCount": Setting("whole", "", least=1),
    "ContainerStartupHealthCheckTimeoutInSeconds": Setting("whole", "", least=60, most=3600),
    "ServerlessConfig": _group({"MemorySizeInMB": _NUMBER, "MaxConcurrency": _NUMBER}),
}
_VPC = {key: Setting("texts", "", required=True) for key in ("SecurityGroupIds", "Subnets")}
SHAPE = {
    "model": _group(
        {
            "ModelName": _NAME,
            "PrimaryContainer": _group(_PRIMARY, required=True),
            "ExecutionRoleArn": _text(),
            "VpcConfig": _group(_VPC),
            "Tags": _TAGS,
        },
        required=True,
    ),
    "endpoint_config": _group(
        {
            "EndpointConfigName": _NAME,
            "ProductionVariants": Setting("groups", "", required=True, fields=_VARIANTS),
            "Tags": _TAGS,
        },
        required=True,
    ),
    "endpoint": _group(
        {
            "EndpointName": _NAME,
            "EndpointConfigName": _NAME,
            "DeploymentConfig": _group(_DEPLOYMENT),
            "RetainAllVariantProperties": Setting("flag", ""),
        },
        required=True,
    ),
}
"""What the file may hold."""
