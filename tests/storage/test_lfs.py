"""Git LFS: pointers, where the server is, a real server, a directory, and servers that lie."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
import urllib.request
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import ChecksumMismatch, ContentMissing, GTOException, RemoteUnreachable, StoreRefused
from gto.git.repo import open_repo
from gto.storage.download import download
from gto.storage.lfs_endpoint import Endpoint, find_endpoint, lfs_sources, object_key
from gto.storage.lfs_pointer import LfsPointer, parse_pointer
from gto.storage.lfs_server import LfsServers
from gto.storage.location import Content, Digest, LfsObject, Source
from gto.storage.transport import Transport, git_transport
from tests.web import Reply, serve_web

if TYPE_CHECKING:
    from pathlib import Path

    from gto.git.repo import Repo as Opened
    from tests.certificates import Company
    from tests.repo import Repo
    from tests.web import Asked, Web

DATA = b"the file that is elsewhere\n" * 1000
OID = hashlib.sha256(DATA).hexdigest()
VERSION = "version https://git-lfs.github.com/spec/v1\n"
POINTER = f"{VERSION}oid sha256:{OID}\nsize {len(DATA)}\n"


def content(*sources: Source, path: str = "") -> Content:
    return Content(path, len(DATA), Digest("sha256", OID), sources)


def at(endpoint: str, *, trusted: bool = True) -> LfsObject:
    return LfsObject(OID, len(DATA), endpoint, trusted)


def bring(one: LfsObject, target: Path, repo: Opened | None = None) -> bytes:
    download([content(one)], str(target), is_directory=False, repo=repo)
    return target.read_bytes()


# --- pointers


POINTERS = {
    "as git-lfs writes it": POINTER,
    "lines of Windows": POINTER.replace("\n", "\r\n"),
    "no newline at the end": POINTER.removesuffix("\n"),
    "empty lines": POINTER.replace("\n", "\n\n"),
    "blanks around it": f"\u3000\u00a0\f\n {POINTER} \v\u2003",
    "version of hawser": POINTER.replace("https://git-lfs.github.com", "https://hawser.github.com"),
    "version of git-media": POINTER.replace("https://git-lfs.github.com/spec/v1", "http://git-media.io/v/2"),
    "a size with zeros": POINTER.replace("size ", "size 00"),
    "a size with a plus": POINTER.replace("size ", "size +"),
    "an extension": POINTER.replace("oid", f"ext-0-crypt sha256:{OID}\noid"),
    "extensions anywhere before the size": f"ext-1-b.c sha256:{OID}\n"
    + POINTER.replace("size", f"ext-0-a sha256:{OID}\next-0-a sha256:{OID}\nsize"),
    # None of them is one.
    "only blanks": "\n \n",
    "text": "a file\n",
    "carriage returns": POINTER.replace("\n", "\r"),
    "another algorithm": POINTER.replace("sha256:", "md5:"),
    "too short a hash": POINTER.replace(OID, OID[:-1]),
    "too long a hash": POINTER.replace(OID, f"{OID}0"),
    "a hash in capitals": POINTER.replace(OID, OID.upper()),
    "a hash of other letters": POINTER.replace(OID, "z" * 64),
    "another version": POINTER.replace("spec/v1", "spec/v2"),
    "a blank behind the version": POINTER.replace("spec/v1", "spec/v1 "),
    "a size twice": POINTER + "size 1\n",
    "something behind": POINTER + "x y\n",
    "an extension behind the size": f"{POINTER}ext-0-a sha256:{OID}\n",
    "extensions of one priority": POINTER.replace("oid", f"ext-0-a sha256:{OID}\next-0-b sha256:{OID}\noid"),
    "an extension without a hash": POINTER.replace("oid", "ext-0-a x\noid"),
    "an extension of another name": POINTER.replace("oid", f"extra-0-a sha256:{OID}\noid"),
    "a negative size": POINTER.replace("size ", "size -"),
    "a size of other letters": POINTER.replace("size ", "size 1_"),
    "a size of Arabic digits": POINTER.replace("size ", "size \u0661"),
    "too large a size": POINTER.replace("size ", "size 9223372036854775808"),
    "the keys in another order": f"{VERSION}size 1\noid sha256:{OID}\n",
    "no size": f"{VERSION}oid sha256:{OID}\n",
    "a line of a blank": POINTER.replace("oid", " \noid"),
    "a tabulator": POINTER.replace("oid", "\toid"),
    "a mark of the byte order": f"\ufeff{POINTER}",
    "another separator of lines": POINTER.replace("\n", "\u2028\n", 1),
    "a control character behind": f"{POINTER}\x1c",
}


def test_a_pointer_says_what_it_stands_for() -> None:
    plain = LfsPointer(OID, len(DATA))
    for name, text in POINTERS.items():
        if name == "only blanks":
            break
        assert parse_pointer(text.encode()) == plain._replace(has_extension="extension" in name), name
    assert parse_pointer(b"") is None
    assert parse_pointer(f"{POINTER}{' ' * 1024}".encode()) is None


def test_what_git_lfs_takes_for_a_pointer_is_one_and_nothing_else() -> None:
    if shutil.which("git-lfs") is None:
        pytest.skip("git-lfs is missing: on Debian, apt-get install git-lfs")

    def takes(text: str) -> bool:
        argv = ["git", "lfs", "pointer", "--check", "--stdin"]
        return subprocess.run(argv, input=text.encode(), capture_output=True, check=False).returncode == 0

    told = {name: takes(text) for name, text in POINTERS.items()}
    assert {name: parse_pointer(text.encode()) is not None for name, text in POINTERS.items()} == told
    assert set(told.values()) == {True, False}


# --- where the server is


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://example.com/team/models", "https://example.com/team/models.git/info/lfs"),
        ("https://example.com/team/models.git", "https://example.com/team/models.git/info/lfs"),
        ("https://example.com/team/models/", "https://example.com/team/models.git/info/lfs"),
        ("git://example.com:9418/models.git", "https://example.com/models.git/info/lfs"),
        ("git@example.com:team/models.git", "ssh://git@example.com/team/models.git"),
        ("ssh://git@example.com:22/models", "ssh://git@example.com:22/models"),
        ("file:///srv/models.git", "/srv/models.git"),
        ("/srv/models.git", "/srv/models.git"),
    ],
)
def test_the_server_stands_beside_the_remote(url: str, endpoint: str, repo: Repo) -> None:
    repo.git("remote", "add", "upstream", url)
    assert find_endpoint(open_repo(str(repo.path)), "HEAD") == Endpoint(endpoint, trusted=True)


def test_settings_name_another_server_in_the_order_of_git_lfs(repo: Repo) -> None:
    repo.git("remote", "add", "origin", "https://example.com/models")
    repo.git("remote", "add", "other", "https://other.example/models")
    first = repo.commit("config", {".lfsconfig": "[lfs]\n\turl = https://one.example/lfs/\n\tfetchexclude = *\n"})
    repo.commit(
        "config", {".lfsconfig": '[remote "origin"]\n\tlfsurl = https://two.example/lfs\n[include]\n\tpath = x\n'}
    )
    opened = open_repo(str(repo.path))
    assert find_endpoint(opened, first).url == "https://one.example/lfs"
    assert find_endpoint(opened, "HEAD").url == "https://two.example/lfs"
    repo.git("config", "remote.lfsdefault", "other")
    assert find_endpoint(opened, "HEAD").url == "https://other.example/models.git/info/lfs"
    repo.git("config", "url.https://three.example/.insteadOf", "https://other.example/")
    assert find_endpoint(opened, "HEAD").url == "https://three.example/models.git/info/lfs"
    repo.git("config", "lfs.url", "https://four.example/lfs")
    assert find_endpoint(opened, first).url == "https://four.example/lfs"
    repo.commit("broken", {".lfsconfig": "[[["})
    repo.git("config", "--unset", "lfs.url")
    assert find_endpoint(opened, "HEAD").url == "https://three.example/models.git/info/lfs"


def test_the_remote_is_the_one_that_the_branch_follows(repo: Repo) -> None:
    for name in ("fork", "upstream"):
        repo.git("remote", "add", name, f"https://example.com/{name}")
    opened = open_repo(str(repo.path))
    assert find_endpoint(opened, "HEAD").url == ""
    repo.git("config", "remote.lfsdefault", "fork")
    repo.git("config", "branch.other.remote", "nowhere")
    assert find_endpoint(opened, "HEAD").url == "https://example.com/fork.git/info/lfs"
    branch = repo.git("symbolic-ref", "--short", "HEAD").strip()
    repo.git("config", f"branch.{branch}.remote", ".")
    assert find_endpoint(opened, "HEAD").url == "https://example.com/fork.git/info/lfs"
    repo.git("config", f"branch.{branch}.remote", "upstream")
    assert find_endpoint(opened, "HEAD").url == "https://example.com/upstream.git/info/lfs"
    repo.git("checkout", "--quiet", "--detach")
    assert find_endpoint(opened, "HEAD").url == "https://example.com/fork.git/info/lfs"


def test_where_nothing_names_a_server_only_what_is_not_here_wants_one(repo: Repo, tmp_path: Path) -> None:
    opened = open_repo(str(repo.path))
    endpoint = find_endpoint(opened, "HEAD")
    assert endpoint == Endpoint("", trusted=False)
    (sources,) = lfs_sources(opened, endpoint, [LfsPointer(OID, len(DATA))])
    one = content(*sources)
    with pytest.raises(RemoteUnreachable, match="nothing says where") as caught:
        download([one], str(tmp_path / "it"), is_directory=False, repo=opened)
    assert "lfs.url" in caught.value.hint
    place = repo.path / ".git/lfs/objects" / object_key(OID)
    place.parent.mkdir(parents=True)
    place.write_bytes(DATA)
    download([one], str(tmp_path / "it"), is_directory=False, repo=opened)
    assert (tmp_path / "it").read_bytes() == DATA


def test_what_git_lfs_fetched_here_comes_first_and_no_server_is_asked(repo: Repo, web: Web, tmp_path: Path) -> None:
    opened = open_repo(str(repo.path))
    (sources,) = lfs_sources(opened, Endpoint(f"{web.url}/lfs", trusted=True), [LfsPointer(OID, len(DATA))])
    place = repo.path / ".git/lfs/objects" / object_key(OID)
    place.parent.mkdir(parents=True)
    place.write_bytes(DATA)
    one = Content("", len(DATA), Digest("sha256", OID), sources)
    download([one], str(tmp_path / "it"), is_directory=False, repo=opened)
    assert (tmp_path / "it").read_bytes() == DATA
    assert web.asked == []
    place.write_bytes(b"damaged")
    answer(web)
    result = download([one], str(tmp_path / "other"), is_directory=False, repo=opened)
    assert (tmp_path / "other").read_bytes() == DATA
    assert "does not hold what was registered" in result.notes[0]


# --- a real server, and a directory


def upload(url: str) -> str:
    """Put DATA on a server, and return the API's URL."""
    endpoint = f"{url}/team/models.git/info/lfs"
    kind = "application/vnd.git-lfs+json"
    body = {"operation": "upload", "transfers": ["basic"], "objects": [{"oid": OID, "size": len(DATA)}]}
    headers = {"Accept": kind, "Content-Type": kind}
    request = urllib.request.Request(f"{endpoint}/objects/batch", json.dumps(body).encode(), headers)  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310  loopback
        told = json.load(answer)["objects"][0]
    if "actions" in told:
        action = told["actions"]["upload"]
        put = urllib.request.Request(action["href"], DATA, action.get("header", {}), method="PUT")  # noqa: S310
        urllib.request.urlopen(put).close()  # noqa: S310  loopback
    return endpoint


def test_a_real_server_gives_its_objects(lfs: str, tmp_path: Path) -> None:
    endpoint = upload(lfs)
    assert bring(at(endpoint), tmp_path / "it") == DATA
    missing = at(endpoint)._replace(oid="0" * 64)
    with pytest.raises(ContentMissing) as caught:
        bring(missing, tmp_path / "missing")
    assert "git lfs push" in caught.value.hint


def test_a_remote_that_is_a_directory_has_its_objects_below(tmp_path: Path) -> None:
    for inner in ("lfs/objects", ".git/lfs/objects"):
        root = tmp_path / inner.replace("/", "-")
        place = root / inner / object_key(OID)
        place.parent.mkdir(parents=True)
        place.write_bytes(DATA)
        assert bring(at(str(root)), tmp_path / f"{root.name}.out") == DATA
        with pytest.raises(RemoteUnreachable, match="repository of others"):
            bring(at(str(root), trusted=False), tmp_path / "no")
    with pytest.raises(ContentMissing):
        bring(at(str(tmp_path)), tmp_path / "no")


# --- servers of every kind


def answer(web: Web, **action: object) -> None:
    """Have a server answer the batch request with one download action."""
    action = {"href": f"{web.url}/objects/it", **action}
    objects = [{"oid": OID, "size": len(DATA), "actions": {"download": action}}]
    web.rule("/lfs/objects/batch", lambda _asked, _reply: Reply(200, json.dumps({"objects": objects}).encode()))
    web.files["/objects/it"] = DATA


def test_many_objects_need_one_request_and_their_headers_are_sent(web: Web, tmp_path: Path) -> None:
    framing = {"Content-Length": "9", "Transfer-Encoding": "chunked", "Host": "other"}  # which are not its to say
    answer(web, header={"Authorization": "RemoteAuth x", "X-\nBad": "y", "X-Other": 3, **framing})
    contents = [content(at(f"{web.url}/lfs"), path=str(number)) for number in range(5)]
    download(contents, str(tmp_path / "out"), is_directory=True)
    assert [one.path for one in web.asked].count("/lfs/objects/batch") == 1
    assert {one.headers.get("Authorization") for one in web.asked if one.method == "GET"} == {"RemoteAuth x"}
    assert not any(one.headers.get(name) == value for one in web.asked for name, value in framing.items())


def test_a_path_with_an_at_sign_is_asked_for_as_it_is(web: Web, tmp_path: Path) -> None:
    action = {"href": f"{web.url}/objects/it"}
    objects = [{"oid": OID, "size": len(DATA), "actions": {"download": action}}]
    web.files["/objects/it"] = DATA
    web.rule("/@team/lfs/objects/batch", lambda _asked, _reply: Reply(200, json.dumps({"objects": objects}).encode()))
    assert bring(at(f"{web.url}/@team/lfs"), tmp_path / "it") == DATA
    assert bring(at(f"{web.url.replace('//', '//ada@')}/@team/lfs"), tmp_path / "other") == DATA


@pytest.mark.parametrize("trusted", [True, False])
def test_credentials_come_from_git_s_helpers_and_go_to_a_trusted_server_only(
    web: Web, repo: Repo, tmp_path: Path, *, trusted: bool
) -> None:
    helper = tmp_path / "helper"
    helper.write_text("#!/bin/sh\nprintf 'username=ada\\npassword=lovelace\\n'\n")
    helper.chmod(helper.stat().st_mode | stat.S_IXUSR)
    repo.git("config", "credential.helper", str(helper))
    repo.git("config", f"http.{web.url}/.extraHeader", "X-Extra: of ada")

    def guarded(asked: Asked, reply: Reply) -> Reply:
        return reply if asked.headers.get("Authorization") == "Basic YWRhOmxvdmVsYWNl" else Reply(401)

    answer(web)
    usual = web.reply
    web.rule("/objects/it", guarded)
    rules = web._rules  # noqa: SLF001  the rule of the answer is wrapped
    path, act, times = rules[0]
    rules[0] = (path, lambda asked, reply: guarded(asked, act(asked, reply) or reply), times)
    assert usual == web.reply
    one, opened = at(f"{web.url}/lfs", trusted=trusted), open_repo(str(repo.path))
    if trusted:
        assert bring(one, tmp_path / "it", opened) == DATA
        assert web.asked[-1].headers["X-Extra"] == "of ada"
    else:
        with pytest.raises(RemoteUnreachable, match="private network"):
            bring(one, tmp_path / "it", opened)
        assert web.asked == []
        with pytest.raises(StoreRefused):
            bring(one._replace(any_address=True), tmp_path / "it", opened)
        assert not any({"Authorization", "X-Extra"} & set(asked.headers) for asked in web.asked)


def test_without_credentials_the_way_to_store_them_is_named(web: Web, repo: Repo, tmp_path: Path) -> None:
    web.rule("/lfs/objects/batch", lambda _asked, _reply: Reply(401))
    with pytest.raises(StoreRefused, match="wants credentials") as caught:
        bring(at(f"{web.url}/lfs"), tmp_path / "it", open_repo(str(repo.path)))
    assert "credential helper" in caught.value.hint


def test_who_may_not_read_is_told_what_git_lfs_wants(web: Web, tmp_path: Path) -> None:
    web.rule("/lfs/objects/batch", lambda _asked, _reply: Reply(403), 1)
    answer(web)
    web.rule("/objects/it", lambda _asked, _reply: Reply(403))
    for _ in ("the server", "the place that it names"):
        with pytest.raises(StoreRefused, match="403") as caught:
            bring(at(f"{web.url}/lfs"), tmp_path / "it")
        assert "git credential" in caught.value.hint
        assert "dvc" not in caught.value.hint


def test_git_s_proxy_is_used_for_a_server_and_for_where_the_bytes_are(
    web: Web, repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    repo.git("config", "http.http://lfs.example.proxy", web.url)
    repo.git("config", "http.http://bytes.example/.proxy", f"127.0.0.1:{web.port}")
    action = {"href": "http://bytes.example/it"}
    told = json.dumps({"objects": [{"oid": OID, "size": len(DATA), "actions": {"download": action}}]}).encode()
    web.rule("http://lfs.example/x/objects/batch", lambda _asked, _reply: Reply(200, told))
    web.files["http://bytes.example/it"] = DATA
    for trusted in (True, False):
        one = at("http://lfs.example/x", trusted=trusted)
        assert bring(one, tmp_path / str(trusted), open_repo(str(repo.path))) == DATA


def test_git_s_certificates_are_shown_to_a_trusted_server_only(repo: Repo, company: Company, tmp_path: Path) -> None:
    opened = open_repo(str(repo.path))
    with serve_web(company.context(ask_client=True)) as web:
        answer(web)
        one = at(f"{web.url}/lfs")
        with pytest.raises(RemoteUnreachable, match="certificate is not trusted"):
            bring(one, tmp_path / "no", opened)
        repo.git("config", f"http.{web.url}/.sslCAInfo", str(company.ca))
        repo.git("config", f"http.{web.url}/.sslCert", str(company.client))
        with pytest.raises(RemoteUnreachable, match="no certificate with its key"):
            bring(one, tmp_path / "no", opened)
        repo.git("config", f"http.{web.url}/.sslKey", str(company.client_key))
        assert bring(one, tmp_path / "it", opened) == DATA
        asked = len(web.asked)
        stranger = one._replace(trusted=False, any_address=True)
        with pytest.raises(RemoteUnreachable):
            list(LfsServers(opened).read(stranger, 0))
        assert len(web.asked) == asked


def test_git_s_variables_count_before_its_settings() -> None:
    settings = [("http.sslcainfo", "~/ca"), ("http.sslcapath", "/ca.d"), ("http.sslverify", "no"), ("http.proxy", "")]
    found = git_transport(settings, {"GIT_SSL_CAPATH": "/other", "GIT_SSL_CERT": "/cert"})
    assert found == Transport(ca=os.path.expanduser("~/ca"), ca_directory="/other", certificate="/cert", verify=False)
    assert git_transport([], {"GIT_SSL_NO_VERIFY": ""}) == Transport(verify=False)
    assert git_transport([], {}) == Transport()


def test_wrong_bytes_of_a_server_are_refused(web: Web, tmp_path: Path) -> None:
    answer(web)
    web.files["/objects/it"] = DATA[:-1] + b"?"
    with pytest.raises(ChecksumMismatch):
        bring(at(f"{web.url}/lfs"), tmp_path / "it")
    assert list(tmp_path.iterdir()) == []


def test_a_signature_that_expired_is_asked_for_again(web: Web, tmp_path: Path) -> None:
    answer(web)
    web.rule("/objects/it", lambda _asked, _reply: Reply(403), 1)
    assert bring(at(f"{web.url}/lfs"), tmp_path / "it") == DATA
    assert [one.path for one in web.asked].count("/lfs/objects/batch") == 2


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(404), RemoteUnreachable, "there is no Git LFS server"),
        (Reply(200, b"<html>"), RemoteUnreachable, "does not answer as"),
        (Reply(200, b"[]"), RemoteUnreachable, "does not answer as"),
        (Reply(200, b"{}"), RemoteUnreachable, "lists no objects"),
        (Reply(200, b'{"objects": []}'), ContentMissing, OID),
        (Reply(200, b'{"transfer": "ssh", "objects": []}'), RemoteUnreachable, "transfer"),
        (Reply(200, json.dumps({"objects": [{"oid": OID}]}).encode()), ContentMissing, OID),
        (
            Reply(200, json.dumps({"objects": [{"oid": OID, "error": {"code": 422, "message": "no"}}]}).encode()),
            RemoteUnreachable,
            "no (code 422)",
        ),
        (
            Reply(
                200,
                json.dumps({"objects": [{"oid": OID, "actions": {"download": {"href": "file:///etc/x"}}}]}).encode(),
            ),
            RemoteUnreachable,
            "no URL of a web server",
        ),
        *(
            (Reply(200, json.dumps({"objects": [{"oid": OID, **told}]}).encode()), RemoteUnreachable, words)
            for told, words in (
                ({"actions": {"download": {"href": "http://[::1"}}}, "leads to what is no URL"),
                ({"error": {"code": [404], "message": "no"}}, "no (code [404])"),
            )
        ),
        (Reply(200, b"[" * 100_000), RemoteUnreachable, "does not answer as"),
        (Reply(200, b" " * (17 << 20)), RemoteUnreachable, "longer than"),
    ],
)
def test_a_server_that_answers_anything_else_is_told(
    reply: Reply, kind: type[GTOException], words: str, web: Web, tmp_path: Path
) -> None:
    web.rule("/lfs/objects/batch", lambda _asked, _reply: reply)
    with pytest.raises(kind) as caught:
        bring(at(f"{web.url}/lfs"), tmp_path / "it")
    assert words in caught.value.message


# --- SSH


def test_ssh_tells_the_server_and_what_to_send(
    web: Web, repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"href": f"{web.url}/lfs", "header": {"Authorization": "RemoteAuth of-ssh"}}
    program = tmp_path / "ssh"
    program.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {tmp_path}/argv\nprintf '%s' '{json.dumps(told)}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", f"{program} -i key")
    answer(web)
    opened = open_repo(str(repo.path))
    assert bring(at("ssh://git@example.com:22/team/it's.git"), tmp_path / "it", opened) == DATA
    argv = (tmp_path / "argv").read_text().splitlines()
    assert argv[:5] == ["-i", "key", "-p", "22", "git@example.com"]
    assert argv[5] == "git-lfs-authenticate '/team/it'\"'\"'s.git' download"
    assert web.asked[0].headers["Authorization"] == "RemoteAuth of-ssh"
    with pytest.raises(StoreRefused, match="repository of others"):
        bring(at("ssh://git@example.com/x", trusted=False), tmp_path / "no", opened)
    with pytest.raises(StoreRefused, match="names no host"):
        bring(at("ssh://-oProxyCommand=x/x"), tmp_path / "no", opened)
    program.write_text("#!/bin/sh\necho 'git-lfs-authenticate: command not found' >&2\nexit 127\n")
    with pytest.raises(StoreRefused, match="command not found"):
        bring(at("ssh://git@example.com/x"), tmp_path / "no", opened)
    monkeypatch.setenv("GIT_SSH_COMMAND", os.devnull)
    with pytest.raises(StoreRefused, match="ssh:"):
        bring(at("ssh://git@example.com/x"), tmp_path / "no", opened)
