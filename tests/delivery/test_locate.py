"""Where files are, for DVC files that `dvc` would need a cloud, or other people's machines, to write."""

from __future__ import annotations

import hashlib
import json
import shutil
from contextvars import Context
from typing import TYPE_CHECKING

import pytest

from gto.delivery import imports
from gto.delivery.locate import locate
from gto.dvc.checkout import Checkout
from gto.dvc.dvc_config import RepositoryTrust
from gto.exceptions import CannotLocate, ChecksumMismatch, ContentMissing, NotInCommit, RemoteUnreachable
from gto.git import command
from gto.git.commit_files import Files
from gto.registry.registry import Registry
from gto.storage import fetcher
from gto.storage.location import Content, Digest, GitBlob, Located, StoreAddress, StoreObject
from tests.growth import check_growth
from tests.repo import Repo
from tests.stories.healthy import done, said
from tests.web import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.server import Server
    from tests.web import Web

MD5 = "d41d8cd98f00b204e9800998ecf8427e"
STRANGER = RepositoryTrust(is_own=False)
VERSIONED = "[core]\nremote = v\n['remote \"v\"']\nurl = s3://bucket/models\nversion_aware = true\n"
PLAIN = "[core]\nremote = p\n['remote \"p\"']\nurl = s3://bucket/models\n"
S3 = StoreAddress("s3://bucket/models", {}, trusted=True)


def at(repo: Repo, path: str, files: Mapping[str, str] | None = None, trust: RepositoryTrust | None = None) -> Located:
    """Where a path is in a new commit with these files."""
    repo.commit("work", files)
    registry = Registry.open(str(repo.path))
    return locate(registry, registry.commit(), path, trust)


def out(**fields: object) -> str:
    return f"outs:\n- {json.dumps({'path': 'm.pkl', 'hash': 'md5', **fields})}\n"


def imported(url: str, *, path: object = "m.pkl", **fields: object) -> str:
    """The text of a .dvc file of what was imported from a repository."""
    repo: dict[str, object] = {"url": url}
    repo |= {key: fields.pop(key) for key in ("rev_lock", "remote", "config") if key in fields}
    return f"deps:\n- {json.dumps({'path': path, 'repo': repo})}\n" + out(**{"md5": MD5, **fields})


# --- stores that keep versions


def test_a_version_of_a_file_is_asked_for_under_its_own_name(repo: Repo) -> None:
    text = out(md5=MD5, size=3, cloud={"v": {"etag": "e", "version_id": "v1"}})
    found = at(repo, "sub/m.pkl", {".dvc/config": VERSIONED, "sub/m.pkl.dvc": text})
    source = StoreObject(S3, "sub/m.pkl", "v1")
    assert found == Located("m.pkl", False, (Content("", 3, Digest("md5", MD5), (source,)),))  # noqa: FBT003  a field


def test_the_versions_of_a_directory_are_those_of_its_files(repo: Repo) -> None:
    files = [
        {"relpath": "a", "md5": MD5, "size": 1, "cloud": {"v": {"version_id": "v1"}}},
        {"relpath": "b/c", "etag": "x", "size": 2, "version_id": "v2"},
    ]
    found = at(repo, "m.pkl", {".dvc/config": VERSIONED, "m.pkl.dvc": out(files=files)})
    assert found.is_directory
    assert [(one.path, one.size, one.digest) for one in found.contents] == [
        ("a", 1, Digest("md5", MD5)),
        ("b/c", 2, None),
    ]
    assert found.contents[1].sources == (StoreObject(S3, "m.pkl/b/c", "v2"),)
    registry = Registry.open(str(repo.path))
    assert locate(registry, registry.commit(), "m.pkl/b").contents[0].path == "c"
    with pytest.raises(NotInCommit):
        locate(registry, registry.commit(), "m.pkl/nothing")


@pytest.mark.parametrize(
    ("config", "text", "told"),
    [
        (VERSIONED, out(md5=MD5), "never pushed to 'v', which keeps versions"),
        (VERSIONED, out(files=[{"relpath": "a"}]), "neither hash nor version of 'a'"),
        (PLAIN, out(), "notes no hash"),
        ("", out(md5=MD5), "names no remote"),
        ("[core]\nremote = gone\n", out(md5=MD5), "has no remote 'gone'"),
        (PLAIN, out(md5=MD5, remote="other"), "has no remote 'other'"),
        (PLAIN, "outs: [", "m.pkl.dvc"),
        ("[core\n", out(md5=MD5), ".dvc/config, line 1"),
    ],
)
def test_what_no_remote_can_have_is_refused(repo: Repo, config: str, text: str, told: str) -> None:
    repo.commit("annotated", {".dvc/config": config, "m.pkl.dvc": text, "artifacts.yaml": "m: {path: m.pkl}"})
    said(repo.gto("ls", "m", "--rev", "HEAD"), told)


def test_an_old_layout_and_a_stage_of_its_own_remote(repo: Repo) -> None:
    config = PLAIN + "['remote \"q\"']\nurl = https://models.example.com/x\n"
    text = out(md5=MD5, remote="q").replace('"hash": "md5", ', "")
    found = at(repo, "m.pkl", {".dvc/config": config, "m.pkl.dvc": text})
    assert found.contents[0].digest == Digest("md5-dos2unix", MD5)
    (source,) = found.contents[0].sources
    assert isinstance(source, StoreObject)
    assert (source.store.url, source.key) == ("https://models.example.com/x", f"{MD5[:2]}/{MD5[2:]}")


def test_a_remote_that_has_moved_is_where_the_work_tree_says(repo: Repo) -> None:
    repo.commit("old", {".dvc/config": PLAIN, "m.pkl.dvc": out(md5=MD5)})
    old = repo.git("rev-parse", "HEAD")
    repo.commit("new", {".dvc/config": PLAIN.replace("bucket/models", "new/place")})
    (source,) = locate(Registry.open(str(repo.path)), old, "m.pkl").contents[0].sources
    assert isinstance(source, StoreObject)
    assert source.store.url == "s3://new/place"


# --- what cannot be told for certain


def lock(path: str) -> str:
    return f"schema: '2.0'\nstages:\n  t:\n    cmd: x\n    outs:\n    - {{path: {path}, md5: {MD5}, hash: md5}}\n"


def test_a_templated_directory_that_is_a_riddle_is_refused_with_the_command_that_may_know(repo: Repo) -> None:
    repo.commit("riddle", {
        ".dvc/config": PLAIN,
        "dvc.yaml": 'stages:\n  t: {wdir: "${nobody}", cmd: x, outs: [m.pkl]}\n',
        "dvc.lock": lock("m.pkl"),
        "artifacts.yaml": "m: {path: out/m.pkl}\ndir: {path: out}\nconfig: {path: .dvc/config}",
    })  # fmt: skip
    commit = repo.git("rev-parse", "HEAD")[:7]
    command = f"`dvc get . out/m.pkl --rev {commit}` may know"
    said(repo.gto("get", "m", "--rev", "HEAD"), "'m.pkl' of dvc.lock may be 'out/m.pkl'", "stage 't'", command)
    said(repo.gto("get", "dir", "--rev", "HEAD"), "may be 'out'")
    done(repo.gto("get", "config", "--rev", "HEAD", "-o", "config"))


def test_a_broken_file_stands_in_the_way_only_where_it_may_tell_of_the_path(repo: Repo) -> None:
    files = {".dvc/config": PLAIN, "broken.dvc": "outs: [", "m.pkl.dvc": out(md5=MD5), "sub/dvc.lock": "["}
    assert at(repo, "m.pkl", files).contents
    with pytest.raises(CannotLocate, match=r"sub/dvc\.lock may be 'x'"):
        at(repo, "x")


def test_a_file_larger_than_metadata_is_not_read(repo: Repo) -> None:
    with pytest.raises(CannotLocate, match="larger than 4 MiB"):
        at(repo, "m.pkl", {".dvc/config": PLAIN, "m.pkl.dvc": out(md5=MD5) + "#" * (4 << 20)})


def test_a_submodule_in_a_directory_is_refused(repo: Repo) -> None:
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.git('rev-parse', 'HEAD')},models/other")
    with pytest.raises(CannotLocate, match="'models/other' is a submodule"):
        at(repo, "models", {"models/own": "own"})
    with pytest.raises(CannotLocate, match=r"'models/other/m\.pkl' is in the submodule 'models/other'"):
        at(repo, "models/other/m.pkl", {"models/own": "other"})


def test_a_link_in_a_directory_to_what_is_no_file_is_refused(repo: Repo) -> None:
    (repo.path / "models").mkdir()
    (repo.path / "models/link").symlink_to("../gone")
    repo.git("add", "models")
    with pytest.raises(CannotLocate, match="which is no file of this commit"):
        at(repo, "models", {"models/own": "own"})


def test_what_dvc_does_not_keep_and_nobody_committed_is_told(repo: Repo) -> None:
    with pytest.raises(NotInCommit) as told:
        at(repo, "m.pkl", {".dvc/config": PLAIN, "m.pkl.dvc": out(md5=MD5, cache=False)})
    assert "`cache: false`" in told.value.hint
    found = at(repo, "", {"models/own": "own"})
    assert {one.path for one in found.contents} == {"README.md", "models/own"}


@pytest.mark.parametrize("listing", [b"no JSON", b'[{"md5": "x", "relpath": "a"}]', b'[{"relpath": "../a"}]'])
def test_a_listing_that_is_what_was_promised_and_yet_none_is_refused(
    repo: Repo, tmp_path: Path, listing: bytes
) -> None:
    value = hashlib.md5(listing, usedforsecurity=False).hexdigest() + ".dir"
    place = tmp_path / "storage/files/md5" / value[:2] / value[2:]
    place.parent.mkdir(parents=True)
    place.write_bytes(listing)
    config = PLAIN.replace("s3://bucket/models", str(tmp_path / "storage"))
    with pytest.raises(CannotLocate, match=r"the listing of 'm.pkl'"):
        at(repo, "m.pkl", {".dvc/config": config, "m.pkl.dvc": out(md5=value, nfiles=1)})


# --- what came from elsewhere


@pytest.fixture
def source(tmp_path: Path) -> Repo:
    """A repository to import from: a DVC project with a local remote that has `m.pkl` and `data`."""
    repo = Repo(tmp_path / "source")
    repo.path.mkdir()
    repo.git("init", "--quiet")
    storage = tmp_path / "storage"
    listing = json.dumps([{"md5": MD5, "relpath": "a"}, {"md5": MD5, "relpath": "b"}]).encode()
    for name, data in ((MD5, b""), (LISTING, listing)):
        place = storage / "files/md5" / name[:2] / name[2:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    config = f"[core]\nremote = s\n['remote \"s\"']\nurl = {storage}\n"
    tracked = out(md5=LISTING, nfiles=2).replace("m.pkl", "data")
    files = {".dvc/config": config, "m.pkl.dvc": out(md5=MD5), "data.dvc": tracked, "plain.txt": "in Git"}
    repo.commit("source", files)
    return repo


LISTING = (
    hashlib.md5(
        json.dumps([{"md5": MD5, "relpath": "a"}, {"md5": MD5, "relpath": "b"}], sort_keys=True).encode(),
        usedforsecurity=False,
    ).hexdigest()
    + ".dir"
)


def test_what_was_imported_comes_from_where_it_was_imported(repo: Repo, source: Repo, tmp_path: Path) -> None:
    text = imported(str(source.path))
    found = at(repo, "m.pkl", {".dvc/config": "", "m.pkl.dvc": text})
    (only,) = found.contents
    assert only.sources[0] == StoreObject(
        StoreAddress(str(tmp_path / "storage"), {}, trusted=True), f"files/md5/{MD5[:2]}/{MD5[2:]}"
    )


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"path": "data"}, "is not what was imported"),
        ({"md5": LISTING, "path": "m.pkl"}, "is not what was imported"),
        ({"config": "gone"}, "the settings of 'gone'"),
        ({"remote": "nobody"}, "has no remote 'nobody'"),
        ({"path": "gone"}, "'gone' is neither in Git"),
    ],
)
def test_an_import_that_is_another_thing_now_is_refused(
    repo: Repo, source: Repo, fields: dict[str, str], told: str
) -> None:
    text = imported(str(source.path), **fields)
    with pytest.raises((CannotLocate, NotInCommit), match=told):
        at(repo, "m.pkl", {".dvc/config": "", "m.pkl.dvc": text})


@pytest.mark.parametrize(
    "fields",
    [
        {"remote": "other", "config": {"remote": {"other": {"url": "s3://new"}}}},
        {"remote": {"url": "s3://new"}},
        {"config": {"core": {"remote": "other"}, "remote": {"other": {"url": "s3://new"}}}},
        {"config": "settings"},
    ],
)
def test_an_import_may_bring_settings_of_its_own(repo: Repo, source: Repo, fields: dict[str, object]) -> None:
    (repo.path / "settings").write_text("[core]\nremote = x\n['remote \"x\"']\nurl = s3://new\n")
    found = at(repo, "m.pkl", {".dvc/config": "", "m.pkl.dvc": imported(str(source.path), **fields)})
    (first,) = found.contents[0].sources
    assert isinstance(first, StoreObject)
    assert first.store.url == "s3://new"


def test_an_imported_directory_must_have_the_files_that_were_imported(repo: Repo, source: Repo) -> None:
    good = imported(str(source.path), path="data", md5=LISTING)
    assert [one.path for one in at(repo, "m.pkl", {".dvc/config": "", "m.pkl.dvc": good}).contents] == ["a", "b"]
    with pytest.raises(ChecksumMismatch):
        at(repo, "m.pkl", {"m.pkl.dvc": imported(str(source.path), path="data", md5=f"{MD5}.dir")})


def test_a_cache_that_has_a_part_of_an_imported_directory_is_not_enough(repo: Repo, source: Repo) -> None:
    text = imported(str(source.path), path="data", md5=LISTING)
    for name in (LISTING, MD5):
        place = repo.path / ".dvc/cache/files/md5" / name[:2] / name[2:]
        place.parent.mkdir(parents=True)
        place.write_bytes((source.path.parent / "storage/files/md5" / name[:2] / name[2:]).read_bytes())
        found = at(repo, "m.pkl", {".dvc/config": "", "m.pkl.dvc": text})
        first = found.contents[0].sources[0]
        assert isinstance(first, StoreObject)
        assert (".dvc/cache" in first.store.url) is (name == MD5)


def test_an_import_of_a_strangers_path_is_followed_only_where_that_is_allowed(repo: Repo, source: Repo) -> None:
    files = {".dvc/config": "", "m.pkl.dvc": imported(str(source.path))}
    with pytest.raises(CannotLocate, match="a path of another machine"):
        at(repo, "m.pkl", files, STRANGER)
    allowed = at(repo, "m.pkl", None, RepositoryTrust(is_own=False, allow_local=True))
    (first,) = allowed.contents[0].sources
    assert isinstance(first, StoreObject)
    assert (first.store.trusted, first.store.allow_local) == (False, True)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x.git", "git@localhost:x.git", "ssh://git@[::1]:22/x.git"])
def test_an_import_of_a_stranger_leads_to_no_server_of_this_machine(repo: Repo, url: str) -> None:
    files = {".dvc/config": "", "m.pkl.dvc": imported(url)}
    with pytest.raises(RemoteUnreachable, match="private network"):
        at(repo, "m.pkl", files, STRANGER)


def test_an_import_that_leads_back_to_itself_ends(repo: Repo) -> None:
    with pytest.raises(CannotLocate, match="through more than 8 repositories"):
        at(repo, "m.pkl", {".dvc/config": "", "m.pkl.dvc": imported(str(repo.path))})


def imports_of(path: str, url: Path, count: int, into: str) -> dict[str, str]:
    """As many .dvc files of imports of one path, of which nobody noted a hash."""
    dep = json.dumps({"path": path, "repo": {"url": str(url)}})
    return {f"{into}/{n}.dvc": f"deps:\n- {dep}\nouts:\n- path: '{n}'\n" for n in range(count)}


def test_imports_of_many_files_open_their_repository_once(repo: Repo, source: Repo) -> None:
    files = imports_of("plain.txt", source.path, 20, "all")
    contents = at(repo, "all", {".dvc/config": "", **files}).contents
    blobs = [one.sources[0] for one in contents]
    assert len(blobs) == 20
    assert len({id(blob.repo) for blob in blobs if isinstance(blob, GitBlob)}) == 1


def test_imports_that_multiply_are_refused(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "_MOST", 50)
    files = {"level3/file": "in Git"}
    for level in range(3):
        files |= imports_of(f"level{level + 1}", repo.path, 5, f"level{level}")
    assert len(at(repo, "level1", {".dvc/config": "", **files}).contents) == 25
    with pytest.raises(CannotLocate, match="more than 50 imports"):
        at(repo, "level0")


def test_a_listing_is_asked_for_again_where_a_server_fails_for_a_moment(
    repo: Repo, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetcher, "_FIRST_WAIT", 0.001)
    listing = json.dumps([{"md5": MD5, "relpath": "a"}]).encode()
    value = hashlib.md5(listing, usedforsecurity=False).hexdigest() + ".dir"
    place = f"/files/md5/{value[:2]}/{value[2:]}"
    web.files[place] = listing
    web.rule(place, lambda _asked, _reply: Reply(503), 4)
    config = PLAIN.replace("s3://bucket/models", web.url)
    files = {".dvc/config": config, "m.pkl.dvc": out(md5=value, nfiles=1)}
    assert [one.path for one in at(repo, "m.pkl", files).contents] == ["a"]
    web.rule(place, lambda _asked, _reply: Reply(503))
    with pytest.raises(RemoteUnreachable, match="503"):
        at(repo, "m.pkl")


def test_many_projects_in_one_repository_take_time_in_proportion(repo: Repo) -> None:
    commits = []
    for count in (150, 600):
        repo.commit("work", {f"{n}/{file}": "" for n in range(count) for file in (".dvc/config", "a.dvc", "b.txt")})
        registry = Registry.open(str(repo.path))
        commits.append(registry.commit())
        assert len(locate(registry, commits[-1], "").contents) >= count
    check_growth(lambda commit: locate(registry, commit, ""), commits, 0.05)


def test_an_import_from_a_server_is_read_through_a_mirror(repo: Repo, source: Repo, server: Server) -> None:
    server.new("source.git", "uploadpack.allowFilter=true", "uploadpack.allowAnySHA1InWant=true")
    source.git("push", "--quiet", server.url("source.git"), "HEAD:refs/heads/main")
    rev = source.git("rev-parse", "HEAD")
    md5 = hashlib.md5(b"in Git", usedforsecurity=False).hexdigest()
    text = imported(server.url("source.git"), path="plain.txt", rev_lock=rev, md5=md5)
    repo.commit("annotated", {".dvc/config": "", "m.pkl.dvc": text, "artifacts.yaml": "m: {path: m.pkl}"})
    done(repo.gto("get", "m", "--rev", "HEAD", "-o", "out"))
    assert (repo.path / "out").read_text() == "in Git"
    far = imported(server.url("source.git"), rev_lock=rev)
    repo.commit("its remote is a path there", {"m.pkl.dvc": far})
    said(repo.gto("get", "m", "--rev", "HEAD", "-o", "other"), "--allow-local")


@pytest.mark.parametrize(
    ("dep", "path", "expected"),
    [
        ({"path": "s3://b/m", "size": 3, "version_id": "v"}, "m.pkl", [("", "s3://b/m", "", "v")]),
        (
            {"path": "s3://b/m", "files": [{"relpath": "a/b", "version_id": "w"}]},
            "m.pkl/a",
            [("b", "s3://b/m", "a/b", "w")],
        ),
    ],
)
def test_what_was_imported_without_its_bytes_comes_from_its_url(
    repo: Repo, dep: dict[str, object], path: str, expected: list[object]
) -> None:
    found = at(repo, path, {".dvc/config": PLAIN, "m.pkl.dvc": f"deps:\n- {json.dumps(dep)}\n{out()}"})
    seen: list[object] = []
    for one in found.contents:
        (store,) = one.sources
        assert isinstance(store, StoreObject)
        seen.append((one.path, store.store.url, store.key, store.version))
    assert seen == expected


def test_a_path_in_what_was_imported_without_its_files_is_refused(repo: Repo) -> None:
    text = f"deps:\n- {json.dumps({'path': 's3://b/m'})}\n{out(nfiles=2)}"
    with pytest.raises(CannotLocate, match="without its files"):
        at(repo, "m.pkl", {".dvc/config": PLAIN, "m.pkl.dvc": text})


# --- links


def test_many_links_take_no_process_each(repo: Repo) -> None:
    (repo.path / "links").mkdir()
    for number in range(1200):
        (repo.path / f"links/{number}").symlink_to("../store")
    repo.git("add", "links")
    repo.commit("links", {"store": "x"})
    registry = Registry.open(str(repo.path))
    told: list[str] = []
    asked = Context()
    asked.run(command.watch, told.append)
    assert len(asked.run(locate, registry, registry.commit(), "links").contents) == 1200
    assert len(told) < 10


# --- Git LFS


@pytest.fixture
def pointed(repo: Repo) -> Repo:
    """A repository with a pointer whose file git-lfs has fetched already."""
    body = b"a large file\n"
    oid = hashlib.sha256(body).hexdigest()
    place = repo.path / ".git/lfs/objects" / oid[:2] / oid[2:4] / oid
    place.parent.mkdir(parents=True)
    place.write_bytes(body)
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(body)}\n"
    repo.git("remote", "add", "origin", "https://lfs.example.com/x.git")
    attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
    files = {".gitattributes": attributes, "models/m.bin": pointer, "models/readme": "in Git\n" * 200}
    repo.commit("pointer", {**files, "artifacts.yaml": "m: {path: models/m.bin}\nall: {path: models}"})
    return repo


def test_a_pointer_is_its_file(pointed: Repo) -> None:
    done(pointed.gto("get", "m", "--rev", "HEAD", "-o", "out"))
    assert (pointed.path / "out").read_text() == "a large file\n"
    done(pointed.gto("get", "all", "--rev", "HEAD", "-o", "all-of-it"))
    assert (pointed.path / "all-of-it/m.bin").read_text() == "a large file\n"
    listed = json.loads(done(pointed.gto("ls", "all", "--rev", "HEAD", "--json")))["files"]
    assert [(file["size"], file["hash"].partition(":")[0]) for file in listed] == [(13, "sha256"), (1400, "git")]


def test_files_of_git_lfs_take_no_process_each(pointed: Repo) -> None:
    text = (pointed.path / "models/m.bin").read_text()
    pointed.commit("more", {f"models/{number}.bin": text for number in range(20)})
    registry = Registry.open(str(pointed.path))
    told: list[str] = []
    asked = Context()
    asked.run(command.watch, told.append)
    found = asked.run(locate, registry, registry.commit(), "models")
    checkout = Checkout(Files(registry.repo), registry.commit())
    assert {asked.run(checkout.load, path) for path in checkout.files_in("models")} >= {b"a large file\n"}
    assert len(found.contents) == 22
    assert len([one for one in told if "lfs.storage" in one]) == 2


def test_files_of_git_lfs_are_listed_where_no_server_is_known_and_none_is_here(pointed: Repo) -> None:
    pointed.git("remote", "remove", "origin")
    shutil.rmtree(pointed.path / ".git/lfs")
    (listed,) = json.loads(done(pointed.gto("ls", "m", "--rev", "HEAD", "--json")))["files"]
    assert listed["size"] == 13


def test_a_repository_that_uses_git_lfs_may_have_other_files_too(pointed: Repo) -> None:
    (only,) = at(pointed, "models/small", {"models/small": "small"}).contents
    assert only.digest == Digest("git", pointed.git("rev-parse", "HEAD:models/small"))


def test_a_pointer_of_an_extension_is_refused(pointed: Repo) -> None:
    text = (pointed.path / "models/m.bin").read_text()
    with pytest.raises(CannotLocate, match="went through an extension"):
        at(pointed, "models/m.bin", {"models/m.bin": text.replace("oid", f"ext-0-foo sha256:{'0' * 64}\noid", 1)})


# --- URLs


def test_a_url_that_has_nothing_is_told(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ContentMissing):
        at(repo, f"{tmp_path}/empty/")
    with pytest.raises(ContentMissing):
        at(repo, f"{tmp_path}/gone")


def test_a_directory_above_gives_no_name_that_leads_out(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "data/inner").mkdir(parents=True)
    (tmp_path / "data/a").write_text("a")
    found = at(repo, f"{tmp_path}/data/inner/..")
    assert (found.name, [one.path for one in found.contents]) == ("files", ["a"])


def test_the_url_of_an_annotation_is_printed_as_it_is_but_for_who_may_read_it(repo: Repo, web: Web) -> None:
    web.files["/x"] = b"x"
    path = f"{web.url.replace('//', '//ada:secret@')}/x?id=3"
    repo.commit("work", {"artifacts.yaml": json.dumps({"m": {"path": path}})})
    assert done(repo.gto("url", "m", "--rev", "HEAD")) == f"{web.url}/x?id=3\n"
