"""What every Kubernetes object of a deployment has: names, what is recorded on it, and the container that answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gto.exceptions import InvalidManifest
from gto.serve.deploy.settings import SECRETS, VARIABLE, Setting
from gto.serve.deploy.target import LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gto.serve.deploy.target import WantedDeployment

Json = dict[str, Any]

TARGET_LABEL = "gto/target"
"""The label by which the objects of a target are found, and the pods of its Service."""
PORT = 8080
_LONGEST_LABEL = 63

QUANTITY = r"[0-9]+(\.[0-9]+)?([KMGTPE]i|[mkMGTPE])?"
NAME = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"

CONTAINER_SETTINGS: Mapping[str, Setting] = {
    "context": Setting("text", "the context of kubectl's configuration; the current one where none is named"),
    "namespace": Setting("text", "the namespace; the context's where none is named", pattern=NAME, example="models"),
    "args": Setting(
        "texts",
        "the arguments of the image's entry point, `{version}` and its like put in; the image's own if left out",
    ),
    "env": Setting("pairs", "environment variables of the server, no secrets", keys=VARIABLE),
    SECRETS: Setting(
        "pairs",
        "environment variables whose values are entries of Secrets that the namespace has: `SECRET/ENTRY`",
        keys=VARIABLE,
        pattern=rf"{NAME}/[-._A-Za-z0-9]{{1,253}}",
        example="{DB_PASSWORD: churn-db/password}",
    ),
    "env_from": Setting("texts", "names of Secrets whose entries become environment variables", pattern=NAME),
    "pull_secrets": Setting("texts", "names of Secrets with which the image is pulled", pattern=NAME),
    "port": Setting("whole", "where the server in the image listens", default=PORT, least=1, most=65535),
    "requests": Setting(
        "pairs",
        "what is reserved for each replica",
        default={"cpu": "250m", "memory": "512Mi"},
        pattern=QUANTITY,
        example="{cpu: 500m, memory: 1Gi}",
    ),
    "limits": Setting("pairs", "what a replica may use at most", pattern=QUANTITY, example="{memory: 2Gi}"),
    "user": Setting("whole", "the id of the user as whom it runs; the image's where none is given", least=1),
    "service_account": Setting("text", "the ServiceAccount of the pods", pattern=NAME),
    "start_seconds": Setting("whole", "how long loading the model may take", default=300, least=10, most=3600),
}
"""The settings of what runs in a pod, of both kinds."""


def check_references(wanted: WantedDeployment, path: str) -> None:
    """Refuse an image and a model that are the same for each version, so that none would ever be deployed."""
    told = wanted.target.image + wanted.target.model
    if "{version}" not in told and "{commit}" not in told:
        raise InvalidManifest(path, ["neither `image` nor `model` has `{version}` or `{commit}` in it"])


def check_replicas(path: str, least: int, most: int | None) -> None:
    """Refuse more replicas at the least than at the most."""
    if most is not None and most < least:
        raise InvalidManifest(path, [f"at least {least} replicas, and at most {most}"])


def label_value(text: str) -> str:
    """Return a text as labels may have it, at most 63 of letters, digits, `-`, `_`, `.`; the annotation has it all."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", text)[:_LONGEST_LABEL].strip("._-")


def metadata(wanted: WantedDeployment) -> Json:
    """Return what tells an object, and what is recorded on it."""
    found: Json = {"name": wanted.target.name}
    if wanted.target.values["namespace"]:
        found["namespace"] = wanted.target.values["namespace"]
    return {**found, "labels": labels(wanted), "annotations": recorded_annotations(wanted)}


def labels(wanted: WantedDeployment) -> dict[str, str]:
    """Return the labels: what people and Services select by."""
    return {
        "app.kubernetes.io/name": label_value(wanted.artifact),
        "app.kubernetes.io/version": label_value(wanted.version),
        "app.kubernetes.io/managed-by": "gto",
        TARGET_LABEL: wanted.target.name,
    }


def recorded_annotations(wanted: WantedDeployment) -> dict[str, str]:
    """Return what is recorded in full."""
    recorded = {f"gto/{name}": value for name, value in wanted.labels.items()}
    return {**recorded, "gto/selector": wanted.target.selector}


def recorded_labels(annotated: Mapping[str, str]) -> dict[str, str]:
    """Return what recorded_annotations() recorded, by the names of LABELS."""
    return {name: annotated[f"gto/{name}"] for name in LABELS if f"gto/{name}" in annotated}


def pod_metadata(wanted: WantedDeployment) -> Json:
    """Return the labels and annotations of a pod: those that change with the version, so that it is replaced then.

    The hash of the settings is not among them: another number of replicas starts no pod anew.
    """
    kept = ("artifact", "version", "commit", "digest")
    recorded = {f"gto/{name}": value for name, value in wanted.labels.items() if name in kept}
    return {"labels": labels(wanted), "annotations": recorded}


def container(wanted: WantedDeployment, name: str, port_name: str) -> Json:
    """Return the container that answers: as no root, with no rights, on a file system that it cannot write."""
    values = wanted.target.values
    found: Json = {
        "name": name,
        "image": wanted.image,
        "args": [wanted.filled(one) for one in values["args"]],
        "ports": [{"name": port_name, "containerPort": values["port"], "protocol": "TCP"}],
        "env": environment(wanted),
        "envFrom": [{"secretRef": {"name": one}} for one in values["env_from"]],
        "resources": {key: dict(values[key]) for key in ("requests", "limits") if values[key]},
        **_probes(values["port"], values["start_seconds"]),
        "securityContext": _security(values["user"]),
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108  in the container
    }
    return {key: value for key, value in found.items() if value not in ([], {})}


def environment(wanted: WantedDeployment) -> list[Json]:
    """Return the variables of the server: values, and the entries of Secrets that hold some."""
    values = wanted.target.values
    plain = [{"name": key, "value": value} if value else {"name": key} for key, value in values["env"].items()]
    held = [(key, *place.split("/", 1)) for key, place in values[SECRETS].items()]
    return plain + [{"name": key, "valueFrom": {"secretKeyRef": {"name": one, "key": at}}} for key, one, at in held]


def serve_arguments(wanted: WantedDeployment, directory: str) -> list[str]:
    """Return the arguments of an image whose entry point is `gto`, for the version's file in a directory."""
    place = f"{wanted.artifact}@{wanted.version}={directory}/{wanted.file_name}"
    return ["serve", place, "--host", "0.0.0.0", "--port", str(wanted.target.values["port"])]  # noqa: S104  in a pod


def _probes(port: int, start_seconds: int) -> Json:
    ready, live = ({"path": f"/v2/health/{state}", "port": port} for state in ("ready", "live"))
    return {
        "startupProbe": {"httpGet": ready, "periodSeconds": 2, "failureThreshold": start_seconds // 2},
        "readinessProbe": {"httpGet": ready, "periodSeconds": 5, "timeoutSeconds": 5},
        "livenessProbe": {"httpGet": live, "periodSeconds": 10, "timeoutSeconds": 10, "failureThreshold": 6},
    }


def _security(user: int | None) -> Json:
    found: Json = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    return {**found, "runAsUser": user} if user else found


def pod_extras(wanted: WantedDeployment) -> Json:
    """Return what a pod has beside its containers."""
    values = wanted.target.values
    found: Json = {"volumes": [{"name": "tmp", "emptyDir": {}}]}
    if values["pull_secrets"]:
        found["imagePullSecrets"] = [{"name": one} for one in values["pull_secrets"]]
    if values["service_account"]:
        found["serviceAccountName"] = values["service_account"]
    return found
