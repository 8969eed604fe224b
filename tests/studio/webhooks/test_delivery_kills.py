"""Processes that deliver are killed at any moment: each event arrives all the same, and none twice at one moment."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, insert, select

from gto.studio.index.postgresql_database import PostgresqlDatabase
from gto.studio.index.schema import event, repository
from gto.studio.team.team_tables import announced
from gto.studio.webhooks import outbox as box
from gto.studio.webhooks.deliverer import Deliverer
from gto.studio.webhooks.webhook_tables import outbox
from tests.studio.webhooks.telling import PLAN, add_target, rows
from tests.team_app import SECRET
from tests.web import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gto.studio.index.database import Database
    from gto.studio.team.team import Team
    from tests.team_app import TeamStudio
    from tests.web import Asked, Web

LEASE = 1.0


def address(base: Database) -> str:
    """What another process opens it by."""
    if isinstance(base, PostgresqlDatabase):
        return base.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return str(base.engine.url.database)


@contextmanager
def sending(base: Database, lease: float) -> Iterator[subprocess.Popen[str]]:
    """A process that delivers, which is killed in the end."""
    script = str(Path(__file__).with_name("sending.py"))
    root = str(Path(__file__).parents[3])
    argv = [sys.executable, script, address(base), SECRET, str(lease)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=root)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def filled(team: Team, number: int) -> None:
    """Have so many events wait for a target: those of the index, again and again under other ids."""
    with team.database.write() as connection:
        name = connection.execute(select(repository.c.name)).scalars().first()
        assert name is not None
        some = connection.execute(select(event).where(event.c.counts).limit(5)).all()
        box.announce(connection, name, some)
        row = connection.execute(select(outbox)).first()
        assert row is not None
        connection.execute(delete(outbox))
        values = {key: value for key, value in row._asdict().items() if key != "id"} | {"is_ready": True}
        connection.execute(insert(outbox), [{**values, "event_id": f"event-{one}"} for one in range(number)])
        connection.execute(delete(announced))


def killed(team: TeamStudio, web: Web, kills: int) -> None:
    """Deliver 5 events for each of so many processes that are killed."""
    chance = random.Random(kills)  # noqa: S311  no secret

    def slow(_asked: Asked, _usual: Reply) -> Reply:
        time.sleep(0.02)
        return Reply(200)

    web.rule("/slow", slow)
    add_target(team.team, f"{web.url}/slow")
    filled(team.team, kills * 5)
    for _ in range(kills):
        with sending(team.team.database, LEASE):
            time.sleep(chance.uniform(0.0, 0.4))
    with sending(team.team.database, LEASE):
        end = time.monotonic() + 60.0
        while any(row.state == "waiting" for row in rows(team.team)):
            assert time.monotonic() < end
            time.sleep(0.05)
    arrived = Counter(one.headers["Webhook-Id"] for one in web.asked)
    assert arrived.keys() == {f"event-{one}" for one in range(kills * 5)}
    assert max(arrived.values()) <= 1 + kills
    assert sum(arrived.values()) <= kills * 5 + kills  # a kill costs one POST again, at most
    assert {row.state for row in rows(team.team)} == {"delivered"}


def test_each_event_arrives_though_processes_are_killed(team: TeamStudio, web: Web) -> None:
    killed(team, web, 5)


@pytest.mark.soak
def test_each_event_arrives_through_a_hundred_kills(team: TeamStudio, web: Web) -> None:
    killed(team, web, 100)


def test_processes_that_deliver_side_by_side_send_nothing_twice(team: TeamStudio, web: Web) -> None:
    lock, running, overlaps = Lock(), Counter[str](), list[str]()

    def slow(asked: Asked, _usual: Reply) -> Reply:
        ident = asked.headers["Webhook-Id"]
        with lock:
            running[ident] += 1
            if running[ident] > 1:
                overlaps.append(ident)
        time.sleep(0.05)
        with lock:
            running[ident] -= 1
        return Reply(200)

    web.rule("/slow", slow)
    add_target(team.team, f"{web.url}/slow")
    filled(team.team, 40)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(sending(team.team.database, 60.0))
        end = time.monotonic() + 60.0
        while any(row.state == "waiting" for row in rows(team.team)):
            assert time.monotonic() < end
            time.sleep(0.05)
    assert overlaps == []
    assert Counter(one.headers["Webhook-Id"] for one in web.asked) == Counter({f"event-{n}": 1 for n in range(40)})


def test_a_target_with_a_long_queue_gives_its_place_to_others_now_and_then(team: TeamStudio, web: Web) -> None:
    add_target(team.team, f"{web.url}/hook")
    filled(team.team, 60)
    deliverer = Deliverer(team.team, PLAN)
    assert deliverer.look() == 1
    deliverer.join(30.0)
    assert len(web.asked) == 50
