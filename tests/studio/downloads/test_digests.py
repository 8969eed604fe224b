"""What is written down of objects: sizes that stores say, digests of bytes that passed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from gto.storage.location import Content, Digest, StoreAddress, StoreObject
from gto.studio.downloads import file_sizes
from gto.studio.downloads.file_digests import digest_files, digests_of
from gto.studio.downloads.file_sizes import sizes_of
from gto.studio.downloads.located_version import FoundFilesCache, LocatedVersion, choose_version
from gto.studio.downloads.packed_files import PackedFiles
from gto.studio.downloads.version_contents import file_of
from gto.studio.lasting.stored_objects import ObjectBook, ObjectFacts, key_of
from tests.studio.downloads.conftest import DATA, MODEL
from tests.studio_app import open_database

if TYPE_CHECKING:
    from pathlib import Path

    from gto.studio.context import StudioContext
    from tests.stores import S3
    from tests.studio.downloads.conftest import Keeper
    from tests.studio_app import Studio
    from tests.team_app import TeamStudio


def located(context: StudioContext, name: str, repo: str = "team") -> LocatedVersion:
    """The files of a model's version, found anew."""
    chosen = choose_version(context.database, repo, name, "")
    place = next(one for one in context.worker.places if one.name == repo)
    return FoundFilesCache().locate(context, place, chosen)


def facts(body: bytes) -> ObjectFacts:
    """All that can be known of some bytes."""
    blob = hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
    md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
    return ObjectFacts(len(body), hashlib.sha256(body).hexdigest(), blob, md5)


SIZES = {path: len(body) for path, body in DATA.items()}


def test_sizes_that_a_listing_of_dvc_lacks_are_asked_for_once_and_outlast_the_store(
    mine: Studio, keeper: Keeper
) -> None:
    found = located(mine.context, "data")
    assert {content.size for _, content in found.files} == {None}
    assert sizes_of(found) == SIZES
    mine.database.make_anew()
    mine.context.worker.enter()
    mine.sync()
    keeper.root.rename(keeper.root.with_name("gone"))
    assert sizes_of(found) == SIZES


def test_what_cannot_be_asked_has_no_size_and_is_asked_again(mine: Studio, keeper: Keeper) -> None:
    found = located(mine.context, "data")
    gone = keeper.place(facts(DATA["a.csv"]).md5 or "")
    gone.rename(gone.with_name("away"))
    assert sizes_of(found) == {**SIZES, "a.csv": None}
    gone.with_name("away").rename(gone)
    assert sizes_of(found) == SIZES


def test_of_a_bucket_s_directory_all_files_are_asked_for_at_once(mine: Studio, s3: S3) -> None:
    store = StoreAddress("s3://models/sizes", {**s3.options, "endpointurl": s3.endpoint}, trusted=True)
    files = []
    for number in range(6):
        body, key = b"x" * (number + 1), f"files/md5/{number // 5:02}/{number}"
        assert s3.put(f"/models/sizes/{key}", body)[0] == 200
        digest = Digest("md5", hashlib.md5(body, usedforsecurity=False).hexdigest())
        files.append((f"{number}", Content(f"{number}", None, digest, (StoreObject(store, key),))))
    found = located(mine.context, "single")._replace(files=PackedFiles(files))
    assert [len(one.keys) for one in file_sizes._directories(dict(files))] == [5]  # noqa: SLF001  no answer tells
    assert sizes_of(found) == {f"{number}": number + 1 for number in range(6)}


def test_digests_are_taken_while_bytes_pass_and_only_where_all_came(mine: Studio) -> None:
    found = located(mine.context, "single")
    md5 = facts(MODEL).md5
    assert digests_of(found) == {"model.bin": ObjectFacts(len(MODEL), md5=md5)}
    url = "/m/team/single/-/file/model.bin"
    assert mine.client.get(url, headers={"range": "bytes=1-"}).status_code == 206
    assert digests_of(found) == {"model.bin": ObjectFacts(len(MODEL), md5=md5)}
    assert mine.client.get(url).content == MODEL
    assert digests_of(found) == {"model.bin": facts(MODEL)}
    assert mine.client.get("/m/team/data/-/archive.zip").status_code == 200
    assert digests_of(located(mine.context, "data")) == {path: facts(body) for path, body in DATA.items()}


def test_bytes_that_are_not_what_was_promised_are_no_digest(mine: Studio, keeper: Keeper) -> None:
    mark = facts(MODEL).md5 or ""
    keeper.place(mark).write_bytes(b"x" * len(MODEL))
    assert mine.client.get("/m/team/single/-/file/model.bin").status_code != 200
    assert digests_of(located(mine.context, "single")) == {"model.bin": ObjectFacts(len(MODEL), md5=mark)}


def test_a_job_reads_what_is_lacking_and_nothing_twice(mine: Studio, keeper: Keeper) -> None:
    for name, most in (("plain", 2), ("data", 3)):
        found = located(mine.context, name)
        assert digest_files(found) == most
        assert digest_files(found) == 0
        assert all(one.sha256 and one.size is not None for one in digests_of(found).values())
    keeper.root.rename(keeper.root.with_name("gone"))
    assert digests_of(located(mine.context, "plain"))["run/it.sh"] == facts(b"#!/bin/sh\n")


def test_what_a_store_says_counts_for_its_repository_and_what_was_read_for_all(tmp_path: Path) -> None:
    database = open_database(tmp_path / "index.db", is_lasting=False)
    ours, theirs = ObjectBook(database.lasting, "ours"), ObjectBook(database.lasting, "theirs")
    content = Content("w", None, Digest("md5", "0" * 32), ())
    key = key_of(content) or ""
    ours.remember_sizes({key: 7})
    assert ours.known([content])[key].facts.size == 7
    assert theirs.known([content])[key].facts.size is None
    theirs.remember_read({key: ObjectFacts(9, sha256="1" * 64)})
    for book in (ours, theirs):
        assert book.known([content])[key].facts == ObjectFacts(9, "1" * 64, None, "0" * 32)
    database.close()


def test_a_size_that_no_file_has_breaks_no_page(tmp_path: Path) -> None:
    """A server may say that a file has any number of bytes."""
    database = open_database(tmp_path / "index.db", is_lasting=False)
    book, told = ObjectBook(database.lasting, "ours"), {"0": 2**64 - 1, "1": 2**63 - 1}
    book.remember_sizes({f"md5:{digit * 32}": size for digit, size in told.items()})
    found = book.known(Content("w", None, Digest("md5", digit * 32), ()) for digit in told)
    assert [one.facts.size for one in found.values()] == [None, 2**63 - 1]
    database.close()


def test_a_hash_that_holds_for_two_files_tells_nothing() -> None:
    content = Content("w", None, Digest("md5-dos2unix", "0" * 32), ())
    assert key_of(content) is None
    assert key_of(content._replace(digest=None)) is None


def test_what_two_files_may_have_is_no_etag(ours: TeamStudio) -> None:
    """DVC's hash of before 3.0: who has the one file would be told that it is the other."""
    found = located(ours.context._replace(team=ours.team), "plain")
    (path, content), *_ = found.files
    assert content.digest is not None
    old = content._replace(digest=content.digest._replace(algorithm="md5-dos2unix"))
    for one, has_etag in ((content, True), (old, False)):
        assert bool(file_of(found._replace(files=PackedFiles([(path, one)])), path).etag) is has_etag


def test_on_a_team_s_studio_digests_are_in_its_database(ours: TeamStudio) -> None:
    found = located(ours.context._replace(team=ours.team), "plain")
    assert digest_files(found) == 2
    assert digests_of(found)["ä file.txt"] == facts(b"read me\n")
    ours.team.database.make_anew()
    assert digests_of(found)["ä file.txt"] == facts(b"read me\n")
