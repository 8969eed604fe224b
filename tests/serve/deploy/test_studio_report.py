"""What was found on targets, told to a Studio: in the form that it reads, to the page that was named."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, ClassVar

import yaml

from gto.core.target_state import WantedVersion, state_of
from gto.serve.deploy.machines.systemd import SystemdOverSsh
from gto.serve.deploy.planning import compare
from gto.serve.deploy.studio_report import ReportAddress, send_report
from gto.serve.deploy.target import RunningDeployment, Unreachable
from gto.studio.rest.deployment_routes import ReportsBody, report_of
from tests.loopback import running
from tests.serve.deploy.wanting import wanted

if TYPE_CHECKING:
    import pytest

    from tests.repo import Repo


class _Studio(BaseHTTPRequestHandler):
    """Keeps what is posted."""

    got: ClassVar[list[tuple[str, str | None, ReportsBody]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, self.headers["Authorization"], ReportsBody.model_validate_json(body)))
        self.send_response(404 if "/other" in self.path else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_studio_is_told_what_runs_and_what_is_other_than_git_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GTO_STUDIO_TOKEN", "gto_token")
    asked = wanted("systemd", {"host": "box"})
    files = SystemdOverSsh().render(asked)
    found = [
        compare(asked, files, one)
        for one in (
            RunningDeployment(asked.labels, ready=True, detail="the unit is active"),
            RunningDeployment(asked.labels, ready=False),
            RunningDeployment({**asked.labels, "settings": "other"}, ready=True),
            RunningDeployment({**asked.labels, "commit": ""}, ready=True),
            RunningDeployment({**asked.labels, "version": "v1.0.0"}, ready=False),
            RunningDeployment({}, ready=False, detail="only a part of it is there"),
            Unreachable("no route"),
            None,
        )
    ]
    _Studio.got.clear()
    listener = HTTPServer(("127.0.0.1", 0), _Studio)
    with running(listener):
        site = f"http://127.0.0.1:{listener.server_port}"
        assert send_report(ReportAddress(site, "models"), found) == []
    ((path, login, body),) = _Studio.got
    assert (path, login) == ("/api/v1/deployments/models", "Bearer gto_token")
    told = [(one.version, one.ready, one.in_sync, one.unreachable) for one in body.targets]
    version = asked.version
    assert [(str(mine.state), *its) for mine, its in zip(found, told, strict=True)] == [
        ("synced", version, True, True, ""),
        ("not ready", version, False, True, ""),
        ("out of sync", version, True, False, ""),
        ("out of sync", version, True, False, ""),
        ("out of sync", "v1.0.0", False, True, ""),
        ("out of sync", "", False, True, ""),
        ("unreachable", "", False, True, "no route"),
        ("missing", "", False, True, ""),
    ]
    wanted_version = WantedVersion(asked.artifact, version, asked.commit)
    assert [one.state for one in found] == [
        state_of(is_declared=True, wanted=wanted_version, report=report_of(one)) for one in body.targets
    ], "Studio says of each what is said here"
    assert [one.state == "synced" for one in found] == [not one.is_change and not one.is_problem for one in found]


def test_status_reports_to_the_page_that_is_named_or_to_a_repository_of_its_own_name(repo: Repo) -> None:
    target = {"kind": "compose", "selector": "churn#prod", "image": "churn:{version}"}
    repo.commit("declared", {"deploy.yaml": yaml.safe_dump({"targets": {"prod": target}})})
    assert repo.gto("register", "churn").code == 0
    assert repo.gto("assign", "churn", "--stage", "prod").code == 0
    _Studio.got.clear()
    listener = HTTPServer(("127.0.0.1", 0), _Studio)
    with running(listener):
        site = f"http://127.0.0.1:{listener.server_port}"
        env = {"DOCKER_HOST": "unix:///none", "GTO_STUDIO_TOKEN": "gto_token"}
        assert repo.gto("deploy", "status", "--report", f"{site}/r/models", env=env).code == 0
        assert repo.gto("deploy", "status", "--report", site, env=env).code == 0
        refused = repo.gto("deploy", "status", "--report", f"{site}/r/other", env=env)
        silent = repo.gto("deploy", "status", "--report", f"{site}/r/models", env={**env, "GTO_STUDIO_TOKEN": ""})
    assert (silent.code, "GTO_STUDIO_TOKEN is not set" in silent.stderr) == (1, True), silent.stderr
    assert len(_Studio.got) == 3
    assert (refused.code, "it knows no repository 'other'" in refused.stderr) == (1, True), refused.stderr
    assert [path.rpartition("/")[2] for path, *_ in _Studio.got[:2]] == ["models", repo.path.name]
