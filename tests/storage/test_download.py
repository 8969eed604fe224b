"""Downloads: every file whole and checked or not there, whatever stores, disks and processes do meanwhile."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import (
    ChecksumMismatch,
    ContentMissing,
    RemoteUnreachable,
    StoreRefused,
    TargetTaken,
    TargetUnwritable,
    UnsafePath,
    UsageError,
)
from gto.git.repo import open_repo
from gto.storage import fetcher
from gto.storage.download import download
from gto.storage.location import Content, Digest, GitBlob, StoreAddress, StoreObject
from gto.storage.partial_file import WORTH_KEEPING, Part
from tests.faulty import need_strace
from tests.web import Reply

if TYPE_CHECKING:
    from pathlib import Path

    from gto.storage.location import Source
    from tests.repo import Repo
    from tests.web import Asked, Web

LARGE = random.Random(1).randbytes(5 << 20)  # noqa: S311  any bytes


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other at once."""
    monkeypatch.setattr(fetcher, "_FIRST_WAIT", 0.001)


def md5(data: bytes) -> Digest:
    return Digest("md5", hashlib.md5(data, usedforsecurity=False).hexdigest())


def at(web: Web, data: bytes, path: str = "", key: str = "it", *, promised: bool = True) -> Content:
    """A file that a web server has."""
    web.files[f"/{key}"] = data
    source = StoreObject(StoreAddress(web.url, trusted=True), key)
    return Content(path, len(data) if promised else None, md5(data) if promised else None, (source,))


def stored(directory: Path, files: dict[str, bytes]) -> list[Content]:
    """Files that a directory of this machine has."""
    store = StoreAddress(str(directory), trusted=True)
    for path, data in files.items():
        place = directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return [Content(path, len(data), md5(data), (StoreObject(store, path),)) for path, data in files.items()]


def one(content: Content, target: Path, *, force: bool = False) -> tuple[str, ...]:
    """The notes of a download of one file."""
    return download([content], str(target), is_directory=False, force=force).notes


def names(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if not path.is_dir())


class Counter:
    """What a download tells of its progress."""

    total: int | None = None
    done = 0

    def advance(self, count: int) -> None:
        self.done += count


# --- one file


def test_a_file_gets_its_bytes_its_name_and_the_mode_of_any_new_file(web: Web, tmp_path: Path) -> None:
    (tmp_path / "new").touch()
    target = tmp_path / "out/model.bin"
    counter = Counter()
    content = at(web, LARGE)
    done = download([content], str(target), is_directory=False, progress=counter)
    assert target.read_bytes() == LARGE
    assert target.stat().st_mode == (tmp_path / "new").stat().st_mode
    assert done == (str(target), ("",), (), ())
    assert names(tmp_path / "out") == ["model.bin"]
    assert (counter.total, counter.done) == (len(LARGE), len(LARGE))
    one(content._replace(is_executable=True), tmp_path / "program")
    assert os.access(tmp_path / "program", os.X_OK)


def test_the_same_content_is_left_alone_and_another_needs_force(web: Web, tmp_path: Path) -> None:
    target = tmp_path / "it"
    content = at(web, b"new")
    one(content, target)
    web.asked.clear()
    assert download([content], str(target), is_directory=False).kept == ("",)
    assert web.asked == []
    target.write_bytes(b"old")
    with pytest.raises(TargetTaken, match="differs") as caught:
        one(content, target)
    assert "--force" in caught.value.hint
    assert target.read_bytes() == b"old"
    one(content, target, force=True)
    assert target.read_bytes() == b"new"


def test_a_link_in_the_place_of_the_file_is_replaced_and_not_followed(web: Web, tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "it").symlink_to("precious")
    with pytest.raises(TargetTaken):
        one(at(web, b"new"), tmp_path / "it")
    one(at(web, b"new"), tmp_path / "it", force=True)
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert not (tmp_path / "it").is_symlink()


def test_what_nobody_promised_is_brought_whole_and_never_taken_for_the_same(web: Web, tmp_path: Path) -> None:
    content = at(web, LARGE, promised=False)
    counter = Counter()
    download([content], str(tmp_path / "it"), is_directory=False, progress=counter)
    assert counter.total is None
    assert (tmp_path / "it").read_bytes() == LARGE
    with pytest.raises(TargetTaken):
        one(content, tmp_path / "it")
    web.rule("/it", lambda _asked, reply: reply._replace(drop_after=10))
    with pytest.raises(RemoteUnreachable):
        one(content, tmp_path / "other")
    assert names(tmp_path) == ["it"]


def test_a_directory_in_the_place_of_the_file_is_never_replaced(web: Web, tmp_path: Path) -> None:
    for force in (False, True):
        with pytest.raises(UnsafePath, match="is a directory"):
            one(at(web, b"new"), tmp_path, force=force)


def test_a_file_is_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="0 were found"):
        download([], str(tmp_path / "it"), is_directory=False)
    with pytest.raises(ContentMissing):
        one(Content("", 1, md5(b"x"), ()), tmp_path / "it")


def test_the_name_of_a_repository_s_own_directory_is_no_target(web: Web, tmp_path: Path) -> None:
    for name in (".git", ".GIT"):
        with pytest.raises(UnsafePath, match="Git repository"):
            download([at(web, b"x", "hooks/post-checkout")], str(tmp_path / name), is_directory=True)
    assert list(tmp_path.iterdir()) == []


# --- wrong bytes

WRONG = {
    "corrupted": LARGE[:-1] + bytes([LARGE[-1] ^ 1]),
    "truncated": LARGE[:-1],
    "longer": LARGE + b"!",
    "swapped": bytes(len(LARGE)),
    "empty": b"",
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("sized", [True, False])
def test_bytes_that_were_not_promised_are_refused_and_nothing_is_left(
    wrong: bytes, web: Web, tmp_path: Path, *, sized: bool
) -> None:
    content = at(web, LARGE)
    web.files["/it"] = wrong
    with pytest.raises(ChecksumMismatch, match="does not hold what was registered"):
        one(content if sized else content._replace(size=None), tmp_path / "it")
    assert list(tmp_path.iterdir()) == []


def test_an_object_that_is_not_there_is_told_and_nothing_is_left(web: Web, tmp_path: Path) -> None:
    content = at(web, LARGE)
    web.files.clear()
    with pytest.raises(ContentMissing, match="/it'"):
        one(content, tmp_path / "it")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_sends_without_end_is_not_listened_to(web: Web, tmp_path: Path) -> None:
    content = at(web, b"short")
    web.files["/it"] = bytes(50 << 20)
    with pytest.raises(ChecksumMismatch, match="5 bytes expected, more than 5 bytes found"):
        one(content, tmp_path / "it")


def test_of_several_places_the_one_that_says_most_is_told(web: Web, tmp_path: Path) -> None:
    content = at(web, b"x")
    web.rule("/it", lambda _asked, _reply: Reply(401))
    empty = StoreObject(StoreAddress(str(tmp_path), trusted=True), "nope")
    both = content._replace(sources=(empty, *content.sources, empty))
    with pytest.raises(StoreRefused, match="credentials"):
        download([both], str(tmp_path / "it"), is_directory=False)
    with pytest.raises(ContentMissing, match="nope"):
        download([content._replace(sources=(empty,))], str(tmp_path / "it"), is_directory=False)
    with pytest.raises(ContentMissing):
        download([content._replace(sources=())], str(tmp_path / "it"), is_directory=False)


def test_a_damaged_cache_is_skipped_with_a_note_and_a_missing_one_without(web: Web, tmp_path: Path) -> None:
    (sound,) = stored(tmp_path / "cache", {"a": LARGE})
    remote = at(web, LARGE).sources
    both = sound._replace(path="", sources=(*sound.sources, *remote))
    assert one(both, tmp_path / "first") == ()
    assert web.asked == []
    (tmp_path / "cache/a").write_bytes(LARGE[:-1] + b"?")
    (note,) = one(both, tmp_path / "second")
    assert "cache/a" in note
    assert "next place" in note
    (tmp_path / "cache/a").unlink()
    assert one(both, tmp_path / "third") == ()
    assert {path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == {LARGE}


# --- what passes


def test_a_download_that_breaks_off_goes_on_where_it_was(web: Web, tmp_path: Path) -> None:
    web.rule("/it", lambda _asked, reply: reply._replace(drop_after=1 << 20), 3)
    counter = Counter()
    download([at(web, LARGE)], str(tmp_path / "it"), is_directory=False, progress=counter)
    assert (tmp_path / "it").read_bytes() == LARGE
    assert web.ranges_asked("/it") == ["", f"bytes={1 << 20}-", f"bytes={2 << 20}-", f"bytes={3 << 20}-"]
    assert counter.done == len(LARGE)


def test_a_server_that_fails_for_a_while_is_asked_again_and_one_that_goes_on_is_not(web: Web, tmp_path: Path) -> None:
    content = at(web, LARGE)
    web.rule("/it", lambda _asked, _reply: Reply(503), 4)
    one(content, tmp_path / "it")
    web.asked.clear()
    web.rule("/it", lambda _asked, _reply: Reply(503))
    with pytest.raises(RemoteUnreachable, match="status 503"):
        one(content, tmp_path / "other")
    assert len(web.asked) == fetcher.TRIES


def test_a_server_that_is_silent_is_left(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GTO_TIMEOUT", "0.1")
    web.rule("/it", lambda _asked, reply: reply._replace(body=b"", length=5, hang=True))
    with pytest.raises(RemoteUnreachable, match="does not answer in time"):
        one(at(web, b"short"), tmp_path / "it")


def test_a_file_that_nobody_promised_begins_anew_where_it_broke_off(web: Web, tmp_path: Path) -> None:
    content = at(web, LARGE, promised=False)
    web.rule("/it", lambda _asked, reply: reply._replace(body=b"?" * len(LARGE), drop_after=3 << 20), 1)
    one(content, tmp_path / "it")
    assert (tmp_path / "it").read_bytes() == LARGE


def test_what_is_left_of_a_large_file_is_used_by_the_next_run(web: Web, tmp_path: Path) -> None:
    content = at(web, LARGE)
    web.rule("/it", lambda _asked, reply: reply._replace(drop_after=3 << 20), 1)
    web.rule("/it", lambda _asked, _reply: Reply(503), fetcher.TRIES - 1)
    with pytest.raises(RemoteUnreachable):
        one(content, tmp_path / "it")
    (left,) = tmp_path.iterdir()
    assert left.stat().st_size == 3 << 20
    web.asked.clear()
    counter = Counter()
    download([content], str(tmp_path / "it"), is_directory=False, progress=counter)
    assert web.ranges_asked("/it") == [f"bytes={3 << 20}-"]
    assert names(tmp_path) == ["it"]
    assert (tmp_path / "it").read_bytes() == LARGE
    assert counter.done == len(LARGE)


def leftover(web: Web, tmp_path: Path) -> Path:
    """The temporary file that a stopped download of LARGE leaves beside `it`."""
    content = at(web, LARGE)
    web.rule("/it", lambda _asked, reply: reply._replace(drop_after=WORTH_KEEPING), 1)
    web.rule("/it", lambda _asked, _reply: Reply(503), fetcher.TRIES - 1)
    with pytest.raises(RemoteUnreachable):
        one(content, tmp_path / "it")
    (left,) = tmp_path.glob(".gto-*")
    return left


@pytest.mark.parametrize("harm", ["changed", "longer", "link", "hard link"])
def test_what_is_left_is_not_believed(harm: str, web: Web, tmp_path: Path) -> None:
    left = leftover(web, tmp_path)
    (tmp_path / "precious").write_bytes(b"precious")
    match harm:
        case "changed":
            left.write_bytes(b"?" * WORTH_KEEPING)
        case "longer":
            left.write_bytes(LARGE + b"?")
        case "link":
            left.unlink()
            left.symlink_to("precious")
        case _:
            left.unlink()
            left.hardlink_to(tmp_path / "precious")
    one(at(web, LARGE), tmp_path / "it")
    assert (tmp_path / "it").read_bytes() == LARGE
    assert (tmp_path / "precious").read_bytes() == b"precious"


def test_what_is_left_of_another_version_is_swept(web: Web, tmp_path: Path) -> None:
    leftover(web, tmp_path)
    one(at(web, b"another version"), tmp_path / "it")
    assert names(tmp_path) == ["it"]


def test_two_downloads_of_one_file_do_not_meet(web: Web, tmp_path: Path) -> None:
    content = at(web, LARGE)

    def second(_asked: Asked, _reply: Reply) -> None:
        one(content, tmp_path / "it")

    web.rule("/it", second, 1)
    with pytest.raises(TargetTaken):
        one(content, tmp_path / "it")
    assert (tmp_path / "it").read_bytes() == LARGE
    assert names(tmp_path) == ["it"]


# --- directories

FILES = {"a": b"a", "b/c": LARGE, "b/d/e": b"e" * 1000, "empty": b"", "b/blank and ü": b"f"}


def test_a_directory_appears_whole(tmp_path: Path) -> None:
    contents = stored(tmp_path / "store", FILES)
    counter = Counter()
    done = download(contents, str(tmp_path / "out"), is_directory=True, progress=counter)
    assert {path: (tmp_path / "out" / path).read_bytes() for path in names(tmp_path / "out")} == FILES
    assert sorted(done.written) == sorted(FILES)
    assert counter.done == counter.total == sum(map(len, FILES.values()))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "store"]
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "store").stat().st_mode
    again = download(contents, str(tmp_path / "out"), is_directory=True)
    assert (again.written, len(again.kept)) == ((), len(FILES))


@pytest.mark.parametrize("jobs", [1, 16])
def test_a_directory_with_one_wrong_file_does_not_appear(jobs: int, tmp_path: Path) -> None:
    contents = stored(tmp_path / "store", FILES)
    (tmp_path / "store/b/d/e").write_bytes(b"?" * 1000)
    with pytest.raises(ChecksumMismatch, match="b/d/e"):
        download(contents, str(tmp_path / "out"), is_directory=True, jobs=jobs)
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_a_directory_that_is_there_gets_what_it_lacks_and_keeps_what_is_not_of_it(tmp_path: Path) -> None:
    contents = stored(tmp_path / "store", FILES)
    out = tmp_path / "out"
    (out / "b").mkdir(parents=True)
    (out / "own").write_bytes(b"own")
    (out / "a").write_bytes(b"a")
    done = download(contents, str(out), is_directory=True)
    assert done.kept == ("a",)
    assert {path: (out / path).read_bytes() for path in names(out)} == {**FILES, "own": b"own"}
    (out / "a").write_bytes(b"?")
    (out / "b/c").unlink()
    with pytest.raises(TargetTaken, match="out/a"):
        download(contents, str(out), is_directory=True)
    assert not (out / "b/c").exists()
    done = download(contents, str(out), is_directory=True, force=True)
    assert done.written == ("a", "b/c")
    assert {path: (out / path).read_bytes() for path in names(out)} == {**FILES, "own": b"own"}


def test_a_directory_that_is_there_gets_nothing_if_one_file_is_wrong(tmp_path: Path) -> None:
    contents = stored(tmp_path / "store", FILES)
    (tmp_path / "store/empty").write_bytes(b"?")
    (tmp_path / "out").mkdir()
    with pytest.raises(ChecksumMismatch):
        download(contents, str(tmp_path / "out"), is_directory=True)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_file_in_the_place_of_the_directory_needs_force(tmp_path: Path) -> None:
    contents = stored(tmp_path / "store", FILES)
    (tmp_path / "out").write_bytes(b"?")
    with pytest.raises(TargetTaken):
        download(contents, str(tmp_path / "out"), is_directory=True)
    download(contents, str(tmp_path / "out"), is_directory=True, force=True)
    assert names(tmp_path / "out") == sorted(FILES)


def test_a_directory_in_the_place_of_a_file_is_kept(tmp_path: Path) -> None:
    contents = stored(tmp_path / "store", FILES)
    (tmp_path / "out/a/own").mkdir(parents=True)
    with pytest.raises(UnsafePath, match="is a directory"):
        download(contents, str(tmp_path / "out"), is_directory=True, force=True)


def test_an_artifact_without_files_is_an_empty_directory(tmp_path: Path) -> None:
    download([], str(tmp_path / "out"), is_directory=True)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_stopped_download_of_a_directory_goes_on(web: Web, tmp_path: Path) -> None:
    contents = [at(web, LARGE, "large", "large"), at(web, b"x", "small", "small")]
    web.rule("/small", lambda _asked, _reply: Reply(503), fetcher.TRIES)
    with pytest.raises(RemoteUnreachable):
        download(contents, str(tmp_path / "out"), is_directory=True, jobs=1)
    (left,) = tmp_path.iterdir()
    assert names(left) == ["large"]
    web.asked.clear()
    download(contents, str(tmp_path / "out"), is_directory=True, jobs=1)
    assert [asked.path for asked in web.asked] == ["/small"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_the_first_failure_ends_the_others(web: Web, tmp_path: Path) -> None:
    contents = [at(web, LARGE, str(number), str(number)) for number in range(40)]
    web.rule("/0", lambda _asked, _reply: Reply(404))
    for number in range(1, 40):
        web.rule(f"/{number}", lambda _asked, reply: reply._replace(drop_after=10))
    with pytest.raises(ContentMissing, match="/0'"):
        download(contents, str(tmp_path / "out"), is_directory=True, jobs=4)
    assert list(tmp_path.iterdir()) == []


# --- paths

BAD = (
    *("../x", "a/../../x", "/etc/x", "", "a//b", "./a", "a/", "C:/x", "C:\\x", "a\\b", "a\nb", "a\0b", "a\x1bb"),
    *("a/" * 5000 + "a", "a" * 5000, "a/\ud800"),
    *(
        "con",
        "a/NUL.txt",
        "lpt1",
        ".git/hooks/x",
        "a/.GIT/config",
        ".g\u200cit/x",
        "git~1/x",
        ".gto-x.part",
        ".gto-x.part/a",
    ),
)


@pytest.mark.parametrize("path", BAD)
def test_a_path_that_leaves_the_target_or_is_no_plain_name_is_refused(path: str, web: Web, tmp_path: Path) -> None:
    with pytest.raises(UnsafePath) as caught:
        download([at(web, b"x", path)], str(tmp_path / "out"), is_directory=True)
    assert caught.value.message.isprintable()
    assert list(tmp_path.iterdir()) == []
    assert web.asked == []


@pytest.mark.parametrize("paths", [("a", "a"), ("a", "a/b"), ("a/b/c", "a")])
def test_paths_that_cannot_be_there_together_are_refused(paths: tuple[str, str], web: Web, tmp_path: Path) -> None:
    with pytest.raises(UnsafePath):
        download([at(web, b"x", path) for path in paths], str(tmp_path / "out"), is_directory=True)
    assert list(tmp_path.iterdir()) == []


def test_a_link_on_the_way_is_not_followed(web: Web, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/sub").symlink_to("../elsewhere")
    with pytest.raises(UnsafePath, match="is a link"):
        download([at(web, b"x", "sub/a")], str(tmp_path / "out"), is_directory=True, force=True)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_names_that_only_windows_refuses_are_names(web: Web, tmp_path: Path) -> None:
    download([at(web, b"x", "2026-01-02T03:04:05?.csv")], str(tmp_path / "out"), is_directory=True)
    assert names(tmp_path / "out") == ["2026-01-02T03:04:05?.csv"]


# --- git


def blob(oid: str, path: str = "", source: Source | None = None) -> Content:
    return Content(path, None, Digest("git", oid), (source or GitBlob(oid),))


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_blobs_come_from_git_whatever_its_hash(object_format: str, tmp_path: Path) -> None:
    from tests.repo import Repo as Repository

    repo = Repository(tmp_path / "repo")
    repo.path.mkdir()
    repo.git("init", "--quiet", f"--object-format={object_format}")
    (repo.path / "large").write_bytes(LARGE)
    (repo.path / "empty").touch()
    repo.git("add", ".")
    repo.git("commit", "--quiet", "--message=files")
    opened = open_repo(str(repo.path))
    contents = [blob(repo.git("rev-parse", f"HEAD:{name}"), name) for name in ("large", "empty")]
    download(contents, str(tmp_path / "out"), is_directory=True, repo=opened)
    assert (tmp_path / "out/large").read_bytes() == LARGE
    assert (tmp_path / "out/empty").read_bytes() == b""
    download([contents[0]._replace(path="")], str(tmp_path / "one"), is_directory=False, repo=opened)
    assert (tmp_path / "one").read_bytes() == LARGE
    assert download(contents, str(tmp_path / "out"), is_directory=True, repo=opened).written == ()


def test_a_blob_that_is_not_there_is_missing(repo: Repo, tmp_path: Path) -> None:
    opened = open_repo(str(repo.path))
    tree = repo.git("rev-parse", "HEAD^{tree}")
    for oid in ("0" * 40, tree):
        for is_directory in (True, False):
            content = blob(oid, "a" if is_directory else "")
            with pytest.raises(ContentMissing, match=oid):
                download([content], str(tmp_path / "out"), is_directory=is_directory, repo=opened)
    with pytest.raises(ContentMissing):
        download([blob(tree)], str(tmp_path / "out"), is_directory=False)
    assert not (tmp_path / "out").exists()


# --- disks and kills


SCRIPT = """
import json, sys
from gto.exceptions import GTOException
from gto.storage.download import download
from gto.storage.location import Content, Digest, StoreAddress, StoreObject
url, target, is_directory, *files = json.loads(sys.argv[1])
contents = [
    Content(path, size, Digest("md5", md5), (StoreObject(StoreAddress(url, trusted=True), key),))
    for path, size, md5, key in files
]
try:
    download(contents, target, is_directory=is_directory)
except GTOException as error:
    print(f"{type(error).__name__}: {error.message}", file=sys.stderr)
    sys.exit(1)
"""


def script(content: Content, target: Path) -> list[str]:
    """The arguments of a process of its own that downloads one file."""
    (source,) = content.sources
    assert isinstance(source, StoreObject)
    assert content.digest is not None
    told = [source.store.url, str(target), bool(content.path)]
    files = [[content.path, content.size, content.digest.value, source.key]]
    return [sys.executable, "-c", SCRIPT, json.dumps([*told, *files])]


@pytest.mark.parametrize(("call", "fault"), [("pwrite64", "ENOSPC"), ("fsync", "EIO"), ("rename", "EROFS")])
def test_a_disk_that_takes_nothing_is_said_and_with_room_it_goes_on(
    call: str, fault: str, web: Web, tmp_path: Path
) -> None:
    need_strace()
    content = at(web, LARGE)
    when = ":when=4+" if call == "pwrite64" else ""
    quiet = {**os.environ, "COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": "", "PYTHONDONTWRITEBYTECODE": "1"}
    inject = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={call}:error={fault}{when}"]
    argv = [*inject, *script(content, tmp_path / "it")]
    result = subprocess.run(argv, capture_output=True, text=True, env=quiet, check=False)
    assert result.returncode == 1, result.stderr
    assert result.stderr.startswith("TargetUnwritable: Cannot write"), result.stderr
    assert all(path.name.startswith(".gto-") for path in tmp_path.iterdir())
    one(content, tmp_path / "it")
    assert names(tmp_path) == ["it"]
    assert (tmp_path / "it").read_bytes() == LARGE


@pytest.mark.parametrize("call", ["fsync:error=EINVAL:when=2+", "openat:error=EACCES"])
def test_a_file_system_that_cannot_secure_a_directory_is_good_enough(call: str, web: Web, tmp_path: Path) -> None:
    need_strace()
    content = at(web, LARGE)
    quiet = {**os.environ, "COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": "", "PYTHONDONTWRITEBYTECODE": "1"}
    (tmp_path / "out").mkdir()
    only = ["-P", str(tmp_path / "out")] if call.startswith("openat") else []
    inject = ["strace", "-f", "-qq", "-o", "/dev/null", *only, "-e", f"inject={call}"]
    result = subprocess.run(
        [*inject, *script(content, tmp_path / "out/it")], capture_output=True, text=True, env=quiet, check=False
    )
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "out/it").read_bytes() == LARGE


def test_a_temporary_file_that_somebody_cut_is_an_error_and_no_endless_reading(tmp_path: Path) -> None:
    part = Part(str(tmp_path / "it"), Content("", None, md5(b"abc"), ()))
    part.append(b"abc")
    os.truncate(part.temporary, 1)
    with pytest.raises(TargetUnwritable, match="not there any more"):
        part.digest()
    part.leave(keep=False)
    assert names(tmp_path) == []


def test_a_directory_that_cannot_be_made_is_said(web: Web, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for is_directory in (True, False):
        content = at(web, b"x", "a" if is_directory else "")
        with pytest.raises(TargetUnwritable):
            download([content], str(tmp_path / "file/sub/it"), is_directory=is_directory)


def test_twenty_kills_at_random_moments_leave_no_half_file_and_the_next_run_ends(web: Web, tmp_path: Path) -> None:
    body = LARGE * 4
    content = at(web, body)
    argv = script(content, tmp_path / "it")
    env = {**os.environ, "COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": ""}
    whole = 0.0
    for _ in range(2):  # the first one is slower: nothing is in memory yet
        (tmp_path / "it").unlink(missing_ok=True)
        start = time.monotonic()
        subprocess.run(argv, check=True, env=env)
        whole = time.monotonic() - start
    killed = 0
    moments = random.Random(7)  # noqa: S311  any moments
    for _ in range(20):
        (tmp_path / "it").unlink(missing_ok=True)
        process = subprocess.Popen(argv, env=env)
        try:
            process.wait(moments.uniform(0.4 * whole, whole))
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
        process.wait()
        if (tmp_path / "it").exists():
            assert (tmp_path / "it").read_bytes() == body
    assert killed >= 5
    (tmp_path / "it").unlink(missing_ok=True)
    one(content, tmp_path / "it")
    assert names(tmp_path) == ["it"]
    assert (tmp_path / "it").read_bytes() == body
