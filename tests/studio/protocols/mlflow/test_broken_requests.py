"""Requests of MLflow's clients, broken in every way: no fault of the server, and nothing of others."""

from __future__ import annotations

import asyncio
import json
import random
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote, urlencode, urlsplit

import pytest

from gto.studio.visitor import Role
from tests.studio.protocols.mlflow.conftest import Asker, asker
from tests.studio.protocols.raw_requests import answer_raw, break_path

if TYPE_CHECKING:
    from tests.repo import Repo
    from tests.team_app import TeamStudio

METHODS = ("GET", "GET", "POST", "POST", "DELETE", "HEAD", "PUT", "PATCH", "OPTIONS", "TRACE", "get", "X")
PIECES = (
    "%00", "%2F", "%2f..%2f", "..", "../../artifacts.yaml", "/", "//", "%ff%fe", "%C3%A4", ":", "@", "a" * 5000, "%25",
    "+", "%20", "~", "=", "latest", "v1.2.0", "?", "&", "#", "*", "%0d%0a", "HEAD", "'", "-1", "\\", "secret",
    "mlflow-artifacts/artifacts", "signed", "%", "%zz", "99999999999999999999", "LIKE", "AND", "(((", "`",
)  # fmt: skip
VALUES: tuple[object, ...] = (
    None, True, -1, 0, 2**70, 1e400, "", "\0", "\ud800", "a" * 11_000, [], [[]], {}, {"key": "x"}, ["x"] * 99,
    [{"key": "gto.version", "value": []}], [{"key": 1}], "v1.0.0", "name LIKE '%%%'", "name = '" + "'" * 99,
    "git@HEAD;x", "(" * 5000, "name IN (" + "'x'," * 500, "../..", "latest", "9" * 40, "²", "\u0663",
)  # fmt: skip
BODIES = (b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 5000, b'{"name": NaN}', b"{}" * 9, b"x" * 2_000_000)
HEADERS = {
    "range": ("bytes=0-", "bytes=5-2", "bytes=-1", "bytes=99999999999999999999-", "x"),
    "authorization": ("Bearer", "Bearer ", "Basic", "Basic !", "Basic Og==", "Bearer ä", "x" * 999, "token x"),
    "content-type": ("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"),
    "content-length": ("-1", "x"),
    "accept": ("text/html", "", "\x7f"),
    "if-none-match": ("*", '"x"'),
    "idempotency-key": ("x", " ", "ä", "x" * 999),
    "x-mlflow-workspace": ("secret",),
}


class Recorded(NamedTuple):
    """A request that a client sent."""

    method: str
    path: str
    given: dict[str, object]
    """What it says, in the query of GET and as JSON of all others."""
    headers: dict[str, str]
    body: bytes | None = None

    def broken(self, dice: random.Random) -> Recorded:
        """The request with one to three things wrong."""
        ways = (Recorded._other_method, Recorded._other_path, Recorded._other_header, Recorded._other_value)
        one = self
        for _ in range(dice.randint(1, 3)):
            one = dice.choice((*ways, Recorded._other_value, Recorded._other_body))(one, dice)
        return one

    def _other_method(self, dice: random.Random) -> Recorded:
        return self._replace(method=dice.choice(METHODS))

    def _other_path(self, dice: random.Random) -> Recorded:
        return self._replace(path=break_path(self.path, dice, PIECES))

    def _other_header(self, dice: random.Random) -> Recorded:
        name = dice.choice(list(HEADERS))
        return self._replace(headers={**self.headers, name: dice.choice(HEADERS[name])})

    def _other_value(self, dice: random.Random) -> Recorded:
        key = dice.choice([*self.given, "filter", "order_by", "max_results", "page_token", "version", "path"])
        return self._replace(given={**self.given, key: dice.choice((*VALUES, *PIECES))})

    def _other_body(self, dice: random.Random) -> Recorded:
        return self._replace(body=dice.choice(BODIES))

    @property
    def query(self) -> str:
        """What stands after the question mark."""
        return urlencode(self.given, doseq=True, errors="replace") if self.method in {"GET", "HEAD"} else ""

    @property
    def sent(self) -> bytes:
        """The body."""
        if self.body is not None:
            return self.body
        return b"" if self.query else json.dumps(self.given).encode()


def recorded(ask: Asker) -> list[Recorded]:
    """What a client sends that reads, downloads and writes; the files of a version are those of its address."""
    uri = ask.ask("GET", "model-versions/get-download-uri", name="churn", version="2")["artifact_uri"]
    head, infix, tail = urlsplit(uri).path.partition("/mlflow-artifacts/artifacts")
    name, prompt = {"name": "churn"}, "name = 'churn' AND tag.`mlflow.prompt.is_prompt` != 'true'"
    calls: list[tuple[str, str, dict[str, object]]] = [
        ("GET", "registered-models/get", {**name}),
        ("GET", "registered-models/search", {"filter": prompt, "max_results": 2, "order_by": ["name DESC"]}),
        ("GET", "registered-models/alias", {**name, "alias": "prod"}),
        ("POST", "registered-models/get-latest-versions", {**name, "stages": ["prod"]}),
        ("GET", "model-versions/get", {**name, "version": "2"}),
        ("GET", "model-versions/get-download-uri", {**name, "version": "2"}),
        ("GET", "model-versions/search", {"filter": "name='churn'", "max_results": 2}),
        ("POST", "registered-models/alias", {**name, "alias": "a", "version": "9"}),
        ("DELETE", "registered-models/alias", {**name, "alias": "a"}),
        ("POST", "registered-models/create", {**name, "tags": []}),
        ("POST", "model-versions/create", {**name, "source": "git@0000", "tags": [{"key": "a", "value": "b"}]}),
        ("POST", "model-versions/transition-stage", {**name, "version": "9", "stage": "Production"}),
        ("POST", "registered-models/set-tag", {**name, "key": "a", "value": "b"}),
    ]
    login = {"authorization": f"Bearer {ask.token}", "content-type": "application/json"}
    made = [
        Recorded(method, f"{prefix}/api/2.0/mlflow/{path}", given, login)
        for prefix in ("/mlflow/team", "/mlflow/secret", "")
        for method, path, given in calls
    ]
    files = [Recorded("GET", f"{head}{infix}{tail}/{quote(one)}", {}, {}) for one in ("MLmodel", "data/größe (1)+.txt")]
    lists = [Recorded("GET", f"{head}{infix}", {"path": tail.strip("/") + one}, {}) for one in ("", "/data")]
    return made + (files + lists) * 5


@pytest.mark.parametrize(
    "times", [pytest.param(300, id="some"), pytest.param(10_000, id="many", marks=pytest.mark.soak)]
)
def test_no_broken_request_is_a_fault_of_the_server(studio: TeamStudio, registry: Repo, times: int) -> None:
    ask = asker(studio, "ada", Role.VIEWER)
    requests, dice = recorded(ask), random.Random(times)  # noqa: S311  no secret
    hidden = (registry.path / "artifacts.yaml").read_bytes()
    statuses: set[int] = set()
    with asyncio.Runner() as runner:
        for _ in range(times):
            one = dice.choice(requests).broken(dice)
            statuses.add(runner.run(checked(studio, ask.token, one, hidden)))
    assert {200, 400, 403, 404} <= statuses


async def checked(studio: TeamStudio, token: str, one: Recorded, hidden: bytes) -> int:
    """Answer a request as the server hands it on, and return the status of what came."""
    target = f"{one.path}?{one.query}" if one.query else one.path
    status, headers, body = await answer_raw(studio.app, one.method, target, one.headers, one.sent)
    assert status < 500, (one, body)
    assert b"Traceback" not in body, one
    assert token.encode() not in body, one
    assert token not in str(headers), one
    assert body != hidden, one  # a file beside the version
    is_ours = unquote(one.path).startswith(("/mlflow/", "/api/2.0/mlflow", "/signed/mlflow/"))
    if status >= 400 and body and is_ours and status != 416:
        assert set(json.loads(body)) == {"error_code", "message"}, (one, body)
    return status
