"""Files of versions from Studio: as their digests say, in parts, and no more than one may see."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from gto.studio.downloads.sending import parse_range
from gto.studio.visitor import Role
from tests.studio.downloads.conftest import DATA, MODEL
from tests.studio_app import studio_of
from tests.team_app import team_studio

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo
    from tests.studio.downloads.conftest import Keeper
    from tests.studio_app import Studio
    from tests.team_app import TeamStudio

MODEL_MD5 = hashlib.md5(MODEL, usedforsecurity=False).hexdigest()


def test_a_file_of_a_store_is_sent_with_its_digest_and_nothing_that_a_browser_would_run(mine: Studio) -> None:
    answer = mine.client.get("/m/team/single/-/file/model.bin?version=v1.0.0", headers={"accept-encoding": "gzip"})
    assert (answer.status_code, answer.content) == (200, MODEL)
    told = answer.headers
    assert (told["etag"], told["content-length"]) == (f'"md5-{MODEL_MD5}"', str(len(MODEL)))
    assert (told["accept-ranges"], told["content-type"]) == ("bytes", "application/octet-stream")
    assert told["content-disposition"].startswith('attachment; filename="model.bin"')
    assert told["x-content-type-options"] == "nosniff"
    assert "content-encoding" not in told
    head = mine.client.head("/m/team/single/-/file/model.bin")
    same = ("etag", "content-length", "accept-ranges", "content-type")
    assert (head.status_code, head.content, [head.headers[one] for one in same]) == (
        200,
        b"",
        [told[one] for one in same],
    )


PARTS = (
    ("bytes=0-0", 206, 0, 1),
    ("bytes=5-9", 206, 5, 10),
    ("bytes=699990-", 206, 699990, 700000),
    ("bytes=-7", 206, 699993, 700000),
    ("bytes=0-99999999", 206, 0, 700000),
    ("bytes=-9999999", 206, 0, 700000),
    ("bytes=700000-", 416, 0, 0),
    ("bytes=-0", 416, 0, 0),
    ("bytes=0-1,4-5", 200, 0, 700000),
    ("bytes=9-5", 200, 0, 700000),
    ("lines=0-1", 200, 0, 700000),
    ("bytes=-", 200, 0, 700000),
    ("bytes=0-9", 206, 0, 10),
)
"""What is asked for, the status, and the part."""


def test_a_part_is_what_was_asked_for(mine: Studio) -> None:
    for asked, status, start, end in PARTS:
        answer = mine.client.get("/m/team/single/-/file/model.bin", headers={"range": asked})
        assert (answer.status_code, answer.content) == (status, MODEL[start:end]), asked
        assert answer.headers["content-length"] == str(end - start)
        expected = {206: f"bytes {start}-{end - 1}/700000", 416: "bytes */700000"}.get(status)
        assert answer.headers.get("content-range") == expected


def test_a_part_of_a_file_in_git_is_the_same_part(mine: Studio) -> None:
    path = "/m/team/plain/-/file/%C3%A4%20file.txt"
    assert mine.client.get(path).content == b"read me\n"
    answer = mine.client.get(path, headers={"range": "bytes=2-5"})
    assert (answer.status_code, answer.content) == (206, b"ad m")
    disposition = mine.client.head(path).headers["content-disposition"]
    assert disposition == "attachment; filename=\"_ file.txt\"; filename*=UTF-8''%C3%A4%20file.txt"


def test_what_a_client_has_is_not_sent_again_and_a_part_of_another_file_neither(mine: Studio) -> None:
    path, etag = "/m/team/single/-/file/model.bin", f'"md5-{MODEL_MD5}"'
    assert mine.client.get(path, headers={"if-none-match": f'"x", W/{etag}'}).status_code == 304
    same = mine.client.get(path, headers={"range": "bytes=0-1", "if-range": etag})
    other = mine.client.get(path, headers={"range": "bytes=0-1", "if-range": '"md5-0"'})
    assert (same.status_code, other.status_code, other.content) == (206, 200, MODEL)


def test_a_file_that_no_store_has_is_404_and_the_answer_says_where_it_was_looked_for(
    mine: Studio, keeper: Keeper
) -> None:
    keeper.place(MODEL_MD5).unlink()
    answer = mine.client.get("/m/team/single/-/file/model.bin")
    assert answer.status_code == 404
    assert str(keeper.place(MODEL_MD5)) in answer.text
    unknown = mine.client.get("/m/team/data/-/file/nope")
    assert (unknown.status_code, "has no file" in unknown.text) == (404, True)


def test_a_small_file_with_other_bytes_than_were_promised_is_not_sent(mine: Studio, keeper: Keeper) -> None:
    mark = hashlib.md5(DATA["a.csv"], usedforsecurity=False).hexdigest()
    keeper.place(mark).write_bytes(b"x,y\n6,6\n")
    answer = mine.client.get("/m/team/data/-/file/a.csv")
    assert answer.status_code == 424
    assert b"6,6" not in answer.content


def test_no_path_leads_out_of_the_version(mine: Studio) -> None:
    for path in (
        "..%2f..%2f.git/config",
        "%2e%2e/%2e%2e/.git/config",
        "%2fetc%2fpasswd",
        "deep/%2e%2e/a.csv",
        "a.csv%00",
        "%2e/a.csv",
        "..%5c..%5cx",
        "C:%5ca.csv",
        "%ff",
        "a.csv/",
        "",
    ):
        answer = mine.client.get(f"/m/team/data/-/file/{path}")
        assert answer.status_code == 404, path
        assert b"[core]" not in answer.content


def test_the_page_and_the_programs_list_all_files_with_what_is_known(mine: Studio, models: Repo) -> None:
    page = mine.json("/m/team/data/-/files", version="v1.0.0")
    told = mine.client.get("/api/v1/artifacts/team/data/files?version=v1.0.0").json()
    assert [one["path"] for one in told["items"]] == sorted(DATA)
    hashes = [f"md5:{hashlib.md5(DATA[one], usedforsecurity=False).hexdigest()}" for one in sorted(DATA)]
    assert [one["digest"] for one in told["items"]] == hashes
    files = page["files"]
    assert isinstance(files, list)
    assert [one["hash"] for one in files] == hashes
    assert (told["commit"], told["next"]) == (models.git("rev-parse", "HEAD").strip(), None)
    for one in told["items"]:
        assert mine.client.get(one["url"]).content == DATA[one["path"]]
    first = mine.client.get("/api/v1/artifacts/team/data/files?limit=2").json()
    rest = mine.client.get(f"/api/v1/artifacts/team/data/files?limit=2&cursor={first['next']}").json()
    assert [one["path"] for one in (*first["items"], *rest["items"])] == sorted(DATA)
    html = mine.page("/m/team/plain/-/files")
    assert "ä file.txt" in html
    assert "/m/team/plain/-/file/%C3%A4%20file.txt?version=v1.0.0&amp;stream=1" in html
    assert "/-/links" not in html  # nobody else could open them
    assert "/m/team/data/-/files?version=v1.0.0" in mine.page("/m/team/data")


def test_a_file_of_a_repository_that_one_may_not_see_is_404_and_public_ones_need_no_login(
    ours: TeamStudio, models: Repo, tmp_path: Path
) -> None:
    browser = ours.logged_in("ada", Role.VIEWER, "lab")
    assert browser.get("/m/team/single/-/file/model.bin").content == MODEL
    for page in ("files", "file/model.bin", "archive.zip", "archive.tar.gz"):
        hidden, missing = browser.get(f"/m/secret/single/-/{page}"), browser.get(f"/m/secres/single/-/{page}")
        assert hidden.status_code == missing.status_code == 404
        assert hidden.text.replace("secret", "secres") == missing.text
    assert ours.browser().client.get("/m/team/single/-/file/model.bin").status_code == 401
    places = {"team": (models.path, ["lab"]), "secret": (models.path, ["vault"])}
    with team_studio(places, tmp_path / "public.db", public=("lab",)) as public:
        nobody = public.browser()
        assert nobody.get("/m/team/single/-/file/model.bin").content == MODEL
        assert nobody.get("/m/secret/single/-/file/model.bin").status_code == 404


def test_whoever_may_push_leads_a_team_s_studio_to_no_file_of_its_server(
    models: Repo, keeper: Keeper, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of the server", "utf-8")
    stray = "outs: [{md5: 0123456789abcdef0123456789abcdef, hash: md5, path: stray}]\n"
    models.commit(
        "a trap",
        {
            "artifacts.yaml": f"trap: {{path: {secret}}}\nimported: {{path: stray}}\nsingle: {{path: model.bin}}\n",
            "stray.dvc": f"frozen: true\ndeps: [{{path: {secret}}}]\n{stray}",
        },
    )
    for name in ("trap", "imported"):
        models.gto("register", name, "--version", "v1.0.0")
    with team_studio({"team": (models.path, ["lab"])}, tmp_path / "team.db") as team:
        browser = team.logged_in("ada", Role.ADMIN)
        for path in ("trap/-/file/secret", "imported/-/file/stray", "trap/-/archive.tar", "single/-/file/model.bin"):
            answer = browser.get(f"/m/team/{path}")
            assert answer.status_code in {404, 424}, answer.text
            assert b"of the server" not in answer.content
    with studio_of({"team": models.path}, tmp_path / "own.db") as own:
        assert own.client.get("/m/team/trap/-/file/secret").content == b"of the server"
    assert keeper.place(MODEL_MD5).exists()


@pytest.mark.parametrize("text", ["bytes=0-1", "BYTES=0-1", "bytes = 0-1", "", "bytes=x-1", "bytes=" + "9" * 30 + "-"])
def test_a_range_is_read_or_passed_over(text: str) -> None:
    assert parse_range(text, 10) in {None, (0, 2)}
