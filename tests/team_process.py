"""A team's Studio as it is run: `gto studio serve` as a process, what is needed before, and nginx in front."""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import httpx2
import pytest

from gto.studio.team import accounts, tokens
from gto.studio.team.passwords import Passwords
from gto.studio.team.serve import open_team_database
from gto.studio.team.serve_options import ServeOptions
from gto.studio.visitor import EVERY, Role
from tests.ci.runner import ROOT
from tests.repo import GTO, Result, gto
from tests.stores import free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.certificates import Company

NAME, PASSWORD = "ada", "correct horse battery"
SECONDS = 60.0
NGINX = ROOT / "integrations/studio/nginx.conf"
PREFIX = "/ml"
"""Where Studio lies behind nginx."""
CLIENT = "127.0.0.2"
"""The address from which a client asks nginx, which is not the proxy's."""


class TeamPlace(NamedTuple):
    """A machine that has a directory for Studio, a catalogue, and perhaps another database."""

    path: Path
    options: Mapping[str, str] = {}
    """Variables without GTO_STUDIO_ before their names."""

    @property
    def data(self) -> Path:
        """Where Studio keeps what is its own."""
        return self.path / "data"

    @property
    def catalog(self) -> Path:
        """The file that lists the repositories."""
        return self.path / "team.yaml"

    def list_repository(self, repo: Path, name: str = "churn") -> None:
        """Write the catalogue."""
        self.path.mkdir(exist_ok=True)
        self.catalog.write_text(f"repos:\n- path: {repo}\n  name: {name}\n  group: lab\n", encoding="utf-8")

    def variables(self) -> dict[str, str]:
        """The environment of the commands."""
        told = {"DATA": str(self.data), "CATALOG": str(self.catalog), **self.options}
        return {f"GTO_STUDIO_{name}": value for name, value in told.items()}

    def studio(self, *words: str) -> Result:
        """What a command of `gto studio` does here."""
        return gto("studio", *words, cwd=self.path, env=self.variables())

    def add_person(self, name: str = NAME, role: Role = Role.ADMIN) -> None:
        """Let somebody log in with a password."""
        database = open_team_database(ServeOptions(str(self.data), self.options.get("DATABASE")))
        kept = Passwords().hash(PASSWORD)
        with database.record() as connection:
            made = accounts.add(connection, accounts.parse_who(name, name.title(), f"{name}@example.com"), kept)
            accounts.set_roles(connection, made, {EVERY: role})
        database.close()

    def make_token(self, *scopes: str) -> str:
        """A token of who was added."""
        database = open_team_database(ServeOptions(str(self.data)))
        with database.record() as connection:
            made = tokens.make(connection, accounts.find(connection, NAME).id, "test", scopes)
        database.close()
        return made


class RunningStudio(NamedTuple):
    """A process that serves."""

    process: subprocess.Popen[str]
    port: int
    log: Path

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def ended(self, seconds: float = SECONDS) -> tuple[int, float]:
        """Its exit code after SIGTERM, and the seconds until then."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds), time.monotonic() - start


@contextmanager
def serving(place: TeamPlace, *words: str, port: int | None = None) -> Iterator[RunningStudio]:
    """Serve until the block ends; it begins when `/ready` says so."""
    port, log = port or free_port(), place.path / "serve.log"
    env = {**os.environ, **place.variables(), "GTO_STUDIO_PORT": str(port)}
    with log.open("w") as file:
        process = subprocess.Popen(
            [*GTO, "studio", "serve", *words], cwd=place.path, env=env, stdout=file, stderr=file, text=True
        )
    made = RunningStudio(process, port, log)
    try:
        wait_for(lambda: process.poll() is not None or is_ready(made.url), log)
        assert process.poll() is None, log.read_text(encoding="utf-8")
        yield made
    finally:
        process.kill()
        process.wait()


def is_ready(url: str) -> bool:
    """Whether a Studio says that it can answer."""
    try:
        return httpx2.get(f"{url}/ready", timeout=5).status_code == 200
    except httpx2.HTTPError:
        return False


def wait_for(is_there: object, log: Path | None = None) -> None:
    """Wait until a question is answered by yes."""
    assert callable(is_there)
    end = time.monotonic() + SECONDS
    while not is_there():
        assert time.monotonic() < end, log.read_text(encoding="utf-8") if log else "too late"
        time.sleep(0.05)


def log_in(client: httpx2.Client, prefix: str = "", name: str = NAME) -> None:
    """Log in with the password, by the form."""
    origin = str(client.base_url).rstrip("/")
    own = {"origin": origin, "sec-fetch-site": "same-origin"}
    answer = client.post(f"{prefix}/login", data={"name": name, "password": PASSWORD}, headers=own)
    assert answer.status_code == 303, answer.text


def wait_for_models(client: httpx2.Client, prefix: str = "") -> None:
    """Wait until the list of models has some, and all that is told of them was read."""
    wait_for(lambda: client.get(f"{prefix}/models.json").json()["artifacts"])


@contextmanager
def nginx(place: Path, company: Company, studio: int, port: int, plain: int) -> Iterator[None]:
    """Run nginx with the file that we give to others: its ports, its name and its certificate changed."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("needs nginx: apt-get install nginx-light")
    text = NGINX.read_text(encoding="utf-8")
    for old, new in {
        "studio.example.com": "127.0.0.1",
        "127.0.0.1:8765": f"127.0.0.1:{studio}",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "https://$host$request_uri": f"https://$host:{port}$request_uri",
        "/etc/ssl/certs/studio.pem": str(company.server),
        "/etc/ssl/private/studio.key": str(company.server),
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    place.mkdir()
    user = "user root;\n" if os.geteuid() == 0 else ""
    temporary = "".join(
        f"{name}_temp_path {place}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    head = f"{user}daemon off;\nworker_processes 1;\npid {place}/pid;\nerror_log stderr;\nevents {{}}\n"
    config = place / "nginx.conf"
    config.write_text(f"{head}http {{\naccess_log off;\n{temporary}{text}}}\n", encoding="utf-8")
    asked = subprocess.run([program, "-t", "-c", str(config)], capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr
    assert "warn" not in asked.stderr
    with running([program, "-c", str(config), "-p", str(place)], port, place):
        yield


class Front(NamedTuple):
    """nginx, with Studio behind."""

    url: str
    """By TLS, without the prefix."""
    plain: str
    company: Company
    place: TeamPlace
    log: Path

    @contextmanager
    def client(self) -> Iterator[httpx2.Client]:
        """A browser of another machine, which trusts the company alone."""
        context = ssl.create_default_context(cafile=self.company.ca)
        with httpx2.Client(
            base_url=self.url, transport=httpx2.HTTPTransport(verify=context, local_address=CLIENT), timeout=30
        ) as made:
            yield made


@contextmanager
def serving_by_tls(place: TeamPlace, company: Company, *words: str) -> Iterator[Front]:
    """Serve behind nginx, by TLS and below PREFIX, until the block ends."""
    port, plain, behind = free_port(), free_port(), free_port()
    url = f"https://127.0.0.1:{port}"
    options = {**place.options, "URL": f"{url}{PREFIX}", "TRUSTED_PROXY": "127.0.0.1"}
    fronted = place._replace(options=options)
    with (
        serving(fronted, *words, port=behind) as studio,
        nginx(place.path / "nginx", company, behind, port, plain),
    ):
        yield Front(url, f"http://127.0.0.1:{plain}", company, fronted, studio.log)
