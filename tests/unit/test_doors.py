"""What DVC, the GitHub Action and scripts import from GTO 1.x: names and behaviour that never change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

import gto
from gto import api, base, constants, exceptions, tag
from gto.constants import Action, VersionSort

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo


@dataclass
class Scm:
    """As scmrepo's Git, as far as DVC hands it on."""

    root_dir: str


@dataclass
class Versioned:
    version: str | None
    created_at: object = None


def build(repo: Repo) -> Repo:
    """Two versions, one of them deregistered, a stage that moved, and tags that are no events."""
    repo.tag("m@v1.0.0")
    repo.tag("m#prod#1")
    repo.tag("m@v1.0.0!")
    repo.commit("second")
    repo.tag("m@v2.0.0", message="why\n")
    repo.tag("m#prod#2")
    repo.tag("models/eu=n@v1.0.0")
    repo.tag("m@deprecated")
    repo.tag("m@v3.0.0", annotated=False)
    repo.tag("v1.0.0")
    return repo


# --- gto


def test_the_package_gives_its_version_and_its_functions() -> None:
    major, minor, _ = gto.__version__.split(".", 2)
    assert (int(major), int(minor) >= 11) == (1, True)
    assert gto.api is api
    with pytest.raises(AttributeError, match="module 'gto' has no attribute 'nothing'"):
        _ = gto.nothing


# --- gto.base


def test_versions_are_sorted_highest_first_whatever_holds_them() -> None:
    texts = ["v1.0.0", "v10.0.0", "v9.0.0", "v10.0.0-rc.1"]
    expected = ["v10.0.0", "v10.0.0-rc.1", "v9.0.0", "v1.0.0"]
    assert [one.version for one in base.sort_versions(Versioned(text) for text in texts)] == expected
    assert [one["version"] for one in base.sort_versions([{"version": text} for text in texts])] == expected
    rising = base.sort_versions([{"v": text} for text in texts], ascending=True, version="v")
    assert [one["v"] for one in rising] == expected[::-1]


def test_what_has_no_version_comes_behind_and_fails_nothing() -> None:
    items = [Versioned(None), Versioned("b" * 40), Versioned("v1.0.0"), Versioned("c" * 40), object(), {}]
    found = base.sort_versions(items)
    assert [getattr(one, "version", None) for one in found] == ["v1.0.0", "c" * 40, "b" * 40, None, None, None]
    assert base.sort_versions(iter(())) == []


@pytest.mark.parametrize("sort", ["timestamp", "Timestamp", VersionSort.Timestamp])
def test_versions_are_sorted_newest_first_on_demand(sort: str | VersionSort) -> None:
    naive = datetime(2022, 1, 2)  # noqa: DTZ001  callers hand such in: it counts as UTC
    times = [
        datetime(2022, 1, 1, tzinfo=UTC),
        naive,
        None,
        0,
        datetime(2022, 1, 2, tzinfo=timezone(timedelta(hours=1))),
    ]
    items = [Versioned(None, time) for time in times]
    assert [one.created_at for one in base.sort_versions(items, sort=sort)] == [
        naive,
        times[4],
        times[0],
        0,
        None,
    ]
    assert base.sort_versions(items, sort=sort, ascending=True)[0].created_at is None
    assert base.sort_versions([{"t": 1}, {"t": 2}], sort="timestamp", timestamp="t") == [{"t": 2}, {"t": 1}]


# --- gto.constants


def test_the_constants_are_those_of_gto_1() -> None:
    assert (constants.SEPARATOR_IN_NAME, constants.SEPARATOR_IN_TAG) == (":", "=")
    assert (constants.ASSIGNMENTS_PER_VERSION, constants.VERSIONS_PER_STAGE) == (-1, 1)
    assert {one.value for one in VersionSort} == {"semver", "timestamp"}
    assert VersionSort["SemVer"].value == "semver"
    assert {one.name: one.value for one in Action} == {
        "CREATE": "create",
        "DEPRECATE": "deprecate",
        "DEREGISTER": "deregister",
        "REGISTER": "register",
        "ASSIGN": "assign",
        "UNASSIGN": "unassign",
    }


def test_a_full_name_is_taken_apart_by_the_groups_that_dvc_reads() -> None:
    match = constants.fullname_re.match("models/eu:churn")
    assert match is not None
    assert match.groupdict() == {"dirname": "models/eu:", "name": "churn"}
    match = constants.fullname_re.match("churn")
    assert match is not None
    assert match.groupdict() == {"dirname": None, "name": "churn"}
    assert constants.fullname_re.match("models/eu:") is None
    assert constants.name_re.match("team/churn")
    assert not constants.name_re.match("a:b")


ONE = {"major": "1", "minor": "0", "patch": "0"}


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        (
            "a=m@v1.0.0#1",
            {"artifact": "a=m", "dirname": "a=", "name": "m", **ONE, "version": "v1.0.0", "cancel": "", "counter": "1"},
        ),
        ("m@v1.0.0!", {"artifact": "m", "name": "m", **ONE, "version": "v1.0.0", "cancel": "!"}),
        ("m#prod!#2", {"artifact": "m", "name": "m", "stage": "prod", "cancel": "!", "counter": "2"}),
        ("m@deprecated", {"artifact": "m", "name": "m", "deprecated": "deprecated"}),
        ("m@created", {"artifact": "m", "name": "m", "created": "created"}),
    ],
)
def test_a_tag_is_taken_apart_by_the_groups_of_gto_1(text: str, groups: dict[str, str]) -> None:
    match = constants.tag_re.match(text)
    assert match is not None
    assert {key: value for key, value in match.groupdict().items() if value is not None} == groups


@pytest.mark.parametrize("text", ["a b", "", "a:b", "-a", "a\n"])
def test_a_wrong_name_raises_the_error_that_dvc_catches(text: str) -> None:
    with pytest.raises(exceptions.ValidationError) as refused:
        constants.assert_name_is_valid(text)
    assert str(refused.value) == f"Invalid value '{text}'"


def test_a_wrong_full_name_raises_the_same() -> None:
    constants.assert_name_is_valid("team/churn")
    constants.assert_fullname_is_valid("models/eu:churn")
    for text in ("a b", "a:b:c", "churn\n"):
        with pytest.raises(exceptions.ValidationError) as refused:
            constants.assert_fullname_is_valid(text)
        assert refused.value.hint == "a full name looks like 'churn' or 'models/eu:churn'"


# --- gto.tag


def test_every_event_that_was_ever_tagged_is_found_oldest_first(repo: Repo) -> None:
    found = tag.find(scm=Scm(str(build(repo).path)))
    assert [one.name for one in found] == [
        "m@v1.0.0",
        "m#prod#1",
        "m@v1.0.0!",
        "m@v2.0.0",
        "m#prod#2",
        "models/eu=n@v1.0.0",
        "m@deprecated",
    ]


def test_a_found_tag_has_the_fields_that_scmrepo_gives(repo: Repo) -> None:
    commit = repo.git("rev-parse", "HEAD")
    oid = repo.tag("m@v1.0.0", message="why\nso\n", date="2022-05-01T10:00:00+0230")
    (found,) = tag.find(name="m", scm=str(repo.path))
    assert found == tag.GitTag(
        "m@v1.0.0",
        oid,
        commit,
        "Ada Lovelace",
        "ada@example.com",
        1651390200,
        9000,
        "why\nso",
        datetime(2022, 5, 1, 10, tzinfo=timezone(timedelta(hours=2.5))),
    )


def test_tags_are_found_by_what_they_do_and_name(repo: Repo) -> None:
    scm = Scm(str(build(repo).path))
    assert [one.name for one in tag.find(Action.REGISTER, scm=scm)] == ["m@v1.0.0", "m@v2.0.0", "models/eu=n@v1.0.0"]
    assert [one.name for one in tag.find({Action.ASSIGN, Action.DEPRECATE}, "m", scm=scm)] == [
        "m#prod#1",
        "m#prod#2",
        "m@deprecated",
    ]
    assert [one.name for one in tag.find(version="v1.0.0", name="m", scm=scm)] == ["m@v1.0.0", "m@v1.0.0!"]
    assert [one.name for one in tag.find(stage="prod", scm=scm)] == ["m#prod#1", "m#prod#2"]
    assert [one.name for one in tag.find(name="models/eu:n", scm=scm)] == ["models/eu=n@v1.0.0"]
    assert tag.find(name="nobody", scm=scm) == []
    assert tag.find(name="no name*", scm=scm) == []
    assert tag.find(Action.CREATE, scm=scm) == []


def test_the_search_may_be_limited_to_some_tags(repo: Repo) -> None:
    scm = Scm(str(build(repo).path))
    some = tag.find(Action.ASSIGN, scm=scm)
    assert tag.find(scm=scm, tags=some) == some
    assert tag.find(Action.REGISTER, scm=scm, tags=some) == []


def test_a_search_needs_a_repository_and_knows_one_order(tmp_path: Path) -> None:
    with pytest.raises(exceptions.MissingArg, match="'scm' is required"):
        tag.find()
    with pytest.raises(NotImplementedError, match="Unknown sort: by_name"):
        tag.find(scm=str(tmp_path), sort="by_name")
    with pytest.raises(exceptions.NoRepo):
        tag.find(scm=str(tmp_path))


def test_a_tag_is_taken_apart(repo: Repo) -> None:
    repo.tag("models/eu=m#prod#1", date="2022-05-01T10:00:00+0000")
    (found,) = tag.find(scm=str(repo.path))
    made = tag.parse_tag(found)
    assert made == tag.Tag(
        Action.ASSIGN, "models/eu:m", datetime(2022, 5, 1, 10, tzinfo=UTC), found, version=None, stage="prod"
    )


def test_a_tag_that_is_no_event_raises_the_error_that_dvc_catches() -> None:
    @dataclass
    class Other:
        name: str = "release-1"
        tag_datetime: datetime = datetime(2022, 1, 1, tzinfo=UTC)

    with pytest.raises(exceptions.InvalidTagName):
        tag.parse_tag(Other())


def test_a_name_is_taken_apart_or_gives_nothing() -> None:
    assert tag.parse_name("m@v1.0.0!#2") == {
        "name": "m",
        "version": "v1.0.0",
        "action": Action.DEREGISTER,
        "counter": 2,
    }
    assert tag.parse_name("release-1", raise_on_fail=False) == {}
    with pytest.raises(exceptions.InvalidTagName):
        tag.parse_name("release-1")


# --- gto.exceptions


def test_the_errors_of_gto_1_keep_their_names_and_their_base() -> None:
    names = ["WrongArgs", "ValidationError", "InvalidTagName", "RefNotFound", "TagExists", "NoRepo", "InvalidVersion"]
    for name in [*names, "ArtifactNotFound", "WrongConfig", "NotImplementedInGTO"]:
        assert issubclass(getattr(exceptions, name), exceptions.GTOException)


def test_an_error_is_its_sentence_and_carries_its_hint() -> None:
    error = exceptions.GTOException("no", "try this")
    assert (str(error), error.message, error.msg, error.hint, error.exit_code) == ("no", "no", "no", "try this", 1)
    assert exceptions.ExclusiveOptions("no").exit_code == 2


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (exceptions.NoRepo("x"), "No Git repo found in 'x'"),
        (exceptions.NoRepo("x", "dubious"), "No Git repo found in 'x': dubious"),
        (exceptions.RefNotFound("x"), "Ref 'x' was not found in the repository history"),
        (exceptions.NoAnnotation("m", "HEAD"), "No annotation of 'm' in HEAD"),
        (exceptions.NoFile("x"), "Nothing found in 'x' for checked out commit"),
        (exceptions.TypeNotAllowed("t", ["model"]), "Allowed types are: '['model']'"),
        (exceptions.PathIsUsed("a", "m", "a/b"), "Provided path 'a' conflicts with 'a/b' of artifact 'm'"),
        (
            exceptions.UncommittedChanges("x"),
            "'x' has changes that are not committed: automated committing is not possible",
        ),
        (exceptions.BadFile("x", "why"), "x: why"),
        (exceptions.TagUnreadable("t", "gone", ""), "Nothing is written while tag 't' cannot be read: gone"),
        (
            exceptions.TagsDiffer(["m@v1.0.0", "m@v2.0.0"], "origin"),
            "2 tag(s) are not the same here and on 'origin', 'm@v1.0.0' for one",
        ),
        (exceptions.BadFile("x", "why", 3), "x, line 3: why"),
        (exceptions.GitMissing("no git"), "no git"),
        (exceptions.NoIdentity("fatal"), "Git does not know who you are: no name and e-mail address for the tag"),
    ],
)
def test_an_error_makes_its_sentence_once(error: exceptions.GTOException, message: str) -> None:
    assert str(error) == error.message == message


@pytest.mark.parametrize(
    ("argv", "verb"),
    [
        (("tag",), "tag"),
        (("-C", "/x", "-c", "a=b", "--no-pager", "push", "origin"), "push"),
        (("-C",), ""),
        ((), ""),
    ],
)
def test_an_error_of_git_says_which_of_its_commands_failed(argv: tuple[str, ...], verb: str) -> None:
    error = exceptions.GitError(argv, 128, " fatal: no\n")
    assert (error.verb, error.message, error.status) == (verb, f"git {verb} failed: fatal: no", 128)
    assert exceptions.PushRejected(argv, 1, "").message == f"git {verb} failed: exit status 1"
