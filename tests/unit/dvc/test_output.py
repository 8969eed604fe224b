from __future__ import annotations

import json
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from gto.dvc.dir_listing import hash_of, parse_listing
from gto.dvc.dvc_file import read_dvc_file
from gto.exceptions import BadFile
from gto.storage.location import Digest

if TYPE_CHECKING:
    from gto.dvc.output import Output

MD5 = "d41d8cd98f00b204e9800998ecf8427e"


def read(text: str, file: str = "models/m.pkl.dvc") -> Output:
    (output,) = read_dvc_file(text.encode(), file)
    return output


def out(**fields: object) -> str:
    lines = [f"  {key}: {value}" for key, value in {"path": "m.pkl", **fields}.items()]
    return "outs:\n-" + "\n".join(lines)[1:] + "\n"


def test_a_file_has_its_hash_and_size() -> None:
    found = read(out(md5=MD5, size=3, hash="md5", isexec="true"))
    assert found.path == "models/m.pkl"
    assert (found.digest, found.size, found.is_directory, found.is_executable) == (Digest("md5", MD5), 3, False, True)


def test_without_a_name_the_hash_is_that_of_before_dvc_3() -> None:
    assert read(out(md5=MD5)).digest == Digest("md5-dos2unix", MD5)


def test_a_hash_of_digits_is_text() -> None:
    assert read(out(md5="1" * 32, hash="md5")).digest == Digest("md5", "1" * 32)


def test_a_hash_that_is_an_etag_is_none_that_bytes_can_be_compared_with() -> None:
    assert read(out(hash="etag", etag="abc")).digest is None


def test_a_directory_is_known_by_its_hash() -> None:
    assert read(out(md5=f"{MD5}.dir", nfiles=2, size=4)).is_directory


def test_the_working_directory_and_flags_count() -> None:
    found = read("wdir: ..\n" + out(md5=MD5, cache="false", remote="r"))
    assert (found.path, found.is_cached, found.remote) == ("m.pkl", False, "r")


def test_what_a_store_of_versions_added_counts() -> None:
    found = read(out(md5=MD5, hash="md5", cloud="{r: {etag: x, version_id: v1}}"))
    assert found.version == "v1"
    files = f"[{{relpath: a/b, md5: {MD5}, size: 1, cloud: {{r: {{version_id: v2}}}}}}]"
    listed = read(out(hash="md5", files=files))
    assert listed.is_directory
    (file,) = listed.files
    assert file == ("a/b", Digest("md5", MD5), 1, "v2", False)


def test_where_an_import_came_from_is_known() -> None:
    deps = "deps: [{path: data/m.pkl, repo: {url: 'https://x.example.com', rev: main, rev_lock: abc, remote: r}}]\n"
    origin = read(deps + out(md5=MD5)).origin
    assert origin is not None
    assert origin[:5] == ("data/m.pkl", "https://x.example.com", "abc", "r", None)
    url = read("deps: [{path: 's3://b/m', size: 3, version_id: v, files: [{relpath: x}]}]\n" + out(md5=MD5)).origin
    assert url is not None
    assert (url.path, url.repo, url.size, url.version, url.files[0].path) == ("s3://b/m", None, 3, "v", "x")
    assert read("deps: [{path: other}]\n" + out(md5=MD5)).origin is None
    assert read("deps: [{md5: x}]\n" + out(md5=MD5)).origin is None


def test_an_output_elsewhere_is_none() -> None:
    assert read_dvc_file(out(path="/data/x").encode(), "m.dvc") == ()
    assert read_dvc_file(out(path="../x").encode(), "m.dvc") == ()
    assert read_dvc_file(b"", "m.dvc") == ()


@pytest.mark.parametrize(
    "text",
    [
        "[1]",
        "outs: 1",
        "outs: [1]",
        "outs: [{md5: x}]",
        out(md5="no hash"),
        out(hash="md5", files="[{relpath: ../x}]"),
        out(hash="md5", files="[{relpath: /x}]"),
        out(hash="md5", files="[{relpath: a//b}]"),
        "\udcff",
    ],
)
def test_a_file_that_is_wrong_is_refused(text: str) -> None:
    with pytest.raises(BadFile):
        read_dvc_file(text.encode("utf-8", "surrogateescape"), "m.dvc")


def test_a_listing_has_its_files_in_order() -> None:
    data = f'[{{"relpath": "b", "md5": "{MD5}"}}, {{"relpath": "a/c", "md5": "{MD5.upper()}"}}]'.encode()
    assert [(one.path, one.digest.value) for one in parse_listing(data, "md5", "x")] == [("a/c", MD5), ("b", MD5)]


@pytest.mark.parametrize(
    "data",
    [
        "",
        "{}",
        "[1]",
        '[{"relpath": "a"}]',
        '[{"relpath": "a", "md5": "x"}]',
        f'[{{"relpath": "../a", "md5": "{MD5}"}}]',
        f'[{{"relpath": "a", "md5": "{MD5}"}}, {{"relpath": "a", "md5": "{MD5}"}}]',
        "[" * 100_000,
    ],
)
def test_a_listing_that_is_wrong_is_refused(data: str) -> None:
    with pytest.raises(BadFile):
        parse_listing(data.encode(), "md5", "x")


def test_a_listing_longer_than_what_is_read_at_a_time_is_whole() -> None:
    entries = [{"md5": MD5, "relpath": f"a/{'é' * (number % 50)}{number}"} for number in range(20_000)]
    data = json.dumps(entries, ensure_ascii=False, indent=1).encode()
    assert len(data) > 1 << 20
    assert {one.path for one in parse_listing(data, "md5", "x")} == {entry["relpath"] for entry in entries}


def test_a_listing_of_nonsense_takes_no_more_memory_than_itself() -> None:
    long = b'[{"md5": [' + b"[]," * (1 << 20) + b"[]]}]"
    for data in (b"[" + b"[]," * (1 << 20) + b"[]]", long):
        tracemalloc.start()
        with pytest.raises(BadFile):
            parse_listing(data, "md5", "x")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 40 << 20, f"{peak >> 20} MiB for {len(data) >> 20} MiB"


def test_the_hash_of_a_listing_is_that_of_dvc() -> None:
    # Made by DVC 3.67 for a directory with two empty files, `a` and `b/c`.
    assert hash_of([("b/c", MD5), ("a", MD5)]) == hash_of([("a", MD5), ("b/c", MD5)])
