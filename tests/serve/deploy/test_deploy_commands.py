"""`gto deploy` beside Git: what its policy refuses, events that it is told, and files for Argo CD."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.serve.deploy.scene import release

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo, Result

TARGETS = {
    name: {"kind": "compose", "selector": f"churn#{name}", "image": "churn:{version}"} for name in ("prod", "dev")
}


@pytest.fixture
def declared(repo: Repo) -> Repo:
    files = {"deploy.yaml": yaml.safe_dump({"targets": TARGETS}), "artifacts.yaml": "churn:\n  path: m.txt\n"}
    repo.commit("declared", {**files, "m.txt": "m"})
    for version in ("v1.0.0", "v1.1.0-rc.1"):
        release(repo, version, *TARGETS)
    return repo


def _image(directory: Path) -> str:
    (service,) = yaml.safe_load((directory / "compose.yaml").read_text())["services"].values()
    return str(service["image"])


def test_what_the_policy_refuses_is_not_deployed(declared: Repo, tmp_path: Path) -> None:
    out = tmp_path / "out"
    declared.commit("policy", {".gto.policy.yaml": "rules:\n- stages: prod\n  prereleases: false\n"})
    found = declared.gto("deploy", "render", "-o", str(out))
    assert found.code == 0, found.stderr
    assert "'churn#prod#3' is left out: refused" in found.stderr
    assert (_image(out / "prod"), _image(out / "dev")) == ("churn:v1.0.0", "churn:v1.1.0-rc.1")

    declared.commit("policy", {".gto.policy.yaml": "rules:\n- stages: prod\n  signed: true\n"})
    found = declared.gto("deploy", "render", "prod", "-o", str(out))
    assert found.code == 1
    assert "churn#prod" in found.stderr
    assert "signed" in found.stderr
    assert _image(out / "prod") == "churn:v1.0.0", "what was rendered before is as it was"


def test_rendered_files_are_the_same_again_and_gone_with_their_target(declared: Repo, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def render(*words: str) -> dict[str, list[str]]:
        found = declared.gto("deploy", "render", "-o", str(out), "--json", *words)
        assert found.code == 0, found.stderr
        return {key: value for key, value in json.loads(found.stdout).items() if key != "directory"}

    both = ["dev/compose.yaml", "prod/compose.yaml"]
    assert render() == {"written": both, "unchanged": [], "removed": [], "left": []}
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert render() == {"written": [], "unchanged": both, "removed": [], "left": []}
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before

    (out / "dev" / "mine.yaml").write_text("of somebody else")
    declared.commit("one less", {"deploy.yaml": yaml.safe_dump({"targets": {"prod": TARGETS["prod"]}})})
    assert render()["removed"] == ["dev/compose.yaml"]
    assert [path.name for path in (out / "dev").iterdir()] == ["mine.yaml"]

    (out / "other").mkdir()
    (out / "other" / "compose.yaml").write_text("of somebody else")
    declared.commit("more", {"deploy.yaml": yaml.safe_dump({"targets": {**TARGETS, "other": TARGETS["prod"]}})})
    found = declared.gto("deploy", "render", "-o", str(out))
    assert found.code == 1
    assert "other/compose.yaml" in found.stderr
    assert not (out / "dev" / "compose.yaml").exists(), "nothing is written where something is in the way"
    assert "other/compose.yaml" in render("--force")["written"]


def test_a_url_is_read_from_its_commit_and_a_clone_from_its_work_tree(declared: Repo, tmp_path: Path) -> None:
    (declared.path / "deploy.yaml").write_text(yaml.safe_dump({"targets": {"prod": TARGETS["prod"]}}))
    assert len(_targets(declared.gto("deploy", "render", "-o", str(tmp_path / "a"), "--json"))) == 1
    url = f"file://{declared.path}"
    assert len(_targets(declared.gto("deploy", "render", "-r", url, "-o", str(tmp_path / "b"), "--json"))) == 2
    assert len(_targets(declared.gto("deploy", "render", "--rev", "HEAD", "-o", str(tmp_path / "c"), "--json"))) == 2


def _targets(found: Result) -> list[str]:
    assert found.code == 0, found.stderr
    written: list[str] = json.loads(found.stdout)["written"]
    return written


def test_an_event_in_the_environment_chooses_its_targets(declared: Repo) -> None:
    def told(**event: str) -> list[str]:
        env = {f"GTO_{key.upper()}": value for key, value in event.items()}
        # No daemon runs, so that each target that is chosen is named in an error.
        found = declared.gto("deploy", "apply", "--only-changed", "--json", env={**env, "DOCKER_HOST": "unix:///none"})
        return [one["target"] for one in json.loads(found.stdout)["targets"]]

    assert told(event="assignment", name="churn", stage="prod") == ["prod"]
    assert told(event="deregistration", name="churn", stage="") == ["dev", "prod"]
    assert told(event="assignment", name="other", stage="prod") == []
    assert told(event="") == [], "a tag that is no event"
    found = declared.gto("deploy", "apply", "--only-changed")
    assert "--only-changed needs an event" in found.stderr


def test_what_is_wrong_with_the_file_is_told_with_its_line(declared: Repo) -> None:
    text = yaml.safe_dump({"targets": TARGETS}).replace("image:", "imagee:", 1)
    declared.commit("wrong", {"deploy.yaml": text})
    found = declared.gto("deploy", "plan")
    assert found.code == 1
    assert "deploy.yaml" in found.stderr
    assert "unknown key" in found.stderr
    assert "did you mean 'image'?" in found.stderr
    assert "There is no 'other.yaml' in the work tree" in declared.gto("deploy", "plan", "--file", "other.yaml").stderr
