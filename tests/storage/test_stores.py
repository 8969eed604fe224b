"""Every kind of store against its real server: the bytes, ranges, lists, signed URLs, and clear refusals."""

from __future__ import annotations

import json
import os
import socket
import urllib.request
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import ContentMissing, GTOException, RemoteUnreachable, SendsNoParts, StoreRefused
from gto.storage import address_check, http_client
from gto.storage.location import StoreAddress
from gto.storage.store_kinds import open_store
from gto.storage.transport import Transport
from tests import stores
from tests.hostile import web as hostile_web
from tests.web import Reply, serve_web

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gto.storage.store import Store
    from tests.certificates import Company
    from tests.stores import S3, Azure, Ssh
    from tests.web import Asked, Web

TEXT = b"0123456789" * 30_000  # more than one answer's worth
FILES = {"a.bin": TEXT, "sub/b.txt": b"b", "sub/with blank+%41#?.txt": b"c", "empty": b""}


def open_it(url: str, options: dict[str, str] | None = None, *, trusted: bool = True) -> Store:
    return open_store(StoreAddress(url, options or {}, trusted))


def read(store: Store, key: str, version: str | None = None, start: int = 0, end: int | None = None) -> bytes:
    return b"".join(store.read(key, version, start, end))


def refused(act: Callable[[], object], kind: type[GTOException], *words: str) -> GTOException:
    with pytest.raises(kind) as caught:
        act()
    text = caught.value.message
    assert "\n" not in text
    assert caught.value.hint
    for word in words:
        assert word in text
    return caught.value


@pytest.fixture
def everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have loopback stand for the public internet, on which a stranger's servers are."""
    monkeypatch.setattr(address_check, "is_public", lambda _: True)


def check_reads(store: Store, keys: tuple[str, ...] = tuple(FILES), start: int = 3) -> None:
    """The bytes and sizes are those that were put there, from any place on; what is not there is missing."""
    for key in keys:
        assert read(store, key) == FILES[key]
        assert store.stat(key) == len(FILES[key])
    assert read(store, "a.bin", start=299_990) == TEXT[299_990:]
    assert read(store, "a.bin", start=len(TEXT)) == b""
    assert read(store, "a.bin", start=start, end=10_003) == TEXT[start:10_003]
    refused(lambda: read(store, "nope"), ContentMissing, "nope")
    refused(lambda: store.stat("nope"), ContentMissing, "nope")


def check_lists(store: Store) -> None:
    assert dict(store.list("")) == {key: len(body) for key, body in FILES.items()}
    assert dict(store.list("sub")) == {key: len(body) for key, body in FILES.items() if key.startswith("sub/")}


# --- paths


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for key, body in FILES.items():
        path = tmp_path / "files" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return tmp_path / "files"


def test_a_directory_is_a_store(directory: Path) -> None:
    store = open_it(str(directory))
    check_reads(store)
    check_lists(store)
    assert store.sign("a.bin", 60) is None
    assert read(open_it(f"file://{directory}/sub/b.txt"), "") == b"b"


def test_what_is_no_file_is_missing_and_a_pipe_is_not_waited_for(directory: Path) -> None:
    os.mkfifo(directory / "pipe")
    store = open_it(str(directory))
    for key in ("pipe", "sub", "a.bin/x", "../files/a.bin", "/etc/hostname"):
        refused(lambda key=key: read(store, key), ContentMissing)  # type: ignore[misc]
    refused(lambda: list(store.list("a.bin")), ContentMissing)


def test_a_path_of_a_stranger_is_read_only_if_that_is_allowed(directory: Path) -> None:
    for url in (str(directory), f"file://{directory}"):
        error = refused(lambda url=url: open_it(url, trusted=False), RemoteUnreachable)  # type: ignore[misc]
        assert "--allow-local" in error.hint
    assert read(open_store(StoreAddress(str(directory), allow_local=True)), "sub/b.txt") == b"b"
    refused(lambda: open_it("relative/path"), RemoteUnreachable, "not absolute")


# --- HTTP


@pytest.fixture
def site(web: Web) -> Web:
    web.files = {f"/base/{key}": body for key, body in FILES.items()}
    return web


@pytest.mark.parametrize("ranges", [True, False])
def test_a_web_server_is_a_store_with_ranges_or_without(site: Web, *, ranges: bool) -> None:
    site.ranges = ranges
    store = open_it(f"{site.url}/base")
    check_reads(store, start=3 if ranges else 0)
    if not ranges:
        refused(lambda: read(store, "a.bin", start=3, end=10_003), SendsNoParts, "no parts of files")
    assert store.sign("a.bin", 60) is None
    refused(lambda: list(store.list("")), RemoteUnreachable, "lists no files")
    assert read(open_it(f"{site.url}/base/a.bin?token=abc"), "") == TEXT
    assert site.asked[-1].path == "/base/a.bin?token=abc"


@pytest.mark.usefixtures("everywhere")
def test_credentials_go_to_a_trusted_server_only(site: Web) -> None:
    login = {"user": "ada", "password": "lovelace"}
    custom = {"auth": "custom", "custom_auth_header": "X-Own", "password": "lovelace"}
    read(open_it(f"{site.url}/base", login), "sub/b.txt")
    assert site.asked[-1].headers["Authorization"] == "Basic YWRhOmxvdmVsYWNl"
    read(open_it(f"http://ada:lovelace@127.0.0.1:{site.port}/base"), "sub/b.txt")
    assert site.asked[-1].headers["Authorization"] == "Basic YWRhOmxvdmVsYWNl"
    read(open_it(f"{site.url}/base", custom), "sub/b.txt")
    assert site.asked[-1].headers["X-Own"] == "lovelace"
    for options in (login, custom):
        read(open_it(f"{site.url}/base", options, trusted=False), "sub/b.txt")
        assert not {"Authorization", "X-Own"} & set(site.asked[-1].headers)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"])
def test_a_stranger_leads_to_no_server_of_this_machine(site: Web, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_it(f"http://{host}:{site.port}/base", trusted=False)
    error = refused(lambda: read(store, "sub/b.txt"), RemoteUnreachable, "private network")
    assert "--trust-remote" in error.hint
    refused(lambda: open_it(f"https://{host}:{site.port}/base", trusted=False).stat("x"), RemoteUnreachable, "private")
    monkeypatch.setenv("http_proxy", site.url)
    refused(lambda: read(store, "sub/b.txt"), RemoteUnreachable, "private network")
    options = {"endpointurl": f"http://{host}:{site.port}", "region": "us-east-1"}
    refused(lambda: open_it("s3://models", options, trusted=False), RemoteUnreachable, "private network")
    assert site.asked == []


def test_the_address_that_was_judged_is_the_one_that_is_connected_to(
    site: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["127.0.0.1", "127.0.0.2"])
    asked = []

    def resolved(host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        address = next(answers) if host == "rebound.example" else host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    monkeypatch.setattr(address_check, "is_public", lambda text: text == "127.0.0.1")
    store = open_it(f"http://rebound.example:{site.port}/base", trusted=False)
    assert read(store, "sub/b.txt") == b"b"
    assert asked == ["rebound.example", "127.0.0.1"]
    assert site.asked[0].headers["Host"] == f"rebound.example:{site.port}"
    refused(lambda: read(open_it(store.url, trusted=False), "a.bin"), RemoteUnreachable, "127.0.0.2")  # type: ignore[attr-defined]


def test_a_redirect_leads_a_strangers_url_to_no_other_server_of_this_machine(site: Web) -> None:
    site.rule("/base/moved", lambda _asked, _reply: Reply(302, b"", {"Location": f"http://localhost:{site.port}/"}))
    request = http_client.Request(f"{site.url}/base/moved", transport=Transport(public=True, known=site.url))
    refused(lambda: http_client.send(request), RemoteUnreachable, "private network")
    assert [one.path for one in site.asked] == ["/base/moved"]


def test_only_addresses_of_the_public_internet_are_public() -> None:
    for text in ("8.8.8.8", "2606:4700::1111", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"):
        assert address_check.is_public(text)
    private = ["10.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::", "::1"]  # noqa: S104  judged, not listened on
    private += ["fe80::1%eth0", "fd00::1", "64:ff9b::10.0.0.1", "2002:7f00:1::1", "::ffff:169.254.169.254"]
    private += ["192.0.0.192", "fec0::1", "::127.0.0.1", "64:ff9b:1::10.0.0.1", "::ffff:0:10.0.0.1", "4000::1"]
    for text in private:
        assert not address_check.is_public(text)


def test_an_answer_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GTO_TIMEOUT", "0.3")
    with hostile_web.serve_web(hostile_web.Web(endless=b"x" * 1000)) as endless:
        error = refused(lambda: read(open_it(endless.url), ""), RemoteUnreachable, "no end after 0.3 s")
    assert not error.passing  # type: ignore[attr-defined]


def test_a_file_that_a_server_packs_is_refused(site: Web) -> None:
    site.rule("/base/a.bin", lambda _asked, reply: reply._replace(headers={"Content-Encoding": "gzip"}))
    for act in (lambda: read(open_it(f"{site.url}/base"), "a.bin"), lambda: open_it(f"{site.url}/base").stat("a.bin")):
        refused(act, RemoteUnreachable, "Content-Encoding: 'gzip'")
    site.files["/base/a.tar.gz"] = b"x"  # as Apache tells what such a file is
    site.rule("/base/a.tar.gz", lambda _asked, reply: reply._replace(headers={"Content-Encoding": "x-gzip"}))
    assert read(open_it(f"{site.url}/base"), "a.tar.gz") == b"x"


def test_a_server_that_is_busy_is_asked_for_a_length_again(site: Web) -> None:
    site.rule("/base/a.bin", lambda _asked, _reply: Reply(503), 2)
    assert open_it(f"{site.url}/base").stat("a.bin") == len(TEXT)
    assert [one.method for one in site.asked] == ["HEAD"] * 3


def test_a_store_keeps_its_connections_for_itself(site: Web) -> None:
    # In a process that is forked meanwhile, another store of the same server would read answers that are not its own.
    first, second = open_it(f"{site.url}/base"), open_it(f"{site.url}/base")
    for store in (first, second, second):
        assert store.stat("sub/b.txt") == 1
        assert read(store, "sub/b.txt") == b"b"
    assert len(site.clients) == 2


def test_an_encrypted_answer_is_waited_for_no_longer_than_another(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve_web(company.context()) as web:
        web.files["/a.bin"] = TEXT
        store = open_it(web.url, {"ssl_verify": str(company.ca)})
        assert read(store, "a.bin", start=7) == TEXT[7:]
        monkeypatch.setenv("GTO_TIMEOUT", "0.3")
        web.rule("/a.bin", lambda _asked, reply: reply._replace(drop_after=1000, hang=True))
        refused(lambda: read(store, "a.bin"), RemoteUnreachable, "not answer in time")


def test_a_redirect_to_another_host_carries_no_credentials(site: Web) -> None:
    there = f"http://localhost:{site.port}/base/a.bin"
    site.rule("/base/moved", lambda _asked, _reply: Reply(302, b"", {"Location": there}))
    site.rule("/base/near", lambda _asked, _reply: Reply(307, b"", {"Location": "/base/a.bin"}))
    custom = {"auth": "custom", "custom_auth_header": "X-Own", "password": "lovelace"}
    store = open_it(f"{site.url}/base", custom)
    assert read(store, "moved", start=10) == TEXT[10:]
    assert site.asked[-1].headers["Host"].startswith("localhost")
    assert "X-Own" not in site.asked[-1].headers
    assert site.asked[-1].headers["Range"] == "bytes=10-"
    assert read(store, "near") == TEXT
    assert site.asked[-1].headers["X-Own"] == "lovelace"


@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://127.0.0.1/x", "gopher://x"])
def test_a_redirect_to_what_is_no_web_server_is_refused(target: str, site: Web) -> None:
    site.rule("/base/moved", lambda _asked, _reply: Reply(302, b"", {"Location": target}))
    refused(lambda: read(open_it(f"{site.url}/base"), "moved"), RemoteUnreachable, "redirects to", "not safe")


def test_redirects_without_end_are_refused(site: Web) -> None:
    site.rule("/base/moved", lambda _asked, _reply: Reply(302, b"", {"Location": "/base/moved"}))
    refused(lambda: read(open_it(f"{site.url}/base"), "moved"), RemoteUnreachable, "redirects more than 5 times")


def test_blanks_and_letters_of_a_url_are_sent_as_browsers_send_them(site: Web) -> None:
    site.files["/my models/größe 1%.pkl"] = b"x"
    for url in ("/my models/größe 1%25.pkl", "/my%20models/gr%C3%B6%C3%9Fe%201%25.pkl"):
        store = open_it(site.url + url)
        assert store.stat("") == 1
        assert read(store, "") == b"x"
    assert read(open_it(f"{site.url}/my models"), "größe 1%.pkl") == b"x"


@pytest.mark.parametrize("status", [403, 405, 501])
def test_a_server_that_answers_no_head_is_asked_for_the_file(site: Web, status: int) -> None:
    site.rule("/base/a.bin", lambda asked, reply: Reply(status) if asked.method == "HEAD" else reply)
    assert open_it(f"{site.url}/base").stat("a.bin") == len(TEXT)
    site.rule("/base/secret", lambda _asked, _reply: Reply(status))
    refused(lambda: open_it(f"{site.url}/base").stat("secret"), RemoteUnreachable, str(status))


def test_a_length_or_range_that_is_no_number_of_bytes_is_refused(site: Web) -> None:
    many = "9" * 5000  # Python reads no such number
    site.rule("/base/a.bin", lambda _asked, _reply: Reply(200, TEXT, {"Content-Length": many}, -1))
    assert open_it(f"{site.url}/base").stat("a.bin") is None
    assert read(open_it(f"{site.url}/base"), "a.bin") == TEXT
    site.rule("/base/sub/b.txt", lambda _asked, _reply: Reply(206, b"b", {"Content-Range": f"bytes {many}-"}))
    refused(lambda: read(open_it(f"{site.url}/base"), "sub/b.txt", start=1), RemoteUnreachable, "another range")


def test_a_path_that_no_file_can_have_is_missing(tmp_path: Path) -> None:
    refused(lambda: read(open_it(f"file://{tmp_path}/a%00b"), ""), ContentMissing)


@pytest.mark.parametrize(
    ("status", "kind", "passing"),
    [
        (401, StoreRefused, False),
        (403, StoreRefused, False),
        (404, ContentMissing, False),
        (410, ContentMissing, False),
        (400, RemoteUnreachable, False),
        (429, RemoteUnreachable, True),
        (503, RemoteUnreachable, True),
    ],
)
def test_every_status_is_told_as_what_it_is(status: int, kind: type[GTOException], *, passing: bool, site: Web) -> None:
    site.rule("/base/a.bin", lambda _asked, _reply: Reply(status))
    error = refused(lambda: read(open_it(f"{site.url}/base"), "a.bin"), kind)
    assert getattr(error, "passing", None) is passing


def test_an_answer_that_ends_too_early_or_never_comes_passes(site: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GTO_TIMEOUT", "0.3")
    site.rule("/base/a.bin", lambda _asked, reply: reply._replace(drop_after=1000), 1)
    site.rule("/base/a.bin", lambda _asked, reply: reply._replace(drop_after=1000, hang=True), 1)
    store = open_it(f"{site.url}/base")
    for words in ("ended after 1000 of 300000 bytes", "not answer in time"):
        error = refused(lambda: read(store, "a.bin"), RemoteUnreachable, words)
        assert error.passing  # type: ignore[attr-defined]
    assert read(store, "a.bin") == TEXT


def test_another_range_than_was_asked_for_is_refused(site: Web) -> None:
    def wrong(_asked: Asked, reply: Reply) -> Reply:
        return reply._replace(status=206, headers={"Content-Range": "bytes 0-9/10"})

    site.rule("/base/a.bin", wrong)
    refused(lambda: read(open_it(f"{site.url}/base"), "a.bin", start=5), RemoteUnreachable, "another range")


def test_a_connection_that_the_server_closed_meanwhile_is_opened_anew(site: Web) -> None:
    store = open_it(f"{site.url}/base")
    assert read(store, "sub/b.txt") == b"b"
    site.rule("/base/sub/b.txt", lambda _asked, _reply: Reply(200, b"b", {}, -1), 1)
    site.rule("/base/sub/b.txt", lambda _asked, _reply: Reply(200, b"b", {"Connection": "close"}), 1)
    for _ in range(3):
        assert read(store, "sub/b.txt") == b"b"
    chunks = store.read("a.bin")
    next(chunks)
    chunks.close()
    assert read(store, "sub/b.txt") == b"b"


def test_a_server_is_let_go_of_at_once_where_the_rest_is_not_wanted(site: Web) -> None:
    site.files["/base/long.bin"] = b"x" * 300_000
    answer = http_client.send(http_client.Request(f"{site.url}/base/long.bin"))
    with pytest.raises(RemoteUnreachable) as kept:  # its traceback holds the frames that read
        answer.body(10)
    assert "longer than 10 bytes" in str(kept.value)
    assert answer._raw.closed  # noqa: SLF001  nothing else tells
    assert answer._line is not None  # noqa: SLF001  the socket
    assert answer._line.fileno() == -1  # noqa: SLF001  it is closed


def test_a_proxy_of_the_environment_is_used(site: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", site.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    site.files["http://models.example/x"] = b"through the proxy"
    assert read(open_it("http://models.example"), "x") == b"through the proxy"
    assert "Proxy-Authorization" not in site.asked[-1].headers
    monkeypatch.setenv("http_proxy", site.url.replace("//", "//ada:lovelace@"))
    site.files["http://other.example/x"] = b"y"
    assert read(open_it("http://other.example"), "x") == b"y"
    assert site.asked[-1].headers["Proxy-Authorization"] == "Basic YWRhOmxvdmVsYWNl"


def test_a_proxy_that_is_none_or_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for proxy, words in (("socks5h://127.0.0.1:9", "no proxy that speaks HTTP"), ("127.0.0.1:9", "its proxy: ")):
        for scheme in ("http", "https"):
            monkeypatch.setenv(f"{scheme}_proxy", proxy)
            refused(lambda at=f"{scheme}://models.example/x": open_it(at).stat(""), RemoteUnreachable, words)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("url", "options", "words"),
    [
        ("http://", {}, "names no host"),
        ("https://127.0.0.1:9/x", {}, "refused"),
        ("http://a b/", {}, "no URL"),
        ("http://x/", {"auth": "digest"}, "auth is 'digest'"),
        ("http://x/", {"ask_password": "true"}, "ask_password"),
        ("webdavs://x/", {}, "does not read from 'webdavs'"),
        ("hdfs://x/", {}, "does not read from 'hdfs'"),
        ("s3://", {}, "names no bucket"),
        ("ssh://host:port/x", {}, "port is 'port'"),
        ("ssh://host/x", {"ask_password": "true"}, "asks nobody"),
        ("ssh://127.0.0.1:9/x", {}, "Connect call failed"),
        ("azure://models", {}, "names the storage account"),
        ("azure://models", {"connection_string": "nonsense"}, "connection string"),
        ("azure://models", {"account_name": "evil.example/?", "account_key": "a2V5"}, "no storage account is called"),
        (
            "s3://models",
            {"region": "evil.example/#", "access_key_id": "a", "secret_access_key": "b"},
            "no region is called",
        ),
        ("s3://models", {"profile": "nobody"}, "no AWS profile 'nobody'"),
        ("s3://models", {"endpointurl": "http://127.0.0.1:9"}, ""),
        ("s3://models", {"access_key_id": "a"}, "no secret"),
        ("s3://models", {"endpointurl": "minio:9000"}, "'minio:9000' is no URL"),
        ("s3://models", {"endpointurl": "http://minio:port"}, "is no URL"),
        ("s3://models", {"endpointurl": "http://mi nio"}, "is no URL"),
        ("s3://models", {"endpointurl": "http://"}, "is no URL"),
        ("gs://models", {"endpointurl": "minio:9000"}, "is no URL"),
        ("azure://models", {"connection_string": "AccountName=ada;BlobEndpoint=minio:9000"}, "is no URL"),
        ("s3://models", {"ssl_verify": "/nothing"}, "the file of certificates"),
    ],
)
def test_what_cannot_be_reached_says_why(url: str, options: dict[str, str], words: str) -> None:
    error = refused(lambda: read(open_it(url, {"region": "us-east-1", **options}), "key"), RemoteUnreachable, words)
    assert "Debug source" not in error.message


# --- S3


@pytest.fixture(scope="session")
def bucket(s3: S3) -> tuple[S3, list[str]]:
    """FILES below `dir`; and `versioned`, in two versions, whose ids come too."""
    from urllib.parse import quote

    for key, body in FILES.items():
        assert s3.put(f"/models/dir/{quote(key)}", body)[0] == 200
        assert s3.put(f"/open/dir/{quote(key)}", body)[0] == 200
    return s3, [s3.put("/models/versioned", body)[1] for body in (b"first", b"second")]


def test_s3_is_a_store(bucket: tuple[S3, list[str]]) -> None:
    s3, versions = bucket
    store = open_it("s3://models/dir", s3.options)
    check_reads(store)
    check_lists(store)
    whole = open_it("s3://models/", s3.options)
    assert [read(whole, "versioned", version) for version in versions] == [b"first", b"second"]
    assert whole.stat("versioned", versions[0]) == 5
    assert read(open_it("s3://models/versioned", s3.options), "") == b"second"


def test_s3_signs_a_url_that_holds_for_that_object_alone(bucket: tuple[S3, list[str]]) -> None:
    url = open_it("s3://models/dir", bucket[0].options).sign("sub/b.txt", 60)
    assert url is not None
    with urllib.request.urlopen(url) as answer:  # noqa: S310  loopback
        assert answer.read() == b"b"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(url.replace("sub/b.txt", "a.bin"))  # noqa: S310  loopback


def test_s3_refuses_a_wrong_key_and_nothing_secret_is_said(bucket: tuple[S3, list[str]]) -> None:
    options = {**bucket[0].options, "secret_access_key": "not-the-secret"}
    for act in (read, lambda store, key: store.stat(key), lambda store, _: list(store.list(""))):
        store = open_it("s3://models/dir", options)
        error = refused(lambda act=act, store=store: act(store, "a.bin"), StoreRefused, "403")  # type: ignore[misc]
        assert "not-the-secret" not in error.message + error.hint


@pytest.mark.usefixtures("everywhere")
def test_an_untrusted_s3_gets_no_credentials_of_any_kind(
    bucket: tuple[S3, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    s3, _ = bucket
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", stores.KEY)
    for secret in (True, False):
        if secret:
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", stores.SECRET)
        else:
            monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        closed = open_it("s3://models/dir", s3.options, trusted=False)
        refused(lambda closed=closed: read(closed, "a.bin"), StoreRefused)  # type: ignore[misc]
        assert closed.sign("a.bin", 60) is None
        check_reads(open_it("s3://open/dir", s3.options, trusted=False), ("a.bin", "empty"))
    check_reads(open_it("s3://open/dir", {**s3.options, "allow_anonymous_login": "true"}), ("a.bin",))


def test_s3_takes_credentials_from_where_dvc_does(
    bucket: tuple[S3, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3, _ = bucket
    at = {"endpointurl": s3.endpoint}
    keys = f"aws_access_key_id = {stores.KEY}\naws_secret_access_key = {stores.SECRET}\n"
    (tmp_path / "credentials").write_text(f"[ada]\n{keys}[wrong]\naws_access_key_id = x\naws_secret_access_key = y\n")
    (tmp_path / "config").write_text(f"[profile conf]\nregion = eu-west-1\n{keys}endpoint_url = {s3.endpoint}\n")
    shared = {**at, "credentialpath": str(tmp_path / "credentials")}
    assert read(open_it("s3://models/dir", {**shared, "profile": "ada"}), "sub/b.txt") == b"b"
    refused(lambda: read(open_it("s3://models/dir", {**shared, "profile": "wrong"}), "sub/b.txt"), StoreRefused)
    own = {"configpath": str(tmp_path / "config"), "profile": "conf"}
    assert read(open_it("s3://models/dir", own), "sub/b.txt") == b"b"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "ada")
    assert read(open_it("s3://models/dir", at), "sub/b.txt") == b"b"
    monkeypatch.delenv("AWS_PROFILE")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", stores.KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", stores.SECRET)
    assert read(open_it("s3://models/dir", at), "sub/b.txt") == b"b"
    # A token of the environment belongs to the keys of the environment, not to those of the remote.
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-another-session")
    assert read(open_it("s3://models/dir", s3.options), "sub/b.txt") == b"b"


def test_a_profile_that_leads_elsewhere_needs_boto3(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile role]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = y\n")
    options = {"profile": "role", "configpath": str(tmp_path / "config"), "region": "us-east-1"}
    error = refused(lambda: open_it("s3://models", options), RemoteUnreachable, "'role'", "boto3")
    assert error.hint == "pip install boto3"
    (tmp_path / "config").write_text("aws_secret_access_key = secret-of-ada\n")
    error = refused(lambda: open_it("s3://models", options), RemoteUnreachable, "no configuration of AWS")
    assert "secret-of-ada" not in error.message + str(error.__cause__)[:0]


def test_a_panic_of_a_library_is_told_as_an_error_of_the_store() -> None:
    from obstore.store import S3Store

    from gto.storage.bucket_store import CloudStore

    config = S3Store(
        "models", config={"endpoint": "minio:9000", "region": "x", "access_key_id": "a", "secret_access_key": "s"}
    )
    store = CloudStore(config, "s3://models", "", may_sign=True)
    refused(lambda: store.stat("key"), RemoteUnreachable, "s3://models/key", "obstore failed")


DATED = {"ETag": '"x"', "Last-Modified": "Fri, 02 Jan 2026 03:04:05 GMT"}
"""What clouds say of each object."""


def test_a_certificate_of_a_company_counts_wherever_botocore_looks_for_it(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve_web(company.context()) as site:
        site.rule("/models/key", lambda _asked, _reply: Reply(200, b"it", DATED))
        options = {"endpointurl": site.url, "access_key_id": "a", "secret_access_key": "s"}
        error = refused(
            lambda: read(open_it("s3://models", options), "key"), RemoteUnreachable, "certificate", "Unknown"
        )
        assert "AWS_CA_BUNDLE" in error.hint
        assert not error.passing  # type: ignore[attr-defined]
        bundle = tmp_path / "bundle.pem"
        bundle.write_text(company.client.read_text() + company.ca.read_text())
        assert read(open_it("s3://models", {**options, "ssl_verify": str(bundle)}), "key") == b"it"
        assert read(open_it("s3://models", {**options, "ssl_verify": "false"}), "key") == b"it"
        for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
            monkeypatch.setenv(name, str(bundle))
            assert read(open_it("s3://models", options), "key") == b"it"
            refused(lambda: read(open_it("s3://models", {**options, "ssl_verify": "true"}), "key"), RemoteUnreachable)
            monkeypatch.delenv(name)
        (tmp_path / "config").write_text(f"[default]\nca_bundle = {bundle}\n")
        assert read(open_it("s3://models", {**options, "configpath": str(tmp_path / "config")}), "key") == b"it"


def test_a_store_that_wants_another_region_is_quoted(web: Web) -> None:
    text = b"<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region></Error>"
    web.rule("/models/key", lambda _asked, _reply: Reply(400, text))
    options = {"endpointurl": web.url, "access_key_id": "a", "secret_access_key": "s"}
    error = refused(lambda: read(open_it("s3://models", options), "key"), RemoteUnreachable, "the region 'eu-west-3'")
    assert "region eu-west-3" in error.hint


def test_what_the_environment_says_of_aws_does_not_reach_a_stranger_s_bucket(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gto.storage.s3 import s3_config

    monkeypatch.setenv("AWS_ENDPOINT_URL", web.url)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    where = StoreAddress("s3://models", {"region": "eu-west-3", "profile": "other"})
    assert s3_config(where, "models").endpoint == "https://s3.eu-west-3.amazonaws.com"
    of_china = StoreAddress("s3://models", {"region": "cn-north-1", "use_ssl": "false"})
    assert s3_config(of_china, "models").endpoint == "http://s3.cn-north-1.amazonaws.com.cn"


def test_the_region_of_a_bucket_is_asked_for(web: Web) -> None:
    from gto.storage.s3 import region_of

    web.rule("/models", lambda _asked, _reply: Reply(403, b"", {"x-amz-bucket-region": "eu-west-3"}))
    assert region_of("models", web.url) == "eu-west-3"
    assert region_of("other", web.url) == "us-east-1"
    assert region_of("../other", web.url) == "us-east-1"
    assert [one.path for one in web.asked] == ["/models", "/other"]


# --- Azure


@pytest.mark.usefixtures("everywhere")
def test_azure_is_a_store(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    from urllib.parse import quote

    for key, body in FILES.items():
        assert azure.put(f"models/dir/{quote(key)}", body) == 201
    options = {"connection_string": azure.connection}
    store = open_it("azure://models/dir", options)
    check_reads(store)
    check_lists(store)
    url = store.sign("sub/b.txt", 60)
    assert url is not None
    with urllib.request.urlopen(url) as answer:  # noqa: S310  loopback
        assert answer.read() == b"b"
    bare = {"connection_string": f"BlobEndpoint={azure.endpoint}", "account_name": stores.AZURE_ACCOUNT}
    keyed = {**bare, "account_key": stores.AZURE_KEY}
    assert read(open_it("azure://models/dir", keyed), "sub/b.txt") == b"b"
    signed = {**bare, "sas_token": "?" + url.partition("?")[2]}
    assert read(open_it("azure://models/dir", signed), "sub/b.txt") == b"b"
    wrong = {**bare, "account_key": "AAAA" + stores.AZURE_KEY[4:]}
    refused(lambda: read(open_it("azure://models/dir", wrong), "sub/b.txt"), StoreRefused, "403")
    refused(lambda: read(open_it("azure://models/dir", options, trusted=False), "sub/b.txt"), StoreRefused, "403")
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", azure.connection)
    assert read(open_it("azure://models/dir"), "sub/b.txt") == b"b"
    refused(lambda: open_it("azure://models/dir", trusted=False), RemoteUnreachable, "names the storage account")


def test_a_connection_string_says_where_azure_is() -> None:
    from gto.storage.azure import azure_config

    def config(text: str, **options: str) -> dict[str, object]:
        where = StoreAddress("azure://models", {"connection_string": text, **options}, trusted=True)
        found, provider = azure_config(where)
        return {**found, **(provider() if provider else {})}

    of_china = "DefaultEndpointsProtocol=https;AccountName=ada;AccountKey=a2V5==;EndpointSuffix=core.chinacloudapi.cn"
    assert config(of_china) == {
        "account_name": "ada",
        "endpoint": "https://ada.blob.core.chinacloudapi.cn",
        "access_key": "a2V5==",
        "expires_at": None,
    }
    assert config("AccountName=ada;SharedAccessSignature=?sv=1&sig=2")["sas_token"] == "sv=1&sig=2"  # noqa: S105  no secret
    assert str(config("UseDevelopmentStorage=true")["endpoint"]).startswith("http://127.0.0.1:10000/")
    assert config("AccountName=ada", tenant_id="t", client_id="c", client_secret="s") == {  # noqa: S106  no secret
        "account_name": "ada",
        "endpoint": "https://ada.blob.core.windows.net",
        "tenant_id": "t",
        "client_id": "c",
        "client_secret": "s",
    }


def test_what_an_azure_remote_says_counts_before_the_environment(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    web.rule("/ada/models/key", lambda _asked, _reply: Reply(200, b"it", DATED))
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "a2V5")
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", f"BlobEndpoint={web.url}/ada;AccountName=ada;AccountKey=a2V5")
    at = {"connection_string": f"BlobEndpoint={web.url}/ada;AccountName=ada"}
    for options, is_signed in (({**at, "sas_token": "sv=1&sig=2"}, True), (at, False), ({}, False)):
        assert read(open_it("azure://models", options), "key") == b"it"
        assert ("sig=2" in web.asked[-1].path) is is_signed
        assert ("Authorization" in web.asked[-1].headers) is not is_signed


# --- Google Cloud Storage


@pytest.mark.usefixtures("everywhere")
def test_google_cloud_storage_is_a_store_by_its_xml_interface(web: Web) -> None:
    def answer(_asked: Asked, reply: Reply) -> Reply:
        return reply._replace(
            headers={**reply.headers, "Last-Modified": "Fri, 02 Jan 2026 03:04:05 GMT", "ETag": '"x"'}
        )

    web.files["/models/dir/a.bin"] = TEXT
    web.rule("/models/dir/a.bin", answer)
    options = {"endpointurl": web.url, "allow_anonymous_login": "true"}
    for store in (open_it("gs://models/dir", options), open_it("gs://models/dir", options, trusted=False)):
        assert store.stat("a.bin") == len(TEXT)
        assert read(store, "a.bin", start=7) == TEXT[7:]
        assert store.sign("a.bin", 60) is None
        refused(lambda store=store: read(store, "nope"), ContentMissing)  # type: ignore[misc]
    assert not any("Authorization" in one.headers for one in web.asked)


@pytest.mark.usefixtures("everywhere")
@pytest.mark.parametrize("source", ["file", "url"])
def test_google_takes_the_token_of_another_provider(
    source: str, web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def guarded(asked: Asked, _reply: Reply) -> Reply:
        allowed = asked.headers.get("Authorization") == (
            "Bearer federated" if source == "file" else "Bearer of-account"
        )
        return Reply(200, b"it", DATED) if allowed else Reply(403)

    def exchange(asked: Asked, _reply: Reply) -> Reply:
        is_right = b"subject_token=oidc&" in asked.body and b"grant-type%3Atoken-exchange" in asked.body
        return Reply(200 if is_right else 400, b'{"access_token": "federated", "expires_in": 3600}')

    def impersonate(asked: Asked, _reply: Reply) -> Reply:
        is_right = asked.headers.get("Authorization") == "Bearer federated"
        answer = b'{"accessToken": "of-account", "expireTime": "2030-01-01T00:00:00Z"}'
        return Reply(200 if is_right else 403, answer)

    web.rule("/models/key", guarded)
    web.rule("/token", exchange)
    web.rule("/impersonate", impersonate)
    web.files["/oidc"] = b'{"value": "oidc"}'
    told: dict[str, object] = {
        "type": "external_account",
        "audience": "x",
        "subject_token_type": "jwt",
        "token_url": f"{web.url}/token",
    }
    (tmp_path / "oidc").write_text("oidc\n")
    if source == "file":
        told |= {"credential_source": {"file": str(tmp_path / "oidc")}}
    else:
        form = {"type": "json", "subject_token_field_name": "value"}
        told |= {
            "credential_source": {"url": f"{web.url}/oidc", "headers": {"Authorization": "bearer x"}, "format": form}
        }
        told |= {"service_account_impersonation_url": f"{web.url}/impersonate"}
    (tmp_path / "key.json").write_text(json.dumps(told))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    assert read(open_it("gs://models", {"endpointurl": web.url}), "key") == b"it"
    refused(lambda: read(open_it("gs://models", {"endpointurl": web.url}, trusted=False), "key"), StoreRefused)
    told |= {"credential_source": {"executable": {"command": "x"}}}
    (tmp_path / "other.json").write_text(json.dumps(told))
    other = {"endpointurl": web.url, "credentialpath": str(tmp_path / "other.json")}
    refused(lambda: read(open_it("gs://models", other), "key"), StoreRefused, "from a program")


def test_credentials_of_google_that_are_no_credentials_are_named(tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text("{}")
    options = {"credentialpath": str(tmp_path / "key.json"), "endpointurl": "http://127.0.0.1:9"}
    refused(lambda: read(open_it("gs://models", options), "x"), RemoteUnreachable)


# --- SSH


@pytest.fixture
def ssh_options(ssh: Ssh, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The options of a remote; the host's key is known."""
    from pathlib import Path

    home = Path(os.environ["HOME"]) / ".ssh"
    home.mkdir()
    (home / "known_hosts").write_text(ssh.known)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return {"user": stores.this_user(), "port": str(ssh.port), "keyfile": str(ssh.key), "allow_agent": "false"}


def test_ssh_is_a_store(ssh_options: dict[str, str], directory: Path) -> None:
    store = open_it(f"ssh://127.0.0.1{directory}", ssh_options)
    check_reads(store)
    check_lists(store)
    assert store.sign("a.bin", 60) is None
    for key in ("sub", "../files/a.bin"):
        refused(lambda key=key: store.stat(key), ContentMissing)  # type: ignore[misc]
    refused(lambda: list(store.list("nowhere")), ContentMissing)


def test_ssh_refuses_an_unknown_host_a_wrong_key_and_a_stranger(
    ssh_options: dict[str, str], ssh: Ssh, directory: Path, tmp_path: Path
) -> None:
    from pathlib import Path as Path_

    url = f"ssh://{ssh_options['user']}@127.0.0.1:{ssh.port}{directory}"
    refused(lambda: open_it(url, ssh_options, trusted=False), StoreRefused, "repository of others")
    (tmp_path / "text").write_text("no key\n")
    for keyfile in (str(tmp_path / "text"), str(tmp_path / "nothing")):
        refused(lambda keyfile=keyfile: open_it(url, {**ssh_options, "keyfile": keyfile}), StoreRefused)  # type: ignore[misc]
    other = {**ssh_options, "keyfile": str(ssh.key.with_name("host"))}
    refused(lambda: open_it(url, other), StoreRefused, "does not let you in")
    (Path_(os.environ["HOME"]) / ".ssh/known_hosts").write_text("")
    refused(lambda: open_it(url, ssh_options), StoreRefused, "not among your known hosts")
