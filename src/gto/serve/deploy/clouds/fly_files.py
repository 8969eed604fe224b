"""What Fly.io is told of a version: machines as its Machines API takes them, and `fly.toml` for flyctl."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gto.exceptions import InvalidManifest
from gto.serve.deploy.rendered_yaml import check_shape
from gto.serve.deploy.settings import HTTP_ADDRESS, SECRETS, VARIABLE, Setting
from gto.serve.deploy.target import LABELS, RenderedFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gto.serve.deploy.target import WantedDeployment

Json = dict[str, Any]

MACHINES = "machines.yaml"
TOML = "fly.toml"
OWNER = "gto_target"
"""The metadata by which the machines of a target are found."""
_READY = "/v2/health/ready"

_APP = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
VALUES: Mapping[str, Setting] = {
    "app": Setting("text", "the app, which is there already", required=True, pattern=_APP, example="churn-prod"),
    "regions": Setting("texts", "the regions; the nearest if left out", pattern=r"[a-z]{3}", example="[ams, ord]"),
    "machines": Setting("whole", "how many machines answer, in each region", default=1, least=1, most=50),
    "cpu_kind": Setting("text", "the kind of CPUs", default="shared", choices=("shared", "performance")),
    "cpus": Setting("whole", "CPUs of each machine", default=1, least=1, most=128),
    "memory_mb": Setting("whole", "memory of each machine", default=1024, least=256),
    "port": Setting("whole", "where the server in the image listens", default=8080, least=1, most=65535),
    "public": Setting("flag", "whether Fly.io's proxy sends it requests, at ports 80 and 443", default=True),
    "autostop": Setting(
        "text", "what becomes of machines that nobody asks", default="off", choices=("off", "stop", "suspend")
    ),
    "start_seconds": Setting("whole", "how long loading the model may take", default=60, least=5, most=3600),
    "env": Setting("pairs", "environment variables of the server, no secrets", keys=VARIABLE),
    SECRETS: Setting(
        "texts",
        "names of secrets that the app has (`fly secrets set`), variables of all its machines: `apply` sees to it that "
        "they are there",
        pattern=VARIABLE,
    ),
    "command": Setting("texts", "the words behind the image's entry point; its own if left out"),
    "url": Setting("text", "where it answers; `https://APP.fly.dev` where none is given", pattern=HTTP_ADDRESS),
}


def machines_of(wanted: WantedDeployment) -> list[Json]:
    """Return the machines, each with its name, its region and its whole configuration."""
    values = wanted.target.values
    regions = values["regions"] or [""]
    return [
        {
            "name": "-".join(filter(None, (wanted.target.name, region, str(number)))),
            **({"region": region} if region else {}),
            "config": _config(wanted),
        }
        for region in regions
        for number in range(1, values["machines"] + 1)
    ]


def recorded(machine: Json) -> dict[str, str]:
    """Return what a machine's metadata record, by the names of LABELS."""
    told = (machine.get("config") or {}).get("metadata") or {}
    return {name: told[f"gto_{name}"] for name in LABELS if f"gto_{name}" in told}


def _check(wanted: WantedDeployment) -> Json:
    grace = f"{wanted.target.values['start_seconds']}s"
    return {"grace_period": grace, "interval": "10s", "timeout": "5s", "method": "GET", "path": _READY}


def _config(wanted: WantedDeployment) -> Json:
    values = wanted.target.values
    found: Json = {
        "image": wanted.image,
        "guest": {key: values[key] for key in ("cpu_kind", "cpus", "memory_mb")},
        "checks": {"ready": {"type": "http", "port": values["port"], **_check(wanted)}},
        "restart": {"policy": "always" if values["autostop"] == "off" else "on-failure"},
        "metadata": {f"gto_{name}": value for name, value in wanted.labels.items()},
    }
    if values["env"]:
        found["env"] = dict(values["env"])
    if values["command"]:
        found["init"] = {"cmd": [wanted.filled(one) for one in values["command"]]}
    if values["public"]:
        found["services"] = [_service(wanted)]
    return found


def _service(wanted: WantedDeployment) -> Json:
    values = wanted.target.values
    ports = [{"port": 80, "handlers": ["http"], "force_https": True}, {"port": 443, "handlers": ["tls", "http"]}]
    stop = values["autostop"]
    return {
        "protocol": "tcp",
        "internal_port": values["port"],
        "ports": ports,
        "autostop": stop,
        "autostart": stop != "off",
        "checks": [{"type": "http", **_check(wanted)}],
    }


def toml_of(wanted: WantedDeployment) -> str:
    """Return `fly.toml`, for `flyctl deploy` in the place of `apply`; metadata are not in its format."""
    values = wanted.target.values
    region = values["regions"][:1]
    lines = [f"app = {_toml(values['app'])}", *(f"primary_region = {_toml(one)}" for one in region)]
    lines += ["", "[build]", f"image = {_toml(wanted.image)}"]
    env = {**{f"GTO_{name.upper()}": value for name, value in wanted.labels.items()}, **values["env"]}
    lines += ["", "[env]", *(f"{_toml(key)} = {_toml(value)}" for key, value in env.items())]
    if values["command"]:
        lines += ["", "[processes]", f"app = {_toml(_joined(wanted))}"]
    if values["public"]:
        stop = values["autostop"]
        lines += ["", "[http_service]", f"internal_port = {values['port']}", "force_https = true"]
        lines += [f"auto_stop_machines = {_toml(stop)}", f"auto_start_machines = {_toml(stop != 'off')}"]
        lines += ["", "[[http_service.checks]]", *(f"{key} = {_toml(one)}" for key, one in _check(wanted).items())]
    lines += ["", "[[vm]]", *(f"{key} = {_toml(values[key])}" for key in ("cpu_kind", "cpus", "memory_mb"))]
    return "\n".join(lines) + "\n"


def _joined(wanted: WantedDeployment) -> str:
    from shlex import join

    return join(wanted.filled(one) for one in wanted.target.values["command"])


def _toml(value: object) -> str:
    """Return a value as TOML has it: its basic strings are those of JSON, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _text(pattern: str = "") -> Setting:
    return Setting("text", "", required=True, pattern=pattern)


def _group(fields: Mapping[str, Setting], *, required: bool = False) -> Setting:
    return Setting("group", "", required=required, fields=fields)


def _groups(fields: Mapping[str, Setting]) -> Setting:
    return Setting("groups", "", fields=fields)


_NUMBER, _FLAG = Setting("whole", "", required=True, least=1), Setting("flag", "")
_SECONDS = r"[0-9]+s"
_PROBE = {
    **dict.fromkeys(("grace_period", "interval", "timeout"), _text(_SECONDS)),
    "method": _text(),
    "path": _text("/.*"),
}
_GUEST = {"cpu_kind": _text(), "cpus": _NUMBER, "memory_mb": _NUMBER}
_PORT = {"port": _NUMBER, "handlers": Setting("texts", "", pattern="http|tls"), "force_https": _FLAG}
_SERVICE = {
    "protocol": _text("tcp"),
    "internal_port": _NUMBER,
    "ports": _groups(_PORT),
    "autostop": _text("off|stop|suspend"),
    "autostart": _FLAG,
    "checks": _groups({"type": _text("http"), **_PROBE}),
}
_CONFIG = {
    "image": _text(r"\S+"),
    "guest": _group(_GUEST, required=True),
    "checks": _group({"ready": _group({"type": _text("http"), "port": _NUMBER, **_PROBE}, required=True)}),
    "restart": _group({"policy": _text("always|on-failure")}, required=True),
    "metadata": Setting("pairs", "", required=True),
    "env": Setting("pairs", ""),
    "init": _group({"cmd": Setting("texts", "")}),
    "services": _groups(_SERVICE),
}
_MACHINE = {"name": _text(r"[a-z][a-z0-9-]*"), "region": Setting("text", ""), "config": _group(_CONFIG, required=True)}
_SHAPE = {"app": _text(_APP), "machines": Setting("groups", "", required=True, fields=_MACHINE)}
_HTTP_SERVICE = {
    "internal_port": _NUMBER,
    **dict.fromkeys(("force_https", "auto_start_machines"), _FLAG),
    "auto_stop_machines": _text(),
    "checks": _groups(_PROBE),
}
_TOML_SHAPE = {
    "app": _text(_APP),
    "primary_region": Setting("text", ""),
    "build": _group({"image": _text()}, required=True),
    "env": Setting("pairs", ""),
    "processes": _group({"app": _text()}),
    "http_service": Setting("any", ""),
    "vm": _groups(_GUEST),
}


def check_files(files: tuple[RenderedFile, ...]) -> None:
    """Raise InvalidManifest for a file that is not of its closed shape."""
    import tomllib

    for one in files:
        if one.path == MACHINES:
            check_shape(one, _SHAPE)
            continue
        try:
            value = tomllib.loads(one.text)
        except tomllib.TOMLDecodeError as error:
            raise InvalidManifest(one.path, [str(error)]) from error
        check_shape(one, _TOML_SHAPE, value)
        if "http_service" in value:
            check_shape(one, _HTTP_SERVICE, value["http_service"])
