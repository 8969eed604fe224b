"""Facts of a model, recorded beside it: written by `gto annotate --inspect`, read by whoever describes a version."""

from __future__ import annotations

import hashlib
import json
import struct
from typing import TYPE_CHECKING

import pytest

from gto.delivery.model_record import identity_of_path, recorded_beside
from gto.inspect.facts import ModelFacts
from gto.inspect.side_car import SideCar
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

SIDE_CAR = "net.safetensors.model.yaml"


def weights(numbers: int) -> bytes:
    """A file of safetensors."""
    entry = {"dtype": "F32", "shape": [numbers], "data_offsets": [0, numbers * 4]}
    header = json.dumps({"__metadata__": {"format": "pt"}, "layer.weight": entry}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(numbers * 4)


def model_of(repo: Repo, selector: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(done(repo.gto("describe", selector, "--all", "--json")))["model"]
    return found


@pytest.fixture
def annotated(repo: Repo) -> Repo:
    """A model in Git whose facts were recorded in the commit that annotates it."""
    (repo.path / "net.safetensors").write_bytes(weights(10))
    repo.git("add", "net.safetensors")
    repo.commit("a model")
    done(repo.gto("annotate", "net", "--path", "net.safetensors", "--inspect", "--commit"))
    done(repo.gto("register", "net", "--version", "v1.0.0"))
    return repo


def test_facts_are_committed_with_the_annotation_that_names_them(annotated: Repo) -> None:
    assert annotated.git("show", "--format=", "--name-only", "HEAD").split() == ["artifacts.yaml", SIDE_CAR]
    assert annotated.git("status", "--porcelain") == ""
    found = model_of(annotated, "net@v1.0.0")
    assert (found["read_from"], found["stale"]) == (SIDE_CAR, False)
    assert (found["format"], found["parameter_count"], found["code_on_load"]) == ("safetensors", 10, "none")


def test_the_same_file_gives_the_same_text_and_no_commit(annotated: Repo) -> None:
    before = annotated.git("rev-parse", "HEAD"), (annotated.path / SIDE_CAR).read_bytes()
    done(annotated.gto("annotate", "net", "--inspect", "--commit"))
    assert before == (annotated.git("rev-parse", "HEAD"), (annotated.path / SIDE_CAR).read_bytes())


def test_facts_of_another_file_are_stale(annotated: Repo) -> None:
    (annotated.path / "net.safetensors").write_bytes(weights(11))
    annotated.git("commit", "--quiet", "--all", "--message", "trained again")
    assert model_of(annotated, "net")["stale"] is True
    assert model_of(annotated, "net@v1.0.0")["stale"] is False
    assert "STALE" in done(annotated.gto("describe", "net", "--all"))
    done(annotated.gto("annotate", "net", "--inspect", "--commit"))
    found = model_of(annotated, "net")
    assert (found["stale"], found["parameter_count"]) == (False, 11)


def test_custom_metadata_stay_beside_the_pointer(repo: Repo) -> None:
    (repo.path / "net.safetensors").write_bytes(weights(10))
    text = "net:\n  path: net.safetensors\n  custom:\n    owner: ada # of the team\n"
    repo.git("add", "net.safetensors")
    repo.commit("a model", {"artifacts.yaml": text})
    done(repo.gto("annotate", "net", "--inspect"))
    assert "owner: ada # of the team" in (repo.path / "artifacts.yaml").read_text()
    assert json.loads(done(repo.gto("describe", "net", "--json")))["custom"] == {"owner": "ada", "model": SIDE_CAR}


def test_custom_metadata_that_are_text_are_not_lost(repo: Repo) -> None:
    (repo.path / "net.safetensors").write_bytes(weights(10))
    repo.commit("annotated", {"artifacts.yaml": "net:\n  path: net.safetensors\n  custom: words\n"})
    said(repo.gto("annotate", "net", "--inspect"), "no mapping")
    assert not (repo.path / SIDE_CAR).exists()


def test_a_model_that_dvc_tracks_is_known_by_dvc_s_hash(repo: Repo) -> None:
    data = weights(10)
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    (repo.path / "models").mkdir()
    (repo.path / "models/net.safetensors").write_bytes(data)
    files = {
        ".dvc/config": "",
        "models/dvc.yaml": "artifacts:\n  net:\n    path: net.safetensors\n",
        "models/net.safetensors.dvc": f"outs: [{{md5: {md5}, size: {len(data)}, hash: md5, path: net.safetensors}}]",
        "models/.gitignore": "/net.safetensors\n",
    }
    repo.commit("tracked by DVC", files)
    done(repo.gto("annotate", "models:net", "--inspect", "--commit"))
    assert f"model: {SIDE_CAR}" in (repo.path / "models/dvc.yaml").read_text()
    found = model_of(repo, "models:net")
    assert (found["read_from"], found["stale"]) == (f"models/{SIDE_CAR}", False)


def test_a_side_car_that_is_none_costs_the_facts_alone(annotated: Repo) -> None:
    annotated.commit("broken", {SIDE_CAR: "schema: gto.model/v1\nfile: {path: x, size: 1}\nimports: 5\n"})
    found = json.loads(done(annotated.gto("describe", "net", "--all", "--json")))
    assert found["model"] is None
    assert [(one["subject"], "imports" in one["reason"]) for one in found["problems"]] == [(SIDE_CAR, True)]
    assert found["annotation"]["path"] == "net.safetensors"


def test_what_changed_between_two_models_is_told(annotated: Repo) -> None:
    (annotated.path / "net.safetensors").write_bytes(weights(11))
    annotated.git("commit", "--quiet", "--all", "--message", "trained again")
    assert (
        json.loads(done(annotated.gto("diff", "net@v1.0.0", "HEAD", "--json")))["model"] == []
    )  # those of HEAD are stale
    done(annotated.gto("annotate", "net", "--inspect", "--commit"))
    change = {"fact": "parameter count", "name": "", "old": "10", "new": "11", "breaking": False}
    assert json.loads(done(annotated.gto("diff", "net@v1.0.0", "HEAD", "--json")))["model"] == [change]
    assert "parameter count" in done(annotated.gto("diff", "net@v1.0.0", "HEAD"))


def test_a_bill_of_materials_has_the_facts_of_a_fresh_side_car(annotated: Repo) -> None:
    found = json.loads(done(annotated.gto("export", "bom", "net@v1.0.0")))
    card = found["metadata"]["component"]["modelCard"]
    said = {one["name"]: one["value"] for one in card["properties"]}
    assert (said["gto:model:format"], said["gto:model:codeOnLoad"]) == ("safetensors", "none")
    assert said["gto:model:parameterCount"] == "10"


def test_a_side_car_of_many_megabytes_is_not_read(tmp_path: Path) -> None:
    model, side_car = tmp_path / "net.safetensors", tmp_path / SIDE_CAR
    model.write_bytes(weights(10))
    side_car.write_text(SideCar(identity_of_path(str(model)), ModelFacts(class_name="own.Net")).text())
    assert recorded_beside(str(model)) is not None
    with side_car.open("a") as file:
        file.write("#" * (5 << 20))
    assert recorded_beside(str(model)) is None
