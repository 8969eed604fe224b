from __future__ import annotations

import pytest

from gto.core import plan
from gto.core.plan import Plan, Registration
from gto.core.semver import Bump
from gto.exceptions import CommitTaken, Conflict, InvalidVersion, UsageError, VersionTaken
from tests.factories import oid, tags

BACK = ("m@v1.0.0 1", "m@v1.0.0! 1")


def registering(wish: Registration, *lines: str, force: bool = False) -> Plan:
    return plan.register(tags(*lines).context(force=force), wish)


def version(wish: Registration, *lines: str, force: bool = False) -> str | None:
    (new,) = registering(wish, *lines, force=force).create
    assert new.commit == wish.commit
    return new.version


def new(text: str | None = None, bump: Bump | None = None, *, commit: int = 9, second: bool = False) -> Registration:
    return Registration(oid(commit), text, bump, second)


def test_the_first_version_is_v0_0_1() -> None:
    assert version(new()) == "v0.0.1"


def test_the_next_version_bumps_the_patch_of_the_highest_active_one() -> None:
    assert version(new(), "m@v1.2.3 1", "m@v1.10.0 2", "m@v1.9.0 3") == "v1.10.1"


@pytest.mark.parametrize(("bump", "text"), [(Bump.MAJOR, "v2.0.0"), (Bump.MINOR, "v1.3.0"), (Bump.PATCH, "v1.2.4")])
def test_a_bump_raises_its_part(bump: Bump, text: str) -> None:
    assert version(new(bump=bump), "m@v1.2.3 1") == text
    assert version(new(bump=bump), "m@v1.2.3 1", force=True) == text


@pytest.mark.parametrize("bump", list(Bump))
def test_a_bump_from_a_pre_release_is_its_release(bump: Bump) -> None:
    assert version(new(bump=bump), "m@v1.0.0-rc.1 1") == "v1.0.0"


@pytest.mark.parametrize("bump", list(Bump))
def test_a_bump_on_a_first_version_is_refused(bump: Bump) -> None:
    with pytest.raises(Conflict) as refused:
        registering(new(bump=bump))
    assert refused.value.message == "Can't apply bump, because this is the first version being registered"
    assert refused.value.hint == "leave the bump out, or name the version with --version"


def test_a_lower_version_may_be_named() -> None:
    assert version(new("v0.5.0"), "m@v1.2.3 1") == "v0.5.0"


def test_a_version_and_a_bump_exclude_each_other() -> None:
    with pytest.raises(UsageError) as refused:
        registering(new("v1.0.0", Bump.MAJOR))
    assert refused.value.message == "Need to specify either version or single bump argument"
    assert refused.value.hint == "leave one of them out"


def test_what_is_no_version_is_refused() -> None:
    with pytest.raises(InvalidVersion) as refused:
        registering(new("1.2.3"), "m@v1.0.0 9")
    assert refused.value.message == "Supplied version '1.2.3' cannot be parsed"


def test_a_version_that_is_taken_is_refused() -> None:
    with pytest.raises(VersionTaken) as refused:
        registering(new("v1.0.0"), "m@v1.0.0 1")
    assert refused.value.message == "Version 'v1.0.0' already was registered."
    assert refused.value.hint == "choose another version"
    assert (refused.value.name, refused.value.version) == ("m", "v1.0.0")


def test_a_version_that_was_deregistered_elsewhere_is_refused_with_the_way_to_bring_it_back() -> None:
    with pytest.raises(VersionTaken) as refused:
        registering(new("v1.0.0"), *BACK)
    assert refused.value.hint == "to bring it back: `gto register m 1111111111`"


def test_numbers_of_deregistered_versions_are_skipped() -> None:
    assert version(new(), *BACK) == "v0.0.1"
    assert version(new(), "m@v0.0.1 1", "m@v0.0.1! 1") == "v0.0.2"
    used = ("m@v1.0.0 1", "m@v1.0.1 2", "m@v1.0.1! 2", "m@v1.0.2 3", "m@v1.0.2! 3", "m@v2.0.0 4", "m@v2.0.0! 4")
    assert version(new(), *used) == "v1.0.3"
    assert version(new(bump=Bump.MAJOR), *used) == "v3.0.0"


@pytest.mark.parametrize("wish", [new(commit=1), new("v2.0.0", commit=1), new(bump=Bump.MINOR, commit=1)])
def test_a_commit_that_carries_a_version_is_refused(wish: Registration) -> None:
    with pytest.raises(CommitTaken) as refused:
        registering(wish, "m@v1.0.0 1")
    assert refused.value.message == "'m' is already registered in this commit with version 'v1.0.0'"
    assert refused.value.hint == "`gto deprecate m v1.0.0` deregisters it; another commit may carry another version"
    assert (refused.value.name, refused.value.version) == ("m", "v1.0.0")


@pytest.mark.parametrize("text", [None, "v1.0.0"])
def test_force_registers_the_same_version_of_a_commit_again_with_a_counter(text: str | None) -> None:
    made = registering(new(text, commit=1), "m@v1.0.0 1", force=True)
    assert str(made.create[0].name) == "m@v1.0.0#1"
    assert made.notes == ("'v1.0.0' is registered for the second time: `gto show m` of GTO 1.10 fails on that",)


@pytest.mark.parametrize("second", [False, True])
def test_force_never_puts_a_second_version_on_a_commit(second: bool) -> None:  # noqa: FBT001  a case
    for wish in (new("v2.0.0", commit=1, second=second), new(bump=Bump.MAJOR, commit=1, second=second)):
        with pytest.raises(CommitTaken):
            registering(wish, "m@v1.0.0 1", force=True)


@pytest.mark.parametrize(("text", "second"), [(None, False), ("v1.0.0", False), ("v1.0.0", True)])
def test_a_deregistered_version_is_registered_again_with_a_counter(text: str | None, second: bool) -> None:  # noqa: FBT001  a case
    before = tags(*BACK)
    context = before.context()
    made = plan.register(context, new(text, commit=1, second=second))
    assert str(made.create[0].name) == "m@v1.0.0#1"
    assert "is registered for the second time" in made.notes[0]
    after = before.after(made, context).state()
    assert [one.name for one in after.versions if one.is_active] == ["v1.0.0"]


@pytest.mark.parametrize("wish", [new("v2.0.0", commit=1), new(bump=Bump.PATCH, commit=1)])
def test_another_version_on_the_commit_of_a_deregistered_one_is_refused(wish: Registration) -> None:
    for force in (False, True):
        with pytest.raises(CommitTaken) as refused:
            registering(wish, *BACK, force=force)
        assert refused.value.message == "For this REF you can only register v1.0.0, which was deregistered here"
        assert "add --allow-second-version" in refused.value.hint


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        (new("v2.0.0", commit=1, second=True), "v2.0.0"),
        (new(commit=1, second=True), "v0.0.1"),
    ],
)
def test_a_second_version_on_a_commit_is_allowed_on_demand_with_a_note(wish: Registration, text: str) -> None:
    made = registering(wish, *BACK)
    assert made.create[0].version == text
    assert made.notes == ("GTO 1.10 fails on the whole repository when a commit carries two versions of 'm'",)


def test_the_commit_of_a_stage_without_registration_may_be_registered() -> None:
    assert version(new(commit=1), "m#prod#1 1") == "v0.0.1"


def test_registering_a_deprecated_artifact_says_that_it_comes_back() -> None:
    made = registering(new(), "m@v1.0.0 1", "m@deprecated 1")
    assert made.notes == ("artifact 'm' was deprecated: this brings it back",)
    assert registering(new(), "m@v1.0.0 1").notes == ()
