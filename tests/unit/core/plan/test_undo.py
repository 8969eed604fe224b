from __future__ import annotations

import pytest

from gto.core import plan
from gto.core.plan import Plan
from gto.exceptions import (
    AlreadyDeprecated,
    ArtifactNotFound,
    Conflict,
    InvalidName,
    InvalidVersion,
    StageNotAllowed,
    UsageError,
    VersionNotFound,
)
from tests.factories import oid, tags

ONE = ("m@v1.0.0 1", "m#prod#1 1", "m#dev#2 1")
BACK = (*ONE, "m@v1.0.0! 1")


def written(made: Plan) -> list[tuple[str, str, str | None]]:
    return [(str(tag.name), tag.commit, tag.version) for tag in made.create]


def deregistering(
    version: str | None, commit: str | None, *lines: str, force: bool = False, delete: bool = False
) -> Plan:
    return plan.deregister(tags(*lines).context(force=force), plan.TakeBack(version, commit, delete))


def unassigning(
    version: str | None, commit: str | None, *lines: str, force: bool = False, delete: bool = False
) -> Plan:
    return plan.unassign(tags(*lines).context(force=force), "prod", plan.TakeBack(version, commit, delete))


def deprecating(
    *lines: str,
    commit: str | None = None,
    head: str | None = None,
    annotated: bool = False,
    force: bool = False,
    delete: bool = False,
) -> Plan:
    context = tags(*lines).context(force=force)
    return plan.deprecate(context, commit, head, annotated=annotated, delete=delete)


# --- deregister


def test_a_version_is_deregistered_by_its_name_or_its_commit() -> None:
    expected = [("m@v1.0.0!", oid(1), "v1.0.0")]
    assert written(deregistering("v1.0.0", None, *ONE)) == expected
    assert written(deregistering(None, oid(1), *ONE)) == expected


def test_deregistering_twice_is_refused_and_force_takes_a_counter() -> None:
    with pytest.raises(Conflict) as refused:
        deregistering("v1.0.0", None, *BACK)
    assert refused.value.message == f"The version at ref '{oid(1)}' was deregistered already"
    assert refused.value.hint == "use --force to do it again"
    assert written(deregistering("v1.0.0", None, *BACK, force=True)) == [("m@v1.0.0!#3", oid(1), "v1.0.0")]


@pytest.mark.parametrize(("version", "commit"), [(oid(3), None), (None, oid(3))])
def test_a_commit_with_stages_alone_cannot_be_deregistered(version: str | None, commit: str | None) -> None:
    with pytest.raises(Conflict) as refused:
        deregistering(version, commit, "m#prod#1 3")
    assert refused.value.message == f"The version at ref '{oid(3)}' is not registered"
    assert refused.value.hint == "see `gto show m`"


def test_an_unknown_version_or_commit_or_artifact_is_refused() -> None:
    with pytest.raises(VersionNotFound) as refused:
        deregistering("v9.0.0", None, *ONE)
    assert refused.value.message == "No versions found for 'm' with version 'v9.0.0'"
    assert refused.value.hint == "see `gto show m`"
    with pytest.raises(VersionNotFound) as refused:
        deregistering(None, oid(9), *ONE)
    assert (refused.value.message, refused.value.hint) == ("No versions found for 'm'", "see `gto show m`")
    with pytest.raises(VersionNotFound) as refused:
        deregistering("v1.0.0", None)
    assert refused.value.message == "No versions found for 'm'"
    assert refused.value.hint == "`gto show` lists the artifacts"


def test_one_of_version_and_commit_is_needed_to_take_back() -> None:
    for version, commit in ((None, None), ("v1.0.0", oid(1))):
        with pytest.raises(UsageError, match="One and only one of"):
            deregistering(version, commit, *ONE)
        with pytest.raises(UsageError, match="One and only one of"):
            unassigning(version, commit, *ONE)


def test_what_is_no_version_cannot_be_taken_back() -> None:
    with pytest.raises(InvalidVersion, match=r"Version '1\.0' is not valid"):
        deregistering("1.0", None, *ONE)
    with pytest.raises(InvalidVersion):
        unassigning("G" * 40, None, *ONE)


def test_deleting_a_version_deletes_its_tags_and_those_of_its_stages() -> None:
    made = deregistering("v1.0.0", None, *ONE, "m@v2.0.0 2", "m#prod#3 2", "m#prod!#4 1", delete=True)
    assert (made.create, made.delete) == ((), ("m@v1.0.0", "m#prod#1", "m#dev#2", "m#prod!#4"))


def test_deleting_a_version_deletes_the_tags_that_would_take_its_place() -> None:
    lines = ("m@v1.0.0 1", "m@v1.0.0#1 2", "m@v1.0.0! 2", "m@v2.0.0 3", "m@v2.0.0#2 4")
    before = tags(*lines)
    made = plan.deregister(before.context(), plan.TakeBack("v1.0.0", delete=True))
    assert made.delete == ("m@v1.0.0", "m@v1.0.0#1", "m@v1.0.0!")
    assert before.after(made, before.context()).state().version("v1.0.0") is None


def test_deleting_a_deregistered_version_needs_force() -> None:
    with pytest.raises(Conflict, match="was deregistered already"):
        deregistering("v1.0.0", None, *BACK, delete=True)
    assert deregistering("v1.0.0", None, *BACK, delete=True, force=True).delete == tuple(
        line.split(" ")[0] for line in BACK
    )


# --- unassign


def test_a_stage_is_taken_off_by_version_or_commit() -> None:
    expected = [("m#prod!#3", oid(1), "v1.0.0")]
    assert written(unassigning("v1.0.0", None, *ONE)) == expected
    assert written(unassigning(None, oid(1), *ONE)) == expected


@pytest.mark.parametrize(("version", "commit"), [(oid(3), None), (None, oid(3))])
def test_a_stage_is_taken_off_a_commit_without_registration(version: str | None, commit: str | None) -> None:
    lines = ("m#prod#1 3", "m#dev#2 3")
    assert written(unassigning(version, commit, *lines)) == [("m#prod!#3", oid(3), oid(3))]


def test_a_stage_is_taken_off_a_deregistered_version() -> None:
    assert written(unassigning("v1.0.0", None, *BACK)) == [("m#prod!#3", oid(1), "v1.0.0")]


@pytest.mark.parametrize("more", [("m#prod!#3 1",), ()])
def test_unassigning_twice_or_what_was_never_assigned_is_refused(more: tuple[str, ...]) -> None:
    lines = (*ONE, *more) if more else ("m@v1.0.0 1",)
    with pytest.raises(Conflict) as refused:
        unassigning("v1.0.0", None, *lines)
    assert refused.value.message == "Stage 'prod' is not assigned to a version 'v1.0.0'"
    assert refused.value.hint == "see `gto show m`"
    assert len(unassigning("v1.0.0", None, *lines, force=True).create) == 1


def test_a_wrong_stage_name_cannot_be_taken_off() -> None:
    with pytest.raises(InvalidName, match="Invalid stage name 'pr od'"):
        plan.unassign(tags(*ONE).context(), "pr od", plan.TakeBack("v1.0.0"))


def test_a_stage_outside_the_configuration_is_taken_off_only_where_it_was_ever_used() -> None:
    context = tags(*ONE, "m@v2.0.0 2").context()
    assert written(plan.unassign(context, "prod", plan.TakeBack("v1.0.0"), allowed=["qa"]))
    with pytest.raises(Conflict, match="Stage 'prod' is not assigned to a version"):
        plan.unassign(context, "prod", plan.TakeBack("v2.0.0"), allowed=["qa"])
    with pytest.raises(StageNotAllowed) as refused:
        plan.unassign(context, "staging", plan.TakeBack("v1.0.0"), allowed=["qa"])
    assert refused.value.message == "Allowed stages are: '['qa']'"


def test_deleting_a_stage_deletes_what_put_it_there_and_took_it_off() -> None:
    lines = (*ONE, "m#prod!#3 1", "m#prod#4 1", "m#prod!#5 1", "m@v2.0.0 2", "m#prod#6 2")
    made = unassigning("v1.0.0", None, *lines, delete=True)
    assert (made.create, made.delete) == ((), ("m#prod#1", "m#prod!#3", "m#prod#4", "m#prod!#5"))


def test_deleting_a_stage_that_never_was_is_refused_and_by_force_does_nothing() -> None:
    with pytest.raises(Conflict, match="is not assigned to a version"):
        unassigning("v1.0.0", None, "m@v1.0.0 1", delete=True)
    assert unassigning("v1.0.0", None, "m@v1.0.0 1", delete=True, force=True) == Plan()


def test_a_stage_of_a_version_that_its_tag_would_not_count_for_can_only_be_deleted() -> None:
    lines = ("m@v1.0.0 1", "m#prod#1 1", "m@v2.0.0 1")
    with pytest.raises(Conflict) as refused:
        unassigning("v1.0.0", None, *lines)
    assert refused.value.message == "A stage tag on commit 1111111 counts for 'v2.0.0', not for 'v1.0.0'"
    assert refused.value.hint == "add --delete to delete the tags that put it there"
    assert unassigning("v1.0.0", None, *lines, delete=True).delete == ("m#prod#1",)


# --- deprecate


def test_an_artifact_is_deprecated_at_the_commit_of_its_newest_event() -> None:
    assert written(deprecating(*ONE, "m@v2.0.0 2", head=oid(7))) == [("m@deprecated", oid(2), None)]
    assert written(deprecating(*ONE, commit=oid(5), head=oid(7))) == [("m@deprecated", oid(5), None)]


def test_deprecating_twice_is_refused_and_force_takes_a_counter() -> None:
    with pytest.raises(AlreadyDeprecated) as refused:
        deprecating(*ONE, "m@deprecated 1")
    assert refused.value.message == "Artifact was deprecated already"
    assert refused.value.hint == "`gto show m -d` shows it"
    assert refused.value.name == "m"
    assert written(deprecating(*ONE, "m@deprecated 1", force=True)) == [("m@deprecated#3", oid(1), None)]


def test_an_artifact_that_came_back_is_deprecated_with_a_counter() -> None:
    lines = (*ONE, "m@deprecated 1", "m#prod#3 1")
    assert written(deprecating(*lines)) == [("m@deprecated#4", oid(1), None)]


def test_an_unknown_artifact_is_deprecated_at_head_only_by_force() -> None:
    with pytest.raises(ArtifactNotFound):
        deprecating(head=oid(7))
    assert written(deprecating(head=oid(7), force=True)) == [("m@deprecated#1", oid(7), None)]
    with pytest.raises(ArtifactNotFound):
        deprecating(force=True)


def test_an_artifact_that_only_a_file_describes_is_deprecated_at_head() -> None:
    assert written(deprecating(head=oid(7), annotated=True)) == [("m@deprecated", oid(7), None)]
    with pytest.raises(ArtifactNotFound):
        deprecating(head=oid(7), annotated=True, delete=True)


def test_force_and_simple_true_exclude_each_other() -> None:
    context = tags(*ONE).context(force=True, simple=True)
    with pytest.raises(UsageError) as refused:
        plan.deprecate(context, None, None, annotated=False, delete=False)
    assert refused.value.message == "Can't use 'force' with 'simple=True'"
    assert refused.value.hint == "leave one of them out"


def test_deleting_an_artifact_deletes_all_its_tags() -> None:
    lines = (*BACK, "m@v2.0.0 2", "m@v2.0.0#3 3", "m@v9.0.0! 4", "other@v1.0.0 1", "m@v3.0.0 2")
    before = tags(*lines)
    made = plan.deprecate(before.context(), None, None, annotated=False, delete=True)
    assert set(made.delete) == {line.split(" ")[0] for line in lines if line.startswith("m")}
    assert len(made.delete) == len(set(made.delete))
    assert list(before.after(made, before.context()).snapshot().artifacts) == ["other"]


def test_the_tags_of_an_artifact_are_deleted_oldest_first_and_of_one_second_the_latest_kind_first() -> None:
    lines = ("m@v1.0.0 1 0", "m#prod#1 1 0", "m@v2.0.0 2 60")
    assert deprecating(*lines, delete=True).delete == ("m#prod#1", "m@v1.0.0", "m@v2.0.0")


def test_deleting_a_deprecated_artifact_needs_force() -> None:
    with pytest.raises(AlreadyDeprecated):
        deprecating(*ONE, "m@deprecated 1", delete=True)
    assert len(deprecating(*ONE, "m@deprecated 1", delete=True, force=True).delete) == 4
