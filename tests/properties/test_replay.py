"""A replay, event by event, is at each step what folding the events so far makes."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from hypothesis import given

from gto.core.indexed_replay import IndexedReplay
from gto.core.policy import Facts, Policy, Rule
from gto.core.policy.judge import judge_history
from gto.core.snapshot import fold_artifact
from gto.core.transitions import steps
from tests.factories import START, Tags, records
from tests.growth import check_growth
from tests.policies import ADA, GRACE, approvals, approved, good
from tests.properties.strategies import SOME_STAGES, SOME_VERSIONS, histories

if TYPE_CHECKING:
    from gto.core.event import Event
    from gto.core.snapshot import ArtifactState


def sums(state: ArtifactState) -> object:
    """What a replay knows too."""
    versions = {one.name: (one.commit, one.is_active, one.registrations, one.deregistrations) for one in state.versions}
    stages = {(one.name, s.stage): (s.assignments, s.unassignments) for one in state.versions for s in one.stages}
    held = {stage: [s.version for s in reversed(state.standing) if s.stage == stage] for stage in SOME_STAGES}
    latest = state.latest.name if state.latest else None
    return versions, stages, held, latest, state.newest, state.deprecations, bool(state.newest) and not state.is_active


def known(past: IndexedReplay) -> object:
    drafts = list(past.versions())
    versions = {
        one.name: (one.commit, one.is_active, tuple(one.registrations), tuple(one.deregistrations)) for one in drafts
    }
    stages = {(one.name, stage): (tuple(on), tuple(off)) for one in drafts for stage, (on, off) in one.stages.items()}
    held = {stage: [one.name for one in past.holders(stage)] for stage in SOME_STAGES}
    assert {stage for stage in past.stages if past.holder(stage)} == {stage for stage, names in held.items() if names}
    latest = past.latest.name if past.latest else None
    return versions, stages, held, latest, past.newest, tuple(past.deprecations), past.is_deprecated


@given(histories(most=20))
def test_each_step_of_a_replay_equals_the_fold_of_the_events_so_far(history: Tags) -> None:
    past, aside = IndexedReplay(), []
    ordered = sorted(history.events, key=lambda event: event.key)
    for count, event in enumerate(ordered, 1):
        problem = past.misfit(event)
        meant = past.subject(event)
        if problem is not None:
            aside.append(problem)
        elif (draft := past.add(event)) is not None and meant is not None:
            assert draft is meant
        state = fold_artifact("m", ordered[:count])
        assert known(past) == sums(state)
        assert aside == [one for one in state.problems if one.code != "two-versions"]
        crowds = {group[-1].registrations[0].ref for group in past.crowds()}
        assert crowds == {one.subject for one in state.problems if one.code == "two-versions"}


@given(histories(most=20))
def test_the_newest_steps_are_those_at_the_end_of_all(history: Tags) -> None:
    state = history.state()
    every = steps(state)
    for most in range(len(state.events) + 2):
        assert steps(state, most) == {event.ref: every[event.ref] for event in state.events[-most:] if most}


@given(histories(most=20))
def test_a_version_and_the_versions_of_a_commit_are_found_by_name(history: Tags) -> None:
    past = IndexedReplay()
    state = history.state()
    for event in state.events:
        past.add(event)
    for name in SOME_VERSIONS:
        assert (past.version(name) is not None) == (state.version(name) is not None)
    for event in state.events:
        names = {one.name for one in past.on_commit(event.commit)}
        assert names == {one.name for one in state.at_commit(event.commit)}


def judged(events: list[Event]) -> object:
    return judge_history(Policy(), events, {}), fold_artifact("m", events)


def test_time_grows_with_the_events_of_several_versions_on_one_commit() -> None:
    histories_ = []
    for count in (250, 1000, 4000):
        pairs = (
            (f"m@v1.0.{number % 50}#{number} 1", f"m#s{number % 5}#{number} 1", f"m@v1.0.{number % 7}!#{number} 1")
            for number in range(count)
        )
        histories_.append(Tags(records(*chain.from_iterable(pairs))).events)
    check_growth(judged, histories_)


def judged_with_approvals(case: tuple[list[Event], dict[str, Facts]]) -> object:
    return judge_history(Policy((Rule("two eyes", stages=("prod",), approvals=1),)), *case)


def test_time_grows_with_assignments_and_their_approvals() -> None:
    cases = []
    for count in (250, 1000, 4000):
        events = Tags(records("m@v1.0.0 1", *(f"m#prod#{number} 1" for number in range(2, count)))).events
        given = [(approved(GRACE, time=START + number, id_=number), good(GRACE)) for number in range(count)]
        facts = approvals(*given, signature=good(ADA))
        cases.append((events, {event.oid: facts for event in events}))
    check_growth(judged_with_approvals, cases)


def test_time_grows_with_many_versions_on_one_commit_of_which_every_other_is_deregistered() -> None:
    histories_ = []
    for count in (500, 2000, 8000):
        names = [f"m@v1.0.{number}" for number in range(count)]
        stages = [f"{name}!" if number % 2 else f"m#prod#{number + 1}" for number, name in enumerate(names)]
        histories_.append(Tags(records(*(f"{name} 1" for name in (*names, *stages)))).events)
    check_growth(judged, histories_)


def test_time_grows_with_many_stages_of_a_version_that_comes_and_goes() -> None:
    histories_ = []
    for count in (125, 500, 2000):
        stages = (f"m#s{number}#1 1" for number in range(count))
        turns = (f"m@v1.0.0{'' if number % 2 else '!'}#{number + 1} 1" for number in range(count))
        histories_.append(Tags(records("m@v1.0.0 1", *stages, *turns)).events)
    check_growth(judged, histories_)


def test_a_version_with_many_stages_is_in_them_while_it_counts() -> None:
    past = IndexedReplay()
    stages = [f"m#s{number}#1 1" for number in range(150)]
    lines = ["m@v1.0.0 1", *stages[:50], "m@v1.0.0!#2 1", *stages[50:], "m#s149!#2 1", "m@v1.0.0#3 1", "m#s149#4 1"]
    events = Tags(records(*lines)).events
    for count, event in enumerate(events, 1):
        past.add(event)
        standing = {state.stage for state in fold_artifact("m", events[:count]).standing}
        assert {stage for stage in past.stages if past.holder(stage)} == standing
