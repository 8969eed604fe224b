"""Fly.io: machines of an app, replaced one by one through the Machines API."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gto.exceptions import DeployFailed, NotReady, StorageError
from gto.serve.deploy.clouds.cloud_calls import alike, check_secrets
from gto.serve.deploy.clouds.fly_files import MACHINES, OWNER, TOML, VALUES, check_files, machines_of, recorded, toml_of
from gto.serve.deploy.platform_request import PlatformApi, ask_sample
from gto.serve.deploy.polling import polls
from gto.serve.deploy.rendered_yaml import read_rendered, rendered
from gto.serve.deploy.settings import SECRETS
from gto.serve.deploy.target import PlatformKind, RenderedFile, RunningDeployment, Unreachable
from gto.yamldoc.document import load_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gto.serve.deploy.target import WantedDeployment

Json = dict[str, Any]

_HINT = "the token is taken from FLY_API_TOKEN, FLY_ACCESS_TOKEN, or what `fly auth login` wrote"
_NONCE = "fly-machine-lease-nonce"
_LEASE = 40  # seconds after which others may change a machine whose apply was ended: longer than one request takes
_FETCHED = 120.0  # seconds that the image may take to arrive on a machine
_GONE = frozenset({"destroyed", "destroying"})
_ASLEEP = frozenset({"stopped", "suspended"})


class FlyMachines:
    """Runs versions as machines of an app of Fly.io."""

    def render(self, wanted: WantedDeployment) -> tuple[RenderedFile, ...]:
        """Return the machines, and a `fly.toml` for those who deploy by flyctl."""
        machines = {"app": wanted.target.values["app"], "machines": machines_of(wanted)}
        return (rendered(MACHINES, machines), RenderedFile(TOML, toml_of(wanted)))

    def validate(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:  # noqa: ARG002  as Platform has it
        """Check both files by their closed shape."""
        check_files(files)

    def running(self, wanted: WantedDeployment) -> RunningDeployment | Unreachable | None:
        """Return what the machines' metadata say; where they differ, those of one that is not as wanted."""
        try:
            found = _machines(wanted)
        except (StorageError, DeployFailed) as error:
            return Unreachable(error.message)
        if not found:
            return None
        told = [recorded(one) for one in found]
        labels = next((one for one in told if one != wanted.labels), wanted.labels)
        ready = [_is_ready(wanted, one) for one in found]
        detail = f"{sum(ready)} of {len(found)} machines" + "".join(f", {_state(one)}" for one in found[:1])
        live = {one["name"]: one for one in machines_of(wanted)}
        machines = [_as_live(live.get(one["name"]), one) for one in found]
        file = rendered(MACHINES, {"app": wanted.target.values["app"], "machines": machines})
        unused = RenderedFile(TOML, toml_of(wanted))  # machines that apply made have none: nothing of it differs
        return RunningDeployment(labels, all(ready), detail, (file, unused))

    def alone(self, wanted: WantedDeployment) -> AbstractContextManager[None]:  # noqa: ARG002  as Platform has it
        """Leave it to the leases of the machines."""
        return nullcontext()

    def apply(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:
        """Bring one machine after the other to the version, each once the one before it answers; remove the rest."""
        if secrets := wanted.target.values[SECRETS]:
            app = wanted.target.values["app"]
            held = {one["name"] for one in _api().ask("GET", f"/v1/apps/{app}/secrets")["secrets"]}
            check_secrets(secrets, held, f"fly secrets set --app {app} --stage")
        (file,) = (one for one in files if one.path == MACHINES)
        wish = read_rendered(file)["machines"]
        there = {one["name"]: one for one in _machines(wanted)}
        for machine in wish:
            found = there.pop(machine["name"], None)
            if found is None:
                found = _api().ask("POST", _path(wanted), machine)
            elif not _is_ready(wanted, found) or alike(machine["config"], found["config"]) != machine["config"]:
                found = _updated(wanted, found, machine)
            _wait_machine(wanted, found["id"], _FETCHED + wanted.target.values["start_seconds"])
        for one in there.values():
            with _lease(wanted, one) as headers:
                _api().ask("DELETE", f"{_path(wanted, one)}?force=true", more=headers)

    def wait_ready(self, wanted: WantedDeployment, seconds: float) -> None:
        """Return once all machines are there, with the version, and their checks pass."""
        for is_last in polls(seconds):
            found = _machines(wanted)
            right = [one for one in found if recorded(one) == wanted.labels and _is_ready(wanted, one)]
            if len(right) == len(found) == len(machines_of(wanted)):
                return
            if is_last:
                said = "; ".join(_state(one) for one in found if one not in right) or "machines are missing"
                raise NotReady(f"it is not ready after {seconds:g} s: {said}", _logs(wanted))

    def ask(self, wanted: WantedDeployment, request: bytes) -> bytes | None:
        """Ask the app's own address; None where it has none."""
        values = wanted.target.values
        if not values["public"] and not values["url"]:
            return None
        return ask_sample(values["url"] or f"https://{values['app']}.fly.dev", wanted.artifact, request)

    def go_back(self, wanted: WantedDeployment, before: RunningDeployment) -> bool:  # noqa: ARG002  as Platform has it
        """Leave it to an apply of the version before: its image says all."""
        return False


def _api() -> PlatformApi:
    token = _token()
    start = (os.environ.get("FLY_FLAPS_BASE_URL") or "https://api.machines.dev").rstrip("/")
    scheme = "" if token.startswith("FlyV1 ") else "FlyV1 " if token.startswith(("fm1", "fm2")) else "Bearer "
    return PlatformApi(start, {"Authorization": f"{scheme}{token}"}, _HINT)


def _token() -> str:
    """Return the token as flyctl finds it."""
    for name in ("FLY_ACCESS_TOKEN", "FLY_API_TOKEN"):
        if token := os.environ.get(name, "").strip():
            return token
    path = os.path.join(os.environ.get("FLY_CONFIG_DIR") or os.path.expanduser("~/.fly"), "config.yml")
    with suppress(OSError, UnicodeDecodeError), open(path, encoding="utf-8") as file:
        value = load_text(file.read(), path).value
        told = value.get("access_token") if isinstance(value, dict) else None
        if isinstance(told, str) and told.strip():
            return told.strip()
    raise DeployFailed("There is no token for Fly.io", _HINT)


def _path(wanted: WantedDeployment, machine: Mapping[str, Any] | None = None) -> str:
    start = f"/v1/apps/{wanted.target.values['app']}/machines"
    return start if machine is None else f"{start}/{quote(machine['id'], safe='')}"


def _machines(wanted: WantedDeployment) -> list[Json]:
    """Return the target's machines, by their names."""
    found = _api().find(f"{_path(wanted)}?metadata.{OWNER}={wanted.target.name}")
    if not isinstance(found, list):
        app = wanted.target.values["app"]
        raise DeployFailed(f"Fly.io has no app '{app}' that this token sees", f"`fly apps create {app}`, or {_HINT}")
    ours = [one for one in found if recorded(one).get("target") == wanted.target.name and one["state"] not in _GONE]
    return sorted(ours, key=lambda one: str(one["name"]))


def _is_ready(wanted: WantedDeployment, machine: Json) -> bool:
    """Whether a machine answers, or would as soon as it is asked."""
    if machine["state"] in _ASLEEP:
        return str(wanted.target.values["autostop"]) != "off"
    checks = machine.get("checks") or []
    return machine["state"] == "started" and bool(checks) and all(one.get("status") == "passing" for one in checks)


def _state(machine: Json) -> str:
    """Return what is told of a machine: its state, and what its first check says that does not pass."""
    failing = [one for one in machine.get("checks") or () if one.get("status") != "passing"]
    said = [str(one.get("output") or one.get("status") or "").strip()[:200] for one in failing[:1]]
    return " ".join(filter(None, (machine["name"], machine["state"], *said)))


def _as_live(rendered_machine: Json | None, machine: Json) -> Json:
    if rendered_machine is None:
        return {"name": machine["name"], "region": machine.get("region", ""), "config": machine["config"]}
    return {key: alike(value, machine.get(key)) for key, value in rendered_machine.items()}


def _updated(wanted: WantedDeployment, found: Json, machine: Json) -> Json:
    with _lease(wanted, found) as headers:
        updated: Json = _api().ask("POST", _path(wanted, found), {"config": machine["config"]}, headers)
    return updated


@contextmanager
def _lease(wanted: WantedDeployment, machine: Json) -> Iterator[dict[str, str]]:
    """Keep others from changing a machine; the header says that it is us."""
    path = f"{_path(wanted, machine)}/lease"
    told = {"ttl": _LEASE, "description": f"gto deploy apply {wanted.target.name}"}
    leased = _api().ask("POST", path, told, waits=_LEASE)  # an apply that was ended has left its own
    headers = {_NONCE: str(leased["data"]["nonce"])}
    try:
        yield headers
    finally:
        with suppress(DeployFailed, StorageError):  # it ends by itself, and with its machine
            _api().ask("DELETE", path, more=headers)


def _wait_machine(wanted: WantedDeployment, identity: str, seconds: float) -> None:
    """Wait for one machine; NotReady tells what its check says."""
    for is_last in polls(seconds):
        found = _api().ask("GET", _path(wanted, {"id": identity}))
        if _is_ready(wanted, found) and recorded(found) == wanted.labels:
            return
        if found["state"] in {"failed", *_GONE} or is_last:
            raise NotReady(f"a machine does not answer: {_state(found)}", _logs(wanted))


def _logs(wanted: WantedDeployment) -> str:
    return f"fly logs --app {wanted.target.values['app']}"


KIND = PlatformKind(help="Machines of an app of Fly.io.", values=VALUES, make=FlyMachines, needs=("image",))
