"""A whole version as an archive: the same bytes each time, what `gto get` brings, and no name that leads out of it."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import UnsafePath
from gto.studio.downloads.archive_formats import check_names
from tests.objects import write_object
from tests.studio.conftest import wrote
from tests.studio.downloads.conftest import MODEL

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo
    from tests.studio.downloads.conftest import Keeper
    from tests.studio_app import Studio


def unpacked(data: bytes, ending: str) -> dict[str, tuple[bytes, bool]]:
    """The files of an archive, and whether they can be run."""
    if ending == "zip":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            return {
                one.filename: (archive.read(one), bool(one.external_attr >> 16 & stat.S_IXUSR))
                for one in archive.infolist()
            }
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz" if ending == "tar.gz" else "r:") as tar:
        found = {}
        for one in tar:
            body = tar.extractfile(one)
            assert body is not None
            found[one.name] = (body.read(), bool(one.mode & stat.S_IXUSR))
        return found


def on_disk(place: Path) -> dict[str, tuple[bytes, bool]]:
    """The files of a directory, or the one file."""
    if place.is_file():
        return {place.name: (place.read_bytes(), os.access(place, os.X_OK))}
    paths = [one for one in place.rglob("*") if one.is_file()]
    return {str(one.relative_to(place)): (one.read_bytes(), os.access(one, os.X_OK)) for one in paths}


def test_an_archive_holds_what_gto_get_brings_and_is_the_same_each_time(
    mine: Studio, models: Repo, tmp_path: Path
) -> None:
    types = {"tar.gz": "application/gzip", "tar": "application/x-tar", "zip": "application/zip"}
    for name, target in (("plain", "out/plain"), ("data", "out/data"), ("single", "out/model.bin")):
        wrote(models, "get", f"{name}@v1.0.0", "-o", str(tmp_path / target))
        for ending, media_type in types.items():
            path = f"/m/team/{name}/-/archive.{ending}?version=v1.0.0"
            one, other = (mine.client.get(path, headers={"accept-encoding": "gzip"}) for _ in range(2))
            assert one.status_code == 200, one.text
            assert one.content == other.content
            assert one.headers["content-type"] == media_type
            assert one.headers["content-disposition"].startswith(f'attachment; filename="{name}-v1.0.0.{ending}"')
            assert "content-encoding" not in one.headers
            assert unpacked(one.content, ending) == on_disk(tmp_path / target)
            etag = one.headers["etag"]
            assert mine.client.get(path, headers={"if-none-match": etag}).status_code == 304
            assert mine.client.head(path).headers["etag"] == etag


def test_an_archive_says_before_it_begins_what_is_missing(mine: Studio, keeper: Keeper) -> None:
    for place in keeper.root.rglob("*"):
        if place.is_file() and place.read_bytes() == MODEL:
            place.unlink()
    for ending in ("tar.gz", "tar", "zip"):
        assert mine.client.get(f"/m/team/single/-/archive.{ending}").status_code == 404


ESCAPES = (
    *(
        "../out",
        "/etc/passwd",
        "a/../../out",
        "C:\\out",
        "C:/out",
        "C:out",
        "a\\..\\out",
        "a\0b",
        "a\nb",
        "./a",
        "a//b",
    ),
    *(".git/hooks/post-checkout", "a/.GIT/config", "con", "a/nul.txt", "\udcff", "", "a/", "x" * 5000),
)


@pytest.mark.parametrize("path", ESCAPES)
def test_a_name_that_leads_out_gets_into_no_archive(path: str) -> None:
    with pytest.raises(UnsafePath):
        check_names(["fine.txt", path])
    with pytest.raises(UnsafePath):
        check_names(["twice", "twice"])


def test_links_of_a_repository_are_not_followed_out_and_its_wild_names_are_refused(
    mine: Studio, models: Repo, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("of the server", "utf-8")
    (models.path / "linked").mkdir()
    (models.path / "linked/in.txt").write_text("in", "utf-8")
    (models.path / "linked/again").symlink_to("in.txt")
    (models.path / "out").mkdir()
    (models.path / "out/link").symlink_to(tmp_path / "secret")
    (models.path / "artifacts.yaml").write_text("linked: {path: linked}\nout: {path: out}\nwild: {path: wild}\n")
    models.git("add", "--all")
    blob = write_object(models, "blob", b"wild")
    inner = write_object(models, "tree", b"100644 ..\\x\0" + bytes.fromhex(blob))
    models.git("update-index", "--add", "--cacheinfo", f"100644,{blob},wild/a")
    models.git("commit", "-qm", "links")
    listing = models.git("ls-tree", "HEAD").replace(models.git("rev-parse", "HEAD:wild").strip(), inner)
    tree = write_object(models, "tree", b"".join(_entry(line) for line in listing.splitlines()))
    commit = models.git("commit-tree", "-m", "wild", "-p", "HEAD", tree).strip()
    models.git("reset", "-q", "--soft", commit)
    for name in ("linked", "out", "wild"):
        wrote(models, "register", name, "--version", "v1.0.0")
    mine.sync()
    got = mine.client.get("/m/team/linked/-/archive.tar")
    assert unpacked(got.content, "tar") == {"in.txt": (b"in", False), "again": (b"in", False)}
    for path in ("out/-/archive.tar", "out/-/file/link", "wild/-/archive.zip"):
        answer = mine.client.get(f"/m/team/{path}")
        assert answer.status_code in {404, 424}, answer.text
        assert b"of the server" not in answer.content


def _entry(line: str) -> bytes:
    mode, _, rest = line.partition(" ")
    oid, _, name = rest.partition(" ")[2].partition("\t")
    return f"{mode.lstrip('0')} {name}".encode() + b"\0" + bytes.fromhex(oid)
