"""What a platform answers that is broken or hostile: told in a sentence, without what it was sent, and never obeyed."""

from __future__ import annotations

import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple

import pytest

from gto.exceptions import DeployFailed, GTOException, NotReady
from gto.serve.deploy.applying import check_sample
from gto.serve.deploy.clusters.kubectl import Kubectl
from gto.serve.deploy.guarded_platform import GuardedPlatform
from gto.serve.deploy.platform_request import PlatformApi
from gto.serve.deploy.target import RunningDeployment, Unreachable
from tests.loopback import running
from tests.serve.deploy.wanting import wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from gto.serve.deploy.target import WantedDeployment

TOKEN = "a-token-that-nobody-may-see"  # noqa: S105  of the test
IMAGE = "host/churn:{version}"


class Answer(NamedTuple):
    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = {}


class Stranger(ThreadingHTTPServer):
    """A server that gives the answers that it was told, the last one for ever, and keeps what it was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        self.answers = [Answer()]
        self.asked: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: Stranger

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
        """Say nothing."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answers = self.server.answers
        one = answers.pop(0) if len(answers) > 1 else answers[0]
        self.server.asked.append(f"{self.command} {self.path}")
        self.send_response(one.status)
        for key, value in {"Content-Length": str(len(one.body)), **one.headers}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(one.body.replace(b"ECHO", self.headers.get("Authorization", "").encode()))

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815  http.server names them


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stranger]:
    server = Stranger()
    with running(server):
        for name in ("FLY_FLAPS_BASE_URL", "HEROKU_HOST"):
            monkeypatch.setenv(name, server.address)
        for name in ("FLY_API_TOKEN", "HEROKU_API_KEY", "RAY_AUTH_TOKEN"):
            monkeypatch.setenv(name, TOKEN)
        yield server


def cases(stranger: Stranger) -> list[WantedDeployment]:
    ray = {"address": stranger.address, "repo": "https://git.example.com/models"}
    apps = [wanted(kind, {"app": "churn"}, image=IMAGE) for kind in ("fly", "heroku")]
    return [*apps, wanted("ray", ray)]


ODD = [
    b"[]", b"5", b'"text"', b"null", b"[5]", b"[[]]", b"[{}]", b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe",
    b"<html>", b"9" * 5000, b" " * ((8 << 20) + 1), b'{"applications": 5}', b'{"applications": {"prod": 5}}',
    b'{"applications": {"prod": {"status": [], "deployed_app_config": {"args": {"labels": {"version": {"a": 1}}}}}}}',
    b'{"applications": {"prod": {"status": "RUNNING", "deployed_app_config": []}}}',
    b'{"GTO_TARGET": 5, "status": "succeeded"}',
    b'[{"name": 1, "state": {}, "config": {"metadata": {"gto_target": "prod", "gto_version": 7}}}]',
    b'[{"name": "a", "state": "started", "checks": 5, "config": {"metadata": {"gto_target": "prod"}}}]',
]  # fmt: skip


@pytest.mark.parametrize("body", ODD, ids=lambda body: str(body[:12]))
def test_an_answer_that_no_interface_has_is_told_and_ends_nothing(stranger: Stranger, body: bytes) -> None:
    stranger.answers = [Answer(body=body)]
    for case in cases(stranger):
        platform = GuardedPlatform(case.target)
        found = platform.running(case)
        assert isinstance(found, Unreachable | RunningDeployment | None)
        if isinstance(found, RunningDeployment):
            assert all(isinstance(one, str) for one in (*found.labels.values(), found.detail))
        elif isinstance(found, Unreachable):
            assert len(found.reason) < 1200
        if case.target.kind != "ray":  # whose look, after half a second, is running()
            with pytest.raises(GTOException):
                platform.wait_ready(case, 0.01)


def test_what_runs_is_told_in_texts_no_longer_than_those_of_gto(stranger: Stranger) -> None:
    labels = b'{"version": 7, "artifact": "%s", "target": null}' % (b"a" * 100_000)
    one = b'{"status": "RUNNING", "message": 5, "deployed_app_config": {"args": {"labels": %s}}}' % labels
    stranger.answers = [Answer(body=b'{"applications": {"prod": %s}}' % one.replace(b'"message": 5, ', b""))]
    (*_, ray) = cases(stranger)
    found = GuardedPlatform(ray.target).running(ray)
    assert isinstance(found, RunningDeployment)
    assert (found.labels["version"], found.labels["target"], len(found.labels["artifact"])) == ("7", "None", 300)


def test_a_token_stays_with_the_one_server_and_out_of_what_is_said(stranger: Stranger) -> None:
    other = Stranger()
    with running(other):
        moved = Answer(302, b"moved: ECHO", {"Location": f"{other.address}/stolen"})
        for stranger.answers in (
            [moved],
            [Answer(501, b'{"message": "sent were: ECHO"}')],
            [Answer(400, b"ECHO" * 300)],
        ):
            for case in cases(stranger):
                found = GuardedPlatform(case.target).running(case)
                assert isinstance(found, Unreachable)
                assert (TOKEN[5:] in found.reason, "answers " in found.reason) == (False, True), found.reason
    assert other.asked == []


def test_a_token_of_two_lines_is_not_told_by_the_library_that_refuses_it(
    stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FLY_API_TOKEN", "HEROKU_API_KEY", "RAY_AUTH_TOKEN"):
        monkeypatch.setenv(name, f"{TOKEN}\nand-more")
    for case in cases(stranger):
        found = GuardedPlatform(case.target).running(case)
        assert isinstance(found, Unreachable)
        assert "what is to be sent as Authorization holds a character that no header takes" in found.reason
    assert stranger.asked == []


def test_who_reads_asks_again_where_the_server_is_busy_and_who_writes_does_not(stranger: Stranger) -> None:
    api = PlatformApi(stranger.address, {}, "")
    stranger.answers = [Answer(503), Answer(500), Answer(body=b'{"ready": 1}')]
    assert api.ask("GET", "/state") == {"ready": 1}
    stranger.answers = [Answer(503), Answer()]
    with pytest.raises(DeployFailed, match="answers 503"):
        api.ask("POST", "/change", {})
    assert stranger.asked == ["GET /state"] * 3 + ["POST /change"]


def test_a_body_that_never_comes_is_not_waited_for(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GTO_TIMEOUT", "0.3")
    stranger.answers = [Answer(headers={"Content-Length": "100"})]
    began = time.monotonic()
    for case in cases(stranger):
        assert isinstance(GuardedPlatform(case.target).running(case), Unreachable)
    assert time.monotonic() - began < 6


def test_a_sample_that_is_answered_by_nonsense_is_answered_by_no_version(stranger: Stranger) -> None:
    (*_, ray) = cases(stranger)
    for body in (b"[" * 100_000, b'{"model_version": "%s"}' % (b"v" * 5000), b"", b'{"model_version": []}'):
        stranger.answers = [Answer(body=body)]
        with pytest.raises(NotReady, match=r"not by 'v1\.2\.0\+gpu'") as error:
            check_sample(GuardedPlatform(ray.target), _asking(ray, stranger), b"{}")
        assert len(error.value.message) < 500


def _asking(ray: WantedDeployment, stranger: Stranger) -> WantedDeployment:
    return ray._replace(target=ray.target._replace(values={**ray.target.values, "serve_address": stranger.address}))


def test_a_cluster_that_answers_nonsense_is_told_of_and_names_no_option_of_kubectl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "kubectl"
    tool.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/argv\ncat {tmp_path}/answer\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    case = wanted("kubernetes", {}, image=IMAGE)
    for answer in (b"[]", b"<html>", b'{"items": 5}', b'{"items": [5]}', b'{"kind": 7}', b"[" * 100_000, b"\xff"):
        (tmp_path / "answer").write_bytes(answer)
        assert isinstance(GuardedPlatform(case.target).running(case), Unreachable)
        with pytest.raises(DeployFailed):
            GuardedPlatform(case.target).apply(case, GuardedPlatform(case.target).render(case))
    Kubectl("", "").delete({"apiVersion": "v1", "kind": "--Server=evil", "metadata": {"name": "prod"}})
    assert (tmp_path / "argv").read_text().splitlines()[-2:] == ["--", "--server=evil/prod"]


def test_the_token_of_ray_goes_where_its_user_says_and_not_where_deploy_yaml_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)
    case = wanted("ray", {"address": "http://ray.invalid:8265/", "repo": "x"})
    found = GuardedPlatform(case.target).running(case)
    assert isinstance(found, Unreachable)
    assert found.reason.startswith("Ray's token is not sent to http://ray.invalid:8265")
    monkeypatch.setenv("RAY_DASHBOARD_ADDRESS", "http://ray.invalid:8265")
    found = GuardedPlatform(case.target).running(case)
    assert isinstance(found, Unreachable)
    assert "Cannot read 'http://ray.invalid:8265/api" in found.reason
