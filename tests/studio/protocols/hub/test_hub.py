"""The Hub's protocol: what a version is, its files, who may see it, and what `create_tag` writes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import quote

from gto.studio.context import StudioSettings
from gto.studio.team import write_settings
from gto.studio.team.write_settings import RepositorySettings
from gto.studio.visitor import Role
from gto.studio.write_access import WriteMode
from tests.objects import write_object
from tests.studio.conftest import wrote
from tests.studio.downloads.conftest import DATA, MODEL
from tests.studio.protocols.hub.conftest import HubClient, client
from tests.studio_app import studio_of
from tests.team_app import URL, team_studio

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo
    from tests.team_app import TeamStudio


def blob_id(body: bytes) -> str:
    """The id that Git gives to bytes."""
    return hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()


def test_a_version_is_told_with_its_commit_and_its_files(hub: TeamStudio, versions: Repo) -> None:
    anybody, commit = HubClient(hub), versions.git("rev-parse", "HEAD").strip()
    for revision in ("", "/revision/v1.0.0", "/revision/1.0.0", "/revision/main", f"/revision/{commit}",
                     f"/revision/{quote('data@v1.0.0', safe='')}"):  # fmt: skip
        told = anybody.json(f"api/models/team/data{revision}")
        assert (told["id"], told["sha"], told["private"]) == ("team/data", commit, False)
        assert [one["rfilename"] for one in told["siblings"]] == sorted(DATA)
        assert told["gto"] == {
            "repo": "team", "artifact": "data", "type": "dataset", "version": "v1.0.0", "stages": [],
        }  # fmt: skip
    whole = anybody.json("api/datasets/team/data?blobs=true")["siblings"]
    assert {one["rfilename"]: one["size"] for one in whole} == {path: len(body) for path, body in DATA.items()}


def test_a_commit_of_a_year_that_no_calendar_has_breaks_no_answer(models: Repo, tmp_path: Path) -> None:
    tree = models.git("rev-parse", "HEAD^{tree}").strip()
    who = "Ada <ada@example.com> 99999999999999 +0000"
    body = f"tree {tree}\nparent {models.git('rev-parse', 'HEAD').strip()}\nauthor {who}\ncommitter {who}\n\nfar\n"
    models.git("reset", "--quiet", "--hard", write_object(models, "commit", body.encode()))
    wrote(models, "register", "single", "--version", "v9.0.0")
    with studio_of({"team": models.path}, tmp_path / "index.db") as mine:
        paths = ("hf/api/models/team/single", "hf/api/models/team/single/tree/main?expand=true", "r/team")
        for path in (*paths, "v2/team/single/manifests/latest", "r/team/experiments", "dl/team/single/main.zip"):
            assert mine.client.get(f"/{path}").status_code == 200, path


def test_a_tree_is_listed_with_what_is_known_of_the_bytes(hub: TeamStudio) -> None:
    anybody = HubClient(hub)
    tree = f"api/models/team/data/tree/{quote('v1.0.0')}"
    top = anybody.json(f"{tree}?recursive=false&expand=true")
    assert [(one["type"], one["path"]) for one in top] == [("file", "a.csv"), ("directory", "deep"), ("file", "empty")]
    assert {one["lastCommit"]["title"] for one in top} == {"v1.0.0"}
    assert [one["path"] for one in anybody.json(f"{tree}/deep?recursive=True")] == ["deep/er", "deep/er/b.bin"]
    # Of a file of DVC's only MD5 is known, until its bytes passed.
    before = anybody.json(f"{tree}?recursive=True")
    assert all("lfs" not in one for one in before)
    for path, body in DATA.items():
        assert anybody.get(f"team/data/resolve/v1.0.0/{path}").content == body
    after = {one["path"]: one for one in anybody.json(f"{tree}?recursive=True") if one["type"] == "file"}
    for path, body in DATA.items():
        assert after[path]["oid"] == blob_id(body)
        assert after[path]["lfs"]["oid"] == hashlib.sha256(body).hexdigest()
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize {len(body)}\n"
        assert after[path]["lfs"]["pointerSize"] == len(pointer)
    in_git = {one["path"]: one for one in anybody.json("api/models/team/plain/tree/main?recursive=true")}
    assert in_git["ä file.txt"]["oid"] == blob_id(b"read me\n")
    assert "lfs" not in in_git["ä file.txt"]


def test_a_long_tree_comes_in_pages(hub: TeamStudio) -> None:
    anybody, found = HubClient(hub), []
    path: str | None = "api/models/team/data/tree/main?recursive=true&limit=2"
    while path is not None:
        answer = anybody.get(path)
        found += [one["path"] for one in answer.json()]
        link = answer.links.get("next", {}).get("url")
        assert link is None or link.startswith(f"{URL}/hf/")
        path = link and link.removeprefix(f"{URL}/hf/")
    assert found == ["a.csv", "deep", "deep/er", "deep/er/b.bin", "empty"]


def test_some_paths_are_looked_up_by_a_form_or_by_json(hub: TeamStudio) -> None:
    path = "/hf/api/datasets/team/data/paths-info/main"
    wanted = ["deep", "a.csv", "nothing", "deep/er/b.bin"]
    told = [("deep", "directory"), ("a.csv", "file"), ("deep/er/b.bin", "file")]
    by_form = hub.browser().client.post(path, data={"paths": wanted, "expand": "False"})
    for answer in (by_form, HubClient(hub).ask("POST", path, {"paths": wanted, "expand": True})):
        assert [(one["path"], one["type"]) for one in answer.json()] == told
    assert HubClient(hub).error(path.removeprefix("/hf/"), "POST", {"paths": 3}) == (400, "")


def test_a_file_is_resolved_with_the_headers_that_clients_read(hub: TeamStudio, versions: Repo) -> None:
    anybody, commit = HubClient(hub), versions.git("rev-parse", "HEAD").strip()
    path = "/hf/team/single/resolve/main/model.bin"
    head, whole = anybody.ask("HEAD", path), anybody.ask("GET", path)
    part = anybody.ask("GET", path, range="bytes=10-")
    assert (whole.content, part.content, part.status_code) == (MODEL, MODEL[10:], 206)
    for answer in (head, whole):
        assert answer.headers["x-repo-commit"] == commit
        assert answer.headers["etag"] == f'"{hashlib.md5(MODEL, usedforsecurity=False).hexdigest()}"'
        assert (answer.headers["content-length"], answer.headers["accept-ranges"]) == (str(len(MODEL)), "bytes")
        assert "content-encoding" not in answer.headers
    assert anybody.ask("GET", path, **{"if-none-match": head.headers["etag"]}).status_code == 304
    assert anybody.get("datasets/team/data/raw/main/a.csv").content == DATA["a.csv"]
    in_git = anybody.ask("HEAD", f"/hf/team/plain/resolve/main/{quote('ä file.txt')}")
    assert in_git.headers["etag"] == f'"{blob_id(b"read me" + bytes([10]))}"'


def test_what_is_missing_is_told_by_the_codes_of_the_hub(hub: TeamStudio, versions: Repo) -> None:
    anybody, commit = HubClient(hub), versions.git("rev-parse", "HEAD").strip()
    cases = {
        "api/models/team/nothing": "RepoNotFound",
        "api/models/elsewhere/data": "RepoNotFound",
        "api/models/secret/data": "RepoNotFound",
        "api/models/team/data/revision/v9.9.9": "RevisionNotFound",
        "api/models/team/data/tree/staging": "RevisionNotFound",
        "team/data/resolve/main/nothing": "EntryNotFound",
        "api/models/team/data/tree/main/nothing": "EntryNotFound",
        "api/agent-harnesses": "",
        "team/data": "",
        "api/models/data": "",
    }
    assert {path: anybody.error(path) for path in cases} == {path: (404, code) for path, code in cases.items()}
    absent = anybody.get("team/data/resolve/main/nothing")
    assert absent.headers["x-repo-commit"] == commit
    assert anybody.error("api/models/team/data/preupload/main", "POST") == (405, "")
    assert anybody.error("api/whoami-v2") == (401, "")


def test_names_that_the_hub_cannot_write_are_spelt_with_dots_and_a_clash_is_told(
    versions: Repo, tmp_path: Path
) -> None:
    for name in ("services/eu", "two/words", "two:words"):
        wrote(versions, "register", name, "--version", "v1.0.0+b.5")
    wrote(versions, "assign", "services/eu", "--version", "v1.0.0+b.5", "--stage", "eu/prod")
    with team_studio({"my/team.git": (versions.path, [])}, tmp_path / "team.db") as studio:
        known = client(studio, "ada", "*")
        for revision in ("eu%2Fprod", "v1.0.0%2Bb.5", "services%2Feu%40v1.0.0%2Bb.5"):
            told = known.json(f"api/models/my.team-git/services.eu/revision/{revision}")
            assert told["gto"]["artifact"] == "services/eu"
            assert told["gto"]["stages"] == ["eu/prod"]
            assert told["siblings"] == []
        refs = known.json("api/models/my.team-git/services.eu/refs")
        assert [one["name"] for one in refs["branches"]] == ["main", "eu/prod"]
        assert [one["name"] for one in refs["tags"]] == ["v1.0.0+b.5"]
        assert refs["converts"] == []
        clash = known.get("api/models/my.team-git/two.words")
        assert (clash.status_code, clash.headers["x-error-code"]) == (404, "RepoNotFound")
        assert "'two/words' of 'my/team.git' or 'two:words' of 'my/team.git'" in clash.json()["error"]


def test_versions_are_the_commits_of_an_artifact(registry: Repo, tmp_path: Path) -> None:
    with team_studio({"team": (registry.path, [])}, tmp_path / "team.db") as studio:
        known = client(studio, "ada", "*")
        told = known.json("api/models/team/churn/commits/prod")
        assert [one["title"] for one in told] == ["v0.0.2", "v0.0.1"]
        assert told[0]["id"] == registry.git("rev-parse", "churn@v0.0.2^{commit}").strip()
        assert known.error("api/models/team/ranking") == (404, "RevisionNotFound")  # it is deprecated


def test_lists_are_searched_as_the_page_of_models_is(registry: Repo, tmp_path: Path) -> None:
    places = {"team": (registry.path, ["open"]), "other": (registry.path, []), "secret": (registry.path, ["vault"])}
    with team_studio(places, tmp_path / "team.db", public=("open",)) as studio:
        anybody, known = HubClient(studio), client(studio, "ada", "*")

        def ids(path: str, who: HubClient = known) -> list[str]:
            return [one["id"] for one in who.json(path)]

        every = ["team/churn", "other/churn", "secret/churn"]
        assert ids("api/models") == every  # what has no version is not there, nor what is deprecated
        assert ids("api/models", anybody) == ["team/churn"]
        assert ids("api/models?author=secret&search=chu") == ["secret/churn"]
        assert ids("api/models?author=secret", anybody) == []
        assert ids("api/models?search=auc%3E0.99") == []
        assert ids("api/models?filter=weekly&filter=tabular&full=true") == every
        assert ids("api/models?filter=pytorch") == []
        assert sorted(ids("api/models?sort=lastModified&direction=-1")) == sorted(every)
        assert ids("api/datasets") == []
        first = known.get("api/models?limit=2")
        assert [one["id"] for one in first.json()] == every[:2]
        following = first.links["next"]["url"].removeprefix(f"{URL}/hf/")
        assert ids(following) == every[2:]
        assert "next" not in known.get(following).links
        assert known.error("api/models?limit=x") == (400, "")
        assert known.error(f"api/models?{'filter=a&' * 2000}") == (400, "")  # of which no database makes a query


def test_who_asks_is_told_who_they_are(hub: TeamStudio) -> None:
    told = client(hub, "ada", "vault").json("api/whoami-v2")
    assert (told["name"], told["type"], told["orgs"]) == ("ada", "user", [{"name": "secret"}, {"name": "team"}])
    assert told["auth"]["accessToken"]["role"] == "read"


def test_a_tag_registers_a_version_or_assigns_a_stage(hub: TeamStudio, versions: Repo) -> None:
    versions.commit("more", {"plain/more": "more\n"})
    tag = "/hf/api/models/team/plain/tag"
    keeper, viewer = (
        client(hub, "ada", "*", Role.MAINTAINER, "read", "write"),
        client(hub, "eve", "*", Role.VIEWER, "read", "write"),
    )
    refused = keeper.ask("POST", f"{tag}/main", {"tag": "1.1.0"})
    told = refused.headers["x-error-message"]
    assert (refused.status_code, told.split(": ")[0]) == (403, "Studio does not write to this repository")
    assert "gto register" in told, told
    with hub.team.database.record() as connection:
        wanted = RepositorySettings(WriteMode.SERVER)
        write_settings.keep_settings(connection, hub.context.worker.places[0], wanted)
    assert keeper.ask("POST", f"{tag}/main", {"tag": "1.1.0", "message": "better"}).json() == {}
    assert keeper.ask("POST", f"{tag}/v1.0.0", {"tag": "prod"}).json() == {}
    assert keeper.ask("POST", f"{tag}/1.1.0", {"tag": "eu/dev"}).json() == {}
    told = keeper.json("api/models/team/plain")
    assert (told["gto"]["version"], told["gto"]["stages"]) == ("v1.1.0", ["eu/dev"])
    assert told["sha"] == versions.git("rev-parse", "HEAD").strip()
    assert keeper.json("api/models/team/plain/revision/prod")["gto"]["version"] == "v1.0.0"
    assert "better" in versions.git("tag", "-n9", "-l", "plain@v1.1.0")
    path = tag.removeprefix("/hf/")
    cases = [
        (keeper, "main", {"tag": "v1.1.0"}, 409),  # it is there
        (keeper, "v1.0.0", {"tag": "prod"}, 409),
        (keeper, "main", {"tag": "v1.2.0"}, 400),  # the commit has a version
        (keeper, "v7.0.0", {"tag": "dev"}, 404),
        (keeper, "--all", {"tag": "v3.0.0"}, 404),
        (keeper, "main", {"tag": "a b"}, 400),
        (keeper, "main", {"tag": 3}, 400),
        (keeper, "main", [], 400),
        (viewer, "main", {"tag": "v1.2.0"}, 403),
        (HubClient(hub), "main", {"tag": "v1.2.0"}, 401),
        (client(hub, "bob", "*", Role.MAINTAINER), "main", {"tag": "v1.2.0"}, 403),  # its token only reads
        (client(hub, "cy", "*", Role.CONTRIBUTOR, "read", "write"), "main", {"tag": "dev"}, 403),
    ]
    for who, revision, body, status in cases:
        assert who.error(f"{path}/{revision}", "POST", body)[0] == status, (revision, body)


def test_nothing_is_tagged_where_studio_only_reads(versions: Repo, tmp_path: Path) -> None:
    settings = StudioSettings(read_only=True)
    with team_studio({"team": (versions.path, [])}, tmp_path / "team.db", settings=settings) as studio:
        keeper = client(studio, "ada", "*", Role.MAINTAINER, "read", "write")
        assert keeper.error("api/models/team/plain/tag/main", "POST", {"tag": "prod"}) == (403, "")
