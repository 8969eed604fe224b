"""KServe: an InferenceService, whose predictor is an image that serves by GTO, or one of KServe's own servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gto.exceptions import InvalidManifest
from gto.serve.deploy.clusters.cluster_platform import ClusterObjects, ClusterPlatform
from gto.serve.deploy.clusters.kubernetes_objects import (
    CONTAINER_SETTINGS,
    check_references,
    check_replicas,
    container,
    environment,
    metadata,
    pod_extras,
    pod_metadata,
    serve_arguments,
)
from gto.serve.deploy.clusters.manifest_shape import (
    CONTAINER,
    LABELS,
    POD_EXTRAS,
    TEXTS,
    an_object,
    group,
    groups,
    text,
)
from gto.serve.deploy.settings import Setting
from gto.serve.deploy.target import PlatformKind

if TYPE_CHECKING:
    from gto.serve.deploy.target import WantedDeployment

Json = dict[str, Any]

_MODELS = "/mnt/models"
"""Where KServe puts the files of the model."""
_FILE = "inference-service.yaml"
_RESOURCE = "inferenceservices.serving.kserve.io"
_READS = {
    "xgboost": (("xgboost-json", "xgboost-ubj"), (".json", ".ubj", ".bst")),
    "lightgbm": (("lightgbm",), (".bst",)),
    "sklearn": (("joblib", "pickle"), (".joblib", ".pkl", ".pickle")),
}
"""What KServe's own servers load, in GTO's words, and the endings of the files that they look for."""
_VALUES = {
    **CONTAINER_SETTINGS,
    "format": Setting(
        "text", "have KServe's own server of this format load `model`, in place of an image", choices=tuple(_READS)
    ),
    "mode": Setting(
        "text", "how KServe deploys it; its own default where none is named", choices=("Standard", "Knative")
    ),
    "min_replicas": Setting("whole", "the fewest replicas; 0, where KServe may scale to none", default=1, least=0),
    "max_replicas": Setting("whole", "the most replicas", least=1),
    "canary_percent": Setting(
        "whole",
        "the share of requests for a new version, the rest for the one before; only of mode Knative",
        least=0,
        most=100,
    ),
}


def _manifests(wanted: WantedDeployment) -> dict[str, Json]:
    values = wanted.target.values
    check_references(wanted, _FILE)
    check_replicas(_FILE, values["min_replicas"], values["max_replicas"])
    predictor: Json = {"minReplicas": values["min_replicas"], **pod_metadata(wanted)}
    if values["max_replicas"]:
        predictor["maxReplicas"] = values["max_replicas"]
    if values["canary_percent"] is not None:
        if values["mode"] != "Knative":
            raise InvalidManifest(_FILE, ["canary_percent: KServe splits requests so only with `mode: Knative`"])
        predictor["canaryTrafficPercent"] = values["canary_percent"]
    predictor |= _by_format(wanted) if values["format"] else _by_image(wanted)
    head = metadata(wanted)
    if values["mode"]:
        head["annotations"]["serving.kserve.io/deploymentMode"] = values["mode"]
    kind = {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService"}
    return {_FILE: {**kind, "metadata": head, "spec": {"predictor": predictor}}}


def _by_image(wanted: WantedDeployment) -> Json:
    if not wanted.image:
        raise InvalidManifest(_FILE, ["`image` is missing: one that serves by GTO, or `format` with a `model`"])
    server = container(wanted, "kserve-container", "http1")
    if wanted.model:
        server["env"] = [*server.get("env", []), {"name": "STORAGE_URI", "value": _storage_uri(wanted)}]
        server.setdefault("args", serve_arguments(wanted, _MODELS))
    return {"containers": [server], **pod_extras(wanted)}


def _by_format(wanted: WantedDeployment) -> Json:
    values = wanted.target.values
    name = values["format"]
    if not wanted.model or wanted.target.image:
        raise InvalidManifest(_FILE, [f"`format: {name}` takes `model`, where KServe finds it, and no `image`"])
    is_format = wanted.facts.format if wanted.facts is not None else ""
    formats, endings = _READS[name]
    if is_format not in formats:
        known = f"'{is_format}'" if is_format else "of an unknown format, without a side-car"
        what = f"{wanted.artifact} {wanted.version} is {known}"
        raise InvalidManifest(_FILE, [f"`format: {name}` reads {', '.join(formats)}; {what}"])
    if not wanted.file_name.endswith(endings):
        raise InvalidManifest(_FILE, [f"KServe looks for {', '.join(endings)}; the file is '{wanted.file_name}'"])
    model: Json = {
        "modelFormat": {"name": name},
        "protocolVersion": "v2",
        "storageUri": _storage_uri(wanted),
        "resources": {key: dict(values[key]) for key in ("requests", "limits") if values[key]},
        "env": environment(wanted),
    }
    extras = {key: value for key, value in pod_extras(wanted).items() if key != "volumes"}
    return {"model": {key: value for key, value in model.items() if value}, **extras}


def _storage_uri(wanted: WantedDeployment) -> str:
    """Return where KServe's initializer gets the model: a plain `oci://` needs a shell in the image; ours has none."""
    uri = wanted.model
    return f"oci+fetch://{uri.removeprefix('oci://')}" if uri.startswith("oci://") else uri


def _state(service: Json) -> tuple[bool, str]:
    status = service.get("status", {})
    found = {one["type"]: one for one in status.get("conditions", [])}
    ready = found.get("Ready", {}).get("status") == "True"
    generation = service["metadata"].get("generation", 0)
    is_seen = status.get("observedGeneration", generation) >= generation
    whys = [one["message"] for one in found.values() if one.get("status") == "False" and one.get("message")]
    return ready and is_seen, whys[0] if whys else "ready" if ready and is_seen else "not ready yet"


_COUNT = Setting("whole", "", least=0)
_MODEL = group(
    {
        "modelFormat": group({"name": text("", "", *_READS)}, required=True),
        "protocolVersion": text("", "", "v2"),
        "storageUri": text("an address, as oci+fetch://host/path:tag", r"[a-z0-9+]+://\S+"),
        "resources": CONTAINER["resources"],
        "env": CONTAINER["env"],
    }
)
_PREDICTOR = {
    **dict.fromkeys(("minReplicas", "maxReplicas", "canaryTrafficPercent"), _COUNT),
    "labels": LABELS,
    "annotations": TEXTS,
    "containers": groups(CONTAINER),
    "model": _MODEL,
    **POD_EXTRAS,
}
_SHAPE = an_object("serving.kserve.io/v1beta1", "InferenceService", {"predictor": group(_PREDICTOR, required=True)})
_OBJECTS = ClusterObjects(
    manifests=_manifests,
    resources=(_RESOURCE,),
    shapes={"InferenceService": _SHAPE},
    state=_state,
    wait=lambda name: ("wait", "--for=condition=Ready", f"{_RESOURCE}/{name}"),
    service=lambda name: f"{name}-predictor:80",
    has_pods=lambda wanted: wanted.target.values["min_replicas"] > 0,
)
KIND = PlatformKind(
    help="An InferenceService of KServe on a Kubernetes cluster, by kubectl or rendered for Argo CD and Flux.",
    values=_VALUES,
    make=lambda: ClusterPlatform(_OBJECTS),
    takes=("image", "model"),
)
