"""A unit of systemd on a machine that SSH reaches: releases beside each other, of which one runs."""

from __future__ import annotations

import base64
import io
import json
import re
import tarfile
import tempfile
from contextlib import nullcontext
from typing import IO, TYPE_CHECKING

from gto.exceptions import DeployFailed, InvalidManifest, NotReady
from gto.serve.deploy.machines import systemd_scripts as scripts
from gto.serve.deploy.machines.ssh_host import SshHost, hint_of, is_connected
from gto.serve.deploy.machines.systemd_unit import (
    health_url,
    infer_url,
    problems_of,
    release_id,
    render_unit,
    unit_name,
)
from gto.serve.deploy.settings import VARIABLE, Setting
from gto.serve.deploy.target import PlatformKind, RenderedFile, RunningDeployment, Unreachable
from gto.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from gto.serve.deploy.target import WantedDeployment

_DELIVERY = 3600.0  # seconds for the files to arrive, and for their packages
_RESTART = 300.0
_PATH = r"/[A-Za-z0-9._/-]*[A-Za-z0-9._-]"
_SERVED = "{artifact}@{version}={model}"
_COMMAND = ["{python}", "-m", "gto", "serve", _SERVED, "--host", "{address}", "--port", "{port}"]

VALUES = {
    "host": Setting(
        "text",
        "the machine, as ssh takes it; user, keys and jump hosts are those of your ssh configuration",
        required=True,
        pattern=r"[A-Za-z0-9_][A-Za-z0-9_.@:%-]*",
        example="deploy@models.example.com",
    ),
    "ssh_port": Setting("whole", "the port of sshd, if not what your configuration says", least=1, most=65535),
    "sudo": Setting("flag", "whether the machine's part runs under `sudo -n`", default=False),
    "scope": Setting(
        "text", "a unit of the system or of the user who logs in", default="system", choices=("system", "user")
    ),
    "directory": Setting("text", "where releases are, /opt/gto or ~/.local/share/gto without", pattern=_PATH),
    "unit_directory": Setting("text", "where the unit is, if not where systemd looks first", pattern=_PATH),
    "python": Setting("text", "the interpreter that makes the environment", default="python3", pattern=r"[\w./+-]+"),
    "interpreter": Setting("text", "an interpreter that has all packages; then none is made", pattern=_PATH),
    "requirements": Setting(
        "texts",
        "what is installed beside the packages that the side-car names, as pip takes them; {gto} is the release of GTO "
        "that deploys",
        default=["gto[serve]=={gto}"],
        pattern=r"[^-\s\x00-\x1f][^\x00-\x1f]*",
    ),
    "command": Setting(
        "texts",
        "what is started; {python}, {model}, {address}, {port}, {artifact} and {version} are put in",
        default=_COMMAND,
        pattern=r"[^\x00-\x1f\x7f]+",
    ),
    "trusted": Setting("flag", "whether `--trusted` is added: loading the model may run code", default=False),
    "address": Setting("text", "the address that it listens on", default="127.0.0.1", pattern=r"[0-9a-fA-F.:]+"),
    "port": Setting("whole", "the port that it listens on", default=8080, least=1024, most=65535),
    "health": Setting("text", "the path that answers once it is ready", default="/v2/health/ready", pattern=r"/[!-~]*"),
    "environment": Setting(
        "pairs", "variables of its environment, no secrets", pattern=r"[^\x00-\x1f\x7f]*", keys=VARIABLE
    ),
    "memory": Setting("text", "the most memory that it gets", pattern=r"[1-9][0-9]*[KMGT]?", example="2G"),
    "cpus": Setting("number", "the most processors that it gets", least=0.05, most=1024),
    "keep": Setting("whole", "how many releases stay on the machine", default=3, least=2, most=100),
}


class SystemdOverSsh:
    """Runs versions as a unit of systemd."""

    def render(self, wanted: WantedDeployment) -> tuple[RenderedFile, ...]:
        """Return the unit, the labels, and what is installed."""
        values = wanted.target.values
        named = [] if wanted.facts is None else wanted.facts.requirements
        beside = [one.replace("{gto}", __version__) for one in values["requirements"]]
        needed = "".join(f"{one}\n" for one in dict.fromkeys([*beside, *named]))
        labels = json.dumps(wanted.labels, indent=2, sort_keys=True) + "\n"
        files = [RenderedFile(unit_name(wanted.target.name), render_unit(wanted)), RenderedFile("labels.json", labels)]
        return (*files, *([] if values["interpreter"] else [RenderedFile("requirements.txt", needed)]))

    def validate(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:
        """Refuse a unit with a key that GTO does not write; the machine's own systemd checks it once more."""
        if wanted.bring is None:
            raise DeployFailed(
                f"nothing says where the files of '{wanted.artifact}' are", "`gto annotate NAME --path PATH` says it"
            )
        for one in files:
            check = {"requirements.txt": _foreign_options, unit_name(wanted.target.name): problems_of}.get(one.path)
            problems = list(check(one.text)) if check is not None else []
            problems += _foreign_packages(wanted) if one.path == "requirements.txt" else []
            if problems:
                raise InvalidManifest(one.path, problems)

    def running(self, wanted: WantedDeployment) -> RunningDeployment | Unreachable | None:
        """Ask the machine for the marker beside the releases, the unit, and whether it answers."""
        answer = _host(wanted).run(scripts.running_script(wanted))
        if not is_connected(answer):
            return Unreachable(answer.said)
        if answer.status != 0:
            raise DeployFailed(f"'{wanted.target.values['host']}' does not say what runs: {answer.said}")
        told = dict(line.split(" ", 1) for line in answer.text.splitlines() if " " in line)
        return _read_running(wanted, told) if told else None

    def alone(self, wanted: WantedDeployment) -> AbstractContextManager[None]:  # noqa: ARG002  the interface's
        """Leave it to the scripts, each of which holds a lock on the machine."""
        return nullcontext()

    def apply(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:
        """Deliver the release where the machine has it not, and let it run."""
        host = _host(wanted)
        answer = host.run(scripts.has_script(wanted))
        if answer.status == scripts.NO_RELEASE:
            with tempfile.TemporaryFile() as archive:
                _pack(wanted, files, archive)
                archive.seek(0)
                script = scripts.deliver_script(wanted, _RESTART)
                host.must(script, "delivering the files", seconds=_DELIVERY, source=archive)
        elif answer.status != 0:
            raise DeployFailed(f"'{host.name}' cannot be asked: {answer.said}", hint_of(host.name, answer))
        _switch(wanted, release_id(wanted.labels))

    def wait_ready(self, wanted: WantedDeployment, seconds: float) -> None:
        """Return once the unit is active and answers."""
        answer = _host(wanted).run(scripts.wait_script(wanted, seconds), seconds=seconds + 30)
        if answer.status != 0:
            raise NotReady(
                f"{unit_name(wanted.target.name)} is not ready: {answer.said}",
                hint_of(wanted.target.values["host"], answer),
            )

    def ask(self, wanted: WantedDeployment, request: bytes) -> bytes:
        """Send a request from the machine itself."""
        answer = _host(wanted).run(scripts.infer_script(wanted, infer_url(wanted)), seconds=60, data=request)
        if answer.status != 0 and not answer.out:
            raise NotReady(f"the sample was not answered: {answer.said}")
        return answer.out

    def go_back(self, wanted: WantedDeployment, before: RunningDeployment) -> bool:
        """Let the release run again that ran before, if the machine still has it."""
        release = release_id(dict(before.labels))
        if not release or not _switch(wanted, release, lazy=True):
            return False
        self.wait_ready(wanted, _RESTART)
        return True


def _foreign_packages(wanted: WantedDeployment) -> Iterator[str]:
    """Yield what a side-car may not say: it names packages, and not where they come from."""
    from gto.models.package_requirements import is_release

    for one in wanted.facts.requirements if wanted.facts is not None else ():
        if not is_release(one):
            yield f"{one[:80]!a} of the side-car is no package by its name"


def _foreign_options(text: str) -> Iterator[str]:
    """Yield the lines that pip would not take for a package."""
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"[A-Za-z0-9]", line) is None or re.search(r"\s--|[\x00-\x1f]", line):
            yield f"line {number}: '{line[:80]}' is no package"


def _host(wanted: WantedDeployment) -> SshHost:
    values = wanted.target.values
    return SshHost(values["host"], values["ssh_port"], values["sudo"])


def _switch(wanted: WantedDeployment, release: str, *, lazy: bool = False) -> bool:
    """Let a release run, a `lazy` one only if it does not; False where the machine has it not."""
    host = _host(wanted)
    answer = host.run(scripts.switch_script(wanted, release, _RESTART, lazy=lazy), seconds=2 * _RESTART)
    if answer.status not in (0, scripts.NO_RELEASE):
        raise DeployFailed(f"restarting on '{host.name}' failed: {answer.said}", hint_of(host.name, answer))
    return answer.status == 0


def _read_running(wanted: WantedDeployment, told: dict[str, str]) -> RunningDeployment:
    labels: dict[str, str] = {}
    if "marker" in told:
        try:
            found = json.loads(base64.b64decode(told["marker"]))
            labels = {str(key): str(value) for key, value in found.items()}
        except (ValueError, AttributeError):
            labels = {}
    try:
        unit = base64.b64decode(told.get("unit", "")).decode("utf-8", "replace")
    except ValueError:
        unit = ""
    active, answers = told.get("active", ""), told.get("health") == "ok"
    broken_off = "switching" in told
    detail = "an apply goes on, or was broken off" if broken_off else f"the unit is {active or 'unknown'}"
    if not broken_off and active == "active" and not answers:
        detail = "the unit is active, and does not answer"
    files = (RenderedFile(unit_name(wanted.target.name), unit),)
    return RunningDeployment(labels, answers and active == "active" and not broken_off, detail, files)


def _pack(wanted: WantedDeployment, files: tuple[RenderedFile, ...], archive: IO[bytes]) -> None:
    """Write the release as a tar archive: what is rendered, the version's files, and at the end a mark."""
    assert wanted.bring is not None  # noqa: S101  validate() refuses it
    with tempfile.TemporaryDirectory() as directory, tarfile.open(fileobj=archive, mode="w|") as tar:
        wanted.bring(directory)
        for one in (*files, RenderedFile("health", f"{health_url(wanted)}\n")):
            _add(tar, one.path, one.text.encode())
        tar.add(directory, "files", filter=_plain)
        _add(tar, "whole", b"")


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    about = tarfile.TarInfo(name)
    about.size, about.mode = len(data), 0o644
    tar.addfile(about, io.BytesIO(data))


def _plain(about: tarfile.TarInfo) -> tarfile.TarInfo:
    about.uid = about.gid = 0
    about.uname = about.gname = ""
    about.mode = 0o755 if about.isdir() or about.mode & 0o100 else 0o644
    return about


KIND = PlatformKind("A unit of systemd on a machine that SSH reaches.", VALUES, SystemdOverSsh)
