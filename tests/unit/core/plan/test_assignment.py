from __future__ import annotations

import pytest

from gto.core import plan
from gto.core.plan import Assignment, Plan
from gto.exceptions import (
    AlreadyInStage,
    ArtifactNotFound,
    Conflict,
    EmptyStage,
    InvalidName,
    InvalidVersion,
    StageNotAllowed,
    UsageError,
    VersionNotFound,
    VersionTaken,
    WrongArgs,
)
from tests.factories import oid, tags

TWO = ("m@v1.0.0 1", "m@v2.0.0 2")
CROWD = ("m@v1.0.0 1", "m@v2.0.0 1")


def assigning(
    wish: Assignment, *lines: str, force: bool = False, simple: bool | None = None, message: str | None = None
) -> Plan:
    return plan.assign(tags(*lines).context(force=force, simple=simple, message=message), wish, None)


def written(made: Plan) -> list[tuple[str, str, str | None]]:
    return [(str(tag.name), tag.commit, tag.version) for tag in made.create]


def test_a_registered_version_takes_a_stage_at_its_commit() -> None:
    assert written(assigning(Assignment("prod", "v1.0.0"), *TWO)) == [("m#prod#1", oid(1), "v1.0.0")]


def test_a_commit_with_a_version_takes_the_stage_without_another_registration() -> None:
    assert written(assigning(Assignment("prod", commit=oid(2)), *TWO)) == [("m#prod#1", oid(2), "v2.0.0")]


def test_a_commit_without_a_version_is_registered_first() -> None:
    made = assigning(Assignment("prod", commit=oid(3)), *TWO)
    assert written(made) == [("m@v2.0.1", oid(3), "v2.0.1"), ("m#prod#1", oid(3), "v2.0.1")]
    named = assigning(Assignment("prod", commit=oid(3), name_version="v7.0.0"), *TWO)
    assert written(named) == [("m@v7.0.0", oid(3), "v7.0.0"), ("m#prod#1", oid(3), "v7.0.0")]


def test_the_first_event_of_an_artifact_may_be_an_assignment() -> None:
    assert [name for name, _, _ in written(assigning(Assignment("prod", commit=oid(3))))] == ["m@v0.0.1", "m#prod#1"]


@pytest.mark.parametrize(("simple", "stage"), [(True, "m#prod"), (False, "m#prod#1")])
def test_the_registration_on_the_way_is_plain_and_has_the_default_message(simple: bool, stage: str) -> None:  # noqa: FBT001  a case
    made = assigning(Assignment("prod", commit=oid(3)), simple=simple, message="why")
    assert [str(tag.name) for tag in made.create] == ["m@v0.0.1", stage]
    assert [tag.message for tag in made.create] == ["Registering artifact m version v0.0.1", "why"]


def test_a_registration_on_the_way_that_is_numbered_raises_the_counter_of_the_assignment() -> None:
    before = tags("m@v1.0.0 1 0", "m#dev#3 1 60")
    made = plan.assign(before.context(60), Assignment("prod", commit=oid(3)), None)
    assert [str(tag.name) for tag in made.create] == ["m@v1.0.1#4", "m#prod#5"]
    with pytest.raises(Conflict, match="'m#prod' would not sort last"):
        plan.assign(before.context(60, simple=True), Assignment("prod", commit=oid(3)), None)


def test_skipping_the_registration_names_the_version_by_the_commit() -> None:
    made = assigning(Assignment("prod", commit=oid(3), skip_registration=True), *TWO)
    assert written(made) == [("m#prod#1", oid(3), oid(3))]
    again = assigning(Assignment("dev", oid(3)), "m#prod#1 3")
    assert written(again) == [("m#dev#2", oid(3), oid(3))]


def test_skipping_the_registration_and_naming_a_version_exclude_each_other() -> None:
    wish = Assignment("prod", commit=oid(3), name_version="v1.0.0", skip_registration=True)
    with pytest.raises(UsageError) as refused:
        assigning(wish)
    assert refused.value.message == "You either need to supply version name or skip registration"
    assert refused.value.hint == "leave out --version or --skip-registration"


@pytest.mark.parametrize("wish", [Assignment("prod"), Assignment("prod", "v1.0.0", oid(1))])
def test_one_of_version_and_commit_is_needed(wish: Assignment) -> None:
    with pytest.raises(UsageError) as refused:
        assigning(wish, *TWO)
    assert refused.value.message == "One and only one of (version, rev) must be specified."
    assert refused.value.hint == "name a version or a commit"


@pytest.mark.parametrize("wish", [Assignment("prod", "1.0.0"), Assignment("prod", commit=oid(3), name_version="1.0.0")])
def test_what_is_no_version_is_refused(wish: Assignment) -> None:
    with pytest.raises(InvalidVersion) as refused:
        assigning(wish, *TWO)
    assert refused.value.message == "Version '1.0.0' is not valid. Example of valid version: 'v1.0.0'"


def test_a_wrong_stage_name_is_refused() -> None:
    with pytest.raises(InvalidName, match="Invalid stage name 'pr od'"):
        assigning(Assignment("pr od", "v1.0.0"), *TWO)


def test_a_stage_that_the_configuration_does_not_list_is_refused_and_the_list_is_named() -> None:
    with pytest.raises(StageNotAllowed) as refused:
        plan.assign(tags(*TWO).context(), Assignment("qa", "v1.0.0"), ["dev", "prod"])
    assert refused.value.message == "Allowed stages are: '['dev', 'prod']'"
    assert refused.value.hint == "'qa' is not one of them: see .gto"
    assert (refused.value.stage, refused.value.allowed) == ("qa", ("dev", "prod"))
    assert plan.assign(tags(*TWO).context(), Assignment("dev", "v1.0.0"), ["dev", "prod"]).create


def test_a_version_that_does_not_exist_is_refused() -> None:
    with pytest.raises(VersionNotFound) as refused:
        assigning(Assignment("prod", "v9.0.0"), *TWO)
    assert refused.value.message == "Version 'v9.0.0' is not registered"
    assert refused.value.hint == "see `gto show m`"


def test_a_second_version_for_a_commit_is_refused() -> None:
    with pytest.raises(Conflict) as refused:
        assigning(Assignment("prod", commit=oid(1), name_version="v3.0.0"), *TWO)
    assert refused.value.message == "Can't register 'v3.0.0', since 'v1.0.0' is registered already at this ref"
    assert refused.value.hint == "leave out --version, or name another commit"


def test_a_version_name_that_is_taken_is_refused_for_the_registration_on_the_way() -> None:
    with pytest.raises(VersionTaken):
        assigning(Assignment("prod", commit=oid(3), name_version="v2.0.0"), *TWO)


@pytest.mark.parametrize("wish", [Assignment("prod", "v1.0.0"), Assignment("prod", commit=oid(1))])
def test_a_deregistered_version_takes_no_stage(wish: Assignment) -> None:
    for force in (False, True):
        with pytest.raises(Conflict) as refused:
            assigning(wish, *TWO, "m@v1.0.0! 1", force=force)
        assert refused.value.message == "Version 'v1.0.0' was deregistered, so no stage can be assigned to it"
        assert refused.value.hint == "bring it back first: `gto register m 1111111111`"


def test_the_holder_of_a_stage_is_refused_and_force_writes_a_new_tag() -> None:
    lines = (*TWO, "m#prod#1 1")
    for wish in (Assignment("prod", "v1.0.0"), Assignment("prod", commit=oid(1))):
        with pytest.raises(AlreadyInStage) as refused:
            assigning(wish, *lines)
        assert refused.value.message == "Version 'v1.0.0' is already in stage 'prod'."
        assert refused.value.hint == "use the '--force' flag to create a new Git tag nevertheless"
        assert (refused.value.version, refused.value.stage) == ("v1.0.0", "prod")
        assert written(assigning(wish, *lines, force=True)) == [("m#prod#2", oid(1), "v1.0.0")]


def test_a_commit_without_registration_that_holds_the_stage_is_refused() -> None:
    with pytest.raises(AlreadyInStage):
        assigning(Assignment("prod", commit=oid(3), skip_registration=True), "m#prod#1 3")


def test_a_version_that_another_has_replaced_may_come_back_into_the_stage() -> None:
    lines = (*TWO, "m#prod#1 1", "m#prod#2 2")
    assert written(assigning(Assignment("prod", "v1.0.0"), *lines)) == [("m#prod#3", oid(1), "v1.0.0")]
    with pytest.raises(AlreadyInStage):
        assigning(Assignment("prod", "v2.0.0"), *lines)


def test_assigning_a_deprecated_artifact_says_once_that_it_comes_back() -> None:
    lines = (*TWO, "m@deprecated 1")
    note = "artifact 'm' was deprecated: this brings it back"
    assert assigning(Assignment("prod", "v1.0.0"), *lines).notes == (note,)
    assert assigning(Assignment("prod", commit=oid(3)), *lines).notes == (note,)


def test_the_version_that_a_stage_tag_would_not_count_for_is_refused() -> None:
    with pytest.raises(Conflict) as refused:
        assigning(Assignment("prod", "v1.0.0"), *CROWD)
    assert refused.value.message == "A stage tag on commit 1111111 counts for 'v2.0.0', not for 'v1.0.0'"
    assert refused.value.hint == "`gto deprecate m v2.0.0` takes that one back"
    assert written(assigning(Assignment("prod", "v2.0.0"), *CROWD)) == [("m#prod#1", oid(1), "v2.0.0")]
    assert written(assigning(Assignment("prod", commit=oid(1)), *CROWD)) == [("m#prod#1", oid(1), "v2.0.0")]


# --- rollback


def rolling(to: str | None, *lines: str) -> Plan:
    return plan.rollback(tags(*lines).context(), "prod", to, None)


def test_a_rollback_puts_the_previous_holder_back() -> None:
    made = rolling(None, *TWO, "m#prod#1 1", "m#prod#2 2")
    assert written(made) == [("m#prod#3", oid(1), "v1.0.0")]
    assert made.notes == ("stage 'prod' of 'm' goes back from 'v2.0.0' to 'v1.0.0'",)


def test_a_rollback_may_lead_to_a_commit_without_registration() -> None:
    made = rolling(None, *TWO, "m#prod#1 3", "m#prod#2 2")
    assert written(made) == [("m#prod#3", oid(3), oid(3))]


def test_a_rollback_may_name_the_version() -> None:
    assert written(rolling("v1.0.0", *TWO, "m#prod#1 2")) == [("m#prod#2", oid(1), "v1.0.0")]
    empty = rolling("v1.0.0", *TWO)
    assert empty.notes == ("stage 'prod' of 'm' goes back to 'v1.0.0'",)


def test_a_rollback_to_the_holder_is_refused() -> None:
    with pytest.raises(AlreadyInStage):
        rolling("v2.0.0", *TWO, "m#prod#1 2")


def test_a_rollback_of_an_unknown_artifact_is_refused() -> None:
    with pytest.raises(ArtifactNotFound) as refused:
        rolling(None)
    assert refused.value.message == "Cannot find artifact 'm'"
    assert refused.value.hint == "`gto show` lists the artifacts of this repository"
    assert refused.value.name == "m"


def test_a_rollback_of_an_empty_stage_is_refused() -> None:
    with pytest.raises(EmptyStage) as refused:
        rolling(None, *TWO, "m#prod#1 1", "m#prod!#2 1")
    assert refused.value.message == "No version in stage 'prod' was found for 'm'"
    assert refused.value.hint == "`gto show m` lists its versions"
    assert (refused.value.name, refused.value.stage) == ("m", "prod")


def test_a_rollback_without_a_previous_holder_is_refused() -> None:
    with pytest.raises(Conflict) as refused:
        rolling(None, *TWO, "m#prod#1 1")
    assert refused.value.message == "No version was in stage 'prod' before 'v1.0.0'"
    assert refused.value.hint == "`gto assign m --version VERSION --stage prod` puts any version there"


def test_a_rollback_of_a_deprecated_artifact_says_that_it_comes_back() -> None:
    made = rolling(None, *TWO, "m#prod#1 1", "m#prod#2 2", "m@deprecated 1")
    assert made.notes[1:] == ("artifact 'm' was deprecated: this brings it back",)


def test_every_refusal_of_a_request_is_one_that_gto_1_callers_catch() -> None:
    assert issubclass(Conflict, WrongArgs)
    assert issubclass(VersionNotFound, WrongArgs)
