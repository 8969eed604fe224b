"""In a team's Studio a repository reads no store but those that are listed for its groups, whatever it says."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import httpx2 as httpx
import pytest

from gto.catalog import file
from gto.core.allowed_stores import AllowedStores, StoreLocation, parse_location
from gto.studio.context import StudioSettings
from gto.studio.team.self_check import CheckedStudio, check
from gto.studio.visitor import Role
from tests.studio.conftest import wrote
from tests.studio.downloads.conftest import MODEL, Keeper
from tests.studio.downloads.test_far_stores import link_to_file, section, upload
from tests.team_app import team_studio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from gto.catalog.store_lists import StoreLists
    from tests.repo import Repo
    from tests.stores import S3
    from tests.team_app import Browser

SECRET = b"what only the vault may read" * 100
MARK = hashlib.md5(SECRET, usedforsecurity=False).hexdigest()
FILE = "/m/team/net/-/file/net.bin"


class Host(NamedTuple):
    """A server whose own configuration names two stores, one of which holds a secret."""

    repo: Repo
    lab: Keeper
    vault: Keeper
    database: Path

    @property
    def lists(self) -> StoreLists:
        """The stores of each group."""
        return {"lab": (place(self.lab.root),), "vault": (place(self.vault.root),)}

    @contextmanager
    def tried(
        self, files: Mapping[str, str], path: str = "net.bin", prepare: Callable[[], object] = int
    ) -> Iterator[Browser]:
        """The browser of a viewer, after somebody pushed a version whose files lie where these files say."""
        self.repo.commit("files", {"artifacts.yaml": f"net: {{path: {path}}}\n", **files})
        prepare()
        wrote(self.repo, "register", "net", "--version", "v1.0.0")
        with team_studio({"team": (self.repo.path, ["lab"])}, self.database, stores=self.lists) as team:
            yield team.logged_in("ada", Role.VIEWER)
        self.repo.git("tag", "-d", "net@v1.0.0")


def place(path: object, **options: str) -> StoreLocation:
    """Where a store is."""
    return parse_location(str(path), options)


def remote(url: object, **options: str) -> str:
    """The configuration of DVC that a repository brings: one remote."""
    return f"[core]\n    remote = far\n{section('far', {'url': str(url), **options})}"


def noted(mark: str = MARK, more: str = "") -> str:
    """A file of DVC's that notes one output."""
    return f"{more}outs: [{{md5: {mark}, hash: md5, path: net.bin}}]\n"


@pytest.fixture
def host(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """Both stores are the server's own words: without a list every repository reads either."""
    lab, vault = Keeper(tmp_path / "lab"), Keeper(tmp_path / "vault")
    lab.put(MODEL)
    vault.put(SECRET)
    known = tmp_path / "dvc"
    known.mkdir()
    both = section("lab", {"url": str(lab.root)}) + section("vault", {"url": str(vault.root)})
    (known / "config").write_text(both, "utf-8")
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(known))
    return Host(repo, lab, vault, tmp_path / "team.db")


def is_refused(browser: Browser, path: str = FILE, *statuses: int) -> bool:
    """Whether a file, or a part of it, comes with no byte of the secret."""
    answers = [browser.get(path), browser.get(path, range="bytes=5-90")]
    assert not any(SECRET[5:30] in one.content or SECRET[:5] in one.content for one in answers)
    return all(one.status_code in (statuses or (403,)) for one in answers)


def test_a_group_reads_its_own_store_and_another_group_s_is_refused_on_every_way(host: Host) -> None:
    mark = hashlib.md5(MODEL, usedforsecurity=False).hexdigest()
    files = {
        ".dvc/config": remote(host.lab.root),
        "net.bin.dvc": noted(mark),
        "artifacts.yaml": "net: {path: net.bin}\n",
    }
    host.repo.commit("files", files)
    wrote(host.repo, "register", "net", "--version", "v1.0.0")
    places = {"team": (host.repo.path, ["lab"]), "theirs": (host.repo.path, ["vault"])}
    settings = StudioSettings(presign=True)
    with team_studio(places, host.database, stores=host.lists, settings=settings) as team:
        browser = team.logged_in("ada", Role.VIEWER)
        assert browser.get(FILE).content == MODEL
        theirs = FILE.replace("team", "theirs")
        refused = browser.get(theirs)
        assert refused.status_code == 403
        assert "lists it neither for group &#39;vault&#39; nor for &#39;*&#39;" in refused.text
        assert "An admin adds <code>- .../lab</code> there" in refused.text  # where it is, is told who runs all
        said = team.logged_in("root", Role.ADMIN).get(theirs).text
        assert f"An admin adds <code>- {host.lab.root}</code> there, below <code>vault:</code>" in said
        assert browser.get(theirs, range="bytes=0-4").status_code == 403
        assert browser.get(f"{theirs}?stream=1").status_code == 403
        assert browser.client.head(theirs).status_code == 403
        told = browser.client.get(theirs, headers={"accept": "application/json"}).json()
        assert (told["status"], "may not be read" in told["detail"]) == (403, True)
        (link,) = re.findall(r"(/signed/[^<\s]+)", browser.form("/m/theirs/net/-/links", file="net.bin").text)
        assert team.browser().get(link).status_code == 403
        assert browser.get("/m/theirs/net/-/archive.tar").status_code == 403


def attacks(host: Host, tmp_path: Path) -> dict[str, tuple[dict[str, str], str]]:
    """What somebody who may push to a repository of the lab pushes to read the vault, and what it is a path of."""
    lab, vault = host.lab.root, host.vault.root
    (lab / "link").symlink_to(vault)
    key = host.vault.place(MARK).relative_to(vault)
    aware = {"version_aware": "true"}
    climbing = f"outs: [{{path: net.bin, files: [{{relpath: ../vault/{key}, md5: {MARK}}}]}}]\n"
    imported = f"deps: [{{path: net.bin, repo: {{url: {tmp_path}, rev_lock: HEAD}}}}]\n"
    plain = noted()
    return {
        "another store": ({".dvc/config": remote(vault), "net.bin.dvc": plain}, ""),
        "the server's own remote by name": ({".dvc/config": "[core]\n    remote = vault\n"}, ""),
        "a remote on top of it": ({".dvc/config": remote("remote://vault/")}, ""),
        "a remote above its own": ({".dvc/config": remote("remote://lab/../vault")}, ""),
        "dots": ({".dvc/config": remote(f"{lab}/../vault")}, ""),
        "a URL of a file": ({".dvc/config": remote(f"file://{vault}")}, ""),
        "a URL with a path that is encoded": ({".dvc/config": remote(f"file://{lab}/%2e%2e/vault")}, ""),
        "a link in its own store": ({".dvc/config": remote(f"{lab}/link")}, ""),
        "a cache": ({".dvc/config": f"[cache]\n    dir = {vault}\n"}, ""),
        "a path that is annotated": ({}, str(vault / key)),
        "a path of a remote that is annotated": ({}, f"remote://vault/{key}"),
        "a path that was imported": ({"net.bin.dvc": f"deps: [{{path: {vault / key}}}]\n{plain}"}, ""),
        "another repository": ({"net.bin.dvc": imported + plain}, ""),
        "a versioned file above": ({".dvc/config": remote(lab, **aware), "net.bin.dvc": climbing}, ""),
    }


def test_nothing_that_is_pushed_leads_to_a_store_that_is_not_listed(host: Host, tmp_path: Path) -> None:
    tried = {}
    for number, (what, (files, path)) in enumerate(attacks(host, tmp_path).items()):
        clean = {".dvc/config": "", "net.bin.dvc": noted(), "which": what}
        host.repo.commit(what, {**clean, **files, "artifacts.yaml": f"net: {{path: '{path or 'net.bin'}'}}\n"})
        wrote(host.repo, "register", "net", "--version", f"v1.0.{number}")
        tried[what] = f"/m/team/net/-/file/{os.path.basename(path) or 'net.bin'}?version=v1.0.{number}"
    host.repo.commit("the work tree says nothing", {".dvc/config": ""})
    where = {"team": (host.repo.path, ["lab"])}
    with team_studio(where, host.database) as team:
        browser = team.logged_in("ada", Role.VIEWER)
        read = {what for what, path in tried.items() if browser.get(path).content == SECRET}
        assert read >= {"another store", "the server's own remote by name", "a remote on top of it"}
    with team_studio(where, tmp_path / "listed.db", stores=host.lists) as team:
        browser = team.logged_in("ada", Role.VIEWER)
        for what, path in tried.items():
            assert is_refused(browser, path, 403, 404), what
        assert all(browser.get(tried[what]).status_code == 403 for what in read)


def test_links_and_settings_that_came_with_a_clone_lead_out_of_its_cache_nowhere(host: Host, tmp_path: Path) -> None:
    cache = host.repo.path / ".dvc/cache"

    def whole() -> None:
        cache.symlink_to(host.vault.root)

    def one() -> None:
        cache.unlink()
        kept.parent.mkdir(parents=True)
        kept.symlink_to(host.vault.place(MARK))

    def local() -> None:
        kept.unlink()
        (host.repo.path / ".dvc/config.local").write_text(remote(host.vault.root), "utf-8")

    kept = Keeper(cache).place(MARK)
    for number, prepare in enumerate((whole, one, local)):
        own = host._replace(database=tmp_path / f"{number}.db")
        files = {".dvc/config": remote(host.lab.root), "net.bin.dvc": noted(), "which": str(number)}
        with own.tried(files, prepare=prepare) as browser:
            assert is_refused(browser), prepare
    Keeper(cache).put(SECRET)  # what is in the clone's own cache is its own
    with host._replace(database=tmp_path / "own.db").tried({"other": ""}) as browser:
        assert browser.get(FILE).content == SECRET


def test_what_is_read_for_the_index_comes_of_listed_stores_too(host: Host, tmp_path: Path) -> None:
    number = b'{"accuracy": 0.123456}'
    mark = host.vault.put(number)
    known = tmp_path / "dvc/config"
    known.write_text(f"[cache]\n    dir = {host.vault.root}\n", "utf-8")  # the server's own, for all repositories
    files = {
        ".dvc/config": "",
        "dvc.yaml": "metrics: [m.json]\nartifacts:\n  net: {path: net.bin}\n",
        "m.json.dvc": f"outs: [{{md5: {mark}, hash: md5, path: m.json}}]\n",
    }
    host.repo.commit("metrics", files)
    wrote(host.repo, "register", "net", "--version", "v1.0.0")
    places = {"team": (host.repo.path, ["lab"]), "theirs": (host.repo.path, ["vault"])}
    with team_studio(places, host.database, stores=host.lists) as team:
        browser = team.logged_in("ada", Role.VIEWER)
        assert "0.123456" in browser.get("/api/v1/artifacts/theirs/net/facts?version=v1.0.0").text
        hidden = browser.get("/api/v1/artifacts/team/net/facts?version=v1.0.0")
        assert (hidden.status_code, "0.123456" in hidden.text) == (200, False)
        assert "its cache here is none of the `stores` of the catalogue" in hidden.text
        assert str(host.vault.root) not in hidden.text


def test_a_bucket_of_another_prefix_or_endpoint_is_neither_read_nor_signed(
    host: Host, s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = f"files/md5/{MARK[:2]}/{MARK[2:]}"
    for prefix in ("lab", "vault"):
        assert s3.put(f"/models/{prefix}/{key}", SECRET)[0] == 200
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.options["access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.options["secret_access_key"])
    (tmp_path / "dvc/config").write_text(section("ours", {"url": "s3://any", "endpointurl": s3.endpoint}), "utf-8")
    at = {"endpointurl": s3.endpoint}
    cases = {
        "s3://models/lab": ((place("s3://models/lab", **at),), 302),
        "s3://models/vault": ((place("s3://models/lab", **at),), 403),
        "s3://models/lab/../vault": ((place("s3://models/lab", **at),), 403),
        "s3://models": ((place("s3://models/lab", **at),), 403),
        "S3://models/lab": ((place("s3://models/lab"),), 403),  # that of the clouds is not that of this server
        "s3://models/lab/": ((place("s3://models/lab", endpointurl="http://127.0.0.2:1"),), 403),
    }
    wrote_before = False
    for number, (url, (listed, status)) in enumerate(cases.items()):
        host.repo.commit(
            url,
            {".dvc/config": remote(url, **at), "net.bin.dvc": noted(), "artifacts.yaml": "net: {path: net.bin}\n"},
        )
        if wrote_before:
            host.repo.git("tag", "-d", "net@v1.0.0")
        wrote(host.repo, "register", "net", "--version", "v1.0.0")
        wrote_before = True
        settings, where = StudioSettings(presign=True), {"net": (host.repo.path, ["lab"])}
        with team_studio(where, tmp_path / f"{number}.db", stores={"lab": listed}, settings=settings) as team:
            browser = team.logged_in("ada", Role.VIEWER)
            path = "/m/net/net/-/file/net.bin"
            answer = browser.get(path)
            assert answer.status_code == status, url
            streamed = browser.get(f"{path}?stream=1")
            assert (streamed.content == SECRET) is (status == 302), url
            linked = team.browser().get(link_to_file(browser))
            assert linked.status_code == status, url
            if status == 302:
                assert httpx.get(answer.headers["location"]).content == SECRET


def test_git_lfs_reads_from_no_other_repository_of_the_same_server(repo: Repo, lfs: str, tmp_path: Path) -> None:
    theirs = f"{lfs}/team/models.git/info/lfs"
    files = {
        ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
        ".lfsconfig": f"[lfs]\n\turl = {theirs}\n",
        "net.bin": upload(lfs, SECRET),
        "artifacts.yaml": "net: {path: net.bin}\n",
    }
    repo.commit("a model in Git LFS", files)
    wrote(repo, "register", "net", "--version", "v1.0.0")
    repo.git("remote", "add", "origin", f"{lfs}/lab/own.git")
    cases: dict[str, tuple[StoreLists | None, int]] = {
        "as ever": (None, 200),
        "nothing": ({}, 403),
        "another": ({"lab": (place(f"{lfs}/lab"),)}, 403),
        "listed": ({"lab": (place(f"{lfs}/team/models.git"),)}, 200),
    }
    for name, (stores, status) in cases.items():
        with team_studio({"team": (repo.path, ["lab"])}, tmp_path / f"{name}.db", stores=stores) as team:
            assert team.logged_in("ada", Role.VIEWER).get(FILE).status_code == status, name
    repo.git("remote", "set-url", "origin", f"{lfs}/team/models.git")  # what is its own needs no list
    with team_studio({"team": (repo.path, ["lab"])}, tmp_path / "own.db", stores={}) as team:
        assert team.logged_in("ada", Role.VIEWER).get(FILE).content == SECRET


def test_who_changes_the_catalogue_on_a_page_leaves_repositories_limited(repo: Repo, tmp_path: Path) -> None:
    catalogue = tmp_path / "team.yaml"
    catalogue.write_text(
        f"repos:\n- {{path: {repo.path}, name: one, group: lab}}\n- {{path: {tmp_path}, name: two}}\n"
        "stores: {lab: [s3://models/lab]}\n",
        "utf-8",
    )
    found = file.find_all(str(catalogue))
    where = {one.name: (repo.path, one.entry.groups) for one in found.places}
    with team_studio(where, tmp_path / "team.db", catalogue=str(catalogue), stores=found.stores) as team:
        limited = team.context.worker.places[0].stores
        assert team.logged_in("ada", Role.ADMIN).form("/repos/remove", repo="two").status_code == 303
        assert [one.stores for one in team.context.worker.places] == [limited]
        assert limited == AllowedStores(("lab",), (place("s3://models/lab"),))


def test_the_doctor_says_that_groups_are_not_isolated_and_which_group_is_unknown(repo: Repo, tmp_path: Path) -> None:
    catalogue = tmp_path / "team.yaml"
    repos = f"repos:\n- {{path: {repo.path}, group: lab}}\n- {{path: {tmp_path}, group: eu}}\n"
    cases = {
        "": "groups are not isolated: a repository of one may name any store that this server can read",
        "stores: {lab: [/srv/lab], '*': [/srv/all]}\n": "2 are listed, and no other is read",
        "stores: {lap: [/srv/lab]}\n": "no repository is of the group 'lap' of `stores`",
    }
    with team_studio({"one": (repo.path, ["lab"])}, tmp_path / "team.db") as team:
        looked = CheckedStudio(team.team.database, team.team.settings, team.team.box, str(tmp_path), str(catalogue))
        for text, said in cases.items():
            catalogue.write_text(repos + text, "utf-8")
            (told,) = [one for one in check(looked) if one.name == "stores"]
            assert (told.said, told.is_fine) == (said, not said.startswith("no"))
