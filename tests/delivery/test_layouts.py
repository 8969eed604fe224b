"""What `gto get` brings is what `dvc get` brings, whatever the layout; what cannot be checked is not kept."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from tests.delivery.conftest import Layout

pytestmark = pytest.mark.dvc

_SOURCE = ast.parse((Path(__file__).parent / "layouts.py").read_text(encoding="utf-8"))
NAMES = [
    node.name
    for node in _SOURCE.body
    if isinstance(node, ast.FunctionDef) and any(isinstance(d, ast.Name) for d in node.decorator_list)
]
LACKING = 98
"""The code of a layout whose server is not on this machine."""
DIFFERENT = {
    "a_git_directory_with_files_that_dvc_ignores": "DVC leaves committed files out",
    "a_link_to_a_file": "DVC writes the text of the link",
    "a_lock_of_form_1": "DVC 3 does not read it any more",
    "a_stage_that_was_removed": "nobody finds it",
    "a_whole_repository": "the annotation that the test adds is in it",
}


def files(place: Path) -> dict[str, bytes]:
    """Every file below a directory, or the file, with what is in it."""
    if place.is_file():
        return {"": place.read_bytes()}
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("known_hosts")
@pytest.mark.parametrize("name", [name for name in NAMES if name not in DIFFERENT])
def test_gto_brings_the_same_bytes_as_dvc(layouts: dict[str, Layout], tmp_path: Path, name: str) -> None:
    layout = layouts[name]
    if layout.code == LACKING:
        pytest.skip(layout.said)
    assert layout.code == 0, layout.said
    out = tmp_path / "out"
    assert done(layout.repo.gto("get", "model", "-o", str(out))) == f"{out}\n"
    expected = layout.place / "expected"
    assert out.is_dir() == expected.is_dir()
    assert files(out) == files(expected)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_is_committed_is_brought_whatever_dvc_ignores(layouts: dict[str, Layout], tmp_path: Path) -> None:
    layout = layouts["a_git_directory_with_files_that_dvc_ignores"]
    assert files(layout.place / "expected").keys() == {"a.txt"}
    done(layout.repo.gto("get", "model", "-o", str(tmp_path / "out")))
    assert files(tmp_path / "out").keys() == {"a.txt", "b.tmp"}


def test_a_whole_repository_comes_without_what_is_dvc_s_own(layouts: dict[str, Layout], tmp_path: Path) -> None:
    layout = layouts["a_whole_repository"]
    done(layout.repo.gto("get", "model", "-o", str(tmp_path / "out")))
    found = files(tmp_path / "out")
    assert found.pop("artifacts.yaml")
    assert found == files(layout.place / "expected")
    assert found.keys() == {".gitignore", "model.pkl", "docs/readme.md"}


def test_there_are_enough_layouts() -> None:
    assert len(NAMES) >= 40


def test_a_link_is_followed_where_dvc_writes_its_text(layouts: dict[str, Layout], tmp_path: Path) -> None:
    layout = layouts["a_link_to_a_file"]
    assert files(layout.place / "expected") == {"": b"v1.pkl"}
    done(layout.repo.gto("get", "model", "-o", str(tmp_path / "out")))
    assert files(tmp_path / "out") == {"": b"content\n"}


def test_a_lock_that_dvc_3_refuses_is_read(layouts: dict[str, Layout], tmp_path: Path) -> None:
    layout = layouts["a_lock_of_form_1"]
    assert layout.code != 0
    done(layout.repo.gto("get", "model", "-o", str(tmp_path / "out")))
    assert files(tmp_path / "out") == {"": b"trained\n"}


def test_what_a_removed_stage_made_is_found_by_nobody(layouts: dict[str, Layout], tmp_path: Path) -> None:
    layout = layouts["a_stage_that_was_removed"]
    assert layout.code != 0
    said(layout.repo.gto("get", "model", "-o", str(tmp_path / "out")), "neither in Git nor tracked by DVC")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a_dvc_file", "a_tracked_directory", "a_file_of_dvc_2"])
@pytest.mark.parametrize("damage", ["corrupted", "truncated", "missing", "swapped"])
def test_damaged_objects_are_refused_and_nothing_is_left(
    layouts: dict[str, Layout], tmp_path: Path, name: str, damage: str
) -> None:
    layout = layouts[name].copy(tmp_path / "copy")
    for at, path in enumerate(layout.objects):
        data = path.read_bytes()
        if path.name.endswith(".dir"):
            continue
        match damage:
            case "corrupted":
                path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
            case "truncated":
                path.write_bytes(data[:-1])
            case "missing":
                path.unlink()
            case _:
                path.write_bytes(f"another object, {at}".encode())
    place = tmp_path / "place"
    place.mkdir()
    words = "There is no" if damage == "missing" else "does not hold what was registered"
    said(layout.repo.gto("get", "model", "-o", str(place / "out")), words)
    assert not list(place.iterdir())


@pytest.mark.parametrize("damage", [b"", b"[]", b'[{"md5": "0", "relpath": "../../evil"}]'])
def test_a_damaged_listing_is_refused_before_anything_is_fetched(
    layouts: dict[str, Layout], tmp_path: Path, damage: bytes
) -> None:
    layout = layouts["a_tracked_directory"].copy(tmp_path / "copy")
    listing = next(path for path in layout.objects if path.name.endswith(".dir"))
    listing.write_bytes(damage)
    out = tmp_path / "place" / "out"
    out.parent.mkdir()
    said(layout.repo.gto("get", "model", "-o", str(out)), "does not hold what was registered", ".dir")
    assert not list(out.parent.iterdir())


def test_a_damaged_cache_is_passed_over(layouts: dict[str, Layout], tmp_path: Path) -> None:
    layout = layouts["a_dvc_file"].copy(tmp_path / "copy")
    for path in layout.objects:
        cached = layout.place / "repo/.dvc/cache" / path.relative_to(layout.place / "storage")
        cached.parent.mkdir(parents=True)
        cached.write_bytes(b"rotten")
    done(layout.repo.gto("get", "model", "-o", str(tmp_path / "out")))
    assert files(tmp_path / "out") == files(layout.place / "expected")


def test_the_cache_is_enough_where_the_remote_is_gone(layouts: dict[str, Layout], tmp_path: Path) -> None:
    layout = layouts["a_tracked_directory"].copy(tmp_path / "copy")
    cache = layout.place / "repo/.dvc/cache"
    (layout.place / "storage").rename(cache)
    done(layout.repo.gto("get", "model", "-o", str(tmp_path / "out")))
    assert files(tmp_path / "out") == files(layout.place / "expected")


def test_ls_lists_files_and_hashes(layouts: dict[str, Layout]) -> None:
    repo = layouts["a_git_directory_with_dvc_files_in_it"].repo
    top = json.loads(done(repo.gto("ls", "model@v1.0.0", "--json")))
    assert (top["artifact"], top["version"], top["path"]) == ("model", "v1.0.0", "models")
    assert [file["path"] for file in top["files"]] == [".gitignore", "model.pkl", "readme.md", "weights/"]
    model = top["files"][1]
    assert model["size"] == len("in DVC\n")
    assert model["hash"].startswith("md5:")
    every = json.loads(done(repo.gto("ls", "model", "-R", "--json")))["files"]
    assert [file["path"] for file in every if "/" in file["path"]] == [
        "weights/a.txt",
        "weights/sub/b.txt",
        "weights/sub/deep/c.bin",
    ]
    rows = [line.split() for line in done(repo.gto("ls", "model", "--plain")).splitlines()]
    assert rows[0] == ["path", "size", "hash"]
    assert rows[2] == ["model.pkl", "7", model["hash"]]
    assert rows[4] == ["weights/", "-", "-"]


def test_url_names_the_object_in_the_remote(layouts: dict[str, Layout]) -> None:
    layout = layouts["a_dvc_file"]
    (only,) = layout.objects
    assert done(layout.repo.gto("url", "model")) == f"{only}\n"
    said(layout.repo.gto("url", "model", "--sign"), "cannot be signed")
    said(layout.repo.gto("url", "model", "--expires", "9"), "--expires is for --sign")
    said(layout.repo.gto("url", "model", "--sign", "--expires", "0"), "--expires must be")
    said(layouts["a_file_in_git"].repo.gto("url", "model"), "kept in Git itself", "gto get")
    found = json.loads(done(layouts["a_remote_behind_http"].repo.gto("url", "model", "--json")))
    assert [file["path"] for file in found["files"]] == ["a.txt", "sub/b.txt", "sub/deep/c.bin"]
    assert all(file["url"].startswith("http://127.0.0.1:") for file in found["files"])
