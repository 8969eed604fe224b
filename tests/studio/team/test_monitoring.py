"""What operators see: whether it is ready, how much it does, and its log, in which nothing secret stands."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gto.catalog.parallel import Way
from gto.studio.team.monitoring import JsonLines, TextLines
from gto.studio.team.serve import TeamThreads, make_team_app
from gto.studio.team.serve_options import WorkerSettings
from gto.studio.team.team_worker import TeamWorker
from gto.studio.team.watched_catalogue import WatchedCatalogue
from gto.studio.visitor import EVERY, Role
from gto.studio.webhooks.deliverer import Deliverer
from tests.team_app import team_studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gto.catalog.repositories import Search
    from tests.repo import Repo
    from tests.team_app import TeamStudio


@pytest.fixture
def team(registry: Repo, tmp_path: Path) -> Iterator[TeamStudio]:
    """A Studio for a team."""
    with team_studio({"churn": (registry.path, ["marketing"])}, tmp_path / "studio.db") as made:
        yield made


def test_it_is_ready_once_its_database_can_be_read_and_is_of_this_release(team: TeamStudio) -> None:
    client = team.browser().client
    anywhere = {"host": "10.0.0.7:8765"}
    assert client.get("/ready", headers=anywhere).json() == {"status": "ready"}
    with team.team.database.record() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'another'")
    answer = client.get("/ready", headers=anywhere)
    assert (answer.status_code, answer.json()) == (503, {"status": "migration"})


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_it_is_not_ready_once_a_thread_has_ended_that_reads_or_delivers(team: TeamStudio, tmp_path: Path) -> None:
    class EndingCatalogue(WatchedCatalogue):
        """Ends who looks at it."""

        def look(self) -> Search | None:
            raise SystemExit

    class EndingDeliverer(Deliverer):
        """Ends itself."""

        def look(self) -> int:
            raise SystemExit

    (tmp_path / "team.yaml").write_text("repos: []\n", encoding="utf-8")
    found = EndingCatalogue(str(tmp_path / "team.yaml"))
    threads = TeamThreads(TeamWorker(team.team.database, found, Way(), WorkerSettings()), EndingDeliverer(team.team))
    app = make_team_app(team.context, team.team, threads.ended)
    client = team._replace(app=app).browser().client
    token = {"authorization": f"Bearer {team.token(team.person('eve', {EVERY: Role.ADMIN}), 'admin')}"}
    assert client.get("/ready").status_code == 200
    assert "gto_studio_ended_threads 0.0" in client.get("/metrics", headers=token).text
    for one in threads:
        one.start()
        one.thread.join(10.0)
    answer = client.get("/ready")
    assert (answer.status_code, answer.json()) == (
        503, {"status": "thread", "ended": ["studio-sync", "studio-webhooks"]},
    )  # fmt: skip
    assert "gto_studio_ended_threads 2.0" in client.get("/metrics", headers=token).text
    for one in threads:
        one.close()
    assert client.get("/ready").status_code == 200  # it ends


def test_metrics_count_by_route_and_are_for_who_runs_it(team: TeamStudio) -> None:
    ada = team.logged_in("ada", Role.VIEWER, "marketing")
    assert ada.get("/m/churn/churn").status_code == 200
    assert ada.get("/metrics").status_code == 403
    token = team.token(team.person("eve", {EVERY: Role.ADMIN}), "read")  # what asks for metrics manages nobody
    text = ada.client.get("/metrics", headers={"authorization": f"Bearer {token}"}).text
    found = {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }
    assert found["gto_studio_requests_total", "GET", "/m/{repo}/{name:path}", "200"] == 1
    assert found["gto_studio_repositories", "read"] == 1
    assert found["gto_studio_sessions",] == 1


def test_a_line_for_each_request_says_who_asked_for_what_and_holds_no_secret(
    team: TeamStudio, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gto.studio")
    token = team.token(team.person("ada", {EVERY: Role.VIEWER}), "read")
    ada = team.browser(team.cookie(team.person("eve", {EVERY: Role.VIEWER})))
    answer = ada.get("/m/churn/churn?token=a-secret-word")
    ada.client.get("/api/v1/artifacts", headers={"authorization": f"Bearer {token}"})
    records = [one for one in caplog.records if one.message == "request"]
    lines = [json.loads(JsonLines().format(one)) for one in records]
    assert [(one["person"], one["route"], one["status"]) for one in lines] == [
        ("eve", "/m/{repo}/{name:path}", 200),
        ("ada", "/api/v1/artifacts", 200),
    ]
    assert lines[0]["request_id"] == answer.headers["x-request-id"]
    assert lines[0]["repository"] == "churn"
    text = "".join([*(JsonLines().format(one) for one in records), *(TextLines().format(one) for one in records)])
    assert "a-secret-word" not in text
    assert token not in text


def test_nobody_writes_lines_of_the_log_with_a_path(team: TeamStudio, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gto.studio")
    team.browser().client.post("/webhook/github/x%0A2026-01-01%20info%20request%20person=ada%1B[2J")
    (line,) = [TextLines().format(one) for one in caplog.records if one.name == "gto.studio"]
    assert 'repository="x\\n2026-01-01 info request person=ada\\x1b[2J"' in line
