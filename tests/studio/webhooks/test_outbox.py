"""Webhooks that go out: what is told, to whom, how often it is tried, and what does not go out."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook

from gto.studio.index.schema import event, repository
from gto.studio.webhooks import outbox as box
from gto.studio.webhooks import targets
from gto.studio.webhooks.targets import TargetFilter
from gto.studio.webhooks.webhook_tables import outbox, target
from tests.certificates import make_company
from tests.studio.webhooks.telling import add_target, attempts, deliver_due, hurry, rows
from tests.team_app import team_studio
from tests.web import Reply, serve_web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gto.studio.index.database import Database
    from tests.repo import Repo
    from tests.team_app import TeamStudio
    from tests.web import Asked, Web


@pytest.fixture
def team(registry: Repo, base: Database) -> Iterator[TeamStudio]:
    with team_studio({"churn": (registry.path, ["marketing"])}, base, private_webhooks=True) as made:
        yield made


def lowered(asked: Asked) -> dict[str, str]:
    """The headers of a request, by their names in lower case."""
    return {key.lower(): value for key, value in asked.headers.items()}


def wrote(registry: Repo, *words: str) -> None:
    done = registry.gto(*words)
    assert done.code == 0, done.stderr


def promoted(team: TeamStudio, registry: Repo) -> None:
    """A new version and its promotion, announced."""
    registry.commit("better", {"models/churn.txt": "model 9\n"})
    wrote(registry, "register", "churn")
    wrote(registry, "assign", "churn", "--version", "v0.0.4", "--stage", "prod", "-m", "it is better")
    team.sync()


def test_an_event_arrives_signed_and_says_what_the_watcher_says(team: TeamStudio, registry: Repo, web: Web) -> None:
    _, secret = add_target(team.team, f"{web.url}/hook?key=hidden")
    promoted(team, registry)
    deliver_due(team.team)
    told = [Webhook(secret).verify(one.body, lowered(one)) for one in web.asked]
    assert sorted(one["type"] for one in told) == ["gto.assignment", "gto.registration"]
    data = next(one["data"] for one in told if one["type"] == "gto.assignment")
    wanted = {"name": "churn", "version": "v0.0.4", "stage": "prod", "previous_version": "v0.0.2", "type": "model"}
    wanted |= {"path": "models/churn.txt", "description": "Who will leave", "message": "it is better"}
    assert data == {**data, **wanted}
    assert {one["id"] for one in told} == {row.event_id for row in rows(team.team)}
    assert [row.state for row in rows(team.team)] == ["delivered", "delivered"]
    tries = attempts(team.team)
    assert [(one.status, one.answer, one.reason) for one in tries] == [(202, "thanks", "")] * 2
    assert all(one.seconds > 0 for one in tries)


def test_a_target_is_told_of_what_its_filters_let_through(team: TeamStudio, registry: Repo) -> None:
    filters = {
        "stage": TargetFilter(stages=("prod",)),
        "kind": TargetFilter(kinds=("registration",)),
        "artifact": TargetFilter(artifacts=("ch*",)),
        "other": TargetFilter(artifacts=("ranking",)),
        "here": TargetFilter(repositories=("churn",), groups=("marketing",)),
        "elsewhere": TargetFilter(groups=("lab",)),
    }
    ids = {name: add_target(team.team, "https://e.org", name, filters=one)[0] for name, one in filters.items()}
    promoted(team, registry)
    told = {name: {row.kind for row in rows(team.team) if row.target_id == key} for name, key in ids.items()}
    both = {"registration", "assignment"}
    assert told == {
        "stage": {"assignment"}, "kind": {"registration"}, "artifact": both, "other": set(), "here": both,
        "elsewhere": set(),
    }  # fmt: skip


def test_what_is_announced_in_a_transaction_that_is_taken_back_was_not_announced(team: TeamStudio) -> None:
    add_target(team.team, "https://e.org")

    def fail() -> None:
        with team.team.database.write() as connection:
            box.announce(connection, "churn", connection.execute(select(event)).all())
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert rows(team.team) == []


def test_a_receiver_that_fails_is_tried_again_later_each_time_and_for_a_day(
    team: TeamStudio, registry: Repo, web: Web
) -> None:
    web.rule("/down", lambda _asked, _usual: Reply(500))
    add_target(team.team, f"{web.url}/down", filters=TargetFilter(kinds=("assignment",)))
    promoted(team, registry)
    waits = []
    for _ in range(5):
        deliver_due(team.team)
        waits.append(rows(team.team)[0].not_before - time.time())
        hurry(team.team)
    (row,) = rows(team.team)
    assert (row.state, row.reason) == ("waiting", "the receiver answered with status 500")
    assert waits == sorted(waits)
    assert waits[-1] < 81
    with team.team.database.record() as connection:
        connection.execute(outbox.update().values(until=time.time()))
    deliver_due(team.team)
    assert (rows(team.team)[0].state, len(web.asked)) == ("failed", 6)
    assert len({lowered(one)["webhook-id"] for one in web.asked}) == 1  # the same each time
    assert len({one.body for one in web.asked}) == 1


def test_a_receiver_that_asks_for_time_is_left_alone_for_it(team: TeamStudio, registry: Repo, web: Web) -> None:
    web.rule("/busy", lambda _asked, _usual: Reply(429, b"", {"Retry-After": "900"}))
    add_target(team.team, f"{web.url}/busy")
    promoted(team, registry)
    deliver_due(team.team)
    assert len(web.asked) == 1  # the other waits, too
    assert all(row.not_before > time.time() + 890 for row in rows(team.team))


@pytest.mark.parametrize("status", [400, 410, 422])
def test_what_a_receiver_will_not_have_is_given_up(status: int, team: TeamStudio, registry: Repo, web: Web) -> None:
    web.rule("/no", lambda _asked, _usual: Reply(status))
    add_target(team.team, f"{web.url}/no", filters=TargetFilter(kinds=("assignment",)))
    promoted(team, registry)
    deliver_due(team.team)
    assert [row.state for row in rows(team.team)] == ["failed"]


def test_no_redirect_is_followed_and_no_private_address_is_asked_unless_both_allow_it(
    team: TeamStudio, registry: Repo, web: Web
) -> None:
    web.rule("/moved", lambda _asked, _usual: Reply(302, b"", {"Location": f"{web.url}/hook"}))
    only = TargetFilter(kinds=("assignment",))
    add_target(team.team, f"{web.url}/moved", "moved", filters=only)
    private = f"https://localhost:{web.port}/hook"
    add_target(team.team, private, "target allows nothing", filters=only, allows_private=False)
    promoted(team, registry)
    deliver_due(team.team)
    reasons = {row.target_id: (row.state, row.reason) for row in rows(team.team)}
    assert reasons[1] == ("waiting", "the receiver answered with status 302, and redirects are not followed")
    assert reasons[2][0] == "failed"
    assert "private network" in reasons[2][1]
    strict = team.team._replace(settings=team.team.settings._replace(allow_private_webhooks=False))
    hurry(strict)
    deliver_due(strict)
    assert "is not encrypted" in rows(strict)[0].reason
    assert [one.path for one in web.asked] == ["/moved"]


def test_a_receiver_of_a_company_with_its_own_authority_is_told_once_its_file_is_named(
    team: TeamStudio, registry: Repo, tmp_path: Path
) -> None:
    company = make_company(tmp_path)
    with serve_web(company.context()) as web:
        web.rule("/hook", lambda _asked, _usual: Reply(202, b"thanks"))
        add_target(team.team, f"{web.url.replace('http:', 'https:')}/hook")
        promoted(team, registry)
        deliver_due(team.team)
        assert web.asked == []
        assert "certificate" in attempts(team.team)[0].reason.lower()
        hurry(team.team)
        deliver_due(team.team._replace(settings=team.team.settings._replace(ca_file=str(company.ca))))
        assert len(web.asked) == 2


def test_a_dead_target_does_not_hold_others(team: TeamStudio, registry: Repo, web: Web) -> None:
    web.rule("/silent", lambda _asked, _usual: Reply(200, b"", hang=True, drop_after=0))
    for number in range(3):
        add_target(team.team, f"{web.url}/silent", f"silent {number}")
    add_target(team.team, f"{web.url}/hook")
    promoted(team, registry)
    began = time.monotonic()
    deliver_due(team.team)
    alive = [row for row in rows(team.team) if row.target_id == 4]
    first = min(one.at for one in attempts(team.team) if one.outbox_id in {row.id for row in alive})
    assert {row.state for row in alive} == {"delivered"}
    assert first - rows(team.team)[0].created_at < 4  # none of the 5 seconds that each of the others took
    assert time.monotonic() - began < 60


def test_an_event_that_the_policy_refuses_is_not_told_until_it_lets_it_through(
    team: TeamStudio, registry: Repo, web: Web
) -> None:
    add_target(team.team, f"{web.url}/hook", filters=TargetFilter(kinds=("assignment",)))
    promoted(team, registry)
    with team.team.database.write() as connection:
        connection.execute(event.update().values(refusal="rule 'production': 2 approvals are lacking"))
    deliver_due(team.team)
    (row,) = rows(team.team)
    assert (row.state, web.asked) == ("waiting", [])
    assert row.reason == "the policy refuses it: rule 'production': 2 approvals are lacking"
    with team.team.database.write() as connection:
        connection.execute(event.update().values(refusal=None))
        connection.execute(repository.update().values(judged="other "))
    hurry(team.team)
    deliver_due(team.team)
    assert (rows(team.team)[0].reason, web.asked) == ("its signature is not judged yet", [])
    team.sync()
    hurry(team.team)
    deliver_due(team.team)
    assert [row.state for row in rows(team.team)] == ["delivered"]


def test_a_tag_that_was_taken_away_before_it_was_told_is_not_told(team: TeamStudio, registry: Repo, web: Web) -> None:
    add_target(team.team, f"{web.url}/hook", filters=TargetFilter(stages=("prod",)))
    promoted(team, registry)
    for one in registry.git("tag", "--list", "churn#prod#*").split():
        registry.git("tag", "--delete", one)
    team.sync()
    deliver_due(team.team)
    (row,) = rows(team.team)
    assert (row.state, row.reason, web.asked) == ("failed", "its tag was taken away before it was told", [])


def test_chat_systems_are_sent_a_message_that_leads_to_the_page(team: TeamStudio, registry: Repo, web: Web) -> None:
    for one in ("slack", "mattermost", "teams"):
        add_target(team.team, f"{web.url}/hook?{one}", one, template=one, filters=TargetFilter(stages=("prod",)))
    promoted(team, registry)
    deliver_due(team.team)
    assert len(web.asked) == 3
    for asked in web.asked:
        assert "https://studio.test/m/churn/churn" in asked.body.decode()
        assert "webhook-signature" not in lowered(asked)
        assert json.loads(asked.body)


def test_a_test_arrives_and_is_tried_once(team: TeamStudio, web: Web) -> None:
    number, secret = add_target(team.team, f"{web.url}/hook")
    other, _ = add_target(team.team, f"{web.url}/missing", "gone")
    with team.team.database.record() as connection:
        for one in (number, other):
            box.add_test(connection, one)
    deliver_due(team.team)
    told = [one for one in web.asked if one.path == "/hook"]
    assert Webhook(secret).verify(told[0].body, lowered(told[0]))["type"] == "gto.test"
    assert [row.state for row in rows(team.team)] == ["delivered", "failed"]


def test_while_a_secret_is_changed_both_verify(team: TeamStudio, registry: Repo, web: Web) -> None:
    number, old = add_target(team.team, f"{web.url}/hook", filters=TargetFilter(stages=("prod",)))
    with team.team.database.record() as connection:
        new = targets.rotate(connection, team.team.box, number)
    promoted(team, registry)
    deliver_due(team.team)
    (asked,) = web.asked
    for secret in (old, new):
        assert Webhook(secret).verify(asked.body, lowered(asked))
    with team.team.database.engine.connect() as connection:
        kept = repr(connection.execute(select(target)).all())
    assert old not in kept
    assert "/hook" not in kept  # those of chat systems are secrets


def test_a_paused_target_is_told_nothing_and_what_waited_goes_on_when_it_is_resumed(
    team: TeamStudio, registry: Repo, web: Web
) -> None:
    number, _ = add_target(team.team, f"{web.url}/hook", filters=TargetFilter(stages=("prod",)))
    promoted(team, registry)
    with team.team.database.record() as connection:
        targets.set_active(connection, number, is_active=False)
    wrote(registry, "assign", "churn", "--version", "v0.0.1", "--stage", "prod")
    team.sync()
    deliver_due(team.team)
    assert (web.asked, len(rows(team.team))) == ([], 1)
    with team.team.database.record() as connection:
        targets.set_active(connection, number, is_active=True)
    deliver_due(team.team)
    assert len(web.asked) == 1


def test_what_was_given_up_and_is_sent_again_is_tried_for_a_day_anew(
    team: TeamStudio, registry: Repo, web: Web
) -> None:
    web.rule("/down", lambda _asked, _usual: Reply(503))
    number, _ = add_target(team.team, f"{web.url}/down", filters=TargetFilter(stages=("prod",)))
    promoted(team, registry)
    with team.team.database.record() as connection:
        connection.execute(outbox.update().values(tries=40, until=time.time() - 1))
    deliver_due(team.team)
    (row,) = rows(team.team)
    assert (row.state, row.tries) == ("failed", 41)
    with team.team.database.record() as connection:
        assert box.replay(connection, number, row.id)
        assert not box.replay(connection, number, row.id)  # it waits
    deliver_due(team.team)
    (row,) = rows(team.team)
    assert (row.state, row.tries) == ("waiting", 1)
    assert row.not_before < time.time() + 10  # as after the first try
    assert row.until > time.time() + box.DAY - 60


def test_the_log_is_kept_for_a_month(team: TeamStudio, web: Web) -> None:
    number, _ = add_target(team.team, f"{web.url}/hook")
    with team.team.database.record() as connection:
        for _ in range(2):
            box.add_test(connection, number)
    deliver_due(team.team)
    with team.team.database.record() as connection:
        connection.execute(outbox.update().where(outbox.c.id == 1).values(created_at=time.time() - box.KEPT - 1))
    box.forget(team.team.database)
    assert [row.id for row in rows(team.team)] == [2]
    assert len(attempts(team.team)) == 1
