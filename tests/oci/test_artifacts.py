"""Artifacts of OCI as they are planned: bytes that no release may change, since somebody pulls them by digest."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import UnsafePath, UsageError
from gto.oci.about import param_size
from gto.oci.artifact import BlobPlan, PackedFile, VersionAbout, digest_of, tag_of_version
from gto.oci.modelcar import plan_layers, plan_modelcar
from gto.oci.modelpack import kind_of_file, plan_modelpack

if TYPE_CHECKING:
    from collections.abc import Mapping

FILES: Mapping[str, bytes] = {
    "model.safetensors": b"weights" * 200,
    "config.json": b"{}\n",
    "sub/läuft.py": b"print(1)\n",
    "empty": b"",
    f"{'deep/' * 30}README.md": b"# read me\n",
}
PACKED = [PackedFile(path, len(data), path.endswith(".py")) for path, data in FILES.items()]
DIGESTS = {path: digest_of(data).removeprefix("sha256:") for path, data in FILES.items()}
ABOUT = VersionAbout(
    name="churn",
    commit="a1" * 20,
    created="2026-01-02T03:04:05Z",
    version="v1.2.0+b.5",
    authors=("Ada Lövelace",),
    description="Wer geht?",
    licenses=("MIT",),
    format="safetensors",
    param_size="6.7B",
    precision="bf16",
)


def bytes_of(plan: BlobPlan) -> bytes:
    return b"".join(FILES[one.path] if isinstance(one, PackedFile) else one for one in plan.parts)


def test_a_modelpack_has_the_same_bytes_for_ever() -> None:
    made = plan_modelpack(PACKED, DIGESTS, ABOUT)
    assert made.digest == "sha256:f832fd2fdc1921eaee7403b7ba8b1e163ccc89f3a8c6ef69dd229625bfd37a18"
    manifest = json.loads(made.manifest)
    assert manifest["layers"][0]["annotations"]["org.cncf.model.filepath"] == "config.json"
    assert manifest["layers"][-1] == {
        "mediaType": "application/vnd.cncf.model.code.v1.raw",
        "digest": digest_of(FILES["sub/läuft.py"]),
        "size": 9,
        "annotations": {
            "org.cncf.model.filepath": "sub/läuft.py",
            "org.opencontainers.image.title": "sub/läuft.py",
            "org.cncf.model.file.metadata+json": '{"gid":0,"mode":493,"mtime":"1970-01-01T00:00:00Z",'
            '"name":"läuft.py","size":9,"typeflag":48,"uid":0}',
        },
    }
    config = made.blobs[manifest["config"]["digest"]].parts[0]
    assert isinstance(config, bytes)
    assert json.loads(config) == {
        "config": {"format": "safetensors", "paramSize": "6.7B", "precision": "bf16"},
        "descriptor": {
            "authors": ["Ada Lövelace"],
            "createdAt": "2026-01-02T03:04:05Z",
            "description": "Wer geht?",
            "licenses": ["MIT"],
            "name": "churn",
            "revision": "a1" * 20,
            "version": "v1.2.0+b.5",
        },
        "modelfs": {"type": "layers", "diffIds": [layer["digest"] for layer in manifest["layers"]]},
    }
    for layer in manifest["layers"]:
        plan = made.blobs[layer["digest"]]
        assert (digest_of(bytes_of(plan)), plan.size) == (layer["digest"], layer["size"])


def test_a_modelcar_has_the_same_bytes_for_ever() -> None:
    (layer,) = plan_layers(PACKED)
    data = bytes_of(layer)
    assert (layer.size, digest_of(data)) == (
        len(data),
        "sha256:5123d27e5b692fdcfdfb0496e1c2670125fe92d11dae8aaa0fd48a118e9a2be4",
    )
    made = plan_modelcar([layer], [digest_of(data)], ABOUT)
    assert made.digest == "sha256:3562257273a53c9e213be5f132c8dd59858f06577f69a85e16fd4e71e5be85f5"
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        found = {one.name: archive.extractfile(one).read() for one in archive if one.isfile()}  # type: ignore[union-attr]  # a file has bytes
        modes = {one.name: (one.mode, one.mtime, one.uid, one.gid, one.uname) for one in archive.getmembers()}
    assert found == {f"models/{path}": text for path, text in FILES.items()}
    assert modes["models/sub/läuft.py"] == (0o755, 0, 0, 0, "")
    assert modes["models/config.json"] == (0o644, 0, 0, 0, "")
    assert list(modes)[:3] == ["models", "models/deep", "models/deep/deep"]


def test_the_order_of_files_changes_nothing() -> None:
    assert plan_modelpack(PACKED[::-1], DIGESTS, ABOUT) == plan_modelpack(PACKED, DIGESTS, ABOUT)
    assert plan_layers(PACKED[::-1]) == plan_layers(PACKED)


def test_a_large_file_is_a_layer_of_its_own_and_no_image_has_too_many() -> None:
    files = [PackedFile(f"part-{n:03}", (40 << 20) + n % 7) for n in range(200)] + PACKED
    layers = plan_layers(files)
    assert [len(one.files) for one in layers] == [144, *[1] * 60]  # of the small ones, one has no bytes
    assert sum(one.size for one in files) < sum(one.size for one in layers)
    assert plan_layers(files[:1])[0].files == (files[0],)


def test_what_a_file_is_stands_in_its_name() -> None:
    kinds = {
        "weight": ("model", "a/pytorch_model.bin", "model.json.gz"),
        "weight.config": ("config.json", "x/vocab.txt"),
        "doc": ("README", "LICENSE.txt", "docs/a.MD"),
        "code": ("train.py",),
        "dataset": ("a.parquet",),
    }
    assert {name: kind_of_file(name) for names in kinds.values() for name in names} == {
        name: kind for kind, names in kinds.items() for name in names
    }


def test_the_only_file_is_the_weights_and_one_of_a_data_set_is_data() -> None:
    one = [PackedFile("churn.json", 3)]
    for about, kind in ((ABOUT, "weight"), (ABOUT._replace(is_data=True), "dataset")):
        layer = json.loads(plan_modelpack(one, {"churn.json": "0" * 64}, about).manifest)["layers"][0]
        assert layer["mediaType"] == f"application/vnd.cncf.model.{kind}.v1.raw"


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../b", "half \udcff character", ".git/config"])
def test_a_path_that_leaves_its_place_is_packed_by_nobody(path: str) -> None:
    files = [PackedFile(path, 0)]
    with pytest.raises(UnsafePath):
        plan_layers(files)
    with pytest.raises(UnsafePath):
        plan_modelpack(files, {path: "0" * 64}, ABOUT)


def test_a_version_without_files_is_packed_by_nobody() -> None:
    with pytest.raises(UsageError, match="no file to pack"):
        plan_layers([])


def test_numbers_of_parameters_are_told_with_one_digit_after_the_point() -> None:
    counts = {None: "", 99: "", 100: "0.1K", 1500: "1.5K", 999_999: "1M", 6_738_415_616: "6.7B", 10**19: "10000Q"}
    assert {count: param_size(count) for count in counts} == counts


def test_a_tag_has_no_plus() -> None:
    assert tag_of_version("v1.0.0-rc.1+b.5") == "v1.0.0-rc.1_b.5"
