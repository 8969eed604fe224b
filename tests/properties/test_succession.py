"""What each event of an artifact came after: as folding the earlier events alone says, in time that grows with them."""

from __future__ import annotations

import random
from itertools import chain
from typing import TYPE_CHECKING

from hypothesis import given

from gto.core import view
from gto.core.snapshot import fold_artifact
from gto.core.tag import Kind
from gto.core.transitions import Transition, steps
from tests.factories import Tags, records
from tests.growth import check_growth
from tests.properties.strategies import histories

if TYPE_CHECKING:
    from gto.core.event import Event
    from gto.core.snapshot import ArtifactState


def by_folding(state: ArtifactState, version: str | None, event: Event) -> Transition:
    """The step of one event, as its words define it."""
    past = fold_artifact(state.name, (one for one in state.events if one.key < event.key))
    before = ""
    if event.kind is Kind.ASSIGNMENT:
        holder = past.holder(event.tag.stage or "")
        before = holder.version if holder else ""
    elif event.kind is Kind.REGISTRATION and past.latest is not None:
        before = past.latest.name
    return Transition(version or "", before)


def check(history: Tags) -> None:
    state = history.state()
    found = {line.event.ref: by_folding(state, line.version, line.event) for line in view.journal(state)}
    assert steps(state) == found


@given(histories())
def test_each_event_came_after_what_the_earlier_events_alone_make(history: Tags) -> None:
    check(history)


def test_so_it_is_in_long_histories_of_few_commits() -> None:
    dice = random.Random(6)  # noqa: S311  no secret
    for _ in range(60):
        stages = [f"m#{dice.choice(['dev', 'prod'])}{dice.choice(['', '', '!'])}#{number}" for number in range(60)]
        versions = [f"m@v{dice.randint(1, 4)}.0.0{dice.choice(['', '', '!'])}#{number}" for number in range(60)]
        names = dice.sample([*stages, *versions, "m@deprecated#1", "m@deprecated#2"], 80)
        homes = {f"v{number}.0.0": dice.randint(1, 3) for number in range(1, 5)}
        lines = [f"{name} {homes.get(name.partition('@')[2][:6], dice.randint(1, 4))}" for name in names]
        check(Tags(records(*lines)))


def test_four_times_the_events_take_about_four_times_as_long() -> None:
    states = []
    for count in (250, 1000, 4000):
        pairs = ((f"m@v1.0.{number} {number + 1}", f"m#prod#{number} {number + 1}") for number in range(count))
        states.append(Tags(records(*chain.from_iterable(pairs))).state())
        assert steps(states[-1])[f"m#prod#{count - 1}"] == Transition(f"v1.0.{count - 1}", f"v1.0.{count - 2}")
    check_growth(steps, states)
