from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.repo import GTO
from tests.serve.deploy.scene import Scene, scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo


@pytest.fixture
def at(repo: Repo, tmp_path: Path) -> Iterator[Scene]:
    with scene(repo, tmp_path) as found:
        yield found


def test_what_git_says_is_planned_applied_once_and_found_again(at: Scene) -> None:
    at.declare("kubernetes", {"replicas": 2, "requests": {"cpu": "1000m", "memory": "1024Mi"}})
    planned = at.deploy("plan")
    assert (planned.code, at.cluster.writes) == (2, 0), planned
    assert "cpu: 1000m" in planned.stdout
    assert at.applied().stdout == "churn-prod  churn#prod  nothing -> v1.0.0\n"
    deployment = at.cluster.one("Deployment")
    assert deployment["metadata"]["annotations"]["gto/version"] == "v1.0.0"
    assert deployment["metadata"]["labels"]["app.kubernetes.io/version"] == "v1.0.0"
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example.com/churn:v1.0.0"
    assert [one["kind"] for one in at.cluster.objects.values()] == ["Service", "PodDisruptionBudget", "Deployment"]
    writes = at.cluster.writes
    assert at.applied().stdout == "churn-prod  churn#prod  v1.0.0, as it was\n"
    assert at.deploy("plan").code == 0
    assert at.deploy("status", "--exit-code").code == 0
    assert at.cluster.writes == writes


def test_the_stage_moves_and_back(at: Scene) -> None:
    at.declare("kubernetes")
    at.applied()
    at.assign("v1.1.0")
    planned = at.deploy("plan")
    assert planned.code == 2
    assert "-        image: 'registry.example.com/churn:v1.0.0'" in planned.stdout
    assert "+        image: 'registry.example.com/churn:v1.1.0'" in planned.stdout
    *_, row = at.deploy("status", "--plain").stdout.splitlines()
    assert row.split()[-5:] == ["v1.1.0", "v1.0.0", "out", "of", "sync"]
    at.applied()
    assert at.cluster.one("Deployment")["metadata"]["annotations"]["gto/version"] == "v1.1.0"
    back = at.deploy("rollback", "churn-prod")
    assert back.stdout.endswith("churn-prod  churn#prod  v1.1.0 -> v1.0.0\n"), back.stderr
    assert at.cluster.one("Deployment")["metadata"]["annotations"]["gto/version"] == "v1.0.0"


def test_what_somebody_changed_by_hand_is_found_and_put_back(at: Scene) -> None:
    at.declare("kubernetes")
    at.applied()
    at.kubectl("patch", "deployment", "churn-prod", "--type=merge", "-p", '{"spec": {"replicas": 5}}')
    at.kubectl("delete", "service", "churn-prod", "--wait=false")
    planned = at.deploy("plan")
    assert planned.code == 2
    assert "service.yaml was changed on the target" in planned.stdout
    assert "-  replicas: 5" in planned.stdout
    at.applied()
    assert at.cluster.one("Deployment")["spec"]["replicas"] == 1
    assert at.cluster.one("Service")
    assert at.deploy("plan").code == 0


def test_what_others_set_beside_is_no_drift(at: Scene) -> None:
    at.declare("kubernetes", {"autoscale": {"min": 1, "max": 9}})
    at.applied()
    at.kubectl("patch", "deployment", "churn-prod", "--type=merge", "-p", '{"spec": {"replicas": 5}}')
    at.kubectl("patch", "service", "churn-prod", "--type=merge", "-p", '{"metadata": {"labels": {"team": "a"}}}')
    assert at.deploy("plan").code == 0
    at.declare("kubernetes", {"replicas": 3})
    at.applied()
    assert at.cluster.of_kind("HorizontalPodAutoscaler") == []
    assert at.cluster.one("Service")["metadata"]["labels"]["team"] == "a"


def test_a_version_that_does_not_get_ready_gives_way_to_the_one_before(at: Scene) -> None:
    at.declare("kubernetes", sample="sample.json")
    at.applied()
    before = at.cluster.one("Deployment")["spec"]
    at.cluster.never_ready.add("churn:v1.1.0")
    at.assign("v1.1.0")
    failed = at.deploy("apply", "--timeout", "1")
    assert failed.code == 1
    assert "did not take v1.1.0: it is not ready after 1 s: ImagePullBackOff: no such image" in failed.stderr
    assert "v1.0.0 runs again" in failed.stderr
    assert at.cluster.one("Deployment")["spec"] == before
    assert at.cluster.one("Deployment")["metadata"]["annotations"]["gto/version"] == "v1.0.0"


def test_a_sample_that_another_version_answers_is_a_failure(at: Scene) -> None:
    at.declare("kubernetes", sample="sample.json")
    at.cluster.answering = "v0.9.0"
    failed = at.deploy("apply")
    assert "the sample was answered by version 'v0.9.0', not by 'v1.0.0'" in failed.stderr
    asked = [one.path for one in at.cluster.asked if one.method == "POST"]
    assert asked == ["/api/v1/namespaces/models/services/churn-prod:http/proxy/v2/models/churn/infer"]


def test_an_object_of_somebody_else_is_not_taken(at: Scene) -> None:
    at.declare("kubernetes")
    at.applied()
    others = at.cluster.one("Deployment")["metadata"]
    stored = next(one for path, one in at.cluster.objects.items() if "deployments" in path)
    stored["metadata"] = {**others, "labels": {}, "annotations": {}}
    writes = at.cluster.writes
    failed = at.deploy("apply")
    assert failed.code == 1
    said = "Deployment 'churn-prod' is there, and is no object of this target; nothing was changed"
    assert (said in failed.stderr, at.cluster.writes) == (True, writes), "what runs is not put back: it runs"


def test_who_may_only_read_sees_what_runs_and_who_may_nothing_is_told_so(at: Scene) -> None:
    at.declare("kubernetes")
    at.applied()
    at.cluster.forbidden = "dryRun"
    assert at.deploy("status", "--exit-code").code == 0
    at.cluster.forbidden = "/deployments"
    status = at.deploy("status", "--exit-code", "--json")
    assert status.code == 1
    (found,) = json.loads(status.stdout)["targets"]
    assert (found["state"], "Error from server (Forbidden)" in found["why"][0]) == ("unreachable", True)
    at.declare("kubernetes", {"context": "other"})
    assert "context was not found for specified context: other" in at.deploy("status", "--json").stdout


def test_a_key_that_no_schema_has_is_refused_before_anything_is_written(at: Scene) -> None:
    at.declare("kubernetes", {"replicaz": 2})
    assert "targets.churn-prod.values.replicaz: unknown key" in at.deploy("plan").stderr
    at.declare("kubernetes")
    at.cluster.judge = lambda one: ["unknown field spec.x"] if one["kind"] == "Deployment" else []
    failed = at.deploy("apply")
    assert "the cluster refuses it" in failed.stderr
    assert at.cluster.writes == 0


def _kill(process: subprocess.Popen[bytes], *, with_kubectl: bool) -> None:
    """End gto, and the kubectl that it runs, as a machine that stops does."""
    asked = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, check=False)
    for pid in (process.pid, *(map(int, asked.stdout.split()) if with_kubectl else ())):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def test_an_apply_that_is_killed_at_any_write_is_mended_by_the_next(at: Scene) -> None:
    at.declare("kubernetes", {"replicas": 2})
    env = {**os.environ, **at.env}
    started: list[subprocess.Popen[bytes]] = []

    def kill_at(number: int, writes: int) -> None:
        if writes == number and started:
            _kill(started.pop(), with_kubectl=True)
            raise ConnectionAbortedError

    for moment in range(3):
        at.cluster.objects.clear()
        at.cluster.owners.clear()
        at.cluster.writes, at.cluster.before_write = 0, partial(kill_at, moment)
        started.append(subprocess.Popen([*GTO, "deploy", "apply"], cwd=at.repo.path, env=env))
        started[0].wait(60)
        assert len(at.cluster.objects) == moment
        at.cluster.before_write = lambda _: None
        at.applied()
        assert [one["kind"] for one in at.cluster.objects.values()] == ["Service", "PodDisruptionBudget", "Deployment"]
    assert at.deploy("plan").code == 0


@pytest.mark.soak
def test_an_apply_that_is_killed_at_any_of_fifty_moments_is_mended_by_the_next(at: Scene) -> None:
    at.declare("kubernetes", {"replicas": 2})
    env = {**os.environ, **at.env}
    began = time.monotonic()
    subprocess.run([*GTO, "deploy", "apply"], cwd=at.repo.path, env=env, check=True)
    whole, finished = time.monotonic() - began, 0
    for moment in range(50):
        at.assign("v1.1.0" if moment % 2 == 0 else "v1.0.0")
        process = subprocess.Popen([*GTO, "deploy", "apply"], cwd=at.repo.path, env=env)
        with suppress(subprocess.TimeoutExpired):
            process.wait(whole * moment / 45)
            finished += 1
        _kill(process, with_kubectl=moment % 3 > 0)
        time.sleep(0.5 if moment % 3 == 0 else 0)  # a kubectl that goes on ends meanwhile
        at.applied()
        version = at.cluster.one("Deployment")["metadata"]["annotations"]["gto/version"]
        assert version == ("v1.1.0" if moment % 2 == 0 else "v1.0.0")
        assert at.deploy("plan").code == 0
    assert finished < 25
