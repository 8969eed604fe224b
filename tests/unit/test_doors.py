"""What DVC, the GitHub Action and scripts import from GTO 1.x: names and behaviour that never change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

import gto
import gto.cli
import gto.registry
from gto import api, base, config, constants, exceptions, git_registry, index, tag, versions
from gto.constants import Action, VersionSort

if TYPE_CHECKING:
    from collections.abc import Callable
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


def test_the_names_of_gto_1_are_where_they_were() -> None:
    assert gto.GitRegistry is gto.registry.GitRegistry is git_registry.GitRegistry
    assert gto.RepoIndexManager is index.RepoIndexManager
    names = {"api", "CONFIG", "RepoIndexManager", "GitRegistry", "__version__", "load", "save"}
    assert set(gto.__all__) == names
    assert names < set(dir(gto))
    for module in (gto.registry, gto.cli, config):
        with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
            _ = module.nothing


# --- gto.GitRegistry


def test_a_registry_object_writes_reads_and_numbers_as_in_gto_1(repo: Repo) -> None:
    with gto.GitRegistry.from_url(str(repo.path)) as registry:
        assert (registry.cloned, registry.is_gto_repo()) == (False, False)
        assert registry.register("m", "HEAD").tag == "m@v0.0.1#1"
        assert registry.assign("m", "prod", version="v0.0.1").tag == "m#prod#2"
        assert registry.is_gto_repo()
        assert [one.stage for one in registry.which("m", "prod") or []] == ["prod"]
        assert registry.find_commit("m", "v0.0.1") == repo.git("rev-parse", "HEAD")
        assert registry.get_stages(used=True) == ["prod"]
        assert [event.event for event in registry.check_ref("m#prod#2")] == ["assignment"]
        assert registry.unassign("m", "prod", version="v0.0.1") is not None
        assert registry.which("m", "prod", raise_if_not_found=False) is None
        with pytest.raises(exceptions.NoActiveAssignment):
            registry.which("m", "prod")
        assert registry.deregister("m", version="v0.0.1") is not None
        assert registry.latest("m") is None
        assert registry.deprecate("m") is not None
        assert not registry.find_artifact("m").is_active
        assert registry.find_artifact("new", create_new=True).versions == []
        with pytest.raises(exceptions.ArtifactNotFound):
            registry.find_artifact("new")
    with pytest.raises(exceptions.NoRepo), gto.GitRegistry.from_url("/nowhere"):
        pass


def test_state_goes_down_to_the_last_event(repo: Repo) -> None:
    repo.commit("annotate", {"artifacts.yaml": "m: {type: model, path: x}\n"})
    build(repo)
    with gto.GitRegistry.from_scm(Scm(str(repo.path))) as registry:
        state = registry.get_state()
    m = state.find_artifact("m")
    assert isinstance(m, base.Artifact)
    assert (m.is_registered, m.is_active, m.unique_stages) == (True, False, {"prod"})
    assert (state.unique_stages, state.find_commit("m", "v2.0.0")) == (["prod"], repo.git("rev-parse", "HEAD"))
    first, second = m.versions
    assert (first.is_active, second.is_active, str(second.semver)) == (False, True, "v2.0.0")
    assert second.semver > first.semver
    assert [type(event) for event in second.get_events(ascending=True)][-2:] == [base.Registration, base.Assignment]
    assert second.get_enrichments_info[0]["source"] == "gto"
    assert second.get_vstage("prod").ref == "m#prod#2"
    assert list(second.stages) == ["prod"]
    with pytest.raises(exceptions.NoStageForVersion):
        second.get_vstage("dev")
    assert m.get_versions() == [second]
    assert [one.version for one in m.get_versions(active_only=False)] == ["v2.0.0", "v1.0.0"]
    assert m.get_latest_version() == second
    with pytest.raises(exceptions.ManyVersions):
        m.find_version()
    with pytest.raises(exceptions.VersionRequired):
        m.find_version("v9.0.0", raise_if_not_found=True)
    assert (
        state.model_dump()["artifacts"]
        == json.loads(repo.gto("print-state").stdout, object_hook=with_times)["artifacts"]
    )
    assert "discovered" not in second.dict_state({"discovered"})
    assert (m.ref, m.author) == ("m@deprecated", m.deprecations[0].author)


def with_times(value: dict[str, object]) -> dict[str, object]:
    when = value.get("created_at")
    return {**value, "created_at": datetime.fromisoformat(when)} if isinstance(when, str) else value


def test_an_empty_directory_is_no_registry_and_a_configuration_makes_one(repo: Repo, tmp_path: Path) -> None:
    assert not api._is_gto_repo(str(tmp_path))  # noqa: SLF001  published by 1.10 all the same
    assert not api._is_gto_repo(str(repo.path))  # noqa: SLF001
    (repo.path / ".gto").write_text("", encoding="utf-8")
    assert api._is_gto_repo(str(repo.path))  # noqa: SLF001


# --- gto.index


def test_annotations_are_read_and_changed_by_the_object_of_gto_1(repo: Repo) -> None:
    with gto.RepoIndexManager.from_url(str(repo.path)) as manager:
        added = ("model", "m.pkl", False, False, ["a"], "", None)
        manager.add("m", *added, update=False)
        with pytest.raises(exceptions.ArtifactExists):
            manager.add("m", *added, update=False)
        assert manager.get_index().state == {"m": index.Artifact("model", "m.pkl", labels=["a"])}
        assert manager.get_history() == {}
        repo.commit("annotate", {"artifacts.yaml": "m: {type: model}\n"})
        found = manager.get_commit_index("HEAD")
        assert found is not None
        assert (found.frozen, found.state["m"].model_dump(exclude_defaults=True)) == (True, {"type": "model"})
        assert list(manager.artifact_centric_representation()) == ["m"]
        assert manager.get_commit_index("HEAD~1") is None
        with pytest.raises(ValueError, match="No Index exists at HEAD~1"):
            manager.get_commit_index("HEAD~1", allow_to_not_exist=False)
        with pytest.raises(exceptions.ArtifactNotFound):
            manager.assert_existence("other", "HEAD")
        with pytest.raises(exceptions.NotImplementedInGTO):
            manager.remove("m", commit_message="mine")
        manager.remove("m")
        assert "m" not in manager.get_index()


# --- gto.config


def test_the_configuration_has_the_names_of_gto_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GTO_INDEX", "other.yaml")
    assert (gto.CONFIG.INDEX, gto.CONFIG.stages, config.CONFIG_FILE_NAME) == ("other.yaml", None, ".gto")
    assert config.read_registry_config(tmp_path / ".gto") == config.RegistryConfig(
        "other.yaml", CONFIG_FILE_NAME=str(tmp_path / ".gto")
    )
    (tmp_path / ".gto").write_text("stages: [dev]\ntypes: [model]\n", encoding="utf-8")
    found = config.read_registry_config(tmp_path / ".gto")
    assert (found.stages, found.config_file_exists(), found.check_index_exist(str(tmp_path))) == (["dev"], True, False)
    found.assert_stage("dev")
    found.assert_type("model")
    with pytest.raises(exceptions.UnknownStage):
        found.assert_stage("prod")
    with pytest.raises(exceptions.UnknownType):
        found.assert_type("data")
    with pytest.raises(exceptions.WrongConfig):
        config.read_registry_config(tmp_path)


# --- gto.versions


def test_a_number_compares_and_grows() -> None:
    one = versions.SemVer("v1.2.3-rc.1+b")
    assert (one.major, one.minor, one.patch, one.prerelease, one.build) == (1, 2, 3, "rc.1", "b")
    assert versions.SemVer("v1.3.4") < "v2.0.0"
    assert str(versions.SemVer("v1.3.4").bump_major().bump_minor().bump(bump_patch=True)) == "v2.1.1"
    assert len({versions.SemVer.get_minimal(), versions.SemVer.parse("v0.0.1")}) == 1
    assert repr(one) == "SemVer('v1.2.3-rc.1+b')"
    assert not versions.SemVer.is_valid(1)
    with pytest.raises(exceptions.IncomparableVersions):
        _ = one < 1
    with pytest.raises(exceptions.WrongArgs):
        one.bump()
    with pytest.raises(exceptions.InvalidVersion):
        versions.SemVer("1.2.3")


# --- gto.cli


def test_the_command_line_as_an_object_ends_as_gto_does(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        gto.cli.app.main(["show", "nothing", "-r", str(repo.path)])
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("❌ Cannot find artifact 'nothing'\n")


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


def test_strings_are_checked_and_selectors_taken_apart() -> None:
    assert constants.check_string_is_valid("models/eu=n", regex=constants.fullname_in_tag_re)
    assert not constants.check_string_is_valid("a b")
    assert (constants.name_to_tag("a:b"), constants.tag_to_name("a=b")) == ("a=b", "a:b")
    assert (constants.is_hexsha("a" * 40), constants.is_hexsha("a" * 39)) == (True, False)
    assert constants.mark_artifact_unregistered("m") == "*m"
    assert constants.parse_shortcut("m@latest") == constants.Shortcut("m", latest=True, shortcut=True)
    assert constants.parse_shortcut("m@v1.0.0").version == "v1.0.0"
    assert constants.parse_shortcut("m#prod").stage == "prod"
    assert constants.parse_shortcut("m") == constants.Shortcut("m")


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


def test_tags_are_named_written_and_deleted(repo: Repo) -> None:
    scm = Scm(str(repo.path))
    name = tag.name_tag(Action.ASSIGN, "models/eu:m", stage="prod", scm=scm)
    assert name == "models/eu=m#prod#1"
    tag.create_tag(scm, name, "HEAD", "why", "Ann", "ann@example.com")
    found = tag.find(scm=scm)[0]
    assert (found.name, found.message, found.tagger_name) == (name, "why", "Ann")
    assert tag.name_tag(Action.REGISTER, "models/eu:m", "v1.0.0", scm=scm).endswith("#2")
    assert tag.name_tag(Action.REGISTER, "m", "v1.0.0", simple=True) == "m@v1.0.0"
    assert tag.parse_name_reference("m") == (tag.NAME_REFERENCE.NAME, "m")
    assert tag.parse_name_reference(name)[0] is tag.NAME_REFERENCE.TAG
    refused: dict[type[Exception], Callable[[], object]] = {
        exceptions.TagExists: lambda: tag.create_tag(scm, name, "HEAD", "again"),
        exceptions.RefNotFound: lambda: tag.create_tag(scm, "m", "nowhere", "why"),
        exceptions.InvalidTagName: lambda: tag.create_tag(scm, "m\ncreate refs/heads/x", "HEAD", "why"),
        exceptions.MissingArg: lambda: tag.name_tag(Action.REGISTER, "m", "v1.0.0"),
        exceptions.UnknownAction: lambda: tag.name_tag(Action.CREATE, "m", simple=True),
        exceptions.TagNotFound: lambda: tag.delete_tag(scm, "nowhere"),
    }
    for error, call in refused.items():
        with pytest.raises(error):
            call()
    tag.delete_tag(scm, name)
    assert tag.find(scm=scm) == []


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


def test_every_error_is_given_whatever_file_it_is_in_and_no_other_name() -> None:
    found: dict[str, object] = {}
    exec("from gto.exceptions import *", found)  # noqa: S102 - a star stands at the top of a script, not in a test
    assert found.keys() - {"__builtins__"} == set(dir(exceptions)) > {"NoRepo", "UnknownStage", "ToolMissing"}
    assert found["NoRepo"] is exceptions.NoRepo
    assert not hasattr(exceptions, "NotThere")


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
        (("--version",), ""),
        (("-C",), ""),
        ((), ""),
    ],
)
def test_an_error_of_git_says_which_of_its_commands_failed(argv: tuple[str, ...], verb: str) -> None:
    error = exceptions.GitError(argv, 128, " fatal: no\n")
    assert (error.verb, error.message, error.status) == (verb, f"git {verb} failed: fatal: no", 128)
    assert exceptions.PushRejected(argv, 1, "").message == f"git {verb} failed: exit status 1"
