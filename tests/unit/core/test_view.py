from __future__ import annotations

import pytest

from gto.core import view
from gto.core.view import Choice, Holding, Sort
from gto.exceptions import UsageError
from tests.factories import oid, tags

THREE = (
    "m@v1.0.0 1",
    "m@v2.0.0 2",
    "m@v3.0.0 3",
    "m#prod#1 3",
    "m#prod#2 1",
    "m#dev#3 1",
    "m#prod#4 2",
    "m#staging#5 2",
)


def cells(choice: Choice, *lines: str) -> dict[str, list[str]]:
    groups = view.by_stage(tags(*lines).state().standing, choice)
    return {stage: [state.version for state in group] for stage, group in groups.items()}


def names(choice: Choice, *lines: str) -> list[str]:
    return [row.version.name for row in view.versions(tags(*lines).state(), choice)]


def test_by_default_a_stage_shows_the_newest_assignment_alone() -> None:
    assert cells(Choice(), *THREE) == {"staging": ["v2.0.0"], "prod": ["v2.0.0"], "dev": ["v1.0.0"]}


def test_by_semver_a_stage_shows_its_greatest_version() -> None:
    assert cells(Choice(sort=Sort.SEMVER), *THREE)["prod"] == ["v3.0.0"]
    every = Choice(sort=Sort.SEMVER, versions_per_stage=-1)
    assert cells(every, *THREE)["prod"] == ["v3.0.0", "v2.0.0", "v1.0.0"]


def test_versions_per_stage_keeps_the_newest_so_many() -> None:
    assert cells(Choice(versions_per_stage=2), *THREE)["prod"] == ["v2.0.0", "v1.0.0"]
    assert cells(Choice(versions_per_stage=-1), *THREE)["prod"] == ["v2.0.0", "v1.0.0", "v3.0.0"]
    assert cells(Choice(versions_per_stage=0), *THREE) == {"staging": [], "prod": [], "dev": []}


def test_assignments_per_version_keeps_the_newest_stages_of_each() -> None:
    one = Choice(assignments_per_version=1, versions_per_stage=-1)
    assert cells(one, *THREE) == {"staging": ["v2.0.0"], "dev": ["v1.0.0"], "prod": ["v3.0.0"]}
    assert cells(Choice(assignments_per_version=0), *THREE) == {}
    assert cells(Choice(assignments_per_version=2, versions_per_stage=-1), *THREE) == cells(
        Choice(versions_per_stage=-1), *THREE
    )


def test_registered_only_leaves_hashes_out() -> None:
    lines = ("m@v1.0.0 1", "m#prod#1 1", "m#prod#2 2")
    assert cells(Choice(), *lines) == {"prod": [oid(2)]}
    assert cells(Choice(registered_only=True), *lines) == {"prod": ["v1.0.0"]}
    assert cells(Choice(sort=Sort.SEMVER, versions_per_stage=-1), *lines) == {"prod": ["v1.0.0", oid(2)]}


@pytest.mark.parametrize("name", ["assignments_per_version", "versions_per_stage"])
def test_a_number_under_minus_one_is_refused(name: str) -> None:
    choice = Choice(assignments_per_version=-2) if name.startswith("a") else Choice(versions_per_stage=-2)
    with pytest.raises(UsageError) as refused:
        cells(choice, *THREE)
    assert (refused.value.message, refused.value.hint) == (f"'{name}' must be >= -1", "-1 shows all")


def test_an_artifact_is_summed_up_in_all_that_the_overview_needs() -> None:
    found = view.standing(tags(*THREE, "m@v9.0.0! 1", "m#old#6 3", "m#old!#7 3").state(), problems=2)
    assert (found.name, found.latest, found.latest_commit, found.active) == ("m", "v3.0.0", oid(3), True)
    assert found.holdings[0] == Holding("v2.0.0", "staging")
    assert found.used == ("dev", "old", "prod", "staging")
    assert found.problems == 3


def test_an_artifact_without_versions_has_no_latest() -> None:
    found = view.standing(tags("m@deprecated 1").state())
    assert (found.latest, found.latest_commit, found.active, found.holdings) == (None, None, False, ())


def test_the_overview_ranks_as_gto_1_does_deprecations_then_versions_then_stages() -> None:
    lines = ("s#prod#1 1 0", "v@v1.0.0 1 10", "d@v1.0.0 1 20", "d@deprecated 1 30", "w@v1.0.0 1 5")
    standings = [view.standing(state) for state in tags(*lines).snapshot().artifacts.values()]
    rows = view.overview(standings, ["prod"], Choice(deprecated=True))
    assert [row.name for row in rows] == ["d", "w", "v", "s"]
    assert [row.name for row in view.overview(standings, ["prod"], Choice())] == ["w", "v", "s"]
    assert rows[3].stages == {"prod": (oid(1),)}
    assert rows[1].stages == {"prod": ()}
    assert [row.active for row in rows] == [False, True, True, True]
    assert all(row.registered for row in rows)


def test_an_artifact_without_counting_events_ranks_last() -> None:
    assert view.standing(tags("m@v1.0.0! 1").state()).rank == (3, 0, "m")


def test_stages_in_use_and_stages_ever_used_differ_by_what_was_taken_back() -> None:
    lines = ("m@v1.0.0 1", "m#prod#1 1", "m#dev#2 1", "m#dev!#3 1", "n@v1.0.0 1", "n#qa#1 1", "n@v1.0.0! 1")
    standings = [view.standing(state) for state in tags(*lines).snapshot().artifacts.values()]
    assert view.stages_in_use(standings) == ["prod"]
    assert view.stages_ever_used(standings) == ["dev", "prod", "qa"]


def test_versions_are_listed_highest_first_and_hashes_behind_by_their_text() -> None:
    lines = ("m@v1.0.0 1", "m@v10.0.0 2", "m@v9.0.0 3", "m@v10.0.0-rc.1 4", "m#prod#1 5", "m#prod#2 6")
    assert names(Choice(), *lines) == ["v10.0.0", "v10.0.0-rc.1", "v9.0.0", "v1.0.0", oid(6), oid(5)]


def test_sorting_changes_only_which_row_holds_a_stage() -> None:
    rows = view.versions(tags(*THREE).state(), Choice(sort=Sort.SEMVER))
    assert [row.version.name for row in rows] == ["v3.0.0", "v2.0.0", "v1.0.0"]
    assert [[state.stage for state in row.stages] for row in rows] == [["prod"], ["staging"], ["dev"]]


def test_deregistered_versions_are_shown_on_demand() -> None:
    lines = ("m@v1.0.0 1", "m@v2.0.0 2", "m#prod#1 2", "m@v2.0.0! 2")
    assert names(Choice(), *lines) == ["v1.0.0"]
    assert names(Choice(deprecated=True), *lines) == ["v2.0.0", "v1.0.0"]
    assert view.versions(tags(*lines).state(), Choice(deprecated=True))[0].stages == ()


def test_the_versions_of_a_deprecated_artifact_are_shown_on_demand() -> None:
    lines = ("m@v1.0.0 1", "m@deprecated 1")
    assert names(Choice(), *lines) == []
    assert names(Choice(deprecated=True), *lines) == ["v1.0.0"]


def test_registered_only_leaves_the_row_of_a_hash_but_not_its_stages() -> None:
    rows = view.versions(tags("m#prod#1 2").state(), Choice(registered_only=True))
    assert [(row.version.name, row.stages) for row in rows] == [(oid(2), ())]


def test_a_commit_in_two_stages_is_one_row() -> None:
    rows = view.versions(tags("m#prod#1 2", "m#dev#2 2").state(), Choice())
    assert [[state.stage for state in row.stages] for row in rows] == [["dev", "prod"]]


def test_the_journal_has_every_event_with_the_version_that_it_concerns() -> None:
    state = tags("m@v1.0.0 1", "m#prod#1 1", "m#prod#2 2", "m@deprecated 1", "m@v1.0.0! 1").state()
    assert [(line.event.ref, line.version) for line in view.journal(state)] == [
        ("m@v1.0.0", "v1.0.0"),
        ("m#prod#1", "v1.0.0"),
        ("m#prod#2", oid(2)),
        ("m@deprecated", None),
        ("m@v1.0.0!", "v1.0.0"),
    ]


def merged(*lines: str) -> list[str]:
    """Return the tags of all artifacts, oldest first."""
    states = sorted(tags(*lines).snapshot().artifacts.values(), key=lambda one: one.rank)
    journals = [view.journal(state) for state in states]
    rising = [line.event.ref for line in view.merge_journals(journals, ascending=True)]
    assert [line.event.ref for line in view.merge_journals(journals, ascending=False)] == rising[::-1]
    return rising


def test_events_of_several_artifacts_in_one_second_are_listed_by_kind_then_by_artifact_as_gto_1_does() -> None:
    found = merged("z@v1.0.0 1 -9", "a@v1.0.0 1 -8", "z#dev#7 1 0", "a#dev#1 1 0", "a@v2.0.0 2 0", "z@v2.0.0#8 2 0")
    assert found == ["z@v1.0.0", "a@v1.0.0", "a@v2.0.0", "z#dev#7", "z@v2.0.0#8", "a#dev#1"]


def test_events_of_one_artifact_in_one_second_are_listed_in_the_order_in_which_they_count() -> None:
    found = merged("b#dev#1 1 0", "b#dev!#2 1 0", "b#dev#3 1 0", "a@v1.0.0 1 0", "a#dev!#4 1 0", "a#dev#5 1 0")
    assert found == ["a@v1.0.0", "b#dev#1", "a#dev!#4", "a#dev#5", "b#dev!#2", "b#dev#3"]


def previous(*lines: str) -> str | None:
    state = tags(*lines).state()
    holder = state.holder("prod")
    assert holder is not None
    found = view.previous_holder(state, holder)
    return found.version if found else None


def test_the_previous_holder_is_who_was_in_the_stage_when_the_present_one_came() -> None:
    lines = ("m@v1.0.0 1", "m@v2.0.0 2", "m@v3.0.0 3", "m#prod#1 1", "m#prod#2 2", "m#prod#3 3")
    assert previous(*lines) == "v2.0.0"
    assert previous(*lines[:5]) == "v1.0.0"
    assert previous(*lines[:4]) is None
    assert previous(*lines, "m#prod#4 1") == "v3.0.0"


def test_one_that_had_been_taken_out_of_the_stage_is_not_the_previous_holder() -> None:
    lines = ("m@v1.0.0 1", "m@v2.0.0 2", "m@v3.0.0 3", "m#prod#1 1", "m#prod#2 2", "m#prod!#3 2", "m#prod#4 3")
    assert previous(*lines) == "v1.0.0"


def test_where_the_stage_was_empty_the_last_that_left_it_is_the_previous_holder() -> None:
    assert previous("m@v1.0.0 1", "m@v2.0.0 2", "m#prod#1 1", "m#prod!#2 1", "m#prod#3 2") == "v1.0.0"


def test_a_version_unassigned_only_after_the_present_holder_came_is_the_previous_one() -> None:
    assert previous("m@v1.0.0 1", "m@v2.0.0 2", "m#prod#1 1", "m#prod#2 2", "m#prod!#3 1") == "v1.0.0"


def test_a_version_that_was_deregistered_or_came_later_is_not_the_previous_holder() -> None:
    base = ("m@v1.0.0 1", "m@v2.0.0 2", "m#prod#1 1")
    assert previous(*base, "m#prod#2 2", "m@v1.0.0! 1") is None
    assert previous(*base, "m#prod#2 2", "m#prod!#3 2") is None
