"""A machine that SSH reaches brought to what Git says, found to differ from it, rolled back, and mended.

The sshd, its sessions, the scripts, tar, flock, `systemd-analyze verify` and the processes are real. Only systemctl
is a stand-in, tests/serve/deploy/systemctl.py: no systemd can run where these tests do.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest
import yaml

from tests.repo import GTO, Repo
from tests.serve.deploy.machine import SERVER, Machine, make_machine
from tests.stores import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REQUEST = json.dumps({"inputs": [{"name": "x", "datatype": "FP64", "shape": [1], "data": [1.0]}]})


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with make_machine(tmp_path_factory.mktemp("machine")) as found:
        yield found


class Story:
    """A registry whose stage `prod` of `churn` is what the machine shall run."""

    def __init__(self, repo: Repo, machine: Machine, name: str, **values: object) -> None:
        self.repo, self.machine, self.name, self.port = repo, machine, name, free_port()
        self.values = machine.values(self.port, **values)
        self.declare()
        self.weights("one")
        self.gto("register", "churn", "--version", "v1.0.0")
        self.gto("assign", "churn", "--version", "v1.0.0", "--stage", "prod")

    def declare(self, **more: object) -> None:
        target = {"kind": "systemd", "selector": "churn#prod", "values": self.values, **more}
        text = yaml.safe_dump({"targets": {self.name: target}})
        said = "churn:\n  path: model\n"
        files = {"deploy.yaml": text, "artifacts.yaml": said, "model/serve.py": SERVER, "sample.json": REQUEST}
        self.repo.commit("declared", files)

    def weights(self, text: str) -> None:
        self.repo.commit(text, {"model/weights.txt": text})

    def release(self, version: str, text: str) -> None:
        self.weights(text)
        self.gto("register", "churn", "--version", version)
        self.gto("assign", "churn", "--version", version, "--stage", "prod")

    def gto(self, *words: str, code: int = 0) -> str:
        found = self.repo.gto(*words, env={"GTO_SSH": self.machine.ssh})
        assert found.code == code, (found.stdout, found.stderr)
        return found.stdout + found.stderr

    def plan(self) -> dict[str, Any]:
        found = self.repo.gto("deploy", "plan", "--json", env={"GTO_SSH": self.machine.ssh})
        (target,) = json.loads(found.stdout)["targets"]
        assert found.code == {"none": 0, "unreachable": 1, "refused": 1}.get(target["action"], 2)
        return dict(target)

    def answers(self) -> dict[str, str]:
        with urlopen(f"http://127.0.0.1:{self.port}/v2/health/ready", timeout=5) as answer:
            return dict(json.load(answer))


def test_a_stage_is_planned_applied_once_moved_and_rolled_back(repo: Repo, machine: Machine) -> None:
    story = Story(repo, machine, "prod")
    story.declare(sample="sample.json")
    story.release("v1.1.0", "one")

    planned = story.gto("deploy", "plan", code=2)
    assert "nothing -> v1.1.0" in planned
    assert "+ExecStart=" in planned
    assert "nothing -> v1.1.0" in story.gto("deploy", "apply")
    assert story.answers() == {"model": "one", "version": "v1.1.0"}
    (pid,) = machine.pids()
    assert "v1.1.0, as it was" in story.gto("deploy", "apply")
    assert machine.pids() == [pid], "nothing was restarted"
    assert story.plan()["action"] == "none"

    story.gto("watch", "--once", "--event", "assignment", "--", "true")  # passes over what was there before
    story.release("v1.2.0", "two")
    assert "out of sync" in story.gto("deploy", "status", "--exit-code", code=2)
    planned = story.gto("deploy", "plan", code=2)
    assert "version: v1.1.0 -> v1.2.0" in planned
    assert "-Environment=GTO_DEPLOYED_VERSION=v1.1.0" in planned
    # The way in which a stage's move deploys.
    said = story.gto("watch", "--once", "--event", "assignment", "--", *GTO, "deploy", "apply", "--only-changed")
    assert "delivered assignment churn#prod#3" in said
    assert story.answers() == {"model": "two", "version": "v1.2.0"}

    assert "v1.2.0 -> v1.1.0" in story.gto("deploy", "rollback", "prod")
    assert story.answers() == {"model": "one", "version": "v1.1.0"}
    assert "v1.1.0" in repo.gto("show", "churn#prod").stdout
    assert "synced" in story.gto("deploy", "status", "--exit-code")


def test_a_version_that_fails_gives_way_to_the_one_before(repo: Repo, machine: Machine) -> None:
    story = Story(repo, machine, "fails")
    story.declare(sample="sample.json")
    story.gto("deploy", "apply")
    story.release("v1.1.0", "broken")
    said = story.gto("deploy", "apply", "--timeout", "20", code=1)
    assert "the model cannot be loaded" in said
    assert "v1.0.0 runs again" in said
    assert story.answers()["version"] == "v1.0.0"
    assert story.plan()["running"]["version"] == "v1.0.0"

    story.release("v1.2.0", "of another")
    said = story.gto("deploy", "apply", code=1)
    assert "the sample was answered by version 'v9.9.9', not by 'v1.2.0'" in said
    assert story.answers()["version"] == "v1.0.0"


def test_what_was_changed_by_hand_is_told_and_mended(repo: Repo, machine: Machine) -> None:
    story = Story(repo, machine, "drift")
    story.gto("deploy", "apply")
    unit = machine.units / "gto-drift.service"
    text = unit.read_text()
    unit.write_text(text.replace("NoNewPrivileges=yes", "NoNewPrivileges=no"))
    found = story.plan()
    assert (found["action"], found["why"]) == (
        "mend",
        ["gto-drift.service was changed on the target, or is written otherwise now"],
    )
    assert "-NoNewPrivileges=no" in found["diff"]
    story.gto("deploy", "apply")
    assert unit.read_text() == text

    for pid in machine.pids():
        os.kill(pid, signal.SIGKILL)
    assert "not ready" in story.gto("deploy", "status", "--exit-code", code=2)
    story.gto("deploy", "apply")
    assert story.answers()["version"] == "v1.0.0"


def test_a_machine_that_is_not_there_is_unreachable_and_nothing_is_done(repo: Repo, machine: Machine) -> None:
    story = Story(repo, machine, "away", host="127.0.0.1", ssh_port=free_port())
    assert story.plan()["action"] == "unreachable"
    assert "Connection refused" in story.gto("deploy", "apply", code=1)
    assert "unreachable" in story.gto("deploy", "status")


def test_an_environment_is_made_where_no_interpreter_is_named(repo: Repo, machine: Machine) -> None:
    # What is asked for is there already, so that no index is.
    story = Story(
        repo, machine, "venv", interpreter=None, python=os.path.realpath("/usr/bin/python3"), requirements=["pip"]
    )
    story.gto("deploy", "apply")
    assert story.answers()["version"] == "v1.0.0"
    (release,) = (machine.root / "venv" / "releases").iterdir()
    assert (release / "venv/bin/python").exists()


def _killed_applies(story: Story, moments: int) -> None:
    """End an apply and what it runs over there, at moments over its whole length; the next one mends what is left."""
    env = {**os.environ, "GTO_SSH": story.machine.ssh}
    begun = time.monotonic()
    story.gto("deploy", "apply")
    took = time.monotonic() - begun
    for number in range(moments):
        story.release(f"v2.{number}.0", f"weights {number}")
        process = subprocess.Popen([*GTO, "deploy", "apply"], cwd=story.repo.path, env=env, start_new_session=True,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        with suppress(subprocess.TimeoutExpired):
            process.wait(took * (number + 0.5) / moments)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        story.machine.break_off()
        story.gto("deploy", "apply")
        assert story.answers() == {"model": f"weights {number}", "version": f"v2.{number}.0"}
        assert story.plan()["action"] == "none"
    releases = story.machine.root / story.name / "releases"
    assert len(list(releases.iterdir())) == story.values["keep"], "only the newest stay"


def test_an_apply_that_is_killed_leaves_what_the_next_one_mends(repo: Repo, machine: Machine) -> None:
    _killed_applies(Story(repo, machine, "killed", keep=2), 4)


@pytest.mark.soak
def test_an_apply_that_is_killed_at_fifty_moments_leaves_what_the_next_one_mends(repo: Repo, machine: Machine) -> None:
    _killed_applies(Story(repo, machine, "soak", keep=2), 50)


def test_two_applies_at_once_leave_one_version(repo: Repo, machine: Machine, tmp_path: Path) -> None:
    story = Story(repo, machine, "twice")
    story.release("v1.1.0", "new")
    caches = [{**os.environ, "GTO_SSH": machine.ssh, "XDG_CACHE_HOME": str(tmp_path / one)} for one in ("a", "b")]
    both = [
        subprocess.Popen([*GTO, "deploy", "apply"], cwd=repo.path, env=env, stderr=subprocess.PIPE) for env in caches
    ]
    said = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert story.plan()["action"] == "none"
