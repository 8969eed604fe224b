"""Facts of a model, recorded beside it: written by `gto annotate --inspect`, read by whoever describes a version."""

from __future__ import annotations

import hashlib
import json
import struct
import sys
from typing import TYPE_CHECKING

import pytest

from gto import api
from gto.delivery.file_identity import identity_of_path
from gto.delivery.recorded_facts import recorded_beside
from gto.exceptions import BadFile
from gto.inspect.facts import Method, ModelFacts, Schema, Tensor
from gto.inspect.side_car import FileIdentity, SideCar, parse_side_car
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

SIDE_CAR = "net.safetensors.model.yaml"
CLEAN = """\
import hashlib, sys
data = sys.stdin.buffer.read()
print("version https://git-lfs.github.com/spec/v1")
print("oid sha256:" + hashlib.sha256(data).hexdigest())
print("size", len(data))
"""


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


def test_what_mlem_recorded_goes_into_the_side_car(repo: Repo) -> None:
    data = weights(10)
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    array = "{type: torch, dtype: float32, shape: [null, 4]}"
    methods = f"{{__call__: {{name: __call__, args: [{{name: data, type_: {array}}}], returns: {array}}}}}"
    text = f"model_type: {{type: torch, methods: {methods}}}\nobject_type: model\n"
    text += f"artifacts: {{data: {{hash: {md5}, size: {len(data)}, uri: net}}}}\n"
    (repo.path / "net").write_bytes(data)
    repo.git("add", "net")
    repo.commit("by MLEM", {"net.mlem": text + "requirements: [{module: torch, version: 1.13.1}]\n"})
    assert done(repo.gto("annotate", "net", "--path", "net", "--inspect", "--commit")).count("\n") == 2
    found = model_of(repo, "net")
    sides = {
        f"{side}s": {"content_type": "np", "tensors": [{"name": side, "datatype": "FP32", "shape": [-1, 4]}]}
        for side in ("input", "output")
    }
    assert found["methods"] == {"__call__": sides}
    assert (found["requirements"], found["code_on_load"], found["notes"]) == (["torch==1.13.1"], "none", [])


def test_a_side_car_that_is_none_costs_the_facts_alone(annotated: Repo) -> None:
    annotated.commit("broken", {SIDE_CAR: "schema: gto.model/v1\nfile: {path: x, size: 1}\nimports: 5\n"})
    found = json.loads(done(annotated.gto("describe", "net", "--all", "--json")))
    assert found["model"]["read_from"] == "file"
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


def test_facts_are_stale_beside_a_file_in_git_that_is_too_large_to_be_a_pointer(annotated: Repo) -> None:
    (annotated.path / "net.safetensors").write_bytes(weights(1_100_000))
    annotated.git("-c", "core.compression=0", "commit", "--quiet", "--all", "--message", "4.4 MB")
    assert model_of(annotated, "net")["stale"] is True


def test_a_doctor_warns_of_facts_that_are_stale_or_unreadable_here_and_in_versions_that_count(annotated: Repo) -> None:
    assert json.loads(done(annotated.gto("doctor", "--json")))["problems"] == []
    (annotated.path / "net.safetensors").write_bytes(weights(11))
    annotated.git("commit", "--quiet", "--all", "--message", "trained again")
    done(annotated.gto("register", "net", "--version", "v1.1.0"))
    annotated.commit("broken", {SIDE_CAR: "schema: 3\n"})
    found = json.loads(done(annotated.gto("doctor", "--json")))["problems"]
    assert [(one["code"], one["subject"], "'v1.1.0'" in one["reason"]) for one in found] == [
        ("model-facts-stale", SIDE_CAR, True),
        ("model-facts-unreadable", SIDE_CAR, False),
    ]
    assert "⚠️" in done(annotated.gto("doctor"), code=0)
    done(annotated.gto("doctor", "--strict"), code=1)


def test_a_job_and_a_watcher_are_told_what_the_model_is(annotated: Repo) -> None:
    found = json.loads(done(annotated.gto("ci", "--ref", "net@v1.0.0", "--offline", "--json")))
    assert [found[key] for key in ("framework", "code_on_load", "model_facts")] == ["torch", "none", SIDE_CAR]
    shell = done(annotated.gto("ci", "--ref", "net@v1.0.0", "--offline", "--shell"))
    assert "export GTO_CODE_ON_LOAD=none" in shell.splitlines()
    (annotated.path / "net.safetensors").write_bytes(weights(11))
    annotated.git("commit", "--quiet", "--all", "--message", "trained again")
    done(annotated.gto("register", "net", "--version", "v1.1.0"))
    stale = annotated.gto("ci", "--ref", "net@v1.1.0", "--offline", "--json")
    assert json.loads(done(stale))["model_facts"] == ""
    assert f"'{SIDE_CAR}' is of another file" in stale.stderr
    command = ("sh", "-c", 'echo "$GTO_VERSION $GTO_CODE_ON_LOAD" >> told')
    done(annotated.gto("watch", "--once", "--since", "all", "--", *command))
    assert (annotated.path / "told").read_text() == "v1.0.0 none\nv1.1.0 \n"


def test_the_summary_of_a_job_tells_what_changed_in_the_model(annotated: Repo) -> None:
    (annotated.path / "net.safetensors").write_bytes(weights(11))
    annotated.git("add", "--all")
    done(annotated.gto("annotate", "net", "--inspect"))
    annotated.git("commit", "--quiet", "--all", "--message", "trained again")
    done(annotated.gto("register", "net", "--version", "v1.1.0"))
    assert "parameter count" in done(annotated.gto("ci", "--ref", "net@v1.1.0", "--offline", "--summary"))


def test_a_program_reads_facts_and_has_them_recorded_as_the_commands_do(annotated: Repo) -> None:
    told = json.loads(done(annotated.gto("inspect", "net@v1.0.0", "--json")))
    assert api.inspect("net@v1.0.0", annotated.path) == told
    assert api.inspect(str(annotated.path / "net.safetensors"))["parameter_count"] == 10
    (annotated.path / "net.safetensors").write_bytes(weights(11))
    assert api.annotate(annotated.path, "net", inspect=True) == "artifacts.yaml"
    assert "parameter_count: 11" in (annotated.path / SIDE_CAR).read_text()


@pytest.fixture
def bare(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A model in Git without facts beside it, and nothing kept of it yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (repo.path / "net.safetensors").write_bytes(weights(10))
    repo.git("add", "net.safetensors")
    repo.commit("a model", {"artifacts.yaml": "net: {type: model, path: net.safetensors}\n"})
    done(repo.gto("register", "net", "--version", "v1.0.0"))
    return repo


def test_facts_without_a_side_car_are_read_from_the_file_and_kept_until_they_are_cleared(
    bare: Repo, tmp_path: Path
) -> None:
    found = model_of(bare, "net")
    assert (found["read_from"], found["stale"], found["parameter_count"]) == ("file", False, 10)
    assert "read from the file" in done(bare.gto("describe", "net", "--all"))
    (kept,) = (tmp_path / "cache/gto/model-facts").iterdir()
    kept.write_text(kept.read_text().replace('"parameter_count": 10', '"parameter_count": 12'))
    assert model_of(bare, "net")["parameter_count"] == 12
    kept.write_text("[]")
    assert model_of(bare, "net")["parameter_count"] == 10
    assert json.loads(done(bare.gto("cache", "info", "--json")))["model_facts"]["files"] == 1
    assert "Facts of 1 models" in done(bare.gto("cache", "info"))
    assert "facts of 1 models" in done(bare.gto("cache", "clear"))
    assert not kept.exists()


def test_files_without_side_cars_are_compared(bare: Repo) -> None:
    (bare.path / "net.safetensors").write_bytes(weights(11))
    bare.git("commit", "--quiet", "--all", "--message", "trained again")
    changes = json.loads(done(bare.gto("diff", "net@v1.0.0", "HEAD", "--json")))["model"]
    assert [(one["fact"], one["old"], one["new"]) for one in changes] == [("parameter count", "10", "11")]
    assert api.diff(bare.path, "net@v1.0.0", "HEAD")["model"] == changes


def test_a_model_of_dvc_is_read_from_its_cache_and_from_a_remote_only_where_that_is_asked(
    bare: Repo, tmp_path: Path
) -> None:
    data, key = weights(13), hashlib.md5(weights(13), usedforsecurity=False).hexdigest()
    bare.git("rm", "--quiet", "--cached", "net.safetensors")
    files = {
        ".dvc/config": f'[core]\n    remote = there\n[remote "there"]\n    url = {tmp_path}/remote\n',
        "net.safetensors.dvc": f"outs: [{{md5: {key}, size: {len(data)}, hash: md5, path: net.safetensors}}]",
    }
    bare.commit("tracked by DVC", files)
    assert model_of(bare, "net") is None
    place = tmp_path / f"remote/files/md5/{key[:2]}/{key[2:]}"
    place.parent.mkdir(parents=True)
    place.write_bytes(data)
    assert model_of(bare, "net") is None
    fetched = json.loads(done(bare.gto("describe", "net", "--all", "--fetch", "--json")))["model"]
    assert fetched["parameter_count"] == 13
    cached = bare.path / f".dvc/cache/files/md5/{key[:2]}/{key[2:]}"
    cached.parent.mkdir(parents=True)
    place.rename(cached)
    assert model_of(bare, "net")["parameter_count"] == 13


def test_what_is_no_model_is_not_looked_at(bare: Repo, tmp_path: Path) -> None:
    text = "net: {type: dataset, path: net.csv}\nother: {type: model, path: net.csv}\n"
    bare.commit("data", {"artifacts.yaml": text, "net.csv": "a,b\n1,2\n"})
    assert model_of(bare, "net") is None
    assert not (tmp_path / "cache/gto/model-facts").exists()
    assert model_of(bare, "other") is None


def test_a_directory_in_git_is_read_where_one_of_its_files_may_be_a_model(bare: Repo, tmp_path: Path) -> None:
    files = {"docs/a.txt": "words", "artifacts.yaml": "net: {type: model, path: docs}\nhf: {path: hf}\n"}
    (bare.path / "hf").mkdir()
    (bare.path / "hf/model.safetensors").write_bytes(weights(10))
    (bare.path / "hf/config.json").write_text('{"model_type": "bert", "architectures": ["BertModel"]}')
    bare.git("add", "hf")
    bare.commit("directories", files)
    assert model_of(bare, "net") is None
    assert not (tmp_path / "cache/gto/model-facts").exists()
    assert model_of(bare, "hf")["parameter_count"] == 10


def test_a_directory_in_git_is_known_by_its_files_those_of_git_lfs_too(repo: Repo) -> None:
    repo.git("config", "filter.lfs.clean", f"{sys.executable} {repo.path}/clean.py")
    hf = repo.path / "hf"
    (hf / "deep").mkdir(parents=True)
    (repo.path / "clean.py").write_text(CLEAN)
    (hf / "model.safetensors").write_bytes(weights(10))
    (hf / "deep/config.json").write_text('{"model_type": "bert"}')
    (hf / "link").symlink_to("deep/config.json")
    (hf / "junk.tmp").write_text("of no version")
    repo.commit("ignored", {".gitattributes": "*.safetensors filter=lfs\n", ".gitignore": "*.tmp\n"})
    done(repo.gto("annotate", "hf", "--path", "hf", "--inspect"))
    repo.git("add", "--all")
    repo.commit("a directory")
    assert repo.git("show", "HEAD:hf/model.safetensors").startswith("version https://git-lfs")
    assert model_of(repo, "hf")["stale"] is False
    repo.commit("another one", {"hf/deep/config.json": '{"model_type": "gpt"}'})
    assert model_of(repo, "hf")["stale"] is True
    done(repo.gto("annotate", "hf", "--inspect", "--commit"))
    assert model_of(repo, "hf")["stale"] is False


def test_facts_that_do_not_count_are_said_to_be_there(annotated: Repo) -> None:
    (annotated.path / "net.safetensors").write_bytes(weights(11))
    annotated.git("commit", "--quiet", "--all", "--message", "trained again")
    done(annotated.gto("register", "net", "--version", "v1.1.0"))
    for target, name in (("net", "net"), ("net.safetensors", "NAME")):
        shown = annotated.gto("inspect", target)
        assert shown.code == 0
        assert f"{SIDE_CAR}' do not count: they are of another file" in shown.stderr
        assert f"`gto annotate {name} --inspect`" in shown.stderr
    assert annotated.gto("inspect", "net@v1.0.0").stderr == ""


def test_a_side_car_of_many_columns_is_one_that_is_read() -> None:
    def of(columns: int) -> SideCar:
        schema = Schema(tuple(Tensor(f"column_of_a_table_{number}", "FP64", (-1,)) for number in range(columns)), "pd")
        names = ("predict", "predict_proba", "predict_log_proba", "decision_function")
        return SideCar(FileIdentity("net.pkl", 1), ModelFacts(methods=dict.fromkeys(names, Method(schema, None))))

    assert parse_side_car(of(2000).text(), SIDE_CAR) == of(2000)
    too_many = parse_side_car(of(8000).text(), SIDE_CAR).facts
    assert (too_many.methods, too_many.notes) == ({}, ["its methods take more than the 1 MiB of a side-car"])
    with pytest.raises(BadFile, match="larger than 1 MiB"):
        parse_side_car(of(10).text() + "#" * (1 << 20), SIDE_CAR)


def test_a_side_car_of_many_megabytes_is_not_read(tmp_path: Path) -> None:
    model, side_car = tmp_path / "net.safetensors", tmp_path / SIDE_CAR
    model.write_bytes(weights(10))
    side_car.write_text(SideCar(identity_of_path(str(model)), ModelFacts(class_name="own.Net")).text())
    assert recorded_beside(str(model)).fresh is not None
    with side_car.open("a") as file:
        file.write("#" * (1 << 20))
    assert recorded_beside(str(model)).fresh is None


def test_an_artifact_that_is_annotated_in_the_work_tree_alone_is_called_that(repo: Repo) -> None:
    (repo.path / "net.safetensors").write_bytes(weights(10))
    done(repo.gto("annotate", "net", "--path", "net.safetensors"))
    for words in (("inspect", "net"), ("describe", "net", "--all"), ("get", "net")):
        said(repo.gto(*words), "in the work tree alone", "gto register net")
