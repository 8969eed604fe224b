"""The clients that people have, against a Studio that runs: nothing of them is patched or set up in a secret way."""

from __future__ import annotations

import base64
import json
import os
import shutil
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import httpx2
import pytest

from gto.studio.team import accounts, tokens
from gto.studio.team.serve import open_team_database
from gto.studio.team.serve_options import ServeOptions
from gto.studio.visitor import EVERY, Role
from scripts import pages
from tests.environment import make_environment
from tests.hub_clients import NEWEST
from tests.oci_tools import debian_registry, files_in, needed, python_of_clients, skopeo, unpacked
from tests.repo import run
from tests.studio.downloads.conftest import DATA, MODEL
from tests.studio.protocols.mlflow.mlflow_clients import MlflowUser
from tests.studio_offers import ways_on
from tests.team_process import TeamPlace, serving, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.repo import Repo

PAGE = pages.ROOT / "docs/studio/clients/oci.md"
PLAIN = {
    "skopeo login": "skopeo login --tls-verify=false",
    "skopeo list-tags": "skopeo list-tags --tls-verify=false",
    "skopeo copy": "skopeo copy --src-tls-verify=false --dest-tls-verify=false",
    "OrasClient(": "OrasClient(insecure=True, ",
}
"""What the commands of the page need where there is no TLS."""


class RunningRegistry(NamedTuple):
    """A Studio that runs, and a token of somebody."""

    host: str
    token: str

    @property
    def credentials(self) -> str:
        """User and token, as skopeo takes them."""
        return f"ada:{self.token}"


@pytest.fixture
def studio(versions: Repo, tmp_path: Path) -> Iterator[RunningRegistry]:
    """Studio as it is run, with one group that everybody sees, and one that they do not."""
    place = TeamPlace(tmp_path / "studio", {"PUBLIC": "open"})
    place.path.mkdir()
    hidden = shutil.copytree(versions.path, tmp_path / "hidden")
    place.catalog.write_text(
        f"repos:\n- {{path: {versions.path}, name: team, group: open}}\n"
        f"- {{path: {hidden}, name: secret, group: vault}}\n",
        encoding="utf-8",
    )
    database = open_team_database(ServeOptions(str(place.data)))
    with database.record() as connection:
        ada = accounts.add(connection, accounts.parse_who("ada", "Ada", "ada@example.com"), None)
        accounts.set_roles(connection, ada, {EVERY: Role.VIEWER})
        token = tokens.make(connection, ada, "pull", ["read"])
    database.close()
    with serving(place) as running:
        made = RunningRegistry(running.url.removeprefix("http://"), token)
        inspected = f"docker://{made.host}/modelcar/team/single:latest"
        words = (needed("skopeo"), "inspect", "--tls-verify=false", inspected)
        wait_for(lambda: run(*words, cwd=tmp_path).code == 0)
        yield made


def test_the_clients_that_people_have_pull(studio: RunningRegistry, tmp_path: Path) -> None:
    pull_mirror_and_unpack(studio, tmp_path)
    pull_in_python(studio, tmp_path)
    follow_page(studio, tmp_path / "page")
    use_what_is_offered(studio, tmp_path / "offered")


def use_what_is_offered(studio: RunningRegistry, place: Path) -> None:
    """Run what the page of a model offers under "Use it", as a shell takes it."""
    place.mkdir()
    mlflow = MlflowUser(place, {}).python
    path = f"{make_environment(*NEWEST).parent}:{os.environ['PATH']}"
    env = {"HOME": str(place), "PATH": path, "REGISTRY_AUTH_FILE": str(place / "none.json")}
    offered = ways_on(httpx2.get(f"http://{studio.host}/m/team/data").text)
    # Where it is kept the server alone knows. Of DVC, dvc_clients/ runs what is offered.
    assert list(offered) == ["HTTP", "MLflow", "Hugging Face", "OCI", "DVC through Studio"]
    del offered["DVC through Studio"]
    for name, code in offered.items():
        told = code.replace("GTO_TOKEN=...", f"GTO_TOKEN={studio.token}").replace("python -c", f"{mlflow} -c")
        done = run("bash", "-ec", told, cwd=place, env=env)
        assert done.code == 0, (name, code, done.stderr)
        if name == "MLflow":
            assert files_in(Path(done.stdout.strip().splitlines()[-1])) == DATA
    downloaded = files_in(place / "data")
    assert {path: body for path, body in downloaded.items() if not path.startswith(".cache")} == DATA
    with tarfile.open(place / "data-v1.0.0.tar.gz") as archive:
        archive.extractall(place / "http", filter="data")
    assert files_in(place / "http") == DATA
    assert json.loads((place / "data-oci/index.json").read_text("utf-8"))["manifests"]


def follow_page(studio: RunningRegistry, place: Path) -> None:
    """Do what the page says, with other hosts in it, and no TLS."""
    place.mkdir()
    with debian_registry(place / "mirror") as mirror:
        env = {
            "TOKEN": studio.token,
            "HOME": str(place),
            "REGISTRY_AUTH_FILE": str(place / "auth.json"),
        }
        text = PAGE.read_text(encoding="utf-8")
        for said, here in {**PLAIN, "studio.example.com": studio.host, "registry.example.com": mirror}.items():
            assert said in text
            text = text.replace(said, here)
        for block in pages.blocks(text):
            if block.info == "python":
                told = run(str(python_of_clients()), "-c", "\n".join(block.lines), cwd=place, env=env)
                assert told.code == 0, told.stderr
            elif block.info == "console":
                commands = [line[2:] for line in block.lines if line.startswith("$ ")]
                told = run("bash", "-ec", "\n".join(commands), cwd=place, env=env)
                assert told.code == 0, (commands, told.stderr)
                assert {line for line in block.lines if not line.startswith("$ ")} <= set(told.stdout.splitlines())
    assert files_in(place / "data-files") == DATA


def pull_mirror_and_unpack(studio: RunningRegistry, tmp_path: Path) -> None:
    """With the programs of Debian."""
    plain = ("--src-tls-verify=false", "--dest-tls-verify=false")
    tags = json.loads(skopeo("list-tags", "--tls-verify=false", f"docker://{studio.host}/team/data", cwd=tmp_path))
    assert tags["Tags"] == ["latest", "v1.0.0"]
    skopeo("copy", *plain, f"docker://{studio.host}/modelcar/team/data:latest", "oci:car:v1", cwd=tmp_path)
    files = {f"models/{path}": body for path, body in DATA.items()}
    assert unpacked(f"{tmp_path}/car:v1", tmp_path) == files
    hidden = f"docker://{studio.host}/modelcar/secret/single:v1.0.0"
    refused = run(needed("skopeo"), "inspect", "--tls-verify=false", hidden, cwd=tmp_path)
    assert (refused.code, "unknown" in refused.stderr) == (1, True)
    with debian_registry(tmp_path / "registry") as mirror:
        for name in ("team/data", "modelcar/team/data", "secret/single"):
            there = f"docker://{studio.host}/{name}:v1.0.0"
            words = ("--src-creds", studio.credentials, "--preserve-digests", *plain)
            skopeo("copy", *words, there, f"docker://{mirror}/{name}:v1.0.0", cwd=tmp_path)
            digests = {
                run(
                    needed("skopeo"),
                    "inspect",
                    "--raw",
                    "--tls-verify=false",
                    "--creds",
                    studio.credentials,
                    f"docker://{host}/{name}:v1.0.0",
                    cwd=tmp_path,
                ).stdout
                for host in (studio.host, mirror)
            }
            assert len(digests) == 1
    pushed = run(
        needed("skopeo"), "copy", *plain, "--dest-creds", studio.credentials,
        "oci:car:v1", f"docker://{studio.host}/team/new:v1", cwd=tmp_path,
    )  # fmt: skip
    assert pushed.code == 1
    assert "This registry only reads" in pushed.stderr


def pull_in_python(studio: RunningRegistry, tmp_path: Path) -> None:
    """With oras, ModelPack's client and KServe's."""
    auth = base64.b64encode(studio.credentials.encode()).decode()
    (tmp_path / "docker.json").write_text(json.dumps({"auths": {studio.host: {"auth": auth}}}), encoding="utf-8")
    program = Path(__file__).parent / "pull_with_clients.py"
    env = {"KSERVE_OCI_INSECURE_REGISTRY": "true", "HOME": str(tmp_path)}
    words = (str(python_of_clients()), str(program), studio.host, "ada", studio.token, str(tmp_path))
    told = run(*words, cwd=tmp_path, env=env)
    assert told.code == 0, told.stderr
    assert json.loads(told.stdout.splitlines()[-1])["tags"] == ["latest", "v1.0.0"]
    assert files_in(tmp_path / "oras") == DATA
    assert files_in(tmp_path / "modelpack") == DATA
    assert files_in(tmp_path / "kserve-data") == DATA
    assert files_in(tmp_path / "kserve-single") == {"model.bin": MODEL}
