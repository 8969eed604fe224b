"""What tests of webhooks that go out need: targets, events that are news, and a deliverer that waits for nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from gto.studio.webhooks import targets
from gto.studio.webhooks.deliverer import Deliverer, SendPlan
from gto.studio.webhooks.targets import TargetFilter, TargetWish
from gto.studio.webhooks.webhook_tables import attempt, outbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gto.studio.team.team import Team

PLAN = SendPlan(look=0.02, lease=30.0, longest=5.0)


def add_target(team: Team, url: str, name: str = "ci", **told: Any) -> tuple[int, str]:  # noqa: ANN401  as the fields
    """A new target of this machine, by number, and its secret."""
    wish = TargetWish(name, url, **{"allows_private": True, "filters": TargetFilter(), **told})
    with team.database.record() as connection:
        return targets.add(connection, team.box, wish, None)


def rows(team: Team) -> Sequence[Any]:
    """All of the outbox."""
    with team.database.engine.connect() as connection:
        return connection.execute(select(outbox).order_by(outbox.c.id)).all()


def attempts(team: Team) -> Sequence[Any]:
    """All tries."""
    with team.database.engine.connect() as connection:
        return connection.execute(select(attempt).order_by(attempt.c.id)).all()


def hurry(team: Team) -> None:
    """Have everything due that waits."""
    with team.database.record() as connection:
        connection.execute(outbox.update().where(outbox.c.state == "waiting").values(not_before=time.time() - 1))


def deliver_due(team: Team, plan: SendPlan = PLAN) -> None:
    """Send what is due, until nothing is."""
    deliverer = Deliverer(team, plan)
    while deliverer.look():
        deliverer.join(30.0)
