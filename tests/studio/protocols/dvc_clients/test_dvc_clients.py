"""The real clients against `gto studio serve`: they get files, log in, and show experiments while they run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx2
import pytest
from sqlalchemy import func, select

from gto.studio.team.serve import open_team_database
from gto.studio.team.serve_options import ServeOptions
from gto.studio.team.team_tables import audit
from gto.studio.visitor import Role
from tests.studio.downloads.conftest import DATA, MODEL, Keeper, keeper, models
from tests.studio.protocols.dvc_clients.dvc_users import DvcUser, block_with, files_below
from tests.studio.test_process import address, started
from tests.studio_offers import ways_on
from tests.team_process import TeamPlace, log_in, serving, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

__all__ = ("keeper", "models")  # fixtures


@pytest.fixture(params=["newest", "old"])
def release(request: pytest.FixtureRequest) -> str:
    """Of DVC."""
    return str(request.param)


def wait_for_versions(url: str, token: str) -> None:
    """Wait until the repository was read."""
    login = {"authorization": f"token {token}"}
    wait_for(lambda: httpx2.get(f"{url}/api/v1/artifacts", headers=login).json()["items"])


def count_links(place: TeamPlace) -> int:
    database = open_team_database(ServeOptions(str(place.data)))
    with database.engine.connect() as connection:
        found = connection.execute(select(func.count()).select_from(audit).where(audit.c.action == "link")).scalar_one()
    database.close()
    return int(found)


@pytest.fixture
def place(models: Repo, keeper: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TeamPlace:
    """A Studio of these versions, whose server's own configuration of DVC names the store."""
    models.gto("assign", "data", "--version", "v1.0.0", "--stage", "prod")
    (tmp_path / "server").mkdir()
    (tmp_path / "server/config").write_text(f"['remote \"models\"']\n    url = {keeper.root}\n", "utf-8")
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(tmp_path / "server"))
    made = TeamPlace(tmp_path / "team")
    made.list_repository(models.path)
    made.add_person(role=Role.VIEWER)
    return made


def test_dvc_artifacts_get_brings_what_studio_shows(
    place: TeamPlace, models: Repo, tmp_path: Path, release: str
) -> None:
    token = place.make_token("read")
    with serving(place) as studio:
        wait_for_versions(studio.url, token)
        user, here = DvcUser(release, tmp_path / "user", studio.url, token), tmp_path / "here"
        here.mkdir()
        get = f"artifacts get {models.path}"
        done = user.dvc(
            f"{get} data", f"{get} data --rev v1.0.0 -o version", f"{get} data --stage prod -o stage",
            f"{get} single", f"{get} plain -o plainly", f"{get} data", cwd=here,
        )  # fmt: skip
        assert [code for code, _ in done] == [0, 0, 0, 0, 0, 1], done  # the last would write over the first
        assert count_links(place) == 6
        files = files_below(here)
        data = {f"data/{path}": body for path, body in DATA.items()}
        assert {path: body for path, body in files.items() if path.startswith("data/")} == data
        for start in ("version", "stage"):
            assert {path: files[f"{start}/{path}"] for path in data} == data
        assert files["model.bin"] == MODEL
        assert files["plainly/plain/run/it.sh"] == b"#!/bin/sh\n"
        wrong = user.dvc(
            f"{get} data --rev v7.0.0 -o wrong", f"{get} data --stage none -o wrong", f"{get} none -o wrong", cwd=here
        )
        assert [code for code, _ in wrong] == [1, 1, 1], wrong
        assert count_links(place) == 6
        assert not (here / "wrong").exists()
        told = block_with("curl -sSGu")
        meant = {"https://studio.example.com": studio.url, "https://github.com/acme/churn": str(models.path)}
        process = user.follow(here, told, meant)
        assert process.communicate(timeout=120)[0].splitlines() == told[2:]
        page = httpx2.get(f"{studio.url}/m/churn/data", headers={"authorization": f"token {token}"}).text
        offered = ways_on(page)["DVC through Studio"].replace("GTO_TOKEN=...", f"GTO_TOKEN={token}")
        (tmp_path / "offered").mkdir()
        process = user.follow(tmp_path / "offered", [f"$ {line}" for line in offered.splitlines()], {})
        said, _ = process.communicate(timeout=120)
        assert files_below(tmp_path / "offered") == data, said


def test_the_page_leads_from_an_empty_machine_through_a_login_to_files(
    place: TeamPlace, models: Repo, tmp_path: Path, release: str
) -> None:
    with serving(place) as studio:
        wait_for_versions(studio.url, place.make_token("read"))
        user, here = DvcUser(release, tmp_path / "user", studio.url), tmp_path / "here"
        here.mkdir()
        block = block_with("dvc studio login --no-open --name")
        meant = {"https://studio.example.com": studio.url, "pip install dvc": "dvc --version",
                 "https://github.com/acme/churn": str(models.path)}  # fmt: skip
        process = user.follow(here, block, meant)
        assert process.stdout is not None
        shown = ""
        while not (found := re.search(r"(http\S+/auth/device-login\?code=\S+)", shown)):
            line = process.stdout.readline()
            assert line, shown
            shown += line
        let_in(studio.url, found[1])
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said
        assert {line for line in block if not line.startswith("$ ")} <= set(said.splitlines())
        assert (here / "models/model.bin").read_bytes() == MODEL
        assert count_links(place) == 2
        (token, kept, _) = user.dvc("studio token", "config --global studio.url", "studio logout", cwd=here)
        assert kept[1].strip() == f"{studio.url}/"
        login = {"authorization": f"token {token[1].strip()}"}
        assert httpx2.get(f"{studio.url}/api/v1/repositories", headers=login).status_code == 200


def test_a_login_to_an_own_studio_ends_with_what_it_takes(models: Repo, tmp_path: Path, release: str) -> None:
    with started(models.path, "--port", "0") as process:
        url = address(process).partition("/models")[0]
        user, here, told = DvcUser(release, tmp_path / "user", url), tmp_path / "here", block_with("--hostname")
        here.mkdir()
        client = user.follow(here, told, {"http://127.0.0.1:8765": url})
        said, _ = client.communicate(timeout=120)
        (line,) = (one.replace("http://127.0.0.1:8765", url) for one in told if one.startswith("ERROR"))
        assert (client.returncode, line in said.splitlines()) == (255, True), said
        opened = httpx2.get(line.rpartition(" ")[2])
        assert (opened.status_code, "`gto studio serve`" in opened.text) == (404, True)
        assert not list((tmp_path / "user").rglob("config"))


def let_in(url: str, address: str) -> None:
    """Do in a browser what the page of a program that waits asks for."""
    with httpx2.Client(base_url=url) as browser:
        log_in(browser)
        page = browser.get(address, headers={"accept": "text/html"}).text
        assert "laptop" in page
        hidden = dict(re.findall(r'type="hidden" name="(form_token|code)" value="([^"]+)"', page))
        own = {"origin": url, "sec-fetch-site": "same-origin"}
        fields = {**hidden, "do": "allow", "days": "90"}
        assert browser.post("/auth/device-login", data=fields, headers=own).status_code == 303


TRAIN = """
import time
from pathlib import Path
from dvclive import Live
from PIL import Image

with Live(save_dvc_exp=True) as live:
    live.log_param("trees", 900)
    for step in range(3):
        live.log_metric("loss", 1 / (step + 1))
        live.log_image("map.png", Image.new("RGB", (4, 4), (40 * step, 0, 0)))
        live.next_step()
        while step == 1 and not Path("../go-on").exists():
            time.sleep(0.05)
"""


class Lab(NamedTuple):
    """A clone in which experiments run, the repository that Studio shows, and who reads its pages."""

    work: Repo
    place: TeamPlace
    reads: str

    def ask(self, url: str, path: str) -> dict[str, Any]:
        """What a page says."""
        answer = httpx2.get(f"{url}{path}", headers={"authorization": f"token {self.reads}"})
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert isinstance(found, dict)
        return found

    def row(self, url: str, name: str) -> dict[str, Any] | None:
        """The row of an experiment."""
        page = self.ask(url, "/r/churn/experiments.json")
        found = [one for group in page["branches"] for one in group["commits"] if one["experiment"] == name]
        assert len(found) <= 1
        return found[0] if found else None


@pytest.fixture
def lab(repo: Repo, tmp_path: Path) -> Lab:
    """A DVC project whose stage trains with DVCLive."""
    stage = "stages:\n  train:\n    cmd: python train.py\n    deps: [train.py]\n    params: [trees]\n"
    for key, value in (("user.name", "Ada"), ("user.email", "ada@example.com")):  # DVC reads no other file of Git's
        repo.git("config", key, value)
    (repo.path / ".dvc").mkdir()
    files = {".dvc/config": "", ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n", "train.py": TRAIN,
             "dvc.yaml": stage, "params.yaml": "trees: 1\n", ".dvcignore": ""}  # fmt: skip
    repo.commit("a project", files)
    origin = tmp_path / "origin.git"
    repo.git("clone", "--quiet", "--bare", ".", str(origin))
    repo.git("remote", "add", "origin", str(origin))
    place = TeamPlace(tmp_path / "team")
    place.list_repository(origin)
    place.add_person(role=Role.CONTRIBUTOR)
    return Lab(repo, place, place.make_token("read"))


def test_experiments_are_shown_while_they_run_and_are_commits_once_they_are_pushed(
    lab: Lab, tmp_path: Path, release: str
) -> None:
    with serving(lab.place) as studio:
        user = DvcUser(release, tmp_path / "user", studio.url, lab.place.make_token("experiments"))
        here = lab.work.path
        wait_for(lambda: lab.ask(studio.url, "/r/churn/experiments.json")["branches"])
        process = user.start("train.py", cwd=here, DVC_EXP_NAME="alone")
        wait_for(lambda: (found := lab.row(studio.url, "alone")) and found["metrics"] and found["live"] == "running")
        wait_for(lambda: lab.ask(studio.url, "/r/churn/live/1.json")["step"] == 1)
        (tmp_path / "go-on").touch()
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said
        ended = lab.row(studio.url, "alone")
        assert ended is not None, said
        assert (ended["live"], ended["metrics"]["dvclive/metrics.json"]["loss"]) == ("finished", 1 / 3)
        page = lab.ask(studio.url, "/r/churn/live/1.json")
        assert [one["step"] for one in page["plots"][0]["points"]] == [0, 1, 2]
        assert [one["path"] for one in page["images"]] == ["dvclive/plots/images/map.png"]
        process = user.follow(here, block_with("dvc exp run"), {"more-trees": "within"}, DVC_STUDIO_URL=studio.url)
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said
        assert f"{studio.url}/r/churn/experiments" in said
        assert user.dvc("exp push origin alone", cwd=here)[0][0] == 0
        within = lab.ask(studio.url, "/r/churn/live/2.json")
        assert (within["state"], within["client"], within["step"]) == ("finished", "dvc", 2)
        assert within["params"]["params.yaml"] == {"trees": 7}
        for name in ("alone", "within"):
            wait_for(lambda name=name: (found := lab.row(studio.url, name)) and found["commit"])
            found = lab.row(studio.url, name)
            assert found is not None
            assert "live" not in found
