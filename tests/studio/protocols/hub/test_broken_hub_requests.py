"""Requests of the Hub's clients and of plain HTTP, broken in every way: no fault of the server, nothing of others."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING, NamedTuple

import pytest

from gto.studio.visitor import Role
from tests.studio.protocols.hub.conftest import client
from tests.studio.protocols.raw_requests import answer_raw, break_path

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo
    from tests.team_app import TeamStudio

METHODS = ("GET", "HEAD", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "X")
PIECES = (
    "%00", "%2F", "%2f..%2f", "..", "/", "//", "%ff%fe", "%C3%A4", ":", "@", "#", "?", "%25", "+", "%20", "~", "\\",
    "latest", "main", "HEAD", "v1.0.0_b", "--all", "a" * 5000, "0" * 40, "*", "%0d%0aset-cookie:x=1", "'", "-1",
    "resolve", "raw", "tree", "datasets", "api", "refs", "commits", "tag", "paths-info", "..%2F..%2Fsecret.txt",
    "%2e%2e/%2e%2e/secret.txt", ".tar.gz", ".sha256", ".tgz.sha256", "model.sig", "secret", "../secret.txt",
)  # fmt: skip
HEADERS = {
    "range": ("bytes=0-", "bytes=5-2", "bytes=-1", "bytes=-", "bytes=0-1,3-4", "bytes=99999999999999999999-", "x", ""),
    "authorization": ("Bearer", "Bearer ", "Basic", "Basic !", "Basic Og==", "Bearer hf_gto_x", "Bearer ä", "x" * 999),
    "accept": ("", "*/*", "text/html", "\x7f"),
    "content-type": ("application/json", "multipart/form-data", "multipart/form-data; boundary=x", "text/x", "\xff"),
    "if-none-match": ("*", '"x"', '"', ","),
    "if-range": ("*", '"x"', "Mon"),
    "content-length": ("-1", "x"),
    "accept-encoding": ("gzip", "x"),
}
QUERIES = (
    "recursive=True&limit=1", "limit=-1", "limit=99999999999999999999", "cursor=%ff", "cursor=%00", "blobs=true",
    "expand=true&expand=x", "search=auc%3E", "search=%00", "sort=x&direction=y", "filter=%ff", "author=", "full=",
)  # fmt: skip
BODIES = (
    b"", b"{}", b"[]", b"null", b"{", b'{"tag": 3}', b'{"tag": "\\u0000"}', b'{"tag": "a b", "message": null}',
    b'{"paths": ["a.csv", "../secret.txt"]}', b'{"paths": 3}', b"paths=a.csv&paths=%00&expand=x", b"\xff\xfe",
    b"[" * 5000, b'{"tag": "v1.0.0", "message": "x"}', b"--x\r\ncontent-disposition: form-data; name=paths\r\n\r\nx",
    b'{"paths": ["\\ud800"]}',
)  # fmt: skip
CANARY = b"nothing of any version"


class Recorded(NamedTuple):
    """A request that a client sent."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""

    def broken(self, dice: random.Random) -> Recorded:
        """The request with one to three things wrong."""
        one = self
        for _ in range(dice.randint(1, 3)):
            one = dice.choice((Recorded._other_target, Recorded._other_target, Recorded._other_part))(one, dice)
        return one

    def _other_part(self, dice: random.Random) -> Recorded:
        match dice.randrange(3):
            case 0:
                return self._replace(method=dice.choice(METHODS))
            case 1:
                name = dice.choice(list(HEADERS))
                return self._replace(headers={**self.headers, name: dice.choice(HEADERS[name])})
            case _:
                return self._replace(body=dice.choice(BODIES))

    def _other_target(self, dice: random.Random) -> Recorded:
        def suffixed(text: str) -> str:
            return f"{text}{'&' if '?' in text else '?'}{dice.choice(QUERIES)}"

        return self._replace(target=break_path(self.target, dice, PIECES, suffixed))


def recorded(tokens: list[str]) -> list[Recorded]:
    """What clients send when they look, bring and tag."""
    found = [("GET", "/hf/api/whoami-v2", b""), ("GET", "/hf/api/models?search=plain&limit=2&full=true", b"")]
    for repo in ("team/data", "secret/single", "team/plain"):
        found += [("GET", f"/hf/api/{kind}/{repo}/{rest}", b"") for kind in ("models", "datasets") for rest in (
            "revision/main?blobs=true", "tree/v1.0.0?recursive=true&expand=false", "refs", "commits/main",
        )]  # fmt: skip
        found.append(("POST", f"/hf/api/models/{repo}/paths-info/main", b'{"paths": ["a.csv"], "expand": true}'))
        found.append(("POST", f"/hf/api/models/{repo}/tag/main", b'{"tag": "prod", "message": "m"}'))
    for file in ("team/data/{}/deep/er/b.bin", "secret/single/{}/model.bin", "team/plain/{}/%C3%A4%20file.txt"):
        hub, plain = file.format("resolve/v1.0.0"), file.format("v1.0.0")
        found += [(method, f"/hf/{hub}", b"") for method in ("GET", "HEAD")]
        found += [(method, f"/dl/{plain}", b"") for method in ("GET", "HEAD")]
    found += [("GET", f"/dl/team/plain/main.{one}", b"") for one in ("tar.gz", "tgz", "tar.sha256", "zip", "sha256")]
    form = {"content-type": "application/json"}
    return [
        Recorded(method, target, {"authorization": f"Bearer {token}", **(form if body else {})}, body)
        for method, target, body in found
        for token in tokens
    ]


@pytest.mark.parametrize(
    "times", [pytest.param(300, id="some"), pytest.param(10_000, id="many", marks=pytest.mark.soak)]
)
def test_no_broken_request_is_a_fault_of_the_server(
    hub: TeamStudio, versions: Repo, tmp_path: Path, caplog: pytest.LogCaptureFixture, times: int
) -> None:
    for place in (versions.path, versions.path.parent, tmp_path):
        (place / "secret.txt").write_bytes(CANARY)
    tokens = [client(hub, "ada", "vault", Role.MAINTAINER, "read", "write").token, client(hub, "eve", "open").token]
    requests, dice = recorded(tokens), random.Random(times)  # noqa: S311  no secret
    statuses: set[int] = set()
    with caplog.at_level(logging.DEBUG), asyncio.Runner() as runner:
        for _ in range(times):
            one = dice.choice(requests).broken(dice)
            statuses.add(runner.run(checked(hub, tokens, one)))
    assert {200, 400, 401, 403, 404, 405} <= statuses
    assert not [token for token in tokens if token in caplog.text]


async def checked(studio: TeamStudio, secrets: list[str], one: Recorded) -> int:
    """Answer a request as the server hands it on, and return the status of what came."""
    status, sent, body = await answer_raw(studio.app, one.method, one.target, one.headers, one.body)
    headers = str(sent)
    assert status < 500, (one, body)
    assert b"Traceback" not in body, one
    assert CANARY not in body, one
    assert "set-cookie" not in headers, one
    assert not [secret for secret in secrets if secret.encode() in body or secret in headers], one
    if status >= 400 and body and one.target.startswith("/hf/"):
        assert body.startswith(b'{"error":'), (one, body)
        assert b"x-error-message" in dict(sent), one
    return status
