"""Requests of DVC and DVCLive, broken in every way: no fault of the server, and no secret in an answer."""

from __future__ import annotations

import base64
import json
import random
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from gto.studio.visitor import Role
from tests.team_app import team_studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.team_app import TeamStudio

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
POINTS = [{"step": 0, "loss": 1.5, "timestamp": 1}, {"step": 1, "loss": "nan"}]
LIVE = {"repo_url": "churn", "baseline_sha": "0" * 40, "name": "x", "client": "dvclive", "subdir": "a/b",
        "message": "m", "params": {"params.yaml": {"trees": 1, "deep": {"er": [1, None]}}}}  # fmt: skip
DATA = {"step": 3, "metrics": {"m.json": {"data": {"auc": 0.5}}},
        "plots": {"a.tsv": {"data": POINTS}, "b.png": {"image": PNG}}}  # fmt: skip
RECORDED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/api/live", {"type": "start", **LIVE}),
    ("/api/live", {"type": "data", **LIVE, **DATA}),
    ("/api/live", {"type": "data", **LIVE, **DATA}),
    ("/api/live", {"type": "done", **LIVE, "experiment_rev": "a" * 40}),
    ("/api/device-login", {"client_name": "DVC", "token_name": "t", "scopes": ["EXPERIMENTS"], "expires_in_days": 3}),
    ("/api/device-login/token", {"code": "x"}),
    (
        "/webhook/dvc",
        {"repo_url": "git@github.com:acme/churn", "client": "dvc", "refs": {"pushed": ["refs/exps/a/b/c"]}},
    ),
    ("/api/model-registry/get-download-uris", {"repo": "churn", "name": "churn", "version": "v0.0.1", "stage": "prod"}),
)
"""What the clients send; the last as its query."""
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 10**25, 1.5, 1e308, "", "x", "\x00", "\u202e", "\ud800", "../..", "a" * 5000, "0" * 40, "%00",
    [], {}, [[]], {"": {}}, [None], {"a": {"b": {"c": {}}}}, "https://github.com/a/b?c#d", "git@[::1]:x", "v1.0.0",
    "dev", "a#b@c",
)  # fmt: skip
BYTES = (
    b"",
    b"{",
    b"\xff\xfe",
    b'{"type":',
    b"null",
    b"[1]",
    b'"x"',
    b"\x00" * 99,
    b"[" * 3000,
    b'{"a":1e999}',
    b"NaN",
)
KINDS = (
    "application/json",
    "application/json",
    "text/plain",
    "",
    "application/x-www-form-urlencoded",
    "x; charset=\x7f",
)


class Broken(NamedTuple):
    """A request with something wrong."""

    path: str
    body: dict[str, Any]
    raw: bytes | None
    kind: str
    token: str


@pytest.fixture
def team(registry: Repo, tmp_path: Path) -> Iterator[TeamStudio]:
    """A Studio of one repository."""
    with team_studio({"churn": (registry.path, ["lab"])}, tmp_path / "t.db") as made:
        yield made


def broken(dice: random.Random, tokens: tuple[str, ...]) -> Broken:
    """One of the recorded requests with one to three things wrong."""
    path, body = dice.choice(RECORDED)
    body = json.loads(json.dumps(body))
    for _ in range(dice.randint(1, 3)):
        _break(dice, body)
    raw = dice.choice(BYTES) if dice.random() < 0.1 else None
    return Broken(path, body, raw, dice.choice(KINDS) if dice.random() < 0.2 else KINDS[0], dice.choice(tokens))


def _break(dice: random.Random, body: object) -> None:
    """Change something of a value, however deep."""
    here: Any = body
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            return
        key = dice.choice(keys)
        if isinstance(here[key], dict | list) and here[key] and dice.random() < 0.7:
            here = here[key]
            continue
        match dice.randrange(4):
            case 0 if isinstance(here, dict):
                del here[key]
            case 1 if isinstance(here, dict):
                odd = dice.choice([one for one in ODD if isinstance(one, str)])
                here[odd] = here.pop(key)
            case _:
                here[key] = deepcopy(dice.choice(ODD))
        return


def _text(value: object) -> str:
    return str(value).encode("utf-8", "replace").decode()


@pytest.mark.parametrize(
    "times", [pytest.param(300, id="some"), pytest.param(10_000, id="many", marks=pytest.mark.soak)]
)
def test_no_broken_request_is_a_fault_of_the_server(team: TeamStudio, times: int) -> None:
    number = team.person("ada", {"lab": Role.CONTRIBUTOR})
    good = (team.token(number, "read", "experiments"), team.token(number, "write"))
    dice, statuses = random.Random(times), set[int]()  # noqa: S311  no secret
    client, viewer = team.browser().client, team.logged_in("eve", Role.VIEWER, "lab")
    for place in range(times):
        one = broken(dice, (*good, *good, "", "gto_wrong"))
        headers = {"authorization": f"token {one.token}"} if one.token else {}
        if one.path.endswith("uris"):
            query = {_text(key): _text(value) for key, value in one.body.items()}
            answer = client.get(one.path, params=query, headers=headers)
        else:
            content = json.dumps(one.body).encode() if one.raw is None else one.raw
            answer = client.post(one.path, content=content, headers={**headers, "content-type": one.kind})
        assert answer.status_code < 500, (one, answer.text)
        assert "Traceback" not in answer.text
        assert not any(token in answer.text for token in good), one
        statuses.add(answer.status_code)
        if place % 100 == 0:
            for path in ("/r/churn/experiments", "/r/churn/live/1"):
                assert viewer.get(path).status_code in {200, 404}, path
    assert {200, 400, 401, 404} <= statuses
