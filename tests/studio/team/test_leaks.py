"""Two Studios that differ in a hidden repository alone answer who may not see it the same, byte by byte."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

import pytest
from sqlalchemy import event, insert, select, update

from gto.catalog.repositories import Failure
from gto.studio.context import StudioSettings
from gto.studio.index.repository_rows import SyncProgress
from gto.studio.index.schema import repository, review
from gto.studio.visitor import Role
from tests.conftest import copied
from tests.studio.conftest import wrote
from tests.team_app import team_studio
from tests.team_routes import addresses

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.team_app import Browser, TeamStudio

NOW = 1_800_000_000
GROUP, HIDDEN = "marketing", "lab"
MORE = (
    "/models?q=covert%3E0",
    "/models?q=secret",
    "/models?q=auc%3E2",
    "/models?q=repo%3Asecret",
    "/models?q=stage%3Acanary",
    "/models?q=label%3Ahush",
    "/models?q=repo%3Achurm",
    "/models?repo=secret&m=secret/churn",
    "/models?sort=repo&order=asc&page=2",
    "/models.csv?columns=%23canary",
    "/history?repo=secret",
    "/history?repo=chur",
    "/history.json?stage=canary&author=hari",
    "/history?page=2",
    "/history.atom?repo=churn",
    "/compare?m=secret/churn&m=churn/churn",
    "/compare.json?m=churn/churn&m=churn/ranking",
    "/compare?m=secres/churn",
    "/m/secret/churn",
    "/m/secret/churn/-/history.atom",
    "/m/secres/churn",
    "/m/chur/churn",
    "/r/secret",
    "/r/secret.json",
    "/r/secret/experiments.csv",
    "/r/churns/plots",
    "/nothing",
    "/api/v1/artifacts?limit=1",
    "/api/v1/artifacts?limit=1&q=covert%3E0",
    "/api/v1/artifacts?deprecated=true",
    "/api/v1/artifacts/secret/churn",
    "/api/v1/artifacts/secret/churn/versions",
    "/api/v1/events?limit=2",
    "/api/v1/events?repo=secret",
    "/api/v1/events?stage=canary",
    "/api/v1/resolve/secret/churn@latest",
    "/api/v1/resolve/churn/churn%23prod",
)
"""What is asked beside every route: searches, filters, cursors, and names that come near to a hidden one."""


class Pair(NamedTuple):
    """A Studio without a hidden repository, and one with it."""

    without: TeamStudio
    beside: TeamStudio


@pytest.fixture
def pair(registry: Repo, tmp_path: Path) -> Iterator[Pair]:
    hidden = with_secrets(copied(registry, tmp_path / "hidden"))
    shown = {"churn": (registry.path, [GROUP]), "ranking": (registry.path, [GROUP])}
    secret = {"secret": (hidden.path, [HIDDEN]), "broken": (tmp_path / "none", [HIDDEN])}
    every = {**secret, **shown, "churns": (hidden.path, [HIDDEN])}
    with ExitStack() as stack:
        made = [
            stack.enter_context(
                team_studio(places, tmp_path / f"{len(places)}.db", public=(GROUP,), settings=StudioSettings(now=NOW))
            )
            for places in (shown, every)
        ]
        for one in made:
            same_times(one)
        in_another_order(made[1])
        stack.enter_context(filled(made[1]))
        yield Pair(*made)


def with_secrets(repo: Repo) -> Repo:
    """Another registry, with labels, metrics, stages and people that the first has not."""
    repo.git("config", "user.name", "Mata Hari")
    annotations = "artifacts:\n  churn: {path: m, type: covert, labels: [hush]}\n  agents: {path: m, type: model}\n"
    repo.commit("secret", {"metrics.json": '{"covert": 0.99, "auc": 1.5}', "dvc.yaml": annotations, "m": "m"})
    for name in ("churn", "agents"):
        wrote(repo, "register", name)
    wrote(repo, "assign", "agents", "--stage", "canary")
    wrote(repo, "assign", "churn", "--version", "v0.0.4", "--stage", "prod")
    return repo


def same_times(team: TeamStudio) -> None:
    """Let it look as if Git had been read in the same second."""
    values = dict.fromkeys(("read_at", "changed_at", "examined_at"), NOW - 60.0)
    with team.team.database.write() as connection:
        connection.execute(update(repository).where(repository.c.read_at.is_not(None)).values(values))


def in_another_order(team: TeamStudio) -> None:
    """Have SQLite give rows in the other order wherever a query asks for none, as PostgreSQL may at any time."""
    for engine in (team.team.database.engine, team.team.database._narrow):  # noqa: SLF001  to have all of it
        if engine.dialect.name == "sqlite":
            event.listen(engine, "checkout", lambda one, *_: one.execute("PRAGMA reverse_unordered_selects = ON"))


@contextmanager
def filled(team: TeamStudio) -> Iterator[None]:
    """Have something in the hidden repository wait, fail, and be read just now."""
    with team.team.database.write() as connection:
        secret = connection.execute(select(repository.c.id).where(repository.c.name == "secret")).scalar_one()
        told = {"artifact": "churn", "version": "v0.0.4", "stage": "canary", "needed": 1, "given": 0}
        body = {"rule": "secret", "approvals": [], "not_counted": []}
        connection.execute(insert(review).values(repository_id=secret, place=0, **told, approvers="x", body=body))
        connection.execute(update(repository).where(repository.c.name == "churns").values(read_at=None))
    team.context.worker.failures = (Failure("secret-entry", "secret path"),)
    with patch.object(team.context.worker, "progress", return_value={"secret": SyncProgress(1, 2)}):
        yield


class Statements:
    """Counts what the database is asked."""

    def __init__(self, team: TeamStudio) -> None:
        self.number = 0
        for engine in (team.team.database.engine, team.team.database._narrow):  # noqa: SLF001  to see all of it
            event.listen(engine, "before_cursor_execute", self._note)

    def _note(self, *_: object) -> None:
        self.number += 1


def test_what_one_may_not_see_changes_no_byte_of_any_answer(pair: Pair) -> None:
    for browsers in (
        [one.browser() for one in pair],
        [one.logged_in("ada", Role.MAINTAINER, GROUP) for one in pair],
        [one.logged_in("eve", Role.VIEWER, "nowhere") for one in pair],
    ):
        paths, same = (list(asked(one, team)) for one, team in zip(browsers, pair, strict=True))
        assert paths == same
        counts = [Statements(one) for one in pair]
        for path in paths:
            answers = [answer(one, path) for one in browsers]
            assert answers[0] == answers[1], path
            assert counts[0].number == counts[1].number, path


OF_ONESELF = {"/static/vega.js", "/ready", "/account", "/account.json", "/api/v1/tokens"}
"""Of each Studio, or of who asks, alone: sessions and tokens are random."""


def asked(browser: Browser, team: TeamStudio) -> Iterator[str]:
    """Every page, and what they lead to from page to page of a list."""
    for one in addresses(team.app):
        if one.method == "GET" and one.route not in OF_ONESELF:
            yield one.path
    yield from MORE
    for path in ("/api/v1/artifacts", "/api/v1/events"):
        cursor = browser.client.get(path, params={"limit": 1}).json()["next"]
        yield f"{path}?limit=1&cursor={cursor}"


def answer(browser: Browser, path: str) -> tuple[int, dict[str, str], str]:
    """An answer, without what is of one session, of one request, or of chance."""
    given = browser.get(path)
    headers = {name: value for name, value in given.headers.items() if name not in {"x-request-id", "set-cookie"}}
    if "nonce-" in headers.get("content-security-policy", ""):
        headers.pop("content-security-policy")
    text = re.sub(r'(name="form_token" value|nonce)="[^"]*"', "", given.text)
    text = re.sub(r'"issued_at":"[^"]*"', "", text)  # of a token for container registries
    if path == "/account.json":  # the session itself: when it began, and its key
        headers.pop("content-length", "")
        text = re.sub(r'"sessions":\[[^]]*\]', "", text)
    return given.status_code, headers, text
