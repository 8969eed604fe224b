"""Studio and nginx with the same files: how both are started, and how a benchmark sees their memory."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.run import environment
from gto.studio.team import accounts, tokens
from gto.studio.team.serve import open_team_database
from gto.studio.team.serve_options import ServeOptions
from gto.studio.visitor import EVERY, Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CONFIG = """\
{user}daemon off;
worker_processes 1;
pid {place}/pid;
error_log stderr crit;
events {{}}
http {{
    access_log off;
    sendfile on;
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
    server {{
        listen 127.0.0.1:{port};
{locations}
    }}
}}
"""


class FileServer(NamedTuple):
    """A server that answers."""

    url: str
    pid: int
    token: str = ""

    @property
    def memory(self) -> int:
        """Bytes that it holds now."""
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def studio(place: Path, repo: Path) -> Iterator[FileServer]:
    """A team's Studio over a repository named `bench`, and a token that reads; it begins when all is read."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    (place / "team.yaml").write_text(f"repos:\n- {{path: {repo}, name: bench}}\n", encoding="utf-8")
    database = open_team_database(ServeOptions(str(place / "data")))
    with database.record() as connection:
        person = accounts.add(connection, accounts.parse_who("ada", "Ada", "ada@example.com"), None)
        accounts.set_roles(connection, person, {EVERY: Role.VIEWER})
        token = tokens.make(connection, person, "bench", ["read"])
    database.close()
    port = free_port()
    words = ["--catalog", "team.yaml", "--data", "data", "--port", str(port), "--log-level", "warning"]
    argv = [sys.executable, "-P", "-m", "gto", "studio", "serve", *words]
    with _running(argv, place, f"http://127.0.0.1:{port}/hf/api/models/bench/files", token) as pid:
        yield FileServer(f"http://127.0.0.1:{port}", pid, token)


@contextmanager
def nginx(place: Path, locations: str, probe: str) -> Iterator[FileServer]:
    """One worker of nginx with these locations."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    port, user = free_port(), "user root;\n" if os.geteuid() == 0 else ""
    text = _CONFIG.format(place=place, port=port, locations=locations, user=user)
    (place / "nginx.conf").write_text(text, encoding="utf-8")
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "nginx"
    argv = [program, "-c", str(place / "nginx.conf"), "-p", str(place)]
    with _running(argv, place, f"http://127.0.0.1:{port}{probe}", "") as pid:
        yield FileServer(f"http://127.0.0.1:{port}", pid)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(argv: list[str], place: Path, probe: str, token: str) -> Iterator[int]:
    """A process, once it answers."""
    with subprocess.Popen(argv, cwd=place, env=environment(), stdout=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + 60
            while not _answers(probe, token):
                if process.poll() is not None or time.monotonic() > end:
                    raise SystemExit(f"{argv[0]} does not answer at {probe}")
                time.sleep(0.1)
            yield process.pid
        finally:
            process.terminate()


def _answers(url: str, token: str) -> bool:
    asked = urllib.request.Request(url, headers={"authorization": f"Bearer {token}"}, method="HEAD")  # noqa: S310  ours
    try:
        with urllib.request.urlopen(asked, timeout=5):  # noqa: S310  ours
            return True
    except (urllib.error.URLError, OSError):
        return False
