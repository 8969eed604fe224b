"""`gto export bom` and `gto export openlineage` of what a real DVC pipeline made."""

from __future__ import annotations

import json
from hashlib import md5
from typing import TYPE_CHECKING, Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.stories.healthy import done

if TYPE_CHECKING:
    from tests.lineage.pipeline import Pipeline

pytestmark = pytest.mark.dvc


def hashes(part: dict[str, Any]) -> dict[str, str]:
    return {one["alg"]: one["content"] for one in part.get("hashes", ())}


def test_a_bill_of_materials_tells_data_metrics_and_packages(pipeline: Pipeline) -> None:
    text = done(pipeline.repo.gto("export", "bom", "churn@v3.0.0", "--address", "https://example.com/churn.git"))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    found = json.loads(text)
    itself = found["metadata"]["component"]
    parts = {one["bom-ref"]: one for one in found["components"]}

    def true_hash(path: str) -> str:
        return md5((pipeline.repo.path / path).read_bytes(), usedforsecurity=False).hexdigest()

    assert hashes(itself) == {"MD5": true_hash("models/eu/churn.bin")}
    for path in ("data/raw.csv", "data/clean.csv"):
        assert parts[f"data:{path}"]["type"] == "data"
        assert hashes(parts[f"data:{path}"]) == {"MD5": true_hash(path)}
    assert parts["data:train.py"]["type"] == "file"
    assert parts["library:numpy:==1.23"]["purl"] == "pkg:pypi/numpy@1.23"
    card = itself["modelCard"]
    metrics = {one["type"]: one["value"] for one in card["quantitativeAnalysis"]["performanceMetrics"]}
    written = json.loads((pipeline.repo.path / "out/eu/metrics.json").read_text(encoding="utf-8"))
    assert metrics["out/eu/metrics.json:accuracy"] == str(written["accuracy"])
    assert metrics["best"] == "3.25"
    assert card["modelParameters"]["datasets"] == [{"ref": "data:data/clean.csv"}, {"ref": "data:data/raw.csv"}]
    parameters = {one["name"]: one["value"] for one in card["properties"]}
    assert parameters["gto:parameter:train.lr"] == "0.2"
    needs = {one["ref"]: one.get("dependsOn", []) for one in found["dependencies"]}
    assert {"data:data/clean.csv", "data:train.py"} <= set(needs["churn@v3.0.0"])
    assert needs["data:data/clean.csv"] == ["data:data/raw.csv"]
    assert needs["data:data/raw.csv"] == []


def test_lineage_begins_with_the_data_that_no_stage_made(pipeline: Pipeline) -> None:
    lines = done(pipeline.repo.gto("export", "openlineage", "churn", "--address", "https://example.com/c")).splitlines()
    runs = [one for one in map(json.loads, lines) if one["eventType"] == "COMPLETE"]
    registered = [one for one in runs if one["job"]["name"] == "churn.registration"]
    assert len(registered) == 3
    versions = []
    for one in registered:
        (raw,) = one["inputs"]
        assert raw["name"] == "data/raw.csv"
        versions.append(raw["facets"]["version"]["datasetVersion"])
    current = md5((pipeline.repo.path / "data/raw.csv").read_bytes(), usedforsecurity=False).hexdigest()
    assert versions[-1] == current
    assert len(set(versions)) == 3
