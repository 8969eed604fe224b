"""What is posted while an experiment runs, who may, and what the pages show of it."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

import anyio
import httpx2 as httpx
import pytest
from sqlalchemy import func, select, update

from gto.exceptions import UsageError
from gto.studio.live import live_store
from gto.studio.live.live_post import read_post
from gto.studio.live.live_tables import live_experiment, live_plot
from gto.studio.team.team_tables import audit
from gto.studio.visitor import Role
from tests.team_app import OWN, URL, team_studio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from httpx2 import Response

    from tests.repo import Repo
    from tests.team_app import Browser, TeamStudio

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 20).decode()
EVIL = '<script>alert(1)</script>"><img src=x>'


@pytest.fixture
def team(registry: Repo, tmp_path: Path) -> Iterator[TeamStudio]:
    """Two repositories, one of which Ada contributes to."""
    registry.git("remote", "add", "origin", "git@github.com:acme/churn.git")
    with team_studio(
        {"churn": (registry.path, ["lab"]), "secret": (registry.path, ["vault"])}, tmp_path / "t.db"
    ) as made:
        yield made


@pytest.fixture
def token(team: TeamStudio) -> str:
    """Ada's, which shows experiments and no more."""
    return team.token(team.person("ada", {"lab": Role.CONTRIBUTOR}), "experiments")


def post(team: TeamStudio, token: str, kind: str, repo: Repo, **more: object) -> Response:
    baseline = repo.git("rev-parse", "HEAD")
    body = {"type": kind, "repo_url": "git@github.com:acme/churn.git", "baseline_sha": baseline, "name": "fast-run",
            "client": "dvclive", **more}  # fmt: skip
    return team.browser().client.post("/api/live", json=body, headers={"authorization": f"token {token}"})


def loss(step: int) -> dict[str, object]:
    """What DVCLive posts of a step, but in one post."""
    points = [{"step": step, "loss": 1 / (step + 1), "timestamp": 1}]
    plots = {"dvclive/plots/metrics/loss.tsv": {"data": points}, "dvclive/plots/images/roc.png": {"image": PNG}}
    metrics = {"metrics.json": {"data": {"auc": 0.95, "loss": 1 / (step + 1), "step": step}}}
    return {
        "step": step,
        "plots": plots,
        "metrics": metrics,
        "params": {"params.yaml": {"trees": 900, "deep": {"er": True}}},
    }


def row(browser: Browser) -> dict[str, Any] | None:
    found = [one for group in browser.json("/r/churn/experiments")["branches"] for one in group["commits"]]
    rows = [one for one in found if one["experiment"] == "fast-run"]
    return rows[0] if rows else None


def test_an_experiment_is_a_row_while_it_runs_and_has_a_page_with_its_steps(
    team: TeamStudio, registry: Repo, token: str
) -> None:
    viewer = team.logged_in("eve", Role.VIEWER, "lab")
    assert post(team, token, "start", registry, message="more trees").status_code == 200
    started = row(viewer)
    assert started is not None
    assert (started["live"], started["commit"], started["author"]) == ("running", None, "Ada")
    for step in (0, 1, 1, 2):
        assert post(team, token, "data", registry, **loss(step)).status_code == 200
    found = row(viewer)
    assert found is not None
    assert found["metrics"] == {"metrics.json": {"auc": 0.95, "loss": 1 / 3, "step": 2}}
    assert found["params"] == {"params.yaml": {"trees": 900, "deep.er": True}}
    page = viewer.get("/r/churn/experiments").text
    assert all(text in page for text in ("fast-run", "running · step 2", "data-live", 'http-equiv="refresh"'))
    assert "live-1" not in viewer.get("/r/churn/experiments.csv").text
    shown = viewer.json("/r/churn/live/1")
    assert (shown["state"], shown["step"], shown["message"]) == ("running", 2, "more trees")
    assert [one["step"] for one in shown["plots"][0]["points"]] == [0, 1, 2]
    live = viewer.get("/r/churn/live/1").text
    assert all(text in live for text in ("polyline", "step 0", "more trees", "data-live"))
    picture = viewer.get(shown["images"][0]["url"])
    assert picture.content == base64.b64decode(PNG)
    assert picture.headers["content-type"] == "image/png"
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in picture.headers["content-security-policy"]
    assert post(team, token, "done", registry).status_code == 200
    ended = row(viewer)
    assert ended is not None
    assert ended["live"] == "finished"
    assert "data-live" not in viewer.get("/r/churn/live/1").text
    with team.team.database.engine.connect() as connection:
        actions = connection.execute(select(audit.c.action).order_by(audit.c.id)).scalars().all()
    assert actions == ["start experiment", "end experiment"]


def test_the_pushed_experiment_takes_its_place(team: TeamStudio, registry: Repo, token: str) -> None:
    viewer, baseline = team.logged_in("eve", Role.VIEWER, "lab"), registry.git("rev-parse", "HEAD")
    post(team, token, "start", registry)
    post(team, token, "data", registry, **loss(0))
    made = registry.commit("dvc: commit experiment", {"metrics.json": '{"auc": 0.95}'})
    registry.git("update-ref", f"refs/exps/{baseline[:2]}/{baseline[2:]}/fast-run", made)
    registry.git("reset", "--quiet", "--hard", baseline)
    post(team, token, "done", registry, experiment_rev=made)
    before = row(viewer)
    assert before is not None
    assert before["live"] == "finished"
    team.sync()
    after = row(viewer)
    assert after is not None
    assert (after["commit"], "live" in after) == (made, False)
    shown = viewer.json("/r/churn/live/1")
    assert (shown["is_pushed"], shown["commit"]) == (True, made)
    assert "What it changed" in viewer.get("/r/churn/live/1").text


def test_one_that_posts_no_more_is_shown_as_stopped_and_goes_on_when_it_does(
    team: TeamStudio, registry: Repo, token: str
) -> None:
    viewer = team.logged_in("eve", Role.VIEWER, "lab")
    post(team, token, "start", registry)

    def after(seconds: float) -> object:
        with team.team.database.record() as connection:
            connection.execute(update(live_experiment).values(posted_at=time.time() - seconds))
        found = row(viewer)
        return found and found["live"]

    assert after(3600) == "running"  # `dvc exp run` alone posts no steps
    assert after(100_000) == "stopped"
    post(team, token, "data", registry, **loss(3))
    assert after(60) == "running"
    assert after(3600) == "stopped"
    assert "Nothing was posted since" in viewer.get("/r/churn/live/1").text
    post(team, token, "data", registry, **loss(4))
    assert after(0) == "running"
    post(team, token, "start", registry)  # the same experiment from its beginning
    assert viewer.json("/r/churn/live/1")["plots"] == []
    for none in ("2", "01", "x", "9" * 30):
        assert viewer.client.get(f"/r/churn/live/{none}").status_code == 404
        assert viewer.client.get(f"/r/churn/live/{none}/image?path=x").status_code == 404


def test_only_who_contributes_to_a_repository_shows_experiments_there(
    team: TeamStudio, registry: Repo, token: str
) -> None:
    assert post(team, token, "start", registry, repo_url="secret").status_code == 404
    assert post(team, token, "start", registry, repo_url="git@github.com:acme/other.git").status_code == 404
    viewer = team.person("eve", {"lab": Role.VIEWER, "vault": Role.CONTRIBUTOR})
    assert post(team, team.token(viewer, "write"), "start", registry, repo_url="churn").status_code == 403
    reads = team.token(team.person("bob", {"*": Role.ADMIN}), "read")
    refused = post(team, reads, "start", registry)
    assert (refused.status_code, "experiments" in refused.text) == (403, True)
    assert post(team, "", "start", registry).status_code == 401
    admin = team.logged_in("zoe", Role.ADMIN)
    assert admin.client.post("/api/live", json={}, headers=OWN).status_code == 403  # no token
    with team.team.database.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(live_experiment)).scalar_one() == 0
    login = {"authorization": f"token {token}"}
    assert team.browser().client.get("/api/v1/repositories", headers=login).status_code == 403  # it sees nothing
    notice = {"repo_url": "git@github.com:acme/churn.git", "client": "dvc", "refs": {}}
    assert team.browser().client.post("/webhook/dvc", json=notice, headers=login).status_code == 200


def test_nobody_changes_or_drives_out_what_somebody_else_shows(
    team: TeamStudio, registry: Repo, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_store, "MOST", 2)
    post(team, token, "start", registry, message="of Ada")
    post(team, token, "data", registry, **loss(1))
    other = team.token(team.person("bob", {"lab": Role.CONTRIBUTOR}), "experiments")
    for kind in ("data", "done", "start"):
        assert post(team, other, kind, registry, metrics={"m.json": {"data": {"auc": 0}}}).status_code == 200
    for number in range(4):
        post(team, other, "start", registry, name=f"run-{number}")
    shown = team.logged_in("eve", Role.VIEWER, "lab").json("/r/churn/live/1")
    assert (shown["author"], shown["state"], shown["message"]) == ("Ada", "running", "of Ada")
    assert shown["metrics"] == {"metrics.json": {"auc": 0.95, "loss": 0.5, "step": 1}}


def test_large_posts_of_nobody_keep_none_of_the_team_waiting(team: TeamStudio, registry: Repo, token: str) -> None:
    async def work() -> Response:
        release = anyio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield b"{"
            await release.wait()

        async def hold() -> None:
            await client.post("/api/device-login", content=slow(), headers={"content-type": "application/json"})

        body = {"type": "start", "repo_url": "churn", "baseline_sha": registry.git("rev-parse", "HEAD"), "name": "n"}
        large = json.dumps({**body, "message": "x" * (300 << 10)}).encode()
        client = httpx.AsyncClient(transport=httpx.ASGITransport(team.app), base_url=URL)
        async with client, anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(hold)
            await anyio.sleep(0.2)
            with anyio.fail_after(10):
                answer = await client.post("/api/live", content=large, headers={"authorization": f"token {token}"})
            release.set()
        return answer

    assert anyio.run(work).status_code == 200


def test_one_long_word_does_not_stand_in_the_key_of_each_value_below_it() -> None:
    told = {"long" * 250_000: {str(number): None for number in range(100_000)}, "auc": 1}
    body = {"type": "data", "repo_url": "x", "baseline_sha": "0" * 40, "name": "n", "metrics": {"m": {"data": told}}}
    started = time.process_time()
    assert read_post(json.dumps(body).encode()).metrics == (("m", "auc", 1),)
    assert time.process_time() - started < 1  # it were three seconds, and half an hour for what DVC may send


def test_what_is_posted_is_shown_as_text_and_images_as_nothing_else(
    team: TeamStudio, registry: Repo, token: str
) -> None:
    post(team, token, "start", registry, name=EVIL, message=EVIL)
    svg = base64.b64encode(b"<svg onload=alert(1)>").decode()
    html = base64.b64encode(b"GIF89a<script>alert(1)</script>").decode()
    plots = {
        EVIL: {"data": [{"step": 1, EVIL: 1.0, "b": EVIL}]},
        "a.svg": {"image": svg},
        "b.html": {"image": html},
        "c.png": {"image": "no base64"},
    }
    values = {EVIL: {"data": {EVIL: EVIL}}}
    answer = post(
        team, token, "data", registry, name=EVIL, step=1, plots=plots, metrics=values, params={EVIL: {EVIL: EVIL}}
    )
    assert answer.status_code == 200, answer.text
    viewer = team.logged_in("eve", Role.VIEWER, "lab")
    for path in ("/r/churn/experiments", "/r/churn/live/1"):
        page = viewer.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
    images = viewer.json("/r/churn/live/1")["images"]
    assert [one["path"] for one in images] == ["b.html"]
    picture = viewer.get(images[0]["url"])
    assert picture.headers["content-type"] == "image/gif"
    assert picture.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


def test_what_is_kept_has_bounds(team: TeamStudio, registry: Repo, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_store, "MOST", 3)
    monkeypatch.setattr(live_store, "MOST_BYTES", 5000)
    for number in range(5):
        post(team, token, "start", registry, name=f"run-{number}")
    with team.team.database.engine.connect() as connection:
        names = connection.execute(select(live_experiment.c.name).order_by(live_experiment.c.name)).scalars().all()
    assert names == ["run-2", "run-3", "run-4"]
    many = {f"{number}.tsv": {"data": [{"step": 0, "x": 1}]} for number in range(150)}
    for start in ("a", "b"):
        told = {f"{start}{name}": one for name, one in many.items()}
        assert post(team, token, "data", registry, name="run-2", step=0, plots=told).status_code == 200
    monkeypatch.setattr(live_store, "MOST_BYTES", 100)
    pictures = {f"{number}.png": {"image": PNG} for number in range(10)}
    post(team, token, "data", registry, name="run-3", step=0, plots=pictures)
    points = {"wide.tsv": {"data": [{"step": step, "x": "much" * 9} for step in range(9)]}}
    assert post(team, token, "data", registry, name="run-4", step=0, plots=points).status_code == 200
    with team.team.database.engine.connect() as connection:
        counts = select(live_plot.c.live_id, func.count()).group_by(live_plot.c.live_id).order_by(live_plot.c.live_id)
        assert [row[1] for row in connection.execute(counts)] == [200, 3]
    with team.team.database.record() as connection:
        connection.execute(update(live_experiment).values(posted_at=0.0))
        live_store.forget(connection, time.time())
        assert connection.execute(select(func.count()).select_from(live_plot)).scalar_one() == 0


def test_experiments_from_a_commit_that_is_not_here_are_listed_above(
    team: TeamStudio, registry: Repo, token: str
) -> None:
    post(team, token, "start", registry, baseline_sha="0" * 40)
    viewer = team.logged_in("eve", Role.VIEWER, "lab")
    assert [one["name"] for one in viewer.json("/r/churn/experiments")["astray"]] == ["fast-run"]
    assert "From commits that are not here" in viewer.get("/r/churn/experiments").text
    assert "is not here" in viewer.get("/r/churn/live/1").text


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"\xff", b"{}", b'{"a":' * 900 + b"1" + b"}" * 900,
        json.dumps({"type": "begin", "repo_url": "x", "baseline_sha": "0" * 40, "name": "n"}).encode(),
        json.dumps({"type": "start", "repo_url": "x", "baseline_sha": "HEAD", "name": "n"}).encode(),
        json.dumps({"type": "start", "repo_url": ["x"] * 3, "baseline_sha": "0" * 40, "name": {}}).encode(),
    ],
)  # fmt: skip
def test_what_is_no_post_is_refused(body: bytes) -> None:
    with pytest.raises(UsageError):
        read_post(body)


def test_numbers_and_words_of_any_size_are_read() -> None:
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"k": deep, "v": 1}
    told = {"a": 10**400, "b": float("nan"), "c": float("-inf"), "d": [1, 2], "e": None, "f": "x" * 999, "g": deep}
    points = [{"step": "x"}, 7, {"step": True}, {"step": 10**30}, {"x": 10**400, "y": 2}]
    body = {
        "type": "data", "repo_url": "x", "baseline_sha": "0" * 40, "name": "n", "step": -1, "subdir": "../../etc",
        "params": {"p.yaml": told, "q": 3}, "metrics": {"m.json": {"data": told}, "e": {"error": {}}},
        "plots": {"p": {"data": points}, "q": 1},
    }  # fmt: skip
    found = read_post(json.dumps(body).encode())
    assert (found.step, found.project) == (None, "")
    values = {key: value for _, key, value in found.params or ()}
    assert (values["b"], values["d"], len(str(values["a"])), len(str(values["f"]))) == (".nan", "[1, 2]", 200, 200)
    assert [(one.step, one.values) for one in found.points["p"]] == [(4, {"y": 2})]
