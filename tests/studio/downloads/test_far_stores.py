"""Files that S3, a Git LFS server and the repository of a URL have: with the server's own credentials, by host."""

from __future__ import annotations

import hashlib
import json
import re
import urllib.request
from typing import TYPE_CHECKING

import httpx2 as httpx
from sqlalchemy import select

from gto.studio.context import StudioSettings
from gto.studio.downloads import signed_links
from gto.studio.index import schema
from gto.studio.team import team_tables
from gto.studio.visitor import Role
from tests.studio.conftest import wrote
from tests.studio.downloads.test_archives import unpacked
from tests.studio_app import studio_of
from tests.team_app import URL, team_studio

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest

    from tests.repo import Repo
    from tests.server import Server
    from tests.stores import S3
    from tests.team_app import Browser, TeamStudio

BODY = bytes(range(256)) * 6000


def section(name: str, options: Mapping[str, str]) -> str:
    """A remote as DVC's files of configuration have it."""
    return f"['remote \"{name}\"']\n" + "".join(f"    {key} = {value}\n" for key, value in options.items())


def pushed(repo: Repo, server: Server, name: str) -> str:
    """The URL of a repository that has what this one has."""
    served = server.new(name)
    repo.git("push", "--quiet", "--mirror", str(served.path))
    return server.url(name)


def link_to_file(browser: Browser) -> str:
    """The path of a new link to the file."""
    (found,) = re.findall(rf"{URL}(/signed/[^<\s]+)", browser.form("/m/net/net/-/links", file="net.bin").text)
    return str(found)


def path_of_blob(browser: Browser) -> str:
    """The path of the blob that the file is to clients of container registries."""
    layer = browser.get("/v2/net/net/manifests/v1.0.0").json()["layers"][0]
    return f"/v2/net/net/blobs/{layer['digest']}"


def all_that_is_stored(team: TeamStudio) -> str:
    """All rows of the database."""
    tables = (*team_tables.metadata.sorted_tables, *schema.metadata.sorted_tables)
    with team.team.database.engine.connect() as connection:
        return repr([connection.execute(select(one)).all() for one in tables])


def test_a_store_that_the_server_s_configuration_names_gets_its_credentials_and_leads_on_where_it_signs(
    repo: Repo, server: Server, s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    mark = hashlib.md5(BODY, usedforsecurity=False).hexdigest()
    assert s3.put(f"/models/studio/files/md5/{mark[:2]}/{mark[2:]}", BODY)[0] == 200
    open_part = {"url": "s3://models/studio", "endpointurl": s3.endpoint}
    files = {
        ".dvc/config": f"[core]\n    remote = cloud\n{section('cloud', open_part)}",
        "net.bin.dvc": f"outs: [{{md5: {mark}, hash: md5, path: net.bin}}]\n",
        "artifacts.yaml": "net: {path: net.bin}\n",
    }
    repo.commit("a model in a bucket", files)
    wrote(repo, "register", "net", "--version", "v1.0.0")
    url = pushed(repo, server, "net.git")
    known = tmp_path / "dvc"
    known.mkdir()
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(known))
    path = "/m/net/net/-/file/net.bin"
    with team_studio({"net": (url, [])}, tmp_path / "team.db", settings=StudioSettings(presign=True)) as team:
        browser = team.logged_in("ada", Role.VIEWER)
        assert browser.get(path).status_code == 424  # a stranger's remote gets no credentials
        team.app.state.downloads = type(team.app.state.downloads)()
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.options["access_key_id"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.options["secret_access_key"])
        assert browser.get(path).status_code == 424  # neither do those of the environment go there
        team.app.state.downloads = type(team.app.state.downloads)()
        ours = {"url": "s3://any", "endpointurl": s3.endpoint}
        (known / "config").write_text(section("ours", ours), "utf-8")
        led = browser.get(path)
        assert led.status_code == 302
        assert "X-Amz-Expires=3600" in led.headers["location"]
        assert httpx.get(led.headers["location"], headers={"range": "bytes=7-9"}).content == BODY[7:10]
        with monkeypatch.context() as patch:  # a link that is over in ten minutes leads to nothing that lasts longer
            patch.setattr(signed_links, "SIGNED_SECONDS", 600)
            led = team.browser().get(link_to_file(browser))
        assert 0 < int(re.findall("X-Amz-Expires=([0-9]+)", led.headers["location"])[0]) <= 600
        assert browser.get(f"{path}?stream=1").content == BODY
        assert browser.get(path, range="bytes=1000000-1000009").status_code == 302
        part = browser.get(f"{path}?stream=1", range="bytes=1000000-1000009")
        assert (part.status_code, part.content) == (206, BODY[1000000:1000010])
        assert browser.client.head(path).headers["content-length"] == str(len(BODY))
        led = browser.get(path_of_blob(browser))
        assert (led.status_code, httpx.get(led.headers["location"]).content) == (307, BODY)
        packed = browser.get("/m/net/net/-/archive.tar")
        assert unpacked(packed.content, "tar") == {"net.bin": (BODY, False)}
        assert s3.options["secret_access_key"] not in all_that_is_stored(team)


def test_a_file_of_git_lfs_and_one_that_a_mirror_lacks_are_fetched_and_sent(
    repo: Repo, server: Server, lfs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    files = {
        ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
        ".lfsconfig": f"[lfs]\n\turl = {lfs}/team/models.git/info/lfs\n",
        "net/weights.bin": upload(lfs, BODY),
        "net/read.me": "in Git alone\n",
        "artifacts.yaml": "net: {path: net}\n",
    }
    repo.commit("a model in Git LFS", files)
    wrote(repo, "register", "net", "--version", "v1.0.0")
    url = pushed(repo, server, "lfs.git")
    with studio_of({"net": url}, tmp_path / "index.db") as studio:
        assert studio.client.get("/m/net/net/-/file/read.me").text == "in Git alone\n"
        refused = studio.client.get("/m/net/net/-/file/weights.bin")
        assert refused.status_code == 424  # a stranger names a server of this machine
    with team_studio({"net": (repo.path, [])}, tmp_path / "team.db") as team:
        refused = team.logged_in("ada", Role.VIEWER).get("/m/net/net/-/file/weights.bin")
        assert refused.status_code == 424  # in a team nobody who pushes leads the server anywhere
    repo.git("config", "lfs.url", f"{lfs}/team/models.git/info/lfs")
    with studio_of({"net": repo.path}, tmp_path / "own.db") as studio:
        path = "/m/net/net/-/file/weights.bin"
        whole = studio.client.get(path)
        assert whole.content == BODY
        assert whole.headers["etag"] == f'"sha256-{hashlib.sha256(BODY).hexdigest()}"'
        assert studio.client.get(path, headers={"range": "bytes=-5"}).content == BODY[-5:]
        packed = studio.client.get("/m/net/net/-/archive.zip").content
        assert unpacked(packed, "zip") == {"read.me": (b"in Git alone\n", False), "weights.bin": (BODY, False)}


def upload(url: str, data: bytes) -> str:
    """Put bytes on the Git LFS server, and return their pointer."""
    oid, kind = hashlib.sha256(data).hexdigest(), "application/vnd.git-lfs+json"
    body = {"operation": "upload", "transfers": ["basic"], "objects": [{"oid": oid, "size": len(data)}]}
    headers = {"Accept": kind, "Content-Type": kind}
    place = f"{url}/team/models.git/info/lfs/objects/batch"
    asked = urllib.request.Request(place, json.dumps(body).encode(), headers)  # noqa: S310  our own server
    with urllib.request.urlopen(asked) as answer:  # noqa: S310
        (one,) = json.load(answer)["objects"]
    if "actions" in one:
        way = one["actions"]["upload"]
        put = urllib.request.Request(way["href"], data, way.get("header", {}), method="PUT")  # noqa: S310
        urllib.request.urlopen(put).close()  # noqa: S310
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(data)}\n"
