"""What a policy asks of a model by the facts beside it: before writing, in a hook, in CI, for readers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.repo import run
from tests.stories.healthy import done, said
from tests.stories.test_model_facts import SIDE_CAR, weights

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

POLICY = """rules:
- name: no code
  stages: prod
  code_on_load: none
- name: compatible
  compatible: true
"""


def method(datatype: str) -> str:
    """A line of a side-car: what predict takes."""
    tensor = f"{{name: tenure, datatype: {datatype}, shape: [-1]}}"
    return f"methods: {{predict: {{inputs: {{tensors: [{tensor}]}}}}}}\n"


def train(repo: Repo, numbers: int, datatype: str = "INT64", *, code: str = "none") -> None:
    """Commit a model and its facts."""
    (repo.path / "net.safetensors").write_bytes(weights(numbers))
    done(repo.gto("annotate", "net", "--path", "net.safetensors", "--inspect"))
    path = repo.path / SIDE_CAR
    text = path.read_text().replace("code_on_load: none", f"code_on_load: {code}")
    path.write_text(
        "".join(line for line in text.splitlines(keepends=True) if not line.startswith("methods")) + method(datatype)
    )
    repo.git("add", "--all")
    repo.commit(f"a model of {numbers}")


@pytest.fixture
def judged(repo: Repo) -> Repo:
    """A repository whose policy asks about models, and v1.0.0 of one that meets it."""
    repo.commit("policy", {".gto.policy.yaml": POLICY})
    train(repo, 10)
    done(repo.gto("register", "net", "--version", "v1.0.0"))
    return repo


def test_a_model_that_runs_code_is_refused_and_one_that_runs_none_is_not(judged: Repo) -> None:
    done(judged.gto("assign", "net", "--version", "v1.0.0", "--stage", "prod"))
    train(judged, 11, code="pickle")
    done(judged.gto("register", "net", "--version", "v2.0.0"))
    refused = judged.gto("assign", "net", "--version", "v2.0.0", "--stage", "prod")
    said(refused, "rule 'no code': loading its model may run more than 'none': pickle")
    done(judged.gto("assign", "net", "--version", "v2.0.0", "--stage", "dev"))


def test_a_breaking_change_within_a_major_is_refused_and_a_new_major_is_not(judged: Repo) -> None:
    train(judged, 11, "BYTES")
    refused = judged.gto("register", "net", "--version", "v1.0.1")
    said(refused, "its model breaks who uses 'v1.0.0': input predict.tenure was INT64 [-1], is BYTES [-1]")
    words = refused.stderr.partition("`gto ")[2].partition("`")[0].split()
    assert "predict.tenure" in done(judged.gto(*words))
    done(judged.gto("register", "net", "--version", "v2.0.0"))


def test_stale_lacking_and_unreadable_facts_meet_no_rule_and_the_hint_mends_that(judged: Repo) -> None:
    (judged.path / "net.safetensors").write_bytes(weights(12))
    judged.git("commit", "--quiet", "--all", "--message", "trained again")
    said(judged.gto("register", "net"), f"'{SIDE_CAR}' is of another file", "`gto annotate net --inspect --commit`")
    judged.commit("broken", {SIDE_CAR: "schema: gto.model/v1\n"})
    said(judged.gto("register", "net"), f"'{SIDE_CAR}' cannot be read")
    judged.git("rm", "--quiet", SIDE_CAR)
    judged.git("commit", "--quiet", "--message", "gone")
    said(judged.gto("register", "net"), "has no file of facts beside it")
    done(judged.gto("annotate", "net", "--inspect", "--commit"))
    done(judged.gto("register", "net"))


def test_every_reader_of_the_policy_judges_alike(judged: Repo) -> None:
    train(judged, 11, "BYTES", code="unknown")
    judged.git("tag", "-a", "-m", "by hand", "net@v1.1.0")
    judged.git("tag", "-a", "-m", "by hand", "net#prod#1")
    verdicts = json.loads(
        done(judged.gto("check", "net@v1.1.0", "net#prod#1", "--policy-from", "main", "--json"), code=1)
    )
    codes = {one["ref"]: [reason["code"] for reason in one["reasons"]] for one in verdicts}
    assert codes == {"net@v1.1.0": ["breaking-change"], "net#prod#1": ["code-on-load"]}
    rows = json.loads(done(judged.gto("show", "net", "--require-policy", "--json")))
    assert [row["version"] for row in rows if row["version"][0] == "v"] == ["v1.0.0"]
    assert "prod" not in json.dumps(rows)
    judged.git("tag", "-d", "net@v1.1.0", "net#prod#1")
    answer = json.loads(done(judged.gto("policy", "test", "net", "--ref", "HEAD", "--stage", "prod", "--json"), code=1))
    met = {rule["rule"]: rule["met"] for rule in answer["policies"][0]["rules"]}
    assert met == {"no code": False, "compatible": True}
    assert "loading the model runs no code" in done(judged.gto("policy", "show"))


def test_the_hook_of_a_server_reads_facts_of_commits_that_are_just_pushed(judged: Repo, tmp_path: Path) -> None:
    bare = tmp_path / "server.git"
    judged.git("clone", "--quiet", "--bare", ".", str(bare))
    judged.git("remote", "add", "origin", str(bare))
    done(judged.gto("hook", "install", "pre-receive", "-r", str(bare)))
    train(judged, 11, "BYTES")
    judged.git("tag", "-a", "-m", "by hand", "net@v1.1.0")
    pushed = run("git", "push", "origin", "main", "net@v1.1.0", cwd=judged.path)
    assert pushed.code != 0
    assert "its model breaks who uses 'v1.0.0'" in pushed.stderr
