from __future__ import annotations

import json
import re
import subprocess
import sysconfig
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from tests.ci.runner import ROOT
from tests.ci.test_forge_files import component
from tests.ci.test_schemas import job_file

PROGRAMS = Path(sysconfig.get_path("scripts"))
EXAMPLES = ROOT / "integrations/examples"
PAGES = ("gitea-and-forgejo", "github")

TAKEN = {
    # A reader sees in a tag what he uses; he may write the hash of a commit in its place.
    "unpinned-uses": {path.name for path in EXAMPLES.glob("*.yml")} | {f"{page}.yml" for page in PAGES},
    # `gto ci` reads the remote, and `gto rollback --push` writes to it, with the login that the checkout leaves. The
    # one that asks no remote, and has a stranger's commit, leaves none.
    "artipacked": {path.name for path in EXAMPLES.glob("*.yml") if path.stem != "compare-on-pull-request"}
    | {f"{page}.yml" for page in PAGES},
    # The page for Gitea and Forgejo, where a job's token has the rights that the server gives, and no others.
    "excessive-permissions": {"gitea-and-forgejo.yml"},
}
"""What the judge of workflows may find, and where."""
SPARED = [
    "SC2153",  # NAME beside name: variables in capitals come from the workflow
]
WORDS = [
    "SC2086",  # the options of GitLab's component are words, which blanks separate
]


def judge(*files: Path) -> dict[str, set[str]]:
    """What zizmor finds in workflows and actions, each with the names of the files."""
    words = [str(PROGRAMS / "zizmor"), "--offline", "--no-config", "--no-progress", "--no-exit-codes", "--format=json"]
    done = subprocess.run([*words, *map(str, files)], capture_output=True, text=True, check=True)
    found = defaultdict(set)
    for one in json.loads(done.stdout):
        found[one["ident"]].add(Path(one["locations"][0]["symbolic"]["key"]["Local"]["verbatim_path"]).name)
    return dict(found)


def shellcheck(script: str, shell: str, *spared: str) -> str:
    """What shellcheck says of a script; empty for nothing."""
    words = [str(PROGRAMS / "shellcheck"), f"--shell={shell}", f"--exclude={','.join([*SPARED, *spared])}", "-"]
    return subprocess.run(words, input=script, capture_output=True, text=True, check=False).stdout


def test_nothing_is_wrong_with_the_workflows_and_the_action_but_what_is_listed(tmp_path: Path) -> None:
    for page in PAGES:
        (tmp_path / f"{page}.yml").write_text(job_file(page), encoding="utf-8")
    assert judge(*sorted(EXAMPLES.glob("*.yml")), *sorted(tmp_path.iterdir()), ROOT / "action.yml") == TAKEN


def test_a_text_of_a_stranger_in_a_script_is_found(tmp_path: Path) -> None:
    text = (EXAMPLES / "deploy-ssh.yml").read_text(encoding="utf-8")
    worse = text.replace("sh scripts/deploy-ssh.sh", "echo ${{ github.head_ref }}")
    (tmp_path / "workflow.yml").write_text(worse, encoding="utf-8")
    assert "template-injection" in judge(tmp_path / "workflow.yml")


@pytest.mark.parametrize("path", sorted((ROOT / "integrations").rglob("*.sh")), ids=lambda path: path.name)
def test_shellcheck_finds_nothing_in_a_script(path: Path) -> None:
    script = path.read_text(encoding="utf-8")
    assert shellcheck(script, "bash" if script.startswith("#!/usr/bin/env bash\n") else "sh") == ""


def test_shellcheck_finds_nothing_in_the_scripts_of_forge_files() -> None:
    jobs = [yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"] for path in EXAMPLES.glob("*.yml")]
    steps = [step for job in jobs for one in job.values() for step in one["steps"] if "run" in step]
    steps += yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"]
    assert {shellcheck(step["run"], "bash") for step in steps} == {""}
    gitlab = "\n".join(component(source="gto")["gto"]["script"])
    assert shellcheck(gitlab, "sh", *WORDS) == ""
    jenkins = re.findall(r"script: '(.*)'\)", (ROOT / "integrations/jenkins/vars/gto.groovy").read_text("utf-8"))
    assert [shellcheck(script, "sh") for script in jenkins] == [""]


def test_shellcheck_finds_what_is_wrong() -> None:
    assert "SC2086" in shellcheck("cat $1\n", "sh")
