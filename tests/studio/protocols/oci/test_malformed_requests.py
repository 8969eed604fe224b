"""Requests of clients of container registries, broken in every way: no fault of the server, and nothing of others."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.studio.protocols.oci.conftest import Puller, puller
from tests.studio.protocols.raw_requests import answer_raw, break_path

if TYPE_CHECKING:
    from tests.team_app import TeamStudio

METHODS = ("GET", "HEAD", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "X")
PIECES = (
    "%00", "%2F", "%2f..%2f", "..", "/", "//", "%ff%fe", "%C3%A4", ":", "@", "sha256:", "sha512:" + "0" * 128,
    "_catalog", "tags/list", "manifests/", "blobs/", "uploads/", "referrers/", "modelcar/", "modelcar", "a" * 5000,
    "%25", "+", "%20", "~", "latest", "v1.0.0_b", "?", "#", "*", "%0d%0a", "HEAD", "'", "-1", "\\",
)  # fmt: skip
HEADERS = {
    "range": ("bytes=0-", "bytes=5-2", "bytes=-1", "bytes=-", "bytes=0-1,3-4", "bytes=99999999999999999999-", "x", ""),
    "authorization": ("Bearer", "Bearer ", "Basic", "Basic !", "Basic Og==", "Bearer anonymous", "Bearer ä", "x" * 999),
    "accept": ("", "*/*", "application/vnd.oci.image.index.v1+json", "text/html", "\x7f"),
    "if-none-match": ("*", '"x"', '"sha256:', ","),
    "if-range": ("*", '"x"', "Mon"),
    "content-length": ("-1", "x"),
    "accept-encoding": ("gzip", "x"),
}
QUERIES = ("?n=-1", "?n=99999999999999999999", "?last=%ff", "?n=0", "?n=%00&last=", "?scope=x")


class Recorded(NamedTuple):
    """A request that a client sent."""

    method: str
    target: str
    headers: dict[str, str]

    def broken(self, dice: random.Random) -> Recorded:
        """The request with one to three things wrong."""
        one = self
        for _ in range(dice.randint(1, 3)):
            one = dice.choice((Recorded._other_method, Recorded._other_target, Recorded._other_header))(one, dice)
        return one

    def _other_method(self, dice: random.Random) -> Recorded:
        return self._replace(method=dice.choice(METHODS))

    def _other_target(self, dice: random.Random) -> Recorded:
        return self._replace(target=break_path(self.target, dice, PIECES, lambda text: text + dice.choice(QUERIES)))

    def _other_header(self, dice: random.Random) -> Recorded:
        name = dice.choice(list(HEADERS))
        return self._replace(headers={**self.headers, name: dice.choice(HEADERS[name])})


def recorded(studio: TeamStudio, client: Puller) -> list[Recorded]:
    """What skopeo and its kin send when they pull."""
    found = [
        ("GET", "/v2/"),
        ("GET", "/v2/_catalog?n=100"),
        ("GET", "/token?service=gto-studio&scope=repository:x:pull"),
    ]
    for name in ("team/data", "modelcar/team/plain", "secret/single"):
        answer = client.get(f"{name}/manifests/v1.0.0")
        digest = answer.headers["docker-content-digest"]
        found += [("GET", f"/v2/{name}/tags/list"), ("HEAD", f"/v2/{name}/manifests/latest")]
        found += [("GET", f"/v2/{name}/manifests/{digest}"), ("POST", f"/v2/{name}/blobs/uploads/")]
        blobs = [answer.json()["config"], *answer.json()["layers"]]
        found += [(method, f"/v2/{name}/blobs/{one['digest']}") for one in blobs for method in ("HEAD", "GET")]
    return [
        Recorded(method, target, {"authorization": f"Bearer {token}"})
        for method, target in found
        for token in (client.token, Puller(studio).token)
    ]


@pytest.mark.parametrize(
    "times", [pytest.param(300, id="some"), pytest.param(10_000, id="many", marks=pytest.mark.soak)]
)
def test_no_broken_request_is_a_fault_of_the_server(registry: TeamStudio, times: int) -> None:
    known = puller(registry, "ada", "vault")
    requests, dice = recorded(registry, known), random.Random(times)  # noqa: S311  no secret
    statuses: set[int] = set()
    with asyncio.Runner() as runner:
        for _ in range(times):
            one = dice.choice(requests).broken(dice)
            statuses.add(runner.run(checked(registry, known.token, one)))
    assert {200, 400, 401, 404, 405} <= statuses


async def checked(studio: TeamStudio, secret: str, one: Recorded) -> int:
    """Answer a request as the server hands it on, and return the status of what came."""
    status, headers, body = await answer_raw(studio.app, one.method, one.target, one.headers)
    assert status < 500, (one, body)
    assert b"Traceback" not in body, one
    if status >= 400 and body and one.target.startswith(("/v2/", "/token")):
        assert b'"errors"' in body, (one, body)
    if not one.target.startswith("/token"):
        assert secret.encode() not in body, one
        assert secret not in str(headers), one
    return status
