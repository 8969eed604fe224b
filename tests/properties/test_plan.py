"""What a plan promises comes true when its tags are read again, whatever was there before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from gto.core import plan
from gto.core.plan import TakeBack
from gto.exceptions import AlreadyDeprecated, ArtifactNotFound, ClockBehind, GTOException
from tests.factories import START, Tags
from tests.properties.strategies import SOME_STAGES, assignments, histories, places, registrations

if TYPE_CHECKING:
    from collections.abc import Callable

    from gto.core.plan import Assignment, Context, Plan, Registration
    from gto.core.snapshot import ArtifactState

Manner = tuple[bool | None, bool, int]
manners: st.SearchStrategy[Manner] = st.sampled_from(
    [(simple, force, now) for simple in (None, None, True, False) for force in (False, True) for now in (6, 7)]
)
stages = st.sampled_from(SOME_STAGES)


def carry_out(
    history: Tags, manner: Manner, decide: Callable[[Context], Plan]
) -> tuple[Context, Plan, ArtifactState] | None:
    """Decide and write; None for a refusal, which must be a declared one that left nothing."""
    simple, force, now = manner
    context = history.context(now, simple=simple, force=force)
    before = history.snapshot()
    try:
        made = decide(context)
    except GTOException as refused:
        event(f"refused: {type(refused).__name__}")
        made = None
    assert history.snapshot() == before
    if made is None:
        return None
    event("planned")
    check_tags(history, made)
    after = history.after(made, context).state()
    if made.create:
        assert after.newest is not None
        assert after.newest.ref == str(made.create[-1].name)
        assert after.last == after.newest.key
    return context, made, after


def check_tags(history: Tags, made: Plan) -> None:
    names = [str(tag.name) for tag in made.create]
    there = {one.name for one in history.records}
    assert len(set(names)) == len(names)
    assert not there & set(names)
    assert set(made.delete) <= there
    assert len(set(made.delete)) == len(made.delete)
    assert not (made.create and made.delete)
    assert all(tag.message for tag in made.create)


@settings(max_examples=300)
@given(histories(), manners, registrations)
def test_after_registering_the_version_is_active_at_the_commit(
    history: Tags, manner: Manner, wish: Registration
) -> None:
    outcome = carry_out(history, manner, lambda context: plan.register(context, wish))
    if outcome is None:
        return
    context, made, after = outcome
    (new,) = made.create
    found = after.version(new.version or "")
    assert found is not None
    assert (found.commit, found.is_active, after.is_active) == (wish.commit, True, True)
    assert after.at_commit(wish.commit)[0] == found
    assert wish.version in {None, new.version}
    known = context.artifact.version(new.version or "")
    if known is not None:
        assert made.notes
    if len(after.at_commit(wish.commit)) > 1 and known is None:
        assert wish.allow_second_version
        assert "two versions" in made.notes[0]
    if wish.version is None and known is None and context.artifact.latest is not None:
        assert after.latest == found


@settings(max_examples=300)
@given(histories(), manners, assignments)
def test_after_assigning_the_stage_is_held_by_that_version(history: Tags, manner: Manner, wish: Assignment) -> None:
    outcome = carry_out(history, manner, lambda context: plan.assign(context, wish, None))
    if outcome is None:
        return
    context, made, after = outcome
    new = made.create[-1]
    holder = after.holder(wish.stage)
    assert holder is not None
    assert (holder.version, holder.commit) == (new.version, new.commit)
    assert wish.version in {None, holder.version}
    assert wish.commit in {None, holder.commit}
    assert after.is_active
    before = context.artifact.holder(wish.stage)
    assert context.force or before is None or before.version != holder.version
    for stage in SOME_STAGES:
        if stage != wish.stage and len(made.create) == 1:
            assert after.holder(stage) == context.artifact.holder(stage)


@settings(max_examples=300)
@given(histories(), manners, stages, st.none() | st.sampled_from(["v1.0.0", "v2.0.0"]))
def test_after_a_rollback_another_version_holds_the_stage(
    history: Tags, manner: Manner, stage: str, to: str | None
) -> None:
    outcome = carry_out(history, manner, lambda context: plan.rollback(context, stage, to, None))
    if outcome is None:
        return
    context, made, after = outcome
    holder = after.holder(stage)
    assert holder is not None
    assert holder.version == made.create[-1].version
    before = context.artifact.holder(stage)
    assert context.force or before is None or before.version != holder.version


@settings(max_examples=300)
@given(histories(), manners, places)
def test_after_deregistering_the_version_is_hidden(
    history: Tags, manner: Manner, place: tuple[str | None, str | None]
) -> None:
    outcome = carry_out(history, manner, lambda context: plan.deregister(context, TakeBack(*place)))
    if outcome is None:
        return
    _, made, after = outcome
    found = after.version(made.create[0].version or "")
    assert found is not None
    assert not found.is_active
    assert all(stage.version != found.name for stage in after.standing)


@settings(max_examples=300)
@given(histories(), manners, stages, places)
def test_after_unassigning_the_version_is_not_in_the_stage(
    history: Tags, manner: Manner, stage: str, place: tuple[str | None, str | None]
) -> None:
    outcome = carry_out(history, manner, lambda context: plan.unassign(context, stage, TakeBack(*place)))
    if outcome is None:
        return
    _, made, after = outcome
    found = after.version(made.create[0].version or "")
    assert found is not None
    state = found.stage(stage)
    assert state is not None
    assert not state.is_active
    with pytest.raises(GTOException, match="is not assigned"):
        plan.unassign(history.after(made, history.context(8)).context(9), stage, TakeBack(*place))


@settings(max_examples=300)
@given(histories(), manners, st.booleans())
def test_after_deprecating_the_artifact_is_not_active(
    history: Tags,
    manner: Manner,
    annotated: bool,  # noqa: FBT001  a case
) -> None:
    outcome = carry_out(
        history,
        manner,
        lambda context: plan.deprecate(context, None, "a" * 40, annotated=annotated, delete=False),
    )
    if outcome is None:
        return
    context, _, after = outcome
    assert not after.is_active
    assert after.versions == context.artifact.versions


@settings(max_examples=300)
@given(histories(), manners, places)
def test_after_deleting_a_version_nothing_of_it_is_left(
    history: Tags, manner: Manner, place: tuple[str | None, str | None]
) -> None:
    outcome = carry_out(history, manner, lambda context: plan.deregister(context, TakeBack(*place, delete=True)))
    if outcome is None:
        return
    context, made, after = outcome
    gone = {version.name for version in context.artifact.versions} - {version.name for version in after.versions}
    assert len(gone) == 1
    assert made.delete


@settings(max_examples=300)
@given(histories(), manners, stages, places)
def test_after_deleting_a_stage_of_a_version_it_was_never_there(
    history: Tags, manner: Manner, stage: str, place: tuple[str | None, str | None]
) -> None:
    outcome = carry_out(history, manner, lambda context: plan.unassign(context, stage, TakeBack(*place, delete=True)))
    if outcome is None:
        return
    context, made, after = outcome
    assert context.force or made.delete
    name = place[0] or next((v.name for v in context.artifact.at_commit(place[1] or "")), place[1] or "")
    found = after.version(name)
    assert found is None or found.stage(stage) is None


@settings(max_examples=300)
@given(histories("m", "n"), manners)
def test_after_deleting_an_artifact_the_others_are_left_as_they_were(history: Tags, manner: Manner) -> None:
    outcome = carry_out(
        history, manner, lambda context: plan.deprecate(context, None, None, annotated=False, delete=True)
    )
    if outcome is None:
        return
    context, _, after = outcome
    assert (after.newest, after.versions, after.problems) == (None, (), ())
    assert context.artifact.newest is not None


@given(histories(), registrations, assignments, st.integers(-3, 5))
def test_with_the_clock_behind_nothing_is_written_without_force(
    history: Tags, registration: Registration, assignment: Assignment, now: int
) -> None:
    newest = max((event.time for event in history.events), default=0)
    assume(START + now < newest)
    context = history.context(now)
    with pytest.raises(GTOException):
        plan.register(context, registration)
    with pytest.raises(GTOException):
        plan.assign(context, assignment, None)
    with pytest.raises((ClockBehind, AlreadyDeprecated, ArtifactNotFound)):
        plan.deprecate(context, None, None, annotated=True, delete=False)


@given(histories(), st.lists(registrations | assignments, min_size=1, max_size=6))
def test_requests_of_one_second_one_after_another_keep_every_promise(
    history: Tags, wishes: list[Registration | Assignment]
) -> None:
    for wish in wishes:
        context = history.context(6)
        try:
            if isinstance(wish, plan.Registration):
                made = plan.register(context, wish)
            else:
                made = plan.assign(context, wish, None)
        except GTOException:
            continue
        history = history.after(made, context)
        newest = history.state().newest
        assert newest is not None
        assert newest.ref == str(made.create[-1].name)
