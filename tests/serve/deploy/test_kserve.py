from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.serve.deploy.scene import Scene, scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo


@pytest.fixture
def at(repo: Repo, tmp_path: Path) -> Iterator[Scene]:
    with scene(repo, tmp_path) as found:
        yield found


def test_an_inference_service_follows_the_stage(at: Scene) -> None:
    at.declare("kserve", {"namespace": "team"}, sample="sample.json")
    assert at.applied().stdout == "churn-prod  churn#prod  nothing -> v1.0.0\n"
    service = at.cluster.one("InferenceService")
    assert service["metadata"]["namespace"] == "team"
    (server,) = service["spec"]["predictor"]["containers"]
    assert (server["name"], server["image"]) == ("kserve-container", "registry.example.com/churn:v1.0.0")
    assert at.deploy("plan").code == 0
    writes = at.cluster.writes
    at.applied()
    assert at.cluster.writes == writes
    at.kubectl(
        *("patch", "inferenceservice", "churn-prod", "--namespace=team", "--type=merge"),
        *("-p", '{"spec": {"predictor": {"minReplicas": 0}}}'),
    )
    assert "inference-service.yaml was changed on the target" in at.deploy("plan").stdout
    at.assign("v1.1.0")
    at.applied()
    assert at.cluster.one("InferenceService")["spec"]["predictor"]["minReplicas"] == 1
    asked = [one.path for one in at.cluster.asked if one.method == "POST"]
    assert asked[-1].startswith("/api/v1/namespaces/team/services/churn-prod-predictor:80/proxy/")


def test_a_share_of_requests_goes_to_a_new_version_and_a_bad_one_gives_way(at: Scene) -> None:
    at.declare("kserve", {"mode": "Knative"})
    at.applied()
    at.declare("kserve", {"mode": "Knative", "canary_percent": 10})
    at.assign("v1.1.0")
    at.applied()
    service = at.cluster.one("InferenceService")
    assert service["spec"]["predictor"]["canaryTrafficPercent"] == 10
    assert service["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "Knative"
    at.declare("kserve", {"mode": "Knative"})
    at.applied()
    assert "canaryTrafficPercent" not in at.cluster.one("InferenceService")["spec"]["predictor"]
    at.cluster.never_ready.add("churn:v1.0.0")
    at.assign("v1.0.0")
    failed = at.deploy("apply", "--timeout", "1")
    assert "did not take v1.0.0" in failed.stderr
    assert "v1.1.0 runs again" in failed.stderr
