"""Where a team's server keeps things is told to admins of all repositories alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from gto.studio.index.schema import repository
from gto.studio.visitor import Role
from gto.studio.words import without_paths
from tests.studio.conftest import wrote
from tests.team_app import team_studio
from tests.team_routes import addresses

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

REMOTE = "https://forge.example/team/churn.git"


def test_no_page_tells_a_path_of_the_server_to_who_does_not_run_all(registry: Repo, tmp_path: Path) -> None:
    registry.git("remote", "add", "origin", REMOTE)
    bad = {"dvc.yaml": "artifacts: {stray: {path: data}}\n", "data.dvc": "outs: [{md5: nothing, path: data}]\n"}
    registry.commit("files that nobody has", bad)
    wrote(registry, "register", "stray")
    places: dict[str, tuple[Path | str, list[str]]] = {
        "churn": (registry.path, ["lab"]),
        "gone": (tmp_path / "none", ["lab"]),
        "alone": (tmp_path, ["lab"]),
        "near": (f"file://{registry.path}", ["lab"]),
    }
    with team_studio(places, tmp_path / "team.db") as team:
        failed = {
            "error": f"fatal: cannot open {tmp_path}/none/HEAD",
            "hint": f"`ls -l {tmp_path}` shows who may read it",
        }
        with team.team.database.write() as connection:
            connection.execute(update(repository).where(repository.c.name == "gone").values(failed))
        admin, viewer = team.logged_in("ada", Role.ADMIN), team.logged_in("vic", Role.VIEWER)
        writer = team.logged_in("wim", Role.MAINTAINER, "lab")
        paths = {
            *(one.path for one in addresses(team.app) if one.method == "GET"),
            "/m/churn/stray/-/files",
            "/m/churn/stray/-/file/data",
            "/r/gone",
            "/r/alone.json",
            "/m/near/churn",
            "/m/near/churn/-/register",
            "/m/near/churn/-/files",
            "/r/near.json",
        }
        for browser in (viewer, writer):
            told = [path for path in sorted(paths) if str(tmp_path) in browser.get(path).text]
            assert told == []
        shown = {one["name"]: one["address"] for one in viewer.json("/repos")["repositories"]}
        assert shown == {"churn": REMOTE, "gone": "", "alone": "", "near": ""}
        assert viewer.json("/repos")["repositories"][1]["error"] == "fatal: cannot open .../HEAD"
        items = viewer.get("/api/v1/repositories").json()["items"]
        assert {one["name"]: one["address"] for one in items} == shown
        assert REMOTE in viewer.get("/repos").text
        assert f"-r {REMOTE}" in viewer.get("/m/churn/churn").text
        for path in ("/repos", "/repos.json", "/r/gone", "/r/churn.json", "/api/v1/repositories"):
            assert str(tmp_path) in admin.get(path).text, path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No Git repo found in '/srv/git/my models/churn.git'", "No Git repo found in '.../churn.git'"),
        ("Cannot read '/srv/x'", "Cannot read '.../x'"),
        ("fatal: /srv/git/churn.git/HEAD: denied", "fatal: .../HEAD: denied"),
        ("`git -C /srv/git/churn.git fsck` says", "`git -C .../churn.git fsck` says"),
        ("see https://example.com/a/b and s3://models/a/b/c", "see https://example.com/a/b and s3://models/a/b/c"),
        ("file:///srv/git/churn.git", ".../churn.git"),
        (
            "auc > 1/2 of m/churn/churn, and/or described under /api",
            "auc > 1/2 of m/churn/churn, and/or described under /api",
        ),
    ],
)
def test_of_a_path_in_a_message_the_last_name_is_left(text: str, expected: str) -> None:
    assert without_paths(text) == expected
