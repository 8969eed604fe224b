from __future__ import annotations

from gto.core.event import Problem
from gto.core.snapshot import ArtifactState, Snapshot, VersionState
from tests.factories import lightweight, oid, record, tags


def version(name: str, *lines: str) -> VersionState:
    found = tags(*lines).state().version(name)
    assert found is not None
    return found


def holder(*lines: str, stage: str = "prod") -> str | None:
    found = tags(*lines).state().holder(stage)
    return found.version if found else None


def codes(*lines: str) -> list[tuple[str, str]]:
    return [(one.subject, one.code) for one in tags(*lines).snapshot().problems]


def test_nothing_makes_an_empty_registry() -> None:
    empty = tags().snapshot()
    assert empty == Snapshot({})
    assert empty.artifact("m") == ArtifactState("m")
    nobody = empty.artifact("m")
    assert (nobody.is_active, nobody.newest, nobody.latest, nobody.last, nobody.events) == (False, None, None, None, ())


def test_artifacts_stand_by_name_each_with_its_own_events() -> None:
    found = tags("b@v1.0.0 1", "a@v2.0.0 1", "x=a@v3.0.0 1").snapshot()
    assert list(found.artifacts) == ["a", "b", "x:a"]
    assert [one.latest.name for one in found.artifacts.values() if one.latest] == ["v2.0.0", "v1.0.0", "v3.0.0"]


def test_a_version_is_active_when_its_newest_event_is_a_registration() -> None:
    assert version("v1.0.0", "m@v1.0.0 1").is_active
    assert not version("v1.0.0", "m@v1.0.0 1", "m@v1.0.0! 1").is_active
    assert version("v1.0.0", "m@v1.0.0 1", "m@v1.0.0! 1", "m@v1.0.0#1 1").is_active


def test_a_commit_with_stages_but_no_registration_is_a_version_named_by_its_hash() -> None:
    found = version(oid(2), "m#prod#1 2", "m#dev#2 2")
    assert (found.commit, found.semver, found.is_registered, found.is_active) == (oid(2), None, False, True)
    assert [stage.stage for stage in found.stages] == ["prod", "dev"]


def test_a_registration_of_that_commit_takes_its_stages_over() -> None:
    state = tags("m#prod#1 2", "m@v1.0.0 2").state()
    assert [one.name for one in state.versions] == ["v1.0.0"]
    assert state.holder("prod") == state.versions[0].stages[0]


def test_latest_is_the_highest_active_version_in_semver_order() -> None:
    state = tags("m@v1.0.0 1", "m@v2.0.0-rc.1 2", "m@v0.9.0 3", "m@v3.0.0 4", "m@v3.0.0! 4", "m#prod#1 5").state()
    assert state.latest is not None
    assert state.latest.name == "v2.0.0-rc.1"
    assert tags("m#prod#1 5").state().latest is None


def test_a_stage_shows_its_newest_assignment() -> None:
    assert holder("m@v1.0.0 1", "m@v2.0.0 2", "m#prod#1 2", "m#prod#2 1") == "v1.0.0"


def test_unassigning_the_holder_reveals_the_one_before() -> None:
    lines = ("m@v1.0.0 1", "m@v2.0.0 2", "m#prod#1 1", "m#prod#2 2", "m#prod!#3 2")
    assert holder(*lines) == "v1.0.0"
    assert holder(*lines, "m#prod!#4 1") is None


def test_unassigning_another_version_leaves_the_holder() -> None:
    assert holder("m@v1.0.0 1", "m@v2.0.0 2", "m#prod#1 1", "m#prod#2 2", "m#prod!#3 1") == "v2.0.0"


def test_deregistering_hides_the_stages_and_registering_again_brings_them_back() -> None:
    lines = ("m@v1.0.0 1", "m#prod#1 1", "m@v1.0.0! 1")
    assert holder(*lines) is None
    assert holder(*lines, "m@v1.0.0#2 1") == "v1.0.0"


def test_an_artifact_is_active_when_its_newest_event_is_no_deprecation() -> None:
    assert not tags("m@v1.0.0 1", "m@deprecated 1").state().is_active
    assert tags("m@v1.0.0 1", "m@deprecated 1", "m@v2.0.0 2").state().is_active
    assert tags("m@v1.0.0 1", "m@deprecated 1", "m#prod#1 1").state().is_active
    assert not tags("m@deprecated 1").state().is_active


def test_events_of_one_second_are_ordered_by_counter_then_kind_then_name() -> None:
    tie = tags("m#prod!#2 1 0", "m@v1.0.0! 1 0", "m#prod#1 1 0", "m@deprecated 1 0", "m@v1.0.0 1 0", "m#dev 1 0")
    assert [one.ref for one in tie.state().events] == [
        "m@deprecated",
        "m@v1.0.0",
        "m@v1.0.0!",
        "m#dev",
        "m#prod#1",
        "m#prod!#2",
    ]


def test_assign_unassign_assign_within_one_second_keeps_the_stage() -> None:
    assert holder("m@v1.0.0 1 0", "m#prod#1 1 0", "m#prod!#2 1 0", "m#prod#3 1 0") == "v1.0.0"


def test_two_versions_put_into_a_stage_within_one_second_leave_the_later_counter_there() -> None:
    lines = ("m@v1.0.0 1 0", "m@v2.0.0 2 0", "m#prod#9 2 0", "m#prod#10 1 0")
    assert holder(*lines) == "v1.0.0"


def test_a_tie_of_equal_counters_goes_by_name() -> None:
    assert holder("m@v1.0.0 1 0", "m@v2.0.0 2 0", "m#prod 1 0", "m#prod#0 2 0") == "v2.0.0"


def test_re_registering_in_the_second_of_the_deregistration_counts_by_the_counter() -> None:
    assert version("v1.0.0", "m@v1.0.0 1 0", "m@v1.0.0! 1 0", "m@v1.0.0#1 1 0").is_active


def test_a_version_registered_twice_with_counters_is_shown_once() -> None:
    found = version("v1.0.0", "m@v1.0.0#1 1", "m@v1.0.0#2 1")
    assert [event.ref for event in found.registrations] == ["m@v1.0.0#1", "m@v1.0.0#2"]


def test_a_deregistration_that_no_registration_precedes_is_set_aside() -> None:
    found = tags("m@v1.0.0! 1", "m@v2.0.0 1").snapshot()
    assert found.problems == (
        Problem(
            "deregistration-without-version",
            "m@v1.0.0!",
            "it deregisters v1.0.0, which no earlier tag registers",
            "`git tag -d 'm@v1.0.0!'` if it is a mistake",
            "m",
        ),
    )
    assert found.artifact("m").version("v1.0.0") is None


def test_a_deregistration_on_another_commit_is_set_aside() -> None:
    found = tags("m@v1.0.0 1", "m@v1.0.0! 2").snapshot()
    assert [(one.code, one.reason) for one in found.problems] == [
        ("deregistration-elsewhere", "it is on commit 2222222, but v1.0.0 is registered on commit 1111111")
    ]
    assert found.artifact("m").latest is not None


def test_a_registration_that_moves_a_version_is_set_aside() -> None:
    found = tags("m@v1.0.0 1", "m@v1.0.0#1 2").snapshot()
    assert [one.code for one in found.problems] == ["version-moved"]
    latest = found.artifact("m").latest
    assert latest is not None
    assert latest.commit == oid(1)


def test_what_was_set_aside_is_no_event_but_new_ones_must_sort_behind_it() -> None:
    state = tags("m@v1.0.0 1", "m@v1.0.0#1 2").state()
    assert state.newest is not None
    assert state.newest.ref == "m@v1.0.0"
    assert state.last is not None
    assert state.last[3] == "m@v1.0.0#1"
    alone = tags("m@v1.0.0! 1").state()
    assert (alone.newest, alone.is_active, len(alone.problems)) == (None, False, 1)


def test_two_versions_on_one_commit_are_both_shown_and_doctor_names_their_tags() -> None:
    found = tags("m@v1.0.0 1", "m@v2.0.0 1").snapshot()
    assert [one.name for one in found.artifact("m").versions] == ["v1.0.0", "v2.0.0"]
    assert found.problems == (
        Problem(
            "two-versions",
            "m@v2.0.0",
            "commit 1111111 carries 2 versions of 'm': 'm@v1.0.0', 'm@v2.0.0'",
            "GTO 1.10 fails on the whole repository: keep one, delete the tags of the others",
            "m",
        ),
    )


def test_a_stage_goes_to_the_version_that_was_active_on_the_commit_at_that_time() -> None:
    lines = ("m@v1.0.0 1", "m#dev#1 1", "m@v1.0.0! 1", "m@v2.0.0 1", "m#prod#2 1")
    assert (holder(*lines), holder(*lines, stage="dev")) == ("v2.0.0", None)


def test_of_two_active_versions_on_a_commit_the_newer_takes_the_stage() -> None:
    assert holder("m@v2.0.0 1", "m@v1.0.0 1", "m#prod#1 1") == "v1.0.0"


def test_of_two_inactive_versions_on_a_commit_the_newer_takes_the_stage() -> None:
    state = tags("m@v2.0.0 1", "m@v2.0.0! 1", "m@v1.0.0 1", "m@v1.0.0! 1", "m#prod#1 1").state()
    found = state.version("v1.0.0")
    assert found is not None
    assert found.stage("prod") is not None
    assert [one.name for one in state.at_commit(oid(1))] == ["v1.0.0", "v2.0.0"]


def test_a_stage_older_than_both_versions_of_its_commit_goes_to_the_first() -> None:
    assert holder("m#prod#1 1", "m@v2.0.0 1", "m@v1.0.0 1") == "v2.0.0"


def test_the_versions_of_a_commit_are_listed_as_a_new_stage_would_choose() -> None:
    state = tags("m@v1.0.0 1", "m@v2.0.0 1", "m@v3.0.0 1", "m@v3.0.0! 1", "m@v4.0.0 2", "m#prod#1 3").state()
    assert [one.name for one in state.at_commit(oid(1))] == ["v2.0.0", "v1.0.0", "v3.0.0"]
    assert state.at_commit(oid(3)) == ()


def test_an_unassignment_alone_makes_a_version_that_is_in_no_stage() -> None:
    found = version(oid(1), "m#prod!#1 1").stage("prod")
    assert found is not None
    assert not found.is_active
    assert found.newest == found.author == found.unassignments[0]


def test_a_stage_knows_the_newest_assignment_and_the_newest_event() -> None:
    found = version("v1.0.0", "m@v1.0.0 1", "m#prod#1 1", "m#prod#2 1", "m#prod!#3 1").stage("prod")
    assert found is not None
    assert (found.author.ref, found.newest.ref) == ("m#prod#2", "m#prod!#3")


def test_the_events_of_a_version_are_its_own_and_those_of_its_stages_oldest_first() -> None:
    found = version("v1.0.0", "m@v1.0.0 1", "m#prod#1 1", "m#dev#2 1", "m#prod!#3 1", "m@v1.0.0! 1", "m@v2.0.0 2")
    assert [event.ref for event in found.events] == ["m@v1.0.0", "m#prod#1", "m#dev#2", "m#prod!#3", "m@v1.0.0!"]
    assert found.stage("staging") is None


def test_the_oldest_event_of_each_kind_is_kept() -> None:
    state = tags("m@v1.0.0 1", "m@v2.0.0 2", "m#prod#1 1").state()
    assert state.rank == (1, state.versions[0].registrations[0].time, "m@v1.0.0")


def test_bad_tags_of_any_artifact_leave_the_rest_readable() -> None:
    found = tags("m@v1.0.0 1", "x@created 1", more=[lightweight("nn@v0.0.1"), record("nn@!v1.0.0")]).snapshot()
    assert list(found.artifacts) == ["m"]
    assert [(one.subject, one.code) for one in found.problems] == [
        ("nn@!v1.0.0", "tag-of-gto-0"),
        ("nn@v0.0.1", "tag-lightweight"),
        ("x@created", "tag-creation"),
    ]
    assert codes("x@created 1") == [("x@created", "tag-creation")]
