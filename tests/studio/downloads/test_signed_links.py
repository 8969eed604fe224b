"""Links that need no login: they open one thing, for an hour, and are noted."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import anyio
from sqlalchemy import select

from gto.studio.downloads import signed_links
from gto.studio.downloads.sending import Downloads
from gto.studio.team.team_tables import audit
from gto.studio.visitor import Role
from tests.studio.downloads.conftest import DATA, MODEL
from tests.studio.downloads.test_archives import unpacked
from tests.team_app import OWN, URL

if TYPE_CHECKING:
    import pytest

    from tests.team_app import TeamStudio

API = "/api/v1/artifacts/team"


def entries(team: TeamStudio) -> list[tuple[str, str, str, object]]:
    """Who made which links to what."""
    asked = select(audit.c.person, audit.c.subject, audit.c.detail).where(audit.c.action == "link")
    with team.team.database.engine.connect() as connection:
        return [
            (row.person, row.subject, row.detail["path"], row.detail["expires"]) for row in connection.execute(asked)
        ]


def test_a_link_of_the_page_opens_its_file_alone_without_a_login(ours: TeamStudio) -> None:
    browser = ours.logged_in("ada", Role.VIEWER, "lab")
    page = browser.get("/m/team/data/-/files?version=v1.0.0").text
    assert 'action="/m/team/data/-/links"' in page
    made = browser.form("/m/team/data/-/links", version="v1.0.0", file="deep/er/b.bin")
    assert made.status_code == 200, made.text
    (address,) = re.findall(rf"{URL}(/signed/[^<\s]+)", made.text)
    nobody = ours.browser().client
    answer = nobody.get(address, headers={"range": "bytes=1-3"})
    assert (answer.status_code, answer.content) == (206, DATA["deep/er/b.bin"][1:4])
    assert nobody.get(address).content == DATA["deep/er/b.bin"]
    assert nobody.head(address).headers["content-length"] == str(len(DATA["deep/er/b.bin"]))
    _, _, signature, expires, repo, commit, name, *_ = address.split("/")
    start = f"/signed/{signature}/{expires}"
    for other in (
        f"{start}/{repo}/{commit}/{name}/-/file/a.csv",
        f"{start}/{repo}/{commit}/single/-/file/deep/er/b.bin",
        f"{start}/{repo}/{commit}/{name}/-/archive/deep/er/b.bin",
        f"{start}/secret/{commit}/{name}/-/file/deep/er/b.bin",
        f"{start}/{repo}/{'0' * 40}/{name}/-/file/deep/er/b.bin",
        f"/signed/{signature}/{int(expires) + 1}/{repo}/{commit}/{name}/-/file/deep/er/b.bin",
        f"/signed/{signature}/{'9' * 4000}/{repo}/{commit}/{name}/-/file/deep/er/b.bin",
        f"/signed/{signature[:-1]}/{expires}/{repo}/{commit}/{name}/-/file/deep/er/b.bin",
        f"/signed/%00{signature}/x/{repo}/{commit}/{name}/-/file/deep/er/b.bin",
    ):
        answer = nobody.get(other)
        assert answer.status_code == 403, other
        assert "as it was made" in answer.text
    assert entries(ours) == [("ada", "data@v1.0.0", "deep/er/b.bin", int(expires))]


def test_a_program_makes_links_for_what_its_owner_may_see(ours: TeamStudio) -> None:
    token = ours.token(ours.person("ada", {"lab": Role.VIEWER}), "read")
    client = ours.browser().client
    login = {"authorization": f"Bearer {token}"}

    def ask(repo: str, name: str, wish: object) -> tuple[int, dict[str, object]]:
        answer = client.post(f"/api/v1/artifacts/{repo}/{name}/links", json=wish, headers=login)
        found = answer.json()
        assert isinstance(found, dict)
        return answer.status_code, found

    status, made = ask("team", "single", {"path": "model.bin"})
    assert (status, made["version"]) == (201, "v1.0.0")
    assert client.get(str(made["url"])).content == MODEL
    status, made = ask("team", "data", {"version": "v1.0.0", "archive": "tar.gz"})
    assert (status, str(made["url"]).rpartition("/")[2]) == (201, "data-v1.0.0.tar.gz")
    got = client.get(str(made["url"]))
    assert got.headers["content-disposition"].startswith('attachment; filename="data-v1.0.0.tar.gz"')
    assert {path: body for path, (body, _) in unpacked(got.content, "tar.gz").items()} == DATA
    for wish in ({}, {"path": "a.csv", "archive": "zip"}, {"path": "x" * 5000}, {"path": 5}, {"else": ""}):
        assert ask("team", "data", wish)[0] == 400, wish
    for repo, wish in (("team", {"path": "../a.csv"}), ("team", {"archive": "rar"}), ("secret", {"path": "a.csv"})):
        assert ask(repo, "data", wish)[0] == 404, wish
    assert client.post(f"{API}/data/links", json={"path": "a.csv"}, headers=OWN).status_code == 401
    assert len(entries(ours)) == 2


def test_a_link_ends_and_dies_with_its_repository(ours: TeamStudio, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = ours.logged_in("ada", Role.VIEWER, "lab")

    def made() -> str:
        page = ada.form("/m/team/data/-/links", file="a.csv")
        (address,) = re.findall(rf"{URL}(/signed/[^<\s]+)", page.text)
        return str(address)

    nobody = ours.browser().client
    lasting = made()
    with monkeypatch.context() as patch:
        patch.setattr(signed_links, "SIGNED_SECONDS", -1)
        over = nobody.get(made())
    assert (over.status_code, "is over" in over.text) == (403, True)
    assert nobody.get(lasting).status_code == 200
    ours.context.worker.places = ()
    assert nobody.get(lasting).status_code == 404


def test_what_is_signed_reads_as_one_thing_only() -> None:
    one = signed_links.LinkTarget("r", "n", "c", "file", "a/b", 5)
    assert json.loads(one.text) == ["r", "n", "c", "file", "a/b", 5]


def test_whoever_holds_links_leaves_places_for_who_has_a_name(ours: TeamStudio) -> None:
    downloads = Downloads(most=2, patience=0.1)
    ours.app.state.downloads = downloads
    browser = ours.logged_in("ada", Role.VIEWER, "lab")
    made = browser.form("/m/team/data/-/links", version="v1.0.0", file="deep/er/b.bin")
    (address,) = re.findall(rf"{URL}(/signed/[^<\s]+)", made.text)
    slow = object()

    async def hold() -> None:
        for limit in (downloads._of_strangers, downloads._places):  # noqa: SLF001  one who takes nothing
            limit.acquire_on_behalf_of_nowait(slow)

    anyio.run(hold)
    assert ours.browser().client.get(address).status_code == 503
    assert browser.get("/m/team/data/-/file/deep/er/b.bin?version=v1.0.0").content == DATA["deep/er/b.bin"]
    downloads.release(slow)
    assert ours.browser().client.get(address).status_code == 200
