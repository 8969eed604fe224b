"""Kubernetes: a Deployment and its Service, which replace pod by pod, and are never fewer than asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gto.exceptions import InvalidManifest
from gto.serve.deploy.clusters.cluster_platform import ClusterObjects, ClusterPlatform
from gto.serve.deploy.clusters.kubernetes_objects import (
    CONTAINER_SETTINGS,
    TARGET_LABEL,
    check_references,
    check_replicas,
    container,
    metadata,
    pod_extras,
    pod_metadata,
    serve_arguments,
)
from gto.serve.deploy.clusters.manifest_shape import KUBERNETES
from gto.serve.deploy.settings import Setting
from gto.serve.deploy.target import PlatformKind

if TYPE_CHECKING:
    from gto.serve.deploy.target import WantedDeployment

Json = dict[str, Any]

_CAR = "/mnt/modelcar"
_DRAIN = 5  # seconds for the cluster to stop sending requests to a pod that is to end

_AUTOSCALE = {
    "min": Setting("whole", "the fewest replicas", required=True, least=1),
    "max": Setting("whole", "the most replicas", required=True, least=1),
    "cpu": Setting("whole", "the percentage of the requested CPU that is aimed at", default=70, least=1, most=1000),
}
_VALUES = {
    **CONTAINER_SETTINGS,
    "replicas": Setting("whole", "how many pods answer", default=1, least=0),
    "autoscale": Setting("group", "replicas as the load asks for them, in place of `replicas`", fields=_AUTOSCALE),
    "service_type": Setting(
        "text", "who reaches the Service", default="ClusterIP", choices=("ClusterIP", "NodePort", "LoadBalancer")
    ),
    "service_port": Setting("whole", "the port of the Service", default=80, least=1, most=65535),
}


def _manifests(wanted: WantedDeployment) -> dict[str, Json]:
    values = wanted.target.values
    check_references(wanted, "deployment.yaml")
    if not wanted.image:
        raise InvalidManifest("deployment.yaml", ["`image` is missing: one that serves by GTO"])
    found = {"service.yaml": _service(wanted)}
    if scale := values["autoscale"]:
        check_replicas("autoscaler.yaml", scale["min"], scale["max"])
        found["autoscaler.yaml"] = _autoscaler(wanted)
    if _fewest(wanted) > 1:
        found["disruption-budget.yaml"] = _budget(wanted)
    return {**found, "deployment.yaml": _deployment(wanted)}


def _fewest(wanted: WantedDeployment) -> int:
    values = wanted.target.values
    count: int = values["autoscale"]["min"] if values["autoscale"] else values["replicas"]
    return count


def _deployment(wanted: WantedDeployment) -> Json:
    values = wanted.target.values
    spec: Json = {} if values["autoscale"] else {"replicas": values["replicas"]}
    spec |= {
        "selector": {"matchLabels": {TARGET_LABEL: wanted.target.name}},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
        "template": {"metadata": pod_metadata(wanted), "spec": _pod(wanted)},
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata(wanted), "spec": spec}


def _pod(wanted: WantedDeployment) -> Json:
    server = container(wanted, "server", "http")
    server["lifecycle"] = {"preStop": {"sleep": {"seconds": _DRAIN}}}
    found: Json = {
        "containers": [server],
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 60,
        **pod_extras(wanted),
    }
    if wanted.model:
        reference = wanted.model.removeprefix("oci://")
        found["volumes"].append({"name": "model", "image": {"reference": reference, "pullPolicy": "IfNotPresent"}})
        server.setdefault("args", serve_arguments(wanted, f"{_CAR}/models"))
        server["volumeMounts"].append({"name": "model", "mountPath": _CAR, "readOnly": True})
    return found


def _service(wanted: WantedDeployment) -> Json:
    values = wanted.target.values
    spec = {
        "type": values["service_type"],
        "selector": {TARGET_LABEL: wanted.target.name},
        "ports": [{"name": "http", "port": values["service_port"], "targetPort": "http", "protocol": "TCP"}],
    }
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata(wanted), "spec": spec}


def _autoscaler(wanted: WantedDeployment) -> Json:
    scale = wanted.target.values["autoscale"]
    target = {"type": "Utilization", "averageUtilization": scale["cpu"]}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": wanted.target.name},
        "minReplicas": scale["min"],
        "maxReplicas": scale["max"],
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }
    kind = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"}
    return {**kind, "metadata": metadata(wanted), "spec": spec}


def _budget(wanted: WantedDeployment) -> Json:
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": {TARGET_LABEL: wanted.target.name}}}
    kind = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget"}
    return {**kind, "metadata": metadata(wanted), "spec": spec}


def _state(deployment: Json) -> tuple[bool, str]:
    spec, status = deployment["spec"], deployment.get("status", {})
    wanted, available = spec.get("replicas", 1), status.get("availableReplicas", 0)
    is_seen = status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
    is_done = status.get("updatedReplicas", 0) == wanted == status.get("replicas", 0)
    return is_seen and is_done and available >= wanted, f"{available} of {wanted} replicas"


_OBJECTS = ClusterObjects(
    manifests=_manifests,
    resources=(
        "services",
        "horizontalpodautoscalers.autoscaling",
        "poddisruptionbudgets.policy",
        "deployments.apps",
    ),
    shapes=KUBERNETES,
    state=_state,
    wait=lambda name: ("rollout", "status", f"deployment/{name}"),
    service=lambda name: f"{name}:http",
)
KIND = PlatformKind(
    help="A Deployment and a Service on a Kubernetes cluster, by kubectl or rendered for Argo CD and Flux.",
    values=_VALUES,
    make=lambda: ClusterPlatform(_OBJECTS),
    takes=("image", "model"),
)
