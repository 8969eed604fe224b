"""Amazon SageMaker: an endpoint, whose configurations and models are named after versions and never changed."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from gto.exceptions import DeployFailed, DeployRefused, NotReady
from gto.serve.deploy.clouds.sagemaker_client import SageMakerClient
from gto.serve.deploy.clouds.sagemaker_requests import FILE, OWNER, SHAPE, VALUES, labels_of, requests_of, with_count
from gto.serve.deploy.polling import polls
from gto.serve.deploy.rendered_yaml import check_shape, read_rendered, rendered
from gto.serve.deploy.target import PlatformKind, RenderedFile, RunningDeployment, Unreachable

if TYPE_CHECKING:
    from gto.serve.deploy.target import WantedDeployment

Json = dict[str, Any]

_MOVING = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})
_READY = "InService"
_SETTLED = 3600.0  # seconds that an update of somebody, or of an apply that was ended, may still take
_KEPT = 2


class SageMakerEndpoint:
    """Runs versions behind an endpoint of SageMaker."""

    def __init__(self) -> None:
        """Ask nobody yet."""
        self._client: SageMakerClient | None = None

    def _asking(self, wanted: WantedDeployment) -> SageMakerClient:
        """Return the one client of a platform, which is made for one target: boto3 takes half a second for it."""
        if self._client is None:
            self._client = SageMakerClient(wanted)
        return self._client

    def render(self, wanted: WantedDeployment) -> tuple[RenderedFile, ...]:
        """Return the requests of a model, a configuration and the endpoint."""
        return (rendered(FILE, requests_of(wanted)),)

    def validate(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:  # noqa: ARG002  as Platform has it
        """Check the requests by their closed shape."""
        for one in files:
            check_shape(one, SHAPE)

    def running(self, wanted: WantedDeployment) -> RunningDeployment | Unreachable | None:
        """Return what the tags of the configuration say that the endpoint has."""
        try:
            client = self._asking(wanted)
            found = client.find("describe_endpoint", EndpointName=wanted.target.name)
            return None if found is None else _running(client, wanted, found)
        except DeployFailed as error:
            return Unreachable(error.message)

    def alone(self, wanted: WantedDeployment) -> AbstractContextManager[None]:  # noqa: ARG002  as Platform has it
        """Leave it to SageMaker, which takes no second update while one is under way."""
        return nullcontext()

    def apply(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:
        """Make the model and the configuration where they are not there, and have the endpoint take them."""
        client = self._asking(wanted)
        requests = read_rendered(files[0])
        name = wanted.target.name
        found = self._settled(client, name, _SETTLED)
        if found is not None and not _is_ours(client, found, name):
            raise DeployRefused(f"The endpoint '{name}' is there, and no target of GTO made it", _NOT_OURS)
        if found is not None and found["EndpointStatus"] == "Failed":  # it can only be deleted
            client.call("delete_endpoint", EndpointName=name)
            found = self._settled(client, name, _SETTLED)
        self._make(client, requests)
        if found is None:
            made = {key: requests["endpoint"][key] for key in ("EndpointName", "EndpointConfigName")}
            client.call("create_endpoint", **made, Tags=[{"Key": OWNER, "Value": name}])
        elif found["EndpointConfigName"] != requests["endpoint"]["EndpointConfigName"] or _state(found) != _READY:
            client.call("update_endpoint", **requests["endpoint"])
        else:
            self._scale(client, requests, found)

    @staticmethod
    def _make(client: SageMakerClient, requests: Json) -> None:
        for kind, key in (("model", "ModelName"), ("endpoint_config", "EndpointConfigName")):
            if client.find(f"describe_{kind}", **{key: requests[kind][key]}) is None:
                client.call(f"create_{kind}", **requests[kind])

    @staticmethod
    def _scale(client: SageMakerClient, requests: Json, found: Json) -> None:
        (variant,) = requests["endpoint_config"]["ProductionVariants"]
        count = variant.get("InitialInstanceCount")
        if count in (None, _count(found)) or "RetainAllVariantProperties" in requests["endpoint"]:
            return
        wish = {"VariantName": variant["VariantName"], "DesiredInstanceCount": count}
        endpoint = requests["endpoint"]["EndpointName"]
        client.call("update_endpoint_weights_and_capacities", EndpointName=endpoint, DesiredWeightsAndCapacities=[wish])

    def _settled(self, client: SageMakerClient, name: str, seconds: float) -> Json | None:
        """Return the endpoint once nothing changes it; None where there is none."""
        state = ""
        for _ in polls(seconds):
            found = client.find("describe_endpoint", EndpointName=name)
            if found is None or (state := _state(found)) not in _MOVING:
                return found
        raise NotReady(f"the endpoint is {state} after {seconds:g} s", _LATER)

    def wait_ready(self, wanted: WantedDeployment, seconds: float) -> None:
        """Return once the endpoint has the version's configuration; then remove all but that and the one before."""
        client = self._asking(wanted)
        self._wait(client, wanted.target.name, requests_of(wanted)["endpoint"]["EndpointConfigName"], seconds)
        with suppress(DeployFailed):  # who may not delete has deployed nevertheless
            _remove_old(client, wanted)

    def _wait(self, client: SageMakerClient, name: str, config: str, seconds: float) -> None:
        found = self._settled(client, name, seconds)
        if found is None:
            raise NotReady("the endpoint is gone")
        if _state(found) != _READY or found["EndpointConfigName"] != config:
            what = "SageMaker took the update back" if _state(found) == _READY else f"it is {_state(found)}"
            reason = found.get("FailureReason") or "it says no reason"
            raise NotReady(f"{what}: {reason}", "the log group /aws/sagemaker/Endpoints/... says more")

    def ask(self, wanted: WantedDeployment, request: bytes) -> bytes | None:
        """Invoke the endpoint."""
        return self._asking(wanted).invoke(wanted.target.name, request)

    def go_back(self, wanted: WantedDeployment, before: RunningDeployment) -> bool:
        """Have the endpoint take the configuration that it had; SageMaker may have done so already."""
        client = self._asking(wanted)
        found = self._settled(client, wanted.target.name, _SETTLED)
        earlier = next((name for name, tags in _ours(client, wanted) if labels_of(tags) == before.labels), None)
        if found is None or earlier is None or _state(found) == "Failed":
            return False
        if found["EndpointConfigName"] != earlier or _state(found) != _READY:
            client.call("update_endpoint", EndpointName=wanted.target.name, EndpointConfigName=earlier)
        self._wait(client, wanted.target.name, earlier, _SETTLED)
        return True


_NOT_OURS = f"name the target otherwise; if it is yours to replace, give the endpoint the tag {OWNER}"
_LATER = "it may come yet: `gto deploy status`; --timeout waits longer"


def _state(found: Json) -> str:
    return str(found["EndpointStatus"])


def _count(found: Json) -> int | None:
    """Return how many instances are wanted of an endpoint with one variant."""
    counts = [one.get("DesiredInstanceCount") for one in found.get("ProductionVariants", ())]
    return counts[0] if len(counts) == 1 else None


def _is_ours(client: SageMakerClient, found: Json, name: str) -> bool:
    return {"Key": OWNER, "Value": name} in client.tags(found["EndpointArn"])


def _running(client: SageMakerClient, wanted: WantedDeployment, found: Json) -> RunningDeployment:
    if not _is_ours(client, found, wanted.target.name):
        return RunningDeployment({}, ready=False, detail="the endpoint is none that GTO made")
    config = client.find("describe_endpoint_config", EndpointConfigName=found["EndpointConfigName"])
    labels = labels_of(client.tags(config["EndpointConfigArn"])) if config is not None else {}
    ready = _state(found) == _READY
    detail = " ".join(filter(None, (_state(found), found.get("FailureReason", ""))))
    if labels != wanted.labels or not ready:
        return RunningDeployment(labels, ready, detail)
    count = None if wanted.target.values["autoscaled"] else _count(found)
    live = with_count(requests_of(wanted), count, found["EndpointConfigName"])
    return RunningDeployment(labels, ready, detail, (rendered(FILE, live),))


def _ours(client: SageMakerClient, wanted: WantedDeployment) -> list[tuple[str, list[dict[str, str]]]]:
    """Return the names of the target's configurations, the newest first, with their tags."""
    name = wanted.target.name
    listed = client.pages("list_endpoint_configs", "EndpointConfigs", NameContains=name, MaxResults=100)
    newest = sorted(listed, key=lambda one: str(one["CreationTime"]), reverse=True)
    tagged = [
        (one["EndpointConfigName"], client.tags(one["EndpointConfigArn"]))
        for one in newest
        if one["EndpointConfigName"].startswith(f"{name}-")
    ]
    return [(config, tags) for config, tags in tagged if {"Key": OWNER, "Value": name} in tags]


def _remove_old(client: SageMakerClient, wanted: WantedDeployment) -> None:
    """Remove the configurations of the target, and their models, but for the one that answers and the one before."""
    now = requests_of(wanted)["endpoint"]["EndpointConfigName"]
    others = [config for config, _ in _ours(client, wanted) if config != now]
    for config in others[_KEPT - 1 :]:
        client.call("delete_endpoint_config", EndpointConfigName=config)
        client.find("delete_model", ModelName=config)  # which has the same name


KIND = PlatformKind(
    help="An endpoint of Amazon SageMaker, by boto3.",
    values=VALUES,
    make=SageMakerEndpoint,
    takes=("image", "model"),
)
