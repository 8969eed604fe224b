"""Ray Serve: an application beside those of others, by the REST interface of a cluster that runs."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gto.exceptions import DeployFailed, DeployRefused, NotReady, StorageError
from gto.serve.deploy.clusters.kubernetes_objects import check_replicas
from gto.serve.deploy.clusters.ray_interface import TOKEN_HINT, put_applications, read_applications
from gto.serve.deploy.platform_request import ask_sample
from gto.serve.deploy.polling import polls
from gto.serve.deploy.rendered_yaml import check_shape, read_rendered, rendered
from gto.serve.deploy.settings import HTTP_ADDRESS, VARIABLE, Setting
from gto.serve.deploy.target import LABELS, PlatformKind, RenderedFile, RunningDeployment, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gto.serve.deploy.target import WantedDeployment

Json = dict[str, Any]

_FILE = "serve.yaml"
_APP = "gto.serve.adapters.ray_deployment:app"
_DEPLOYMENT = "gto"
_LONGEST_PAUSE = 0.5
_BACK = 120.0  # seconds for what ran before to run again
_LONGEST_STATE = 300
_REDACTED = "<redacted>"
_KEPT = ("proxy_location", "http_options", "grpc_options", "target_capacity")
"""What a cluster has beside its applications, and would lose where it is not sent back."""
_ROUTE = r"/|(/[A-Za-z0-9._~-]+)+"

_AUTOSCALE = {
    "min": Setting("whole", "the fewest replicas", required=True, least=0),
    "max": Setting("whole", "the most replicas", required=True, least=1),
}
_VALUES: Mapping[str, Setting] = {
    "address": Setting("text", "Ray's dashboard", default="http://127.0.0.1:8265", pattern=HTTP_ADDRESS),
    "serve_address": Setting(
        "text", "where Serve answers; port 8000 of the dashboard's host where none is given", pattern=HTTP_ADDRESS
    ),
    "repo": Setting("text", "the repository, as the cluster's machines reach it", required=True),
    "trusted": Setting("flag", "whether files may be loaded whose loading runs code", default=False),
    "route_prefix": Setting("text", "the path of its requests; `/` and the target's name if left out", pattern=_ROUTE),
    "replicas": Setting("whole", "how many replicas answer", default=1, least=1),
    "autoscale": Setting("group", "replicas as the load asks for them, in place of `replicas`", fields=_AUTOSCALE),
    "cpus": Setting("number", "CPUs of each replica", default=1, least=0),
    "gpus": Setting("number", "GPUs of each replica", default=0, least=0),
    "pip": Setting("texts", "packages that Ray installs for the replicas; else those of the cluster's machines"),
    "env": Setting("pairs", "environment variables of the replicas, no secrets", keys=VARIABLE),
}


class RayServe:
    """Applications of Ray Serve; nothing here starts or stops Ray."""

    def render(self, wanted: WantedDeployment) -> tuple[RenderedFile, ...]:
        """Return the configuration of the application, as `serve deploy` and KubeRay take it."""
        return (rendered(_FILE, {"applications": [_application(wanted)]}),)

    def validate(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:  # noqa: ARG002  as Platform has it
        """Check the configuration by a closed shape: Ray's own schema lets misspelt keys through."""
        for one in files:
            check_shape(one, _SHAPE)

    def running(self, wanted: WantedDeployment) -> RunningDeployment | Unreachable | None:
        """Return what the application of the target's name says."""
        try:
            found = read_applications(wanted.target.values["address"])
        except (StorageError, DeployFailed) as error:
            return Unreachable(error.message)
        one = found["applications"].get(wanted.target.name)
        if one is None:
            return None
        config = one.get("deployed_app_config") or {}
        told = config.get("args", {}).get("labels", {})
        labels = {name: told[name] for name in LABELS if name in told}
        file = rendered(_FILE, {"applications": [_in_order(config)]})
        return RunningDeployment(labels, one["status"] == "RUNNING", _state(one), (file,) if config else ())

    def alone(self, wanted: WantedDeployment) -> AbstractContextManager[None]:  # noqa: ARG002  as Platform has it
        """Return no lock: Ray has none, and the last writer of all applications wins."""
        return nullcontext()

    def apply(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:
        """Send all applications of the cluster, with ours among them: those that are left out would be removed."""
        (ours,) = read_rendered(files[0])["applications"]
        found = read_applications(wanted.target.values["address"])
        others = [_other(name, one) for name, one in found["applications"].items() if name != ours["name"]]
        taken = [
            one["name"] for one in others if one is not None and one.get("route_prefix", "/") == ours["route_prefix"]
        ]
        if taken:
            raise DeployRefused(f"'{taken[0]}' has the path {ours['route_prefix']}", "choose another `route_prefix`")
        kept = {key: found[key] for key in _KEPT if found.get(key) is not None}
        body = {**kept, "applications": [*(one for one in others if one is not None), ours]}
        if _REDACTED in json.dumps(body):
            raise DeployRefused("Ray hides settings of other applications, which could not be sent back", TOKEN_HINT)
        put_applications(wanted.target.values["address"], body)

    def wait_ready(self, wanted: WantedDeployment, seconds: float) -> None:
        """Wait until the application runs with what was sent."""
        self._wait(wanted, wanted.labels, seconds)

    def _wait(self, wanted: WantedDeployment, labels: Mapping[str, str], seconds: float) -> None:
        detail = ""
        for _ in polls(seconds, _LONGEST_PAUSE):
            found = self.running(wanted)
            if isinstance(found, RunningDeployment):
                detail = found.detail
                if found.labels == labels and found.ready:
                    return
                if found.labels == labels and detail.startswith("DEPLOY_FAILED"):
                    raise NotReady(f"Ray Serve: {detail}", "`serve status` says more")
            elif found is not None:
                detail = found.reason
        raise NotReady(f"it is not ready after {seconds:g} s: {detail or 'nothing is there'}", "`serve status`")

    def ask(self, wanted: WantedDeployment, request: bytes) -> bytes | None:
        """Ask Serve's own address."""
        values = wanted.target.values
        host = urlsplit(values["address"])
        start = values["serve_address"] or f"{host.scheme}://{host.hostname}:8000"
        return ask_sample(start.rstrip("/") + _route(wanted), wanted.artifact, request)

    def go_back(self, wanted: WantedDeployment, before: RunningDeployment) -> bool:
        """Send the application as it was, and wait for it: Ray Serve stops what ran where an update fails."""
        if not before.files:
            return False
        self.apply(wanted, before.files)
        self._wait(wanted, before.labels, _BACK)
        return True


def _application(wanted: WantedDeployment) -> Json:
    values = wanted.target.values
    scale = values["autoscale"]
    replicas: Json = {"num_replicas": values["replicas"]}
    if scale:
        check_replicas(_FILE, scale["min"], scale["max"])
        replicas = {"autoscaling_config": {"min_replicas": scale["min"], "max_replicas": scale["max"]}}
    environment = {key: value for key, value in (("pip", values["pip"]), ("env_vars", values["env"])) if value}
    found: Json = {
        "name": wanted.target.name,
        "route_prefix": _route(wanted),
        "import_path": _APP,
        "runtime_env": environment,
        "args": {
            "place": f"{wanted.artifact}@{wanted.version}",
            "repo": values["repo"],
            "trusted": values["trusted"],
            "labels": wanted.labels,
        },
        "deployments": [
            {
                "name": _DEPLOYMENT,
                **replicas,
                "ray_actor_options": {f"num_{one}": float(values[one]) for one in ("cpus", "gpus") if values[one]},
            }
        ],
    }
    return found if environment else {key: value for key, value in found.items() if key != "runtime_env"}


def _route(wanted: WantedDeployment) -> str:
    return wanted.target.values["route_prefix"] or f"/{wanted.target.name}"


def _other(name: str, one: Json) -> Json | None:
    """Return the configuration of somebody's application; None where it has none, as what `serve.run` started."""
    config: Json | None = one.get("deployed_app_config")
    if config is None and str(one.get("source", "")).lower() == "declarative":
        raise DeployRefused(f"Ray does not tell the settings of '{name}', and would remove it", "try again")
    return config


def _state(application: Json) -> str:
    """Return what Ray says of an application: its status, and the last line of what a deployment complains of."""
    said = [one.get("message", "") for one in application.get("deployments", {}).values()]
    lines = [line.strip() for text in (application.get("message", ""), *said) for line in text.splitlines()[-1:]]
    return " ".join(filter(None, (application["status"], *lines)))[:_LONGEST_STATE]


def _in_order(config: Json) -> Json:
    """Return a configuration that Ray tells with its keys as they are rendered."""
    order = ("name", "route_prefix", "import_path", "runtime_env", "args", "deployments")
    return {**{key: config[key] for key in order if key in config}, **config}


def _text(pattern: str = "") -> Setting:
    return Setting("text", "", required=True, pattern=pattern)


_NUMBER = Setting("number", "", least=0)
_ARGS = {
    "place": _text(),
    "repo": _text(),
    "trusted": Setting("flag", "", required=True),
    "labels": Setting("group", "", required=True, fields={name: Setting("text", "") for name in LABELS}),
}
_SHAPE = {
    "applications": Setting(
        "groups",
        "",
        required=True,
        fields={
            "name": _text(),
            "route_prefix": _text(_ROUTE),
            "import_path": _text(),
            "runtime_env": Setting("group", "", fields={"pip": Setting("texts", ""), "env_vars": Setting("pairs", "")}),
            "args": Setting("group", "", required=True, fields=_ARGS),
            "deployments": Setting(
                "groups",
                "",
                fields={
                    "name": _text(),
                    "num_replicas": Setting("whole", "", least=1),
                    "autoscaling_config": Setting(
                        "group", "", fields={"min_replicas": _NUMBER, "max_replicas": _NUMBER}
                    ),
                    "ray_actor_options": Setting("group", "", fields={"num_cpus": _NUMBER, "num_gpus": _NUMBER}),
                },
            ),
        },
    )
}
"""What a configuration may hold."""
KIND = PlatformKind(
    help="An application of Ray Serve on a cluster that runs, by its dashboard's REST interface.",
    values=_VALUES,
    make=RayServe,
)
