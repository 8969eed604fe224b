from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from scripts import pages
from tests.ci import programs, runner
from tests.ci.origin import HOSTILE, WORDS, Origin
from tests.ci.runner import ROOT, Run

WORKFLOWS = Path(__file__).parent / "workflows"
PIP = [["pip", "install", "--upgrade", "pip", "setuptools", "wheel"], ["pip", "install", "-r", "requirements.txt"]]
FORGES = ("github", "gitea", "forgejo")
TAGS = ("churn@v1.1.0", "churn#prod#2", "churn#prod!#3", "churn@v1.0.0!#4", "gone@deprecated", "release-1")
BUILT = {"churn@v1.1.0": ["ada/churn:v1.1.0"]}
DEPLOYED = {"churn#prod#2": ["--app", "churn-prod", "--version", "v1.1.0", "--model", "models/churn.pkl"]}


def follow(name: str, remote: Origin, ref: str, place: Path, forge: str = "github") -> list[list[str]]:
    """The calls of programs that a workflow of the guide makes when a ref is pushed."""
    workflow = runner.read(WORKFLOWS / name)
    assert runner.starts(workflow, ref)
    stubs = programs.make(place / "bin", "docker", "heroku", "pip")
    run = Run(remote, ref, place, stubs, forge)
    run.workflow(workflow, secrets={"HEROKU_API_KEY": "secret"})
    assert "actions/setup-python@v2" in run.used
    return [call for call in programs.calls(stubs) if call not in PIP]


@pytest.mark.parametrize("tag", TAGS)
def test_the_guides_workflow_builds_on_registration_alone(tag: str, remote: Origin, tmp_path: Path) -> None:
    image = BUILT.get(tag, [])
    expected = [["docker", "build", "--tag", *image, "."], ["docker", "push", *image]] if image else []
    assert follow("build.yaml", remote, f"refs/tags/{tag}", tmp_path) == expected


@pytest.mark.parametrize("tag", TAGS)
def test_the_guides_workflow_deploys_on_assignment_alone(tag: str, remote: Origin, tmp_path: Path) -> None:
    expected = [["heroku", "deploy", *DEPLOYED[tag]]] if tag in DEPLOYED else []
    assert follow("deploy.yaml", remote, f"refs/tags/{tag}", tmp_path) == expected


@pytest.mark.parametrize("forge", FORGES[1:])
def test_the_guides_workflows_do_the_same_in_other_forges(forge: str, remote: Origin, tmp_path: Path) -> None:
    built = follow("build.yaml", remote, "refs/tags/churn@v1.1.0", tmp_path / "build", forge)
    assert built[-1] == ["docker", "push", "ada/churn:v1.1.0"]
    deployed = follow("deploy.yaml", remote, "refs/tags/churn#prod#2", tmp_path / "deploy", forge)
    assert deployed == [["heroku", "deploy", *DEPLOYED["churn#prod#2"]]]


def test_a_push_to_a_branch_starts_no_workflow_for_tags() -> None:
    workflow = runner.read(WORKFLOWS / "build.yaml")
    assert not runner.starts(workflow, "refs/heads/main")
    assert not runner.starts(workflow, "refs/tags/sub/dir=model@v1.0.0")  # one star stops at a slash
    assert runner.starts({"on": {"push": {"tags": ["**"]}}}, "refs/tags/sub/dir=model@v1.0.0")
    assert not runner.starts({"on": {"push": {"tags": ["**", "!release-*"]}}}, "refs/tags/release-1")


def use(remote: Origin, tag: str, place: Path, **given: str) -> Run:
    """A job that checks out and uses our action with these inputs."""
    inputs = {key.replace("_", "-"): value for key, value in given.items()}
    steps = [{"uses": "actions/checkout@v4"}, {"id": "gto", "uses": runner.GTO, "with": inputs}]
    run = Run(remote, f"refs/tags/{tag}", place, programs.make(place / "bin"))
    run.job({"steps": steps})
    return run


def test_the_outputs_of_the_action_are_those_of_the_event(remote: Origin, tmp_path: Path) -> None:
    run = use(remote, "churn#prod#2", tmp_path, print_outputs="false")
    words = {"event": "assignment", "name": "churn", "version": "v1.1.0", "stage": "prod", "type": "model"}
    rest = {"path": "models/churn.pkl", "description": WORDS, "previous_version": "v1.0.0"}
    expected = {**remote.event("churn#prod#2", **words, **rest), "repo": "https://github.com/ada/models"}
    assert run.outputs["gto"] == expected
    assert [line for line in run.log.splitlines() if not line.startswith("note: ")] == []


def test_a_hostile_description_is_an_output_of_the_action_and_nothing_else(remote: Origin, tmp_path: Path) -> None:
    run = use(remote, "hostile#prod", tmp_path, print_outputs="true", show="true", history="true")
    assert run.outputs["gto"]["description"] == HOSTILE
    assert run.outputs["gto"]["event"] == "assignment"
    assert not list(tmp_path.rglob("hacked"))


def test_inputs_print_the_outputs_the_state_and_the_events(remote: Origin, tmp_path: Path) -> None:
    printed = use(remote, "churn#prod#2", tmp_path / "one").log
    assert "assignment" in printed
    assert "╒" not in printed
    shown = use(remote, "churn#prod#2", tmp_path / "two", show="true").log
    assert "sub/dir:model" in shown
    told = use(remote, "churn#prod#2", tmp_path / "three", history="true").log
    assert "deprecation" in told


def test_the_action_asks_about_another_tag_fails_on_request_and_writes_a_summary(
    remote: Origin, tmp_path: Path
) -> None:
    assert use(remote, "churn#prod#2", tmp_path / "one", ref="gone@v1.0.0").outputs["gto"]["name"] == "gone"
    with pytest.raises(AssertionError, match="exit code 3"):
        use(remote, "release-1", tmp_path / "two", exit_code="true")
    use(remote, "churn#prod#2", tmp_path / "three", summary="true", require_policy="true")
    summaries = [path.read_text(encoding="utf-8") for path in (tmp_path / "three").rglob("summary")]
    assert "## assignment: `churn#prod#2` version `v1.1.0`" in summaries[0]


def test_no_expression_of_the_action_stands_in_a_script() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    scripts = [step["run"] for step in action["runs"]["steps"]]
    assert scripts
    assert not [script for script in scripts if "${{" in script]
    assert set(action["outputs"]) == {
        "event", "name", "version", "stage", "type", "path", "description", "ref", "commit", "previous_version", "repo",
        "framework", "code_on_load", "model_facts",
    }  # fmt: skip


def test_the_action_takes_what_gto_action_v2_takes_and_says_what_it_says() -> None:
    """Source: action.yml and README.md of iterative/gto-action, the newest of v2."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    defaults = {"show": "false", "history": "false", "print-outputs": "true", "pull": "false"}
    assert {key: action["inputs"][key]["default"] for key in defaults} == defaults
    assert {"event", "name", "version", "stage", "type", "path", "description"} <= set(action["outputs"])


@pytest.mark.parametrize(("page", "forge"), [("github", "github"), ("gitea-and-forgejo", "gitea")])
def test_the_workflow_of_a_page_acts_on_each_event(page: str, forge: str, remote: Origin, tmp_path: Path) -> None:
    text = (ROOT / f"docs/how-to/ci/{page}.md").read_text(encoding="utf-8")
    files = {item.path: item.text for item in pages.parse(text) if isinstance(item, pages.File)}
    (path,) = set(files) - {"act.sh"}
    place = tmp_path / "registry.yml"
    place.write_text(files[path], encoding="utf-8")
    workflow = runner.read(place)
    workflow["jobs"]["act"]["steps"].insert(1, {"run": f"cat >act.sh <<'end of file'\n{files['act.sh']}end of file"})
    said = {
        "churn@v1.1.0": ["build churn v1.1.0 from models/churn.pkl"],
        "churn#prod#2": ["deploy churn v1.1.0 to prod"],
        "sub/dir=model@v2.0.0-rc.1": ["build sub/dir:model v2.0.0-rc.1 from sub/dir/model.bin"],
        "churn#prod!#3": [],
    }
    for number, (ref, words) in enumerate(said.items()):
        assert runner.starts(workflow, f"refs/tags/{ref}")
        (tmp_path / str(number)).mkdir()
        run = Run(remote, f"refs/tags/{ref}", tmp_path / str(number), programs.make(tmp_path / "bin"), forge)
        run.workflow(workflow)
        assert [line for line in run.log.splitlines() if line.startswith(("build ", "deploy "))] == words
