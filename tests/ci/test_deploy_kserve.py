from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.ci import programs
from tests.ci.clouds import SECRETS, clouds, follow, go

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ci.origin import Origin


def test_the_inference_service_of_the_stage_gets_the_version(remote: Origin, tmp_path: Path) -> None:
    _, (patch, pods, service) = follow("deploy-kserve", remote, "refs/tags/churn#prod#2", tmp_path)
    assert patch[:-1] == [
        "kubectl", "patch", "inferenceservice", "churn", "--namespace", "prod", "--type", "merge", "--patch",
    ]  # fmt: skip
    said = json.loads(patch[-1])
    assert said["spec"]["predictor"]["model"]["storageUri"] == "s3://bucket/models/churn/v1.1.0"
    assert said["metadata"]["labels"] == {"gto/version": "v1.1.0"}
    assert pods[:3] == ["kubectl", "wait", "pod"]
    assert "serving.kserve.io/inferenceservice=churn,gto/version=v1.1.0" in pods
    assert service[:3] == ["kubectl", "wait", "inferenceservice/churn"]
    assert (tmp_path / "bin/config").read_text(encoding="utf-8") == SECRETS["KUBE_CONFIG"] + "\n"


NO_POD_YET = """case "$1 $2" in
"patch inferenceservice") echo "inferenceservice/churn patched" ;;
"wait pod") [ -e "$0.asked" ] || { touch "$0.asked"; exit 1; } ;;
esac"""
NEVER_A_POD = """case "$1 $2" in
"patch inferenceservice") echo "inferenceservice/churn patched" ;;
"wait pod") exit 1 ;;
esac"""
LATER = 'echo >>"$0.asked"; wc -l <"$0.asked" | sed s/$/00/'  # 100 seconds pass between two looks at the clock


def test_an_inference_service_that_is_ready_with_the_version_before_is_waited_for(
    remote: Origin, tmp_path: Path
) -> None:
    stubs = clouds(tmp_path, tmp_path / "github.json", kubectl=NO_POD_YET)
    _, calls = go("deploy-kserve", remote, "refs/tags/churn#prod#2", stubs)
    assert [call[1] for call in calls] == ["patch", "wait", "5", "wait", "wait"]
    place = tmp_path / "never"
    stubs = clouds(place, tmp_path / "github.json", kubectl=NEVER_A_POD, date=LATER)
    with pytest.raises(AssertionError, match=r"No pod of 'churn' serves v1\.1\.0 after 10 minutes"):
        go("deploy-kserve", remote, "refs/tags/churn#prod#2", stubs)
    assert [call[1] for call in programs.calls(stubs) if call[0] == "kubectl"][-2:] == ["wait", "describe"]


def test_an_inference_service_that_has_the_version_already_needs_no_pod(remote: Origin, tmp_path: Path) -> None:
    same = 'echo "inferenceservice/churn patched (no change)"'
    stubs = clouds(tmp_path, tmp_path / "github.json", kubectl=same)
    _, calls = go("deploy-kserve", remote, "refs/tags/churn#prod#2", stubs)
    assert [call[:3] for call in calls[1:]] == [["kubectl", "wait", "inferenceservice/churn"]]
