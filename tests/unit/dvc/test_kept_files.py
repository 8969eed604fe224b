"""Files that DVC keeps are found by what its files record; a cache that a test made by hand has their bytes."""

from __future__ import annotations

import json
from hashlib import md5
from typing import TYPE_CHECKING

from gto.dvc import kept_files
from gto.lineage import values
from tests.unit.lineage.reading import aside, read

if TYPE_CHECKING:
    import pytest

    from tests.repo import Repo


def keep(repo: Repo, data: bytes, end: str = "") -> str:
    """Put bytes into the cache, and return their hash."""
    value = md5(data, usedforsecurity=False).hexdigest() + end
    place = repo.path / ".dvc/cache/files/md5" / value[:2] / value[2:]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return value


def keep_directory(repo: Repo, files: dict[str, bytes]) -> str:
    """Put a directory into the cache, and return the hash of its listing."""
    listed = [{"md5": keep(repo, data), "relpath": path} for path, data in files.items()]
    return keep(repo, json.dumps(listed).encode(), ".dir")


def test_files_beside_git_and_in_tracked_directories_are_read_and_each_lack_has_its_reason(repo: Repo) -> None:
    directory = keep_directory(repo, {"m.json": b'{"a": 1}', "sub/n.json": b'{"b": 2}'})
    kept, params = keep(repo, b'{"k": 4}'), keep(repo, b"lr: 5")
    files = {
        "dvc.yaml": "stages: {s: {cmd: x, metrics: [{un.json: {cache: false}}]}}\n"
        "metrics: [data, other/sub, other/no.json, mixed, none.json, etag.json]",
        "dvc.lock": "schema: '2.0'\nstages: {s: {cmd: x, outs: [{path: un.json, hash: md5, md5: "
        + keep(repo, b'{"u": 1}')
        + "}]}}",
        "data.dvc": f"outs: [{{path: data, hash: md5, md5: {directory}, nfiles: 2}}]",
        "other.dvc": f"outs: [{{path: other, hash: md5, md5: {directory}, nfiles: 2}}]",
        "mixed/in-git.json": '{"g": 3}',
        "mixed/kept.json.dvc": f"outs: [{{path: kept.json, hash: md5, md5: {kept}}}]",
        "etag.json.dvc": "outs: [{path: etag.json, etag: '\"12\"'}]",
        "params.yaml.dvc": f"outs: [{{path: params.yaml, hash: md5, md5: {params}}}]",
    }
    checkout, project = read(repo, files)
    found = values.read_metrics(checkout, project)
    assert found.files == {
        "data/m.json": {"a": 1},
        "data/sub/n.json": {"b": 2},
        "other/sub/n.json": {"b": 2},
        "mixed/in-git.json": {"g": 3},
        "mixed/kept.json": {"k": 4},
    }
    lacking = {one.path: one.reason for one in found.elsewhere if one.place is None}
    assert lacking == {
        "un.json": "it is not in the commit",
        "other/no.json": "DVC recorded no such file in 'other'",
        "none.json": "it is not in the commit",
        "etag.json": "DVC keeps it, not Git: DVC noted no hash of its bytes",
    }
    assert values.read_params(checkout, project).files == {"params.yaml": {"lr": 5}}
    assert aside(checkout) == []


def test_what_dvc_keeps_is_bounded_in_files_and_in_bytes(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_files, "_MOST_FILES", 40)
    monkeypatch.setattr(kept_files, "_MOST_OF_LARGEST", 1)
    monkeypatch.setenv("GTO_DATA_LIMIT", "0.0001")  # 104 bytes
    directory = keep_directory(repo, {f"{number:02}.json": b'{"a": %d}' % number for number in range(50)})
    files = {"dvc.yaml": "metrics: [data]", "data.dvc": f"outs: [{{path: data, hash: md5, md5: {directory}}}]"}
    checkout, project = read(repo, files)
    found = values.read_metrics(checkout, project)
    assert (len(found.files), len(found.elsewhere)) == (16, 40)
    reasons = {one.reason for one in found.elsewhere if one.place is None}
    assert reasons == {"the files of this commit that DVC keeps have more than 104 bytes"}
    assert aside(checkout) == [("lineage-many", "data")]
