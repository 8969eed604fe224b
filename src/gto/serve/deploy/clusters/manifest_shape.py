"""The closed shape of each Kubernetes object that is rendered: a key that is not in it, or misspelt, is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gto.exceptions import InvalidManifest
from gto.serve.deploy.clusters.kubernetes_objects import NAME, QUANTITY
from gto.serve.deploy.rendered_yaml import check_shape
from gto.serve.deploy.settings import VARIABLE, Setting
from gto.yamldoc.document import load_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gto.serve.deploy.target import RenderedFile

Shape = dict[str, Setting]

_IMAGE = (
    r"[a-z0-9]+([.-][a-z0-9]+)*(:[0-9]+)?(/[a-z0-9]+((\.|__?|-+)[a-z0-9]+)*)*"
    r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?"
)
_LABEL = r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?"


def text(help: str = "", pattern: str = "", *choices: str) -> Setting:  # noqa: A002  as Setting names it
    """Return a text that must be there."""
    return Setting("text", help, required=True, pattern=pattern, choices=choices)


def group(fields: Shape, *, required: bool = False) -> Setting:
    """Return a mapping."""
    return Setting("group", "", required=required, fields=fields)


def groups(fields: Shape) -> Setting:
    """Return a list of mappings."""
    return Setting("groups", "", fields=fields)


def an_object(version: str, kind: str, spec: Shape) -> Shape:
    """Return the shape of an object with this `spec`."""
    head = {"apiVersion": text("", "", version), "kind": text("", "", kind)}
    return {**head, "metadata": group(_METADATA, required=True), "spec": group(spec, required=True)}


_WHOLE, _FLAG, TEXTS = Setting("whole", "", least=0), Setting("flag", ""), Setting("pairs", "")
LABELS = Setting("pairs", "a label: at most 63 of letters, digits, - _ .", pattern=_LABEL)
_METADATA: Shape = {
    "name": text("small letters, digits and -, a letter first", f"(?=[a-z]){NAME}"),
    "namespace": Setting("text", "small letters, digits and -", pattern=NAME),
    "labels": LABELS,
    "annotations": TEXTS,
}
_PROBE = group(
    {
        "httpGet": group({"path": text(), "port": Setting("any", "", required=True)}, required=True),
        **dict.fromkeys(("periodSeconds", "timeoutSeconds", "failureThreshold"), _WHOLE),
    }
)
_QUANTITIES = Setting("pairs", "a quantity, as 500m or 2Gi", pattern=QUANTITY)
_SECURITY: Shape = {
    **dict.fromkeys(("allowPrivilegeEscalation", "readOnlyRootFilesystem", "runAsNonRoot"), _FLAG),
    "runAsUser": _WHOLE,
    "capabilities": group({"drop": Setting("texts", "")}),
    "seccompProfile": group({"type": text()}),
}
_PORT: Shape = {"name": text("", NAME), "containerPort": Setting("whole", "", required=True), "protocol": text()}
_ENTRY = group({"name": text("", NAME), "key": text("", r"[-._A-Za-z0-9]+")}, required=True)
_MOUNT: Shape = {"name": text(), "mountPath": text("", "/.*"), "readOnly": _FLAG}
CONTAINER: Shape = {
    "name": text("", NAME),
    "image": text("an image's reference: small letters, host/path:tag", _IMAGE),
    "args": Setting("texts", ""),
    "ports": groups(_PORT),
    "env": groups(
        {"name": text("", VARIABLE), "value": Setting("text", ""), "valueFrom": group({"secretKeyRef": _ENTRY})}
    ),
    "envFrom": groups({"secretRef": group({"name": text()}, required=True)}),
    "resources": group({"requests": _QUANTITIES, "limits": _QUANTITIES}),
    **dict.fromkeys(("startupProbe", "readinessProbe", "livenessProbe"), _PROBE),
    "lifecycle": group({"preStop": group({"sleep": group({"seconds": Setting("whole", "", required=True)})})}),
    "securityContext": group(_SECURITY, required=True),
    "volumeMounts": groups(_MOUNT),
}
_NAMED = groups({"name": text()})
POD_EXTRAS: Shape = {
    "volumes": groups(
        {
            "name": text("", NAME),
            "emptyDir": group({}),
            "image": group({"reference": text("", _IMAGE), "pullPolicy": text()}),
        }
    ),
    "imagePullSecrets": _NAMED,
    "serviceAccountName": Setting("text", "", pattern=NAME),
}
_POD: Shape = {
    "containers": groups(CONTAINER),
    **POD_EXTRAS,
    **dict.fromkeys(("automountServiceAccountToken", "enableServiceLinks"), _FLAG),
    "terminationGracePeriodSeconds": _WHOLE,
}
_ROLLING = group({"maxSurge": _WHOLE, "maxUnavailable": _WHOLE})
_SELECTOR = group({"matchLabels": LABELS}, required=True)
_TEMPLATE = group(
    {"metadata": group({"labels": LABELS, "annotations": TEXTS}, required=True), "spec": group(_POD, required=True)},
    required=True,
)
_UTILIZATION: Shape = {"type": text("", "", "Utilization"), "averageUtilization": _WHOLE}
_METRIC: Shape = {
    "type": text("", "", "Resource"),
    "resource": group({"name": text(), "target": group(_UTILIZATION, required=True)}, required=True),
}
KUBERNETES: Mapping[str, Shape] = {
    "Deployment": an_object(
        "apps/v1",
        "Deployment",
        {
            "replicas": _WHOLE,
            "selector": _SELECTOR,
            "strategy": group({"type": text("", "", "RollingUpdate"), "rollingUpdate": _ROLLING}, required=True),
            "template": _TEMPLATE,
        },
    ),
    "Service": an_object(
        "v1",
        "Service",
        {
            "type": text("", "", "ClusterIP", "NodePort", "LoadBalancer"),
            "selector": LABELS,
            "ports": groups({"name": text(), "port": _WHOLE, "targetPort": text(), "protocol": text()}),
        },
    ),
    "HorizontalPodAutoscaler": an_object(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        {
            "scaleTargetRef": group({"apiVersion": text(), "kind": text(), "name": text()}, required=True),
            "minReplicas": _WHOLE,
            "maxReplicas": _WHOLE,
            "metrics": groups(_METRIC),
        },
    ),
    "PodDisruptionBudget": an_object(
        "policy/v1", "PodDisruptionBudget", {"maxUnavailable": _WHOLE, "selector": _SELECTOR}
    ),
}
"""By kind."""


def check_manifest(one: RenderedFile, shapes: Mapping[str, Mapping[str, Setting]]) -> None:
    """Raise InvalidManifest for a file that is not of its kind's shape; a kind without one is refused, too."""
    value = load_text(one.text, one.path).value
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind not in shapes:
        raise InvalidManifest(one.path, [f"'{kind}' is none of the kinds that are known: {', '.join(shapes)}"])
    check_shape(one, shapes[str(kind)], value)
