"""The unit of systemd under which a version runs: what starts it, what it is, and what it may do, which is little."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gto.serve.deploy.target import WantedDeployment

_LINE_RE = re.compile(r"([A-Z][A-Za-z]*)=(.*)")
_SECTION_RE = re.compile(r"\[([A-Z][a-z]*)\]")
_HARDENED = (
    "NoNewPrivileges=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectSystem=strict",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "ProtectProc=invisible",
    "LockPersonality=yes",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "CapabilityBoundingSet=",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "SystemCallFilter=~@privileged",
    "UMask=0077",
)
# MemoryDenyWriteExecute is not among them: PyTorch and Numba make code as they run.
_SYSTEM = ("DynamicUser=yes", "RemoveIPC=yes", "PrivateUsers=yes")
_KNOWN = {
    "Unit": {"Description", "Wants", "After", "StartLimitIntervalSec"},
    "Service": {
        *(line.partition("=")[0] for line in (*_HARDENED, *_SYSTEM)),
        *("Type", "ExecStart", "WorkingDirectory", "Environment", "Restart", "RestartSec", "TimeoutStopSec"),
        *("CacheDirectory", "ProtectHome", "MemoryMax", "CPUQuota"),
    },
    "Install": {"WantedBy"},
}


def unit_name(target: str) -> str:
    """Return the name of a target's unit."""
    return f"gto-{target}.service"


def release_id(labels: dict[str, str]) -> str:
    """Return the directory of what is deployed with these labels; empty where they do not tell enough."""
    parts = [labels.get(one, "").removeprefix("sha256:")[:12] for one in ("commit", "digest", "settings")]
    version = re.sub(r"[^A-Za-z0-9._-]", "_", labels.get("version", ""))
    return "-".join([version, *parts]) if version and all(parts) else ""


def root_of(wanted: WantedDeployment) -> str:
    """Return the directory of a target on its machine, as units write it: `%h` is the home of the unit's user."""
    values = wanted.target.values
    default = "%h/.local/share/gto" if values["scope"] == "user" else "/opt/gto"
    return f"{values['directory'] or default}/{wanted.target.name}"


def render_unit(wanted: WantedDeployment) -> str:
    """Return the text of the unit."""
    values, release = wanted.target.values, f"{root_of(wanted)}/releases/{release_id(wanted.labels)}"
    is_user = values["scope"] == "user"
    in_home = is_user or any(_is_home(one or "") for one in (release, values["python"], values["interpreter"]))
    cache = f"gto-{wanted.target.name}"
    told = {f"GTO_DEPLOYED_{key.upper()}": value for key, value in wanted.labels.items()}
    environment = {**told, **values["environment"]}
    lines = [
        "[Unit]",
        f"Description={_escaped(wanted.artifact)} {_escaped(wanted.version)}, target {wanted.target.name} of GTO",
        "Wants=network-online.target",
        "After=network-online.target",
        "",
        "[Service]",
        "Type=exec",
        f"ExecStart={' '.join(_command(wanted, release))}",
        f"WorkingDirectory={release}",
        f"Environment=XDG_CACHE_HOME=%C/{cache}",
        *(f"Environment={_quoted(f'{key}={value}')}" for key, value in environment.items()),
        "Restart=on-failure",
        "RestartSec=1",
        "TimeoutStopSec=30",
        f"CacheDirectory={cache}",
        f"ProtectHome={'read-only' if in_home else 'yes'}",
        *([] if values["memory"] is None else [f"MemoryMax={values['memory']}"]),
        *([] if values["cpus"] is None else [f"CPUQuota={round(values['cpus'] * 100)}%"]),
        *(() if is_user else _SYSTEM),
        *(one for one in _HARDENED if not (is_user and one.startswith("CapabilityBoundingSet"))),
        "",
        "[Install]",
        f"WantedBy={'default' if is_user else 'multi-user'}.target",
    ]
    return "".join(f"{line}\n" for line in lines)


def _is_home(path: str) -> bool:
    return path.startswith(("/home/", "/root/", "/run/user/"))


def _command(wanted: WantedDeployment, release: str) -> Iterator[str]:
    values = wanted.target.values
    python = values["interpreter"] or f"{release}/venv/bin/python"
    known = {
        "python": python,
        "model": f"{release}/files/{_escaped(wanted.file_name)}",
        "address": values["address"],
        "port": str(values["port"]),
        "artifact": wanted.artifact,
        "version": wanted.version,
    }
    for word in (*values["command"], *(["--trusted"] if values["trusted"] else [])):
        text = re.sub(r"\{(\w+)\}", lambda match: f"\0{match[1]}\0" if match[1] in known else match[0], word)
        parts = text.split("\0")
        # What GTO puts in for a path may hold %h, which systemd fills in.
        filled = [
            known[part] if number % 2 and part in ("python", "model") else _escaped(known[part] if number % 2 else part)
            for number, part in enumerate(parts)
        ]
        yield _in_quotes("".join(filled))


def _escaped(text: str) -> str:
    """Return text in which systemd sees no specifier and no variable."""
    return text.replace("%", "%%").replace("$", "$$")


def _quoted(text: str) -> str:
    return _in_quotes(text.replace("%", "%%"))


def _in_quotes(text: str) -> str:
    if re.fullmatch(r"[\w@%+=:,./$-]+", text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def health_url(wanted: WantedDeployment) -> str:
    """Return the address, seen from the machine, that answers once the version is ready."""
    return f"{_base(wanted)}{wanted.target.values['health']}"


def infer_url(wanted: WantedDeployment) -> str:
    """Return the address that takes a request of the Open Inference Protocol."""
    return f"{_base(wanted)}/v2/models/{quote(wanted.artifact, safe='')}/infer"


def _base(wanted: WantedDeployment) -> str:
    address = wanted.target.values["address"]
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104  it is compared, not bound
    host = f"[{near}]" if ":" in near else near
    return f"http://{host}:{wanted.target.values['port']}"


def problems_of(text: str) -> Iterator[str]:
    """Yield what is wrong with a unit: a section or key that GTO does not write, or a line that is none."""
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        heading, setting = _SECTION_RE.fullmatch(line), _LINE_RE.fullmatch(line)
        if heading is not None:
            section = heading[1]
            if section not in _KNOWN:
                yield f"line {number}: unknown section '{section}'"
        elif setting is not None and setting[1] not in _KNOWN.get(section, ()):
            yield f"line {number}: unknown key '{setting[1]}'"
        elif line and setting is None:
            yield f"line {number}: a setting was expected"
        elif len(line) > _LONGEST or any(not one.isprintable() for one in line):
            yield f"line {number}: it is too long, or holds what is not printable"


_LONGEST = 4096
