from __future__ import annotations

import json
import re
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.ci import programs

if TYPE_CHECKING:
    from tests.ci.bench import Bench

SAME = {  # pairs of (artifact, stage) that a careless name makes one
    "build-image": [("a:b", "-"), ("a/b", "-"), ("A/b", "-"), ("a-b", "-"), ("a--b", "-")],
    "deploy-kserve": [("team/churn", "prod"), ("team-churn", "prod"), ("Team_Churn", "prod"), ("team--churn", "prod")],
    "deploy-sagemaker": [("churn", "eu-prod"), ("churn-eu", "prod"), ("churn/eu", "prod"), ("Churn-eu", "prod")],
}
PLAIN = {"build-image": "ghcr.io/ada/churn:v1.0.0", "deploy-kserve": "churn", "deploy-sagemaker": "churn-prod"}
LONG = "a/" * 30 + "Z" * 100


@pytest.mark.parametrize("name", SAME)
def test_no_two_artifacts_and_stages_have_one_name_in_a_cloud(name: str, bench: Bench) -> None:
    found = [bench.target(name, NAME=artifact, STAGE=stage) for artifact, stage in SAME[name]]
    assert len(set(found)) == len(found), found
    for one in found:  # nor may someone take the name of another by naming an artifact as its hash is
        artifact = one.removeprefix("ghcr.io/ada/").partition(":")[0].removesuffix("-prod")
        assert bench.target(name, NAME=artifact) not in set(found) - {one}
    assert bench.target(name) == PLAIN[name]


@pytest.mark.parametrize(("name", "pattern", "longest"), [
    ("build-image", r"ghcr\.io/ada/[a-z0-9/_-]+:v1\.0\.0", 255),
    ("deploy-kserve", r"[a-z]([a-z0-9-]*[a-z0-9])?", 45),
    ("deploy-sagemaker", r"[A-Za-z0-9](-*[A-Za-z0-9])*", 63),
])  # fmt: skip
def test_a_name_is_one_that_the_cloud_takes(name: str, pattern: str, longest: int, bench: Bench) -> None:
    for artifact in ("Team/Dir:Churn", "7days", LONG, "a" * 40, "_x:m"):
        found = bench.target(name, NAME=artifact)
        assert re.fullmatch(pattern, found), found
        assert len(found) <= longest


def test_a_version_is_written_as_the_tag_of_an_image_may_be(bench: Bench) -> None:
    assert bench.target("build-image", VERSION="v1.0.0+b.1") == "ghcr.io/ada/churn:v1.0.0_b.1"


def test_a_stage_that_is_no_namespace_is_refused(bench: Bench) -> None:
    assert "No namespace can be called 'eu/prod'" in bench.refuses("deploy-kserve", STAGE="eu/prod")
    assert "are not expected" in bench.refuses("deploy-kserve", NAME="../../other/bucket")


@pytest.mark.parametrize("word", ["MODEL", "VERSION", "STAGE", "APP"])
def test_heroku_gets_no_word_that_begins_another_argument(word: str, bench: Bench) -> None:
    hostile = {word: "m.pkl,VERSION=v9,PIP_INDEX_URL=http://example.com"}
    assert "are not expected" in bench.refuses("deploy-heroku", **hostile)
    assert "are not expected" in bench.refuses("deploy-heroku", **{word: "../x"})


@pytest.mark.parametrize("model", ["models/churn.pkl", "model.tar.gz", "models/churn.tar.gz"])
def test_sagemaker_gets_one_archive_and_the_model_stays(model: str, bench: Bench) -> None:
    (bench.work / "models").mkdir()
    path = bench.work / model
    (bench.work / "model.pkl").rename(bench.work / "models/churn.pkl")
    if model.endswith(".gz"):
        with tarfile.open(path, "w:gz") as archive:
            archive.add(bench.work / "models/churn.pkl", "churn.pkl")
    before = path.read_bytes()
    done = bench.run("deploy-sagemaker", MODEL=model)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("The endpoint is churn-prod\n")
    assert path.read_bytes() == before
    with tarfile.open(bench.machine / "uploaded.tar.gz") as archive:
        assert archive.getnames() == ["churn.pkl"]
    (created,) = [call for call in programs.calls(bench.stubs) if "create-model" in call]
    assert json.loads(created[-1])["ModelDataUrl"] == "s3://bucket/churn/v1.0.0/model.tar.gz"
