from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from scripts import pages
from tests.ci.runner import ROOT
from tests.ci.test_forge_files import component
from tests.environment import make_environment

if TYPE_CHECKING:
    from pathlib import Path

HOW_TO = ROOT / "docs/how-to/ci"
SCHEMAS = {
    "azure": "azure-pipelines",
    "bitbucket": "bitbucket-pipelines",
    "buildkite": "buildkite",
    "circleci": "circle-ci",
    "gitea-and-forgejo": "github-workflows",
    "github": "github-workflows",
    "gitlab": "gitlab-ci",
    "woodpecker": "woodpecker-ci",
}


@pytest.fixture(scope="module")
def judge() -> list[str]:
    """The command that judges files by the schemas of the makers of CI systems, which it brings along."""
    return [str(make_environment("check-jsonschema", ["check-jsonschema>=0.34"]).parent / "check-jsonschema")]


def check(judge: list[str], schema: str, *files: Path) -> str:
    """What is wrong with files by a schema; empty for nothing."""
    words = [*judge, "--regex-variant=nonunicode", "--builtin-schema", f"vendor.{schema}", *map(str, files)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout if done.returncode else ""


def job_file(page: str) -> str:
    """The file of a page that its CI reads."""
    blocks = pages.blocks((HOW_TO / f"{page}.md").read_text(encoding="utf-8"))
    (found,) = ["\n".join(block.lines) for block in blocks if block.info.startswith("yaml title=")]
    return found


def test_the_action_and_the_examples_fit_githubs_schemas(judge: list[str]) -> None:
    assert check(judge, "github-actions", ROOT / "action.yml") == ""
    assert check(judge, "github-workflows", *sorted((ROOT / "integrations/examples").glob("*.yml"))) == ""


def test_the_job_of_gitlabs_component_fits_its_schema(judge: list[str], tmp_path: Path) -> None:
    place = tmp_path / "gitlab-ci.yml"
    place.write_text(yaml.safe_dump(component(source="gto")), encoding="utf-8")
    assert check(judge, "gitlab-ci", place) == ""


@pytest.mark.parametrize("page", SCHEMAS)
def test_the_file_of_a_page_fits_the_schema_of_its_ci(page: str, judge: list[str], tmp_path: Path) -> None:
    place = tmp_path / "ci.yml"
    place.write_text(job_file(page), encoding="utf-8")
    assert check(judge, SCHEMAS[page], place) == ""


def test_a_file_that_is_wrong_does_not_fit(judge: list[str], tmp_path: Path) -> None:
    place = tmp_path / "workflow.yml"
    place.write_text(job_file("github").replace("runs-on:", "run-on:"), encoding="utf-8")
    assert "runs-on" in check(judge, "github-workflows", place)


def test_every_page_is_judged() -> None:
    assert {path.stem for path in HOW_TO.glob("*.md")} == {*SCHEMAS, "jenkins"}  # a Jenkinsfile is no YAML
