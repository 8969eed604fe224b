"""Webhooks posted by rules: to real servers on loopback, and to names that lead where none may go."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from glob import glob
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import UsageError
from gto.watch import webhook_sender
from gto.watch.outcome import NextStep
from gto.watch.webhook_sender import STRICT, PostOutcome, SendRules, send
from tests.certificates import make_company
from tests.web import Reply, Web, serve_web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HERE = SendRules(allow_private=True, allow_http=True, seconds=20)
BODY = b'{"specversion": "1.0"}'


@pytest.fixture
def web() -> Iterator[Web]:
    with serve_web() as running:
        yield running


def answered(web: Web, reply: Reply, rules: SendRules = HERE) -> PostOutcome:
    web.rule("/hook", lambda _asked, _usual: reply)
    return send(f"{web.url}/hook?key=1", {"Content-Type": "application/json"}, BODY, rules)


def test_what_is_sent_arrives_and_the_beginning_of_the_answer_is_kept(web: Web) -> None:
    found = answered(web, Reply(202, b"\x1b[31mtaken\xff\n" + b"x" * 1_000_000))
    assert (found.verdict, found.status, found.reason) == (NextStep.DONE, 202, "")
    assert found.text.startswith("\\x1b[31mtaken\ufffd\nxxx")
    assert len(found.text) < 2100
    assert 0 < found.duration < 20
    (asked,) = web.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/hook?key=1", BODY)
    assert asked.headers["User-Agent"].startswith("gto/")


def test_a_receiver_says_why_not_and_when_again(web: Web) -> None:
    found = answered(web, Reply(503, b"later", {"Retry-After": "7"}))
    assert (found.verdict, found.status, found.retry_after, found.text) == (NextStep.AGAIN, 503, 7.0, "later")
    assert found.reason == "the receiver answered with status 503"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed_and_the_outcome_says_so(status: int, web: Web) -> None:
    found = answered(web, Reply(status, b"", {"Location": f"{web.url}/other"}))
    assert (found.verdict, found.status) == (NextStep.AGAIN, status)
    assert "redirects are not followed" in found.reason
    assert [asked.path for asked in web.asked] == ["/hook?key=1"]


def test_an_answer_without_an_end_is_left(web: Web) -> None:
    found = answered(web, Reply(200, b"x" * 5000, length=-1, hang=True))
    assert (found.verdict, found.text) == (NextStep.DONE, "x" * 2048)


def test_who_says_nothing_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/hook"
        found = send(url, {}, BODY, HERE._replace(seconds=0.3))
        assert (found.verdict, found.status, found.reason) == (NextStep.AGAIN, 0, "it does not answer in time")
        tls = send(url.replace("http", "https"), {}, BODY, HERE._replace(seconds=0.3))
        assert (tls.verdict, tls.status, tls.reason) == (NextStep.AGAIN, 0, "it does not answer in time")
        assert time.monotonic() - began < 10


def test_a_certificate_counts_where_its_authority_is_known(tmp_path: Path) -> None:
    company = make_company(tmp_path)
    with serve_web(company.context()) as web:
        found = answered(web, Reply(200), SendRules(allow_private=True, seconds=20))
        assert (found.verdict, found.status) == (NextStep.AGAIN, 0)
        assert "certificate is not trusted" in found.reason
        known = SendRules(allow_private=True, ca=str(company.ca), seconds=20)
        assert answered(web, Reply(200), known).verdict is NextStep.DONE


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_this_machine_gets_nothing_by_whatever_name(host: str, web: Web) -> None:
    found = send(f"https://{host}:{web.port}/hook", {}, BODY, STRICT._replace(seconds=20))
    assert (found.verdict, found.status) == (NextStep.NEVER, 0)
    assert "one of this machine or its private network" in found.reason
    assert web.clients == set()


NAMES = {
    "loopback.example": ["127.0.0.9", "127.0.0.1"],
    "private.example": ["10.1.2.3"],
    "home.example": ["192.168.1.1"],
    "metadata.example": ["169.254.169.254"],
    "carrier.example": ["100.64.0.7"],
    "unique-local.example": ["fd00::7"],
    "link-local.example": ["fe80::7"],
    "mapped.example": ["::ffff:10.0.0.1"],
    "one-of-two.example": ["8.8.8.8", "10.0.0.1"],
}
SCRIPT = """
import json, sys
from gto.watch.webhook_sender import SendRules, send
port, *names = sys.argv[1:]
found = {name: send(f"https://{name}:{port}/hook", {}, b"{}", SendRules(seconds=20))._asdict() for name in names}
here = send(f"http://{names[0]}:{port}/hook", {}, b"{}", SendRules(allow_private=True, allow_http=True, seconds=20))
print(json.dumps([here.status, {name: [one["status"], one["reason"]] for name, one in found.items()}]))
"""


def test_a_name_that_leads_to_a_private_address_gets_nothing(tmp_path: Path, web: Web) -> None:
    """The process asks the system's own resolver, which answers what a file says."""
    wrapper = glob("/usr/lib/*/libnss_wrapper.so")
    if not wrapper:
        pytest.skip("libnss-wrapper is not installed")
    hosts = tmp_path / "hosts"
    hosts.write_text("".join(f"{address} {name}\n" for name, every in NAMES.items() for address in every))
    web.files["/hook"] = b""
    env = {**os.environ, "LD_PRELOAD": wrapper[0], "NSS_WRAPPER_HOSTS": str(hosts)}
    argv = [sys.executable, "-c", SCRIPT, str(web.port), *NAMES]
    out = subprocess.run(argv, env=env, capture_output=True, check=True, timeout=120).stdout
    allowed, refused = json.loads(out)
    for name, (status, reason) in refused.items():
        assert status == 0
        assert any(address in reason for address in (*NAMES[name], "::ffff:a00:1")), (name, reason)
        assert "private network" in reason
    assert allowed == 200  # by the second of its addresses: nobody listens on the first
    assert [asked.headers["Host"] for asked in web.asked] == [f"loopback.example:{web.port}"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.com/hook", "is not encrypted"),
        ("ftp://example.com/hook", "no URL of a web server"),
        ("https://[::1/hook", "no URL of a web server"),
        ("https://example.com/ho ok", "no URL of a web server"),
        ("https://ada:hunter2@example.com/hook", "carries a name or a password"),
    ],
)
def test_a_url_that_may_not_be_posted_to_is_refused_when_it_is_named_and_when_it_is_used(url: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        webhook_sender.check_url(url, STRICT)
    found = send(url, {}, BODY)
    assert found.verdict is NextStep.NEVER
    assert words in found.reason
    assert "hunter2" not in found.reason


def test_a_header_that_would_be_two_is_not_sent(web: Web) -> None:
    found = send(f"{web.url}/hook", {"X-Name": "a\r\nX-Other: b"}, BODY, HERE)
    assert (found.verdict, found.status) == (NextStep.AGAIN, 0)
    assert web.asked == []
