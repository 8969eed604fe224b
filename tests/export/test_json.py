"""`gto export json`: the whole registry, in one order, as its schema says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, FormatChecker

from scripts.export_schema import export
from tests.repo import Repo
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from pathlib import Path

VALIDATOR = Draft202012Validator(export(), format_checker=FormatChecker())


def exported(repo: Repo, *args: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done(repo.gto("export", "json", *args)))
    VALIDATOR.validate(found)
    return {one["name"]: one for one in found["artifacts"]}


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(export())


def test_it_holds_artifacts_versions_stages_and_events(filled: Repo) -> None:
    found = exported(filled)
    assert list(found) == ["churn", "eu:churn", "gone", "table", "trap"]
    churn = found["churn"]
    assert churn["latest"] == "v2.0.0-rc.1"
    assert churn["stages"] == {"dev": "v1.10.0"}
    versions = [(one["version"], one["active"], one["stages"]) for one in churn["versions"]]
    assert versions == [("v2.0.0-rc.1", True, []), ("v1.10.0", True, ["dev"]), ("v1.9.0", False, [])]
    assert churn["versions"][1]["message"] == "@SUM(1)\r\nsecond line"
    assert [one["event"] for one in churn["events"]] == [
        "registration",
        "assignment",
        "registration",
        "assignment",
        "registration",
        "deregistration",
    ]
    assert churn["annotation"]["custom"] == {"owner": "group:default/ml", "license": "Apache-2.0"}
    assert churn["annotation"]["file"] == "dvc.yaml"
    assert all(one["annotation"]["path"] == "models/churn.bin" for one in churn["versions"])


def test_what_is_deprecated_and_what_has_no_version_is_told_apart(filled: Repo) -> None:
    found = exported(filled)
    assert (found["gone"]["active"], found["gone"]["stages"], found["gone"]["annotation"]) == (False, {}, None)
    assert (found["table"]["registered"], found["table"]["active"], found["table"]["versions"]) == (False, True, [])
    assert found["table"]["annotation"]["type"] == "dataset"
    commit, registered = sorted(found["eu:churn"]["versions"], key=lambda one: bool(one["registered"]))
    assert commit["version"] == commit["commit"]
    assert commit["stages"] == ["dev"]
    assert commit["registered_at"] is None
    assert registered["annotation"]["description"] == "EU"


def test_a_deprecated_artifact_is_in_no_stage(repo: Repo) -> None:
    repo.commit()
    done(repo.gto("register", "a"))
    done(repo.gto("assign", "a", "--version", "v0.0.1", "--stage", "prod"))
    assert exported(repo)["a"]["stages"] == {"prod": "v0.0.1"}
    done(repo.gto("deprecate", "a"))
    assert exported(repo)["a"]["stages"] == {}
    assert exported(repo)["a"]["versions"][0]["stages"] == []


def test_the_same_tags_give_the_same_bytes_in_every_clone(filled: Repo, tmp_path: Path) -> None:
    clone = Repo(tmp_path / "clone")
    filled.git("clone", "--quiet", "--no-local", str(filled.path), str(clone.path))
    first = done(filled.gto("export", "json"))
    assert done(clone.gto("export", "json")) == first
    assert done(filled.gto("export", "json", "-r", f"file://{filled.path}")) == first
    filled.commit("later", {"notes.txt": "x"})
    assert done(filled.gto("export", "json", "-o", "new/out.json")) == ""
    assert (filled.path / "new/out.json").read_text(encoding="utf-8") == first


def test_an_annotation_with_parameters_is_that_of_its_commit(repo: Repo) -> None:
    for number in (1, 2):
        yaml = "artifacts: {a: {path: 'm-${size}'}}\n"
        repo.commit("one", {"dvc.yaml": yaml, "params.yaml": f"size: {number}\n"})
        done(repo.gto("register", "a", "--version", f"v{number}.0.0"))
    found = exported(repo)["a"]
    assert [one["annotation"]["path"] for one in found["versions"]] == ["m-2", "m-1"]
    assert found["annotation"]["path"] == "m-2"


def test_an_annotation_behind_a_link_is_that_of_its_commit(repo: Repo) -> None:
    (repo.path / "artifacts.yaml").symlink_to("conf.yaml")
    repo.git("add", "artifacts.yaml")
    for number in (1, 2):
        repo.commit("one", {"conf.yaml": f"a: {{path: m-{number}}}\n"})
        repo.tag(f"a@v{number}.0.0")
    assert [one["annotation"]["path"] for one in exported(repo)["a"]["versions"]] == ["m-2", "m-1"]


def test_an_artifact_whose_only_event_is_its_deprecation_is_read_at_head(repo: Repo) -> None:
    repo.commit("one", {"dvc.yaml": "artifacts: {a: {path: m}}\n"})
    repo.tag("a@deprecated")
    found = exported(repo)["a"]
    assert (found["versions"], found["active"], found["annotation"]["path"]) == ([], False, "m")


def test_a_repository_without_a_commit_has_an_empty_registry(repo: Repo) -> None:
    assert json.loads(done(repo.gto("export", "json"))) == {"schema": 1, "artifacts": []}


def test_tags_that_are_set_aside_are_counted(repo: Repo) -> None:
    repo.commit()
    repo.tag("a@v1.0.0", annotated=False)
    result = repo.gto("export", "json")
    assert json.loads(done(result))["artifacts"] == []
    assert "1 tag(s) were set aside" in result.stderr


def test_nothing_in_it_is_a_command_to_a_ci(filled: Repo) -> None:
    text = done(filled.gto("export", "json", env={"TF_BUILD": "True"}))
    assert "##vso" not in text
    assert "##vso[task.x]" in json.loads(text)["artifacts"][-1]["annotation"]["description"]


def test_events_that_are_not_signed_are_left_out_where_that_is_asked_for(filled: Repo) -> None:
    result = filled.gto("export", "json", "--require-signed")
    assert [one["name"] for one in json.loads(done(result))["artifacts"] if one["registered"]] == []
    assert "left out" in result.stderr


def test_a_place_that_cannot_be_written_is_one_line(filled: Repo, tmp_path: Path) -> None:
    said(filled.gto("export", "json", "-o", str(tmp_path)), str(tmp_path))
    said(filled.gto("export", "json", "-r", str(tmp_path / "none")), "No Git repo")


def test_a_device_stays_a_device(filled: Repo, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("/dev/null")
    done(filled.gto("export", "json", "-o", str(link)))
    assert link.is_symlink()
    assert link.is_char_device()
    target = tmp_path / "target"
    target.write_text("old", encoding="utf-8")
    (tmp_path / "other").symlink_to(target)
    done(filled.gto("export", "json", "-o", str(tmp_path / "other")))
    assert (tmp_path / "other").is_symlink()
    assert target.read_text(encoding="utf-8").startswith("{")


def test_a_stage_has_the_version_that_was_assigned_last_as_the_table_has_it(filled: Repo) -> None:
    filled.commit()
    done(filled.gto("register", "churn", "--version", "v3.0.0"))
    for version in ("v3.0.0", "v1.10.0", "v3.0.0", "v1.10.0"):
        done(filled.gto("assign", "churn", "--version", version, "--stage", "qa"))
    found = exported(filled)
    shown = json.loads(done(filled.gto("show", "--json")))
    for name, row in shown.items():
        assert found[name]["stages"] == {stage: one for stage, one in row["stage"].items() if one}
    assert found["churn"]["stages"]["qa"] == "v1.10.0"


def test_before_the_first_commit_there_is_nothing(tmp_path: Path) -> None:
    empty = Repo(tmp_path)
    empty.git("init", "--quiet")
    assert json.loads(done(empty.gto("export", "json"))) == {"schema": 1, "artifacts": []}
    assert done(empty.gto("export", "readme")) == "There is no artifact.\n"
