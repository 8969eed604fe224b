"""The clients that people have, against a Studio that runs: set up by nothing but their own environment variables."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from gto.catalog.entry import CatalogEntry
from gto.catalog.repositories import CatalogRepository
from gto.studio.team import accounts, tokens, write_settings
from gto.studio.team.serve import open_team_database
from gto.studio.team.serve_options import ServeOptions
from gto.studio.team.write_settings import RepositorySettings
from gto.studio.visitor import EVERY, Role
from gto.studio.write_access import WriteMode
from scripts import pages
from tests.certificates import make_company
from tests.environment import make_environment
from tests.hub_clients import NEWEST, OLD, node_modules
from tests.oci_tools import files_in, python_of_clients
from tests.repo import run
from tests.studio.conftest import wrote
from tests.studio.downloads.conftest import ANNOTATIONS, DATA, MODEL
from tests.studio.protocols.hub.hub_samples import TINY
from tests.team_process import (
    PREFIX,
    TeamPlace,
    log_in,
    serving,
    serving_by_tls,
    wait_for,
    wait_for_models,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.repo import Repo

HERE = Path(__file__).parent
PLAIN = {"ä file.txt": b"read me\n", "run/it.sh": b"#!/bin/sh\n"}


def sums(files: dict[str, bytes]) -> dict[str, str]:
    """The MD5 of each file."""
    return {path: hashlib.md5(body, usedforsecurity=False).hexdigest() for path, body in files.items()}


def brought(directory: Path) -> dict[str, bytes]:
    """The files below a directory, without what the Hub's client notes there."""
    return {path: body for path, body in files_in(directory).items() if not path.startswith(".cache")}


class RunningHub(NamedTuple):
    """A Studio that runs, a token of somebody, and commits that are no versions yet."""

    url: str
    token: str
    home: Path
    commits: list[str]

    def run(self, *words: str | Path, place: str = "", **more: str) -> str:
        """What a client prints; it ends well."""
        own = {"HF_ENDPOINT": f"{self.url}/hf", "HF_TOKEN": self.token, "HOME": str(self.home), "NO_COLOR": "1"}
        done = run(*map(str, words), cwd=self.home / place, env={**own, "HF_HUB_DISABLE_TELEMETRY": "1", **more})
        assert done.code == 0, (words, done.stdout, done.stderr)
        return done.stdout

    def told(self, *words: str | Path, **more: str) -> dict[str, Any]:
        """What a client prints last, as JSON."""
        found: dict[str, Any] = json.loads(self.run(*words, **more).splitlines()[-1])
        return found


@pytest.fixture
def running(versions: Repo, tmp_path: Path) -> Iterator[RunningHub]:
    """Studio as it is run, where a maintainer has a token that writes."""
    versions.commit("tiny", {**TINY, "artifacts.yaml": f"{ANNOTATIONS}tiny: {{path: tiny}}\n"})
    wrote(versions, "register", "tiny", "--version", "v1.0.0")
    wrote(versions, "assign", "tiny", "--version", "v1.0.0", "--stage", "prod")
    for stage in ("prod", "eu/prod"):
        wrote(versions, "assign", "plain", "--version", "v1.0.0", "--stage", stage)
    commits = []
    for number in range(len(OLD) + 1):
        versions.commit(f"more {number}", {"plain/more": str(number)})
        commits.append(versions.git("rev-parse", "HEAD").strip())
    place = TeamPlace(tmp_path / "studio")
    place.list_repository(versions.path, "team")
    database = open_team_database(ServeOptions(str(place.data)))
    with database.record() as connection:
        ada = accounts.add(connection, accounts.parse_who("ada", "Ada", "ada@example.com"), None)
        accounts.set_roles(connection, ada, {EVERY: Role.MAINTAINER})
        token = tokens.make(connection, ada, "hub", ["read", "write"])
        entry = CatalogRepository("team", str(versions.path), CatalogEntry("path", str(versions.path)))
        write_settings.keep_settings(connection, entry, RepositorySettings(WriteMode.SERVER))
    database.close()
    home = tmp_path / "home"
    home.mkdir()
    with serving(place) as process:
        made = RunningHub(process.url, token, home, commits)
        asked = ("curl", "-sf", "-H", f"Authorization: Bearer {token}", f"{process.url}/hf/api/models/team/tiny")
        wait_for(lambda: run(*asked, cwd=tmp_path).code == 0)
        yield made


def test_the_clients_that_people_have_read_and_tag(running: RunningHub) -> None:
    newest = make_environment(*NEWEST)
    for number, python in enumerate((newest, *(make_environment(*one) for one in OLD))):
        use_hub(running, python, number)
    use_command(running, newest)
    use_libraries(running, newest)
    use_npm(running)
    use_kserve(running)
    for name in ("huggingface", "http"):
        follow_page(running, newest, pages.ROOT / f"docs/studio/clients/{name}.md")


def use_hub(running: RunningHub, python: Path, number: int) -> None:
    """With `huggingface_hub` of one release."""
    place = running.home / f"hub-{number}"
    tag = f"v2.{number}.0"
    told = running.told(python, HERE / "use_hub.py", place, TAG=tag, NEW=running.commits[number])
    assert told["who"] == "ada"
    assert (told["info"][0], told["info"][2]) == ("team/plain", sorted(PLAIN))
    assert told["tree"] == {**{path: len(body) for path, body in DATA.items()}, "deep": None, "deep/er": None}
    assert (told["paths"], told["there"]) == (["a.csv"], [True, False, False])
    versions = [f"v2.{one}.0" for one in range(number + 1)]
    assert told["tagged"] == [None, "HfHubHTTPError", ["eu/prod", "main", "prod", "staging"], ["v1.0.0", *versions]]
    assert told["commits"] == [*reversed(versions), "v1.0.0"]
    assert (told["models"], told["datasets"]) == (["team/plain"], ["team/data"])
    assert told["snapshot"] == told["stage"] == sums(PLAIN)
    assert told["cached"] == told["local"] == sums(DATA)
    assert told["one"] == hashlib.md5(MODEL, usedforsecurity=False).hexdigest()
    assert told["errors"][:2] in (
        ["RemoteEntryNotFoundError", "RevisionNotFoundError"], ["EntryNotFoundError", "RevisionNotFoundError"],
    )  # fmt: skip
    assert told["errors"][2] == "RepositoryNotFoundError"


def use_command(running: RunningHub, python: Path) -> None:
    """With `hf`, which verifies what it brought by the digests that Studio took on the way."""
    hf = python.parent / "hf"
    assert "ada" in running.run(hf, "auth", "whoami")
    running.run(hf, "download", "team/data", "--repo-type", "dataset", "--revision", "v1.0.0", "--local-dir", "data")
    assert brought(running.home / "data") == DATA
    words = ("team/data", "--repo-type", "dataset", "--revision", "v1.0.0", "--local-dir", "data")
    assert "3 file" in running.run(hf, "cache", "verify", *words)


def use_libraries(running: RunningHub, python: Path) -> None:
    """With transformers and datasets."""
    told = running.told(python, HERE / "use_libraries.py")
    assert told["config"] == ["bert", 8]
    assert told["tokens"] == ["hello", "world"]
    assert told["rows"] == told["streamed"] == [{"x": 1, "y": 2}]


def use_npm(running: RunningHub) -> None:
    """With the client of npm."""
    script = running.home / "use_hub.mjs"
    script.write_bytes((HERE / "use_hub.mjs").read_bytes())
    (running.home / "node_modules").symlink_to(node_modules() / "node_modules")
    told = running.told("node", script)
    assert told == {
        "info": "team/plain",
        "files": ["file a.csv", "directory deep", "directory deep/er", "file deep/er/b.bin", "file empty"],
        "text": DATA["a.csv"].decode(),
        "stage": "read me\n",
        "size": len(DATA["a.csv"]),
        "there": [True, False],
        "models": ["team/tiny"],
        "commits": ["v1.0.0"],
    }


def use_kserve(running: RunningHub, name: str = "kserve", **more: str) -> None:
    """With what KServe starts before a model's server."""
    place = running.home / name
    running.run(python_of_clients(), HERE / "use_kserve.py", running.url, place, **more)
    for one in ("hf", "tar.gz", "tgz", "tar", "zip"):
        assert brought(place / one) == DATA, one
    assert files_in(place / "file") == {"model.bin": MODEL}


def test_kserve_takes_what_a_studio_serves_by_tls_once_its_variables_name_the_authority(
    versions: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, company = TeamPlace(tmp_path / "studio"), make_company(tmp_path)
    mounted, home = tmp_path / "ca", tmp_path / "home"
    for made in (mounted, home):
        made.mkdir()
    shutil.copyfile(company.ca, mounted / "cabundle.crt")
    told = dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), str(company.ca))
    told |= {"CA_BUNDLE_CONFIGMAP_NAME": "company-ca", "CA_BUNDLE_VOLUME_MOUNT_POINT": str(mounted)}
    for name in told:
        monkeypatch.delenv(name, raising=False)
    place.list_repository(versions.path, "team")
    place.add_person(role=Role.VIEWER)
    with serving_by_tls(place, company) as front:
        running = RunningHub(f"{front.url}{PREFIX}", place.make_token("read"), home, [])
        with front.client() as client:
            log_in(client, PREFIX)
            wait_for_models(client, PREFIX)
        for address in (f"{running.url}/dl/team/data/latest.tar.gz", "hf://team/data:v1.0.0"):
            code = f"from kserve_storage import Storage; Storage.download({address!r}, 'refused')"
            refused = run(str(python_of_clients()), "-c", code, cwd=home, env={"HF_ENDPOINT": f"{running.url}/hf"})
            assert (refused.code, "CERTIFICATE_VERIFY_FAILED" in refused.stderr) == (1, True), refused.stderr
        page = (pages.ROOT / "docs/studio/clients/http.md").read_text(encoding="utf-8")
        ways = [
            re.findall(r"`(\w+)`", row) for row in re.findall(r"^\| (`[^|]*_CA_[^|]*|`CA_[^|]*)", page, re.MULTILINE)
        ]
        assert sorted(name for way in ways for name in way) == sorted(told)
        for number, way in enumerate(ways):
            use_kserve(running, f"kserve-{number}", **{name: told[name] for name in way})


def follow_page(running: RunningHub, python: Path, page: Path) -> None:
    """Do what a page says, with another host in it, and no TLS."""
    text = page.read_text(encoding="utf-8").replace("https://studio.example.com", running.url)
    assert running.url in text
    path = f"{python.parent}:{os.environ['PATH']}"
    (running.home / page.stem).mkdir()
    (running.home / page.stem / "node_modules").symlink_to(node_modules() / "node_modules")
    for block in pages.blocks(text):
        if not block.not_run or block.info not in {"console", "python", "js"}:  # what is run here is not run elsewhere
            continue
        if block.info == "console":
            commands = [line[2:] for line in block.lines if line.startswith("$ ")]
            words: tuple[str, ...] = ("bash", "-ec", "\n".join(commands))
        elif block.info == "python":
            words = (str(python), "-c", "\n".join(block.lines))
        else:
            words = ("node", "--input-type=module", "-e", "\n".join(block.lines))
        told = running.run(*words, place=page.stem, PATH=path, TOKEN=running.token)
        if block.info == "console":
            assert {line for line in block.lines if not line.startswith("$ ")} <= set(told.splitlines())
