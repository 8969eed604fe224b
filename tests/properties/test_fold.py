from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from gto.core import selector, view
from gto.core.event import read
from gto.core.snapshot import fold
from gto.core.tag import Kind
from gto.core.view import Choice, Sort
from tests.factories import Tags
from tests.properties.strategies import SOME_STAGES, histories

if TYPE_CHECKING:
    from random import Random

    from gto.core.snapshot import ArtifactState

choices = st.builds(
    Choice,
    st.booleans(),
    st.booleans(),
    st.integers(-1, 2),
    st.integers(-1, 2),
    st.sampled_from(list(Sort)),
)


@given(histories("m", "n"), st.randoms(use_true_random=False))
def test_the_order_in_which_tags_are_read_does_not_matter(history: Tags, chance: Random) -> None:
    shuffled = list(history.records)
    chance.shuffle(shuffled)
    assert Tags(tuple(shuffled)).snapshot() == history.snapshot()


@given(histories("m", "n", "a=m"))
def test_each_artifact_folds_alone(history: Tags) -> None:
    whole = history.snapshot()
    for name, state in whole.artifacts.items():
        assert fold(event for event in history.events if event.artifact == name).artifact(name) == state
    assert set(whole.artifacts) == {event.artifact for event in history.events}


@given(histories())
def test_every_tag_is_an_event_or_a_problem_and_never_both(history: Tags) -> None:
    state = history.state()
    lines = [line.event.ref for line in view.journal(state)]
    aside = [problem.subject for problem in state.problems if problem.code != "two-versions"]
    assert sorted(lines + aside) == sorted(one.name for one in history.records)


@given(histories())
def test_the_journal_the_events_and_the_newest_agree(history: Tags) -> None:
    state = history.state()
    lines = view.journal(state)
    assert tuple(line.event for line in lines) == state.events
    assert [line.event.key for line in lines] == sorted(line.event.key for line in lines)
    assert state.newest == (lines[-1].event if lines else None)
    assert state.is_active == bool(lines and lines[-1].event.kind is not Kind.DEPRECATION)
    assert state.last == max((event.key for event in history.events), default=None)
    for line in lines:
        found = state.version(line.version) if line.version else None
        assert (found is None) == (line.event.kind is Kind.DEPRECATION)
        assert found is None or (line.event in found.events and found.commit == line.event.commit)


@given(histories())
def test_versions_commits_and_stages_agree(history: Tags) -> None:
    state = history.state()
    for version in state.versions:
        assert version.is_registered == (version.semver is not None)
        assert version.is_registered == (version in state.at_commit(version.commit))
        assert version.is_registered or version.name == version.commit
        assert [(stage.version, stage.commit) for stage in version.stages] == [(version.name, version.commit)] * len(
            version.stages
        )
    assert len({version.name for version in state.versions}) == len(state.versions)
    ranked = [version.semver.key for version in state.versions if version.semver and version.is_active]
    latest = state.latest
    assert (latest.semver.key if latest and latest.semver else None) == max(ranked, default=None)


def holders(state: ArtifactState) -> dict[str, str | None]:
    found = {stage: state.holder(stage) for stage in SOME_STAGES}
    return {stage: holder.version if holder else None for stage, holder in found.items()}


@given(histories())
def test_who_holds_a_stage_is_told_the_same_by_every_view(history: Tags) -> None:
    state = history.state()
    times = [stage.assignments[-1].key for stage in state.standing]
    assert times == sorted(times, reverse=True)
    for stage in state.standing:
        version = state.version(stage.version)
        assert version is not None
        assert version.is_active
        assert stage.is_active
    shown = {stage: group[0].version for stage, group in view.by_stage(state.standing, Choice()).items()}
    assert shown == {stage: version for stage, version in holders(state).items() if version}
    summed = view.standing(state)
    rows = view.overview([summed], SOME_STAGES, Choice(deprecated=True))
    if state.newest:
        assert {stage: cell[0] for stage, cell in rows[0].stages.items() if cell} == shown
    listed = {
        one.stage: row.version.name for row in view.versions(state, Choice(deprecated=True)) for one in row.stages
    }
    assert listed == shown
    assert view.stages_in_use([summed]) == sorted(shown)
    assert set(view.stages_in_use([summed])) <= set(view.stages_ever_used([summed]))


@given(histories(), choices)
def test_the_cells_of_the_overview_and_the_rows_of_an_artifact_agree(history: Tags, choice: Choice) -> None:
    state = history.state()
    cells = view.by_stage(state.standing, choice)
    rows = view.versions(state, choice)
    if state.is_active:
        in_rows = {(row.version.name, one.stage) for row in rows for one in row.stages}
        assert in_rows == {(one.version, one.stage) for group in cells.values() for one in group}
    for group in cells.values():
        assert choice.versions_per_stage < 0 or len(group) <= choice.versions_per_stage
        assert len({one.version for one in group}) == len(group)
    assert [row.version.name for row in selector.select(rows, selector.parse("m@latest"))] == [
        row.version.name for row in rows[:1]
    ]


@given(histories())
def test_reading_a_record_twice_gives_the_same_event(history: Tags) -> None:
    assert [read(one) for one in history.records] == [read(one) for one in history.records]
