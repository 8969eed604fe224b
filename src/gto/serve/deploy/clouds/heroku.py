"""Heroku: the image goes to its registry, and is released by the Platform API; config vars say what runs."""

from __future__ import annotations

import json
import os
import tempfile
from base64 import b64encode
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gto.exceptions import DeployFailed, DeployRefused, InvalidManifest, NotReady, StorageError
from gto.serve.deploy.clouds.cloud_calls import alike, check_secrets
from gto.serve.deploy.platform_request import PlatformApi, ask_sample
from gto.serve.deploy.polling import polls
from gto.serve.deploy.rendered_yaml import check_shape, read_rendered, rendered
from gto.serve.deploy.settings import HTTP_ADDRESS, SECRETS, VARIABLE, Setting
from gto.serve.deploy.target import LABELS, PlatformKind, RenderedFile, RunningDeployment, Unreachable
from gto.serve.deploy.tool_process import ToolCall, run_tool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gto.serve.deploy.target import WantedDeployment

Json = dict[str, Any]

FILE = "release.yaml"
_HINT = "the token is taken from HEROKU_API_KEY, or from ~/.netrc, where `heroku login` writes it"
_TYPE = "application/vnd.heroku+json; version=3"
_DOCKER = {"Accept": f"{_TYPE}.docker-releases"}
_NEWEST = {"Range": "version ..; order=desc,max=1"}
_IMAGE_VAR, _NAMES_VAR = "GTO_IMAGE", "GTO_CONFIG_VARS"
_OWN = {_IMAGE_VAR, _NAMES_VAR, *(f"GTO_{name.upper()}" for name in LABELS)}
_COPY = 1800.0  # seconds for the image to arrive
_CRASHES = 5  # looks at a dyno that crashed: at first Heroku starts it once more, within a second

_VALUES: Mapping[str, Setting] = {
    "app": Setting(
        "text",
        "the app, which is there already, of the stack `container`",
        required=True,
        pattern=r"[a-z][a-z0-9-]{1,28}[a-z0-9]",
        example="churn-prod",
    ),
    "process": Setting("text", "the type of the process", default="web", pattern=r"[a-z][a-z0-9_-]{0,62}"),
    "dynos": Setting("whole", "how many dynos answer", default=1, least=0, most=100),
    "size": Setting("text", "the type of the dynos; as it is where none is named", example="standard-1x"),
    "env": Setting("pairs", "more config vars, no secrets", keys=VARIABLE),
    SECRETS: Setting(
        "texts",
        "names of config vars that the app has (`heroku config:set`): `apply` sees to it that they are there",
        pattern=VARIABLE,
    ),
    "url": Setting("text", "where it answers; the app's own address where none is given", pattern=HTTP_ADDRESS),
}


class HerokuApp:
    """Runs versions as the image of a process of an app."""

    def render(self, wanted: WantedDeployment) -> tuple[RenderedFile, ...]:
        """Return what the app shall have: the process, and the config vars."""
        return (rendered(FILE, _release(wanted)),)

    def validate(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:  # noqa: ARG002  as Platform has it
        """Check it by its closed shape."""
        for one in files:
            check_shape(one, _SHAPE)

    def running(self, wanted: WantedDeployment) -> RunningDeployment | Unreachable | None:
        """Return what the config vars say, and whether the dynos are up with the newest release."""
        try:
            api, app = _api(), f"/apps/{wanted.target.values['app']}"
            config = api.find(f"{app}/config-vars")
            if config is None:
                return Unreachable(f"Heroku has no app '{wanted.target.values['app']}' that this token sees")
            if "GTO_TARGET" not in config:
                return None
            process = api.find(f"{app}/formation/{wanted.target.values['process']}") or {}
            ready, detail = _state(api, wanted, process)
        except (StorageError, DeployFailed) as error:
            return Unreachable(error.message)
        labels = {name: config[f"GTO_{name.upper()}"] for name in LABELS if f"GTO_{name.upper()}" in config}
        return RunningDeployment(labels, ready, detail, (rendered(FILE, _as_live(wanted, config, process)),))

    def alone(self, wanted: WantedDeployment) -> AbstractContextManager[None]:  # noqa: ARG002  as Platform has it
        """Leave it to Heroku, whose releases are one after the other: the last one stands."""
        return nullcontext()

    def apply(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:
        """Copy the image, release it, and then record what runs: an apply that is ended before is done again."""
        api, app = _api(), f"/apps/{wanted.target.values['app']}"
        config = api.ask("GET", f"{app}/config-vars")
        owner = config.get("GTO_TARGET", wanted.target.name)
        if owner != wanted.target.name:
            raise DeployRefused(f"The app runs target '{owner}'", "give each target an app of its own")
        secrets = wanted.target.values[SECRETS]
        check_secrets(secrets, config, f"heroku config:set --app {wanted.target.values['app']}")
        wish = read_rendered(files[0])
        identity = _copied(wanted)
        formation = {**wish["formation"], "docker_image": identity}
        api.ask("PATCH", f"{app}/formation", {"updates": [formation]}, _DOCKER)
        before = config.get(_NAMES_VAR, "").split()
        gone = {name: None for name in before if name not in wish["config_vars"] and name not in secrets}
        api.ask("PATCH", f"{app}/config-vars", {**gone, **wish["config_vars"], _IMAGE_VAR: identity})

    def wait_ready(self, wanted: WantedDeployment, seconds: float) -> None:
        """Return once all dynos are up with the newest release."""
        api, crashed = _api(), 0
        path = f"/apps/{wanted.target.values['app']}/formation/{wanted.target.values['process']}"
        for is_last in polls(seconds):
            ready, detail = _state(api, wanted, api.ask("GET", path))
            if ready:
                return
            crashed = crashed + 1 if "crashed" in detail else 0
            if is_last or crashed == _CRASHES or detail == "release failed":
                raise NotReady(f"it is not ready: {detail}", _logs(wanted))

    def ask(self, wanted: WantedDeployment, request: bytes) -> bytes | None:
        """Ask the app's own address."""
        start = wanted.target.values["url"]
        if not start:
            start = _api().ask("GET", f"/apps/{wanted.target.values['app']}").get("web_url")
        return ask_sample(start, wanted.artifact, request) if start else None

    def go_back(self, wanted: WantedDeployment, before: RunningDeployment) -> bool:  # noqa: ARG002  as Platform has it
        """Leave it to an apply of the version before: its image says all."""
        return False


def _release(wanted: WantedDeployment) -> Json:
    values = wanted.target.values
    recorded = {f"GTO_{name.upper()}": value for name, value in wanted.labels.items() if value}
    if own := sorted(values["env"].keys() & _OWN):
        raise InvalidManifest(FILE, [f"env: '{own[0]}' is a config var of GTO's own"])
    told = {**values["env"], **recorded}
    formation: Json = {"type": values["process"], "quantity": values["dynos"]}
    if values["size"]:
        formation["size"] = values["size"]
    names = {_NAMES_VAR: " ".join(sorted({*told, _NAMES_VAR}))}
    return {"app": values["app"], "image": wanted.image, "formation": formation, "config_vars": {**told, **names}}


def _as_live(wanted: WantedDeployment, config: Json, process: Json) -> Json:
    """Return the release as the app has it; another image than the recorded one shows, where Heroku tells it."""
    wish = _release(wanted)
    live_size = str(process.get("size") or "").lower()
    live = {**process, "size": wish["formation"].get("size") if _same(live_size, wish) else live_size}
    image = (process.get("docker_image") or {}).get("id")
    told = {name: config.get(name) for name in wish["config_vars"]}
    found = {**wish, "formation": alike(wish["formation"], live), "config_vars": told}
    return found if image in (None, config.get(_IMAGE_VAR)) else {**found, "image": image}


def _same(live_size: str, wish: Json) -> bool:
    return live_size == str(wish["formation"].get("size", "")).lower()


def _state(api: PlatformApi, wanted: WantedDeployment, process: Json) -> tuple[bool, str]:
    """Return whether the dynos are up with the newest release, and what Heroku says of them."""
    app = f"/apps/{wanted.target.values['app']}"
    releases = api.ask("GET", f"{app}/releases", more=_NEWEST)
    newest = releases[0] if releases else {}
    if newest.get("status") != "succeeded":
        return False, f"release {newest.get('status', 'missing')}"
    listed = api.ask("GET", f"{app}/dynos")
    dynos = [one for one in listed if one["type"] == wanted.target.values["process"]]
    states = [one["state"] for one in dynos]
    right = [one for one in dynos if one["state"] == "up" and one["release"]["version"] == newest["version"]]
    count = process.get("quantity", 0)
    detail = f"v{newest['version']}: {len(right)} of {count} dynos are up"
    others = sorted({one for one in states if one != "up"})
    return len(right) == len(dynos) == count, ", ".join([detail, *others])


def _copied(wanted: WantedDeployment) -> str:
    """Copy the image to Heroku's registry, and return its id: the digest of its configuration."""
    values = wanted.target.values
    to = f"docker://{_host()[1]}/{values['app']}/{values['process']}"
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "auth.json")
        auth = b64encode(f"_:{_token()}".encode()).decode()
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            json.dump({"auths": {_host()[1]: {"auth": auth}}}, file)
        _skopeo("copy", "--format", "v2s2", "--dest-authfile", path, f"docker://{wanted.image}", to)
        manifest = _skopeo("inspect", "--raw", "--authfile", path, to)
    with suppress(ValueError, KeyError, TypeError):
        return str(json.loads(manifest)["config"]["digest"])
    raise DeployFailed(f"'{to}' is not one image, but a list of them", "build it for linux/amd64 alone")


def _skopeo(*words: str) -> str:
    answer = run_tool(ToolCall(("skopeo", *words), seconds=_COPY, install="install skopeo, which copies the image"))
    if answer.status != 0:
        raise DeployFailed(f"`skopeo {words[0]}` failed: {answer.said}")
    return answer.text


def _host() -> tuple[str, str]:
    """Return the address of the Platform API and the host of the registry, by HEROKU_HOST as Heroku's CLI has it."""
    host = os.environ.get("HEROKU_HOST") or "heroku.com"
    if host.startswith("http"):
        return host.rstrip("/"), urlsplit(host).netloc
    return f"https://api.{host}", f"registry.{host}"


def _api() -> PlatformApi:
    return PlatformApi(_host()[0], {"Accept": _TYPE, "Authorization": f"Bearer {_token()}"}, _HINT)


def _token() -> str:
    """Return the token as Heroku's CLI finds it."""
    from netrc import NetrcParseError, netrc

    if token := os.environ.get("HEROKU_API_KEY", "").strip():
        return token
    path = os.environ.get("NETRC") or os.path.expanduser("~/.netrc")
    with suppress(OSError, ValueError, NetrcParseError):
        found = netrc(path).authenticators(urlsplit(_host()[0]).hostname or "")
        if found and found[2]:
            return found[2]
    raise DeployFailed("There is no token for Heroku", _HINT)


def _logs(wanted: WantedDeployment) -> str:
    return f"heroku logs --app {wanted.target.values['app']}"


_FORMATION = {
    "type": Setting("text", "", required=True),
    "quantity": Setting("whole", "", required=True, least=0),
    "size": Setting("text", ""),
}
_SHAPE = {
    "app": Setting("text", "", required=True),
    "image": Setting("text", "", required=True, pattern=r"\S+"),
    "formation": Setting("group", "", required=True, fields=_FORMATION),
    "config_vars": Setting("pairs", "", required=True),
}
"""What the file may hold."""
KIND = PlatformKind(
    help="An app of Heroku whose image is released by the Platform API.",
    values=_VALUES,
    make=HerokuApp,
    needs=("image",),
)
