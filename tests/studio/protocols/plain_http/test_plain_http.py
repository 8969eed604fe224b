"""Archives and files at addresses that one can guess, with their checksums."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import threading
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from gto.studio.downloads import sending
from gto.studio.protocols.plain_http.plain_downloads import sum_line
from tests.keys import private_pem
from tests.studio.conftest import wrote
from tests.studio.downloads.conftest import DATA, MODEL
from tests.studio.downloads.test_archives import unpacked
from tests.studio.protocols.hub.conftest import HubClient, client
from tests.team_app import team_studio

if TYPE_CHECKING:
    from pathlib import Path

    from httpx2 import Response

    from tests.repo import Repo
    from tests.team_app import TeamStudio


def got(studio: TeamStudio, path: str, method: str = "GET", **headers: str) -> Response:
    """What is answered to anybody."""
    return HubClient(studio).ask(method, f"/dl/{path}", **headers)


def test_a_version_comes_as_the_archive_that_the_address_ends_with(hub: TeamStudio) -> None:
    types = {"tar.gz": "gzip", "tgz": "gzip", "tar": "x-tar", "zip": "zip"}
    for ending, kind in types.items():
        answer = got(hub, f"team/data/v1.0.0.{ending}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, f"application/{kind}")
        assert "content-encoding" not in answer.headers
        files = unpacked(answer.content, "tar.gz" if ending == "tgz" else ending)
        assert {path: body for path, (body, _) in files.items()} == DATA
        for word in ("1.0.0", "latest", "main"):
            assert got(hub, f"team/data/{word}.{ending}").content == answer.content


def test_an_archive_that_was_made_once_has_a_checksum_a_length_and_parts(hub: TeamStudio) -> None:
    path = "team/data/latest.tar.gz"
    assert "content-length" not in got(hub, path, "HEAD").headers  # nobody made it yet
    told = got(hub, f"{path}.sha256")
    assert told.headers["content-type"].startswith("text/plain")
    digest, name = told.text.split()
    head, whole = got(hub, path, "HEAD"), got(hub, path)
    assert (hashlib.sha256(whole.content).hexdigest(), name) == (digest, "latest.tar.gz")
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.headers["etag"] == whole.headers["etag"]
    end = len(whole.content)
    for asked, (start, stop) in {"100-": (100, end), "0-0": (0, 1), "-7": (end - 7, end), "5-99": (5, 100)}.items():
        part = got(hub, path, range=f"bytes={asked}")
        assert (part.status_code, part.content) == (206, whole.content[start:stop])
    assert got(hub, path, range=f"bytes={end}-").status_code == 416
    assert got(hub, path, **{"if-none-match": head.headers["etag"]}).status_code == 304


def test_whoever_takes_a_whole_archive_makes_its_length_known(hub: TeamStudio) -> None:
    size = len(got(hub, "team/single/main.zip").content)
    assert got(hub, "team/single/v1.0.0.zip", "HEAD").headers["content-length"] == str(size)


def test_a_single_file_comes_as_bytes_and_its_checksum_stands_beside_it(hub: TeamStudio) -> None:
    answer = got(hub, "team/single/v1.0.0/model.bin")
    assert (answer.content, answer.headers["content-type"]) == (MODEL, "application/octet-stream")
    part = got(hub, "team/single/v1.0.0/model.bin", range="bytes=3-9")
    assert (part.status_code, part.content) == (206, MODEL[3:10])
    digest = hashlib.sha256(MODEL).hexdigest()
    assert got(hub, "team/single/v1.0.0/model.bin.sha256").text == f"{digest}  model.bin\n"
    assert got(hub, f"team/plain/main/{quote('ä file.txt')}").content == b"read me\n"
    sums = "".join(f"{hashlib.sha256(body).hexdigest()}  {path}\n" for path, body in sorted(DATA.items()))
    assert got(hub, "team/data/main.sha256").text == sums
    assert got(hub, "team/data/main").text == got(hub, "team/data/main/").text == "a.csv\ndeep/er/b.bin\nempty\n"


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="nothing here reads checksums")
def test_no_name_of_a_file_begins_a_line_of_checksums(tmp_path: Path) -> None:
    names = ("plain", f"a\n{'0' * 64}  other", "back\\slash", "end\r")
    lines = ""
    for name in names:
        (tmp_path / name).write_text(name, "utf-8")
        lines += sum_line(hashlib.sha256(name.encode()).hexdigest(), name)
    assert lines.count("\n") == len(names)
    done = subprocess.run(["sha256sum", "--check", "--strict"], cwd=tmp_path, input=lines.encode(), capture_output=True)  # noqa: PLW1510  the code is looked at
    assert done.returncode == 0, done.stderr


def test_what_is_not_there_is_told_in_a_sentence(hub: TeamStudio) -> None:
    cases = (
        "team/data/v9.9.9.tar.gz", "team/data/staging.zip", "team/data/main/nothing", "team/data/main/nothing.sha256",
        "team/nothing/main.tar", "nowhere/data/main.tar", "secret/data/main.tar", "team/data", "team", "",
        "team/data/main/..%2F..%2Fartifacts.yaml", "team/data/main/model.sig", "team/data/main.rar",
    )  # fmt: skip
    for path in cases:
        answer = got(hub, path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/plain; charset=utf-8"), path
        assert answer.text.endswith("\n")
        assert "<" not in answer.text
    known = client(hub, "ada", "vault")
    assert known.ask("GET", "/dl/secret/single/main/model.bin").content == MODEL


def test_names_with_slashes_are_found_and_several_are_told_apart(versions: Repo, tmp_path: Path) -> None:
    annotations = "eu/churn: {path: plain}\neu: {path: plain}\n"
    versions.commit("names", {"artifacts.yaml": annotations, "plain/v1.0.0.tar": "no archive"})
    for name in ("eu/churn", "eu"):
        wrote(versions, "register", name, "--version", "v1.0.0")
    wrote(versions, "assign", "eu", "--version", "v1.0.0", "--stage", "churn")
    wrote(versions, "assign", "eu/churn", "--version", "v1.0.0", "--stage", "eu/prod")
    with team_studio({"team": (versions.path, ["open"]), "a.git": (versions.path, ["open"])}, tmp_path / "team.db",
                     public=("open",)) as studio:  # fmt: skip
        for path in ("team/eu%2Fchurn/eu%2Fprod.tar", "team/eu%2Fchurn/v1.0.0.tar", "a-git/eu.churn/1.0.0.tar"):
            assert "run/it.sh" in unpacked(got(studio, path).content, "tar"), path
        assert got(studio, "team/eu/main/v1.0.0.tar").content == b"no archive"
        several = got(studio, "team/eu/churn/v1.0.0.tar")
        assert several.status_code == 404
        assert "'eu/churn@v1.0.0' or 'eu@v1.0.0'" in several.text


def test_a_checksum_that_takes_long_is_waited_for_and_then_there(
    hub: TeamStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    downloads = hub.app.state.downloads
    monkeypatch.setattr(downloads, "_patience", 0.05)
    with hub.browser().client as client:  # one loop for all that is asked

        def wait() -> str:
            begun.set()
            go_on.wait(20)
            return "done"

        portal = client.portal
        assert portal is not None
        assert portal.call(downloads.work_long, "one", wait) is None
        assert portal.call(downloads.work_long, "other", wait) is None
        assert begun.wait(20)
        assert portal.call(downloads.work_long, "third", wait) is None
        answer = client.get("/dl/team/single/main/model.bin.sha256")
        assert (answer.status_code, int(answer.headers["retry-after"])) == (503, 10)
        go_on.set()
        monkeypatch.setattr(downloads, "_patience", 20.0)
        assert portal.call(downloads.work_long, "one", lambda: "done") == "done"
        assert sending._MOST_LONG == 2  # noqa: SLF001  what the third one met


def test_the_signature_of_a_version_stands_beside_its_files(versions: Repo, tmp_path: Path) -> None:
    (tmp_path / "k.pem").write_bytes(private_pem("secp256r1"))
    versions.commit("more", {"plain/more": "more\n"})
    wrote(versions, "register", "plain", "--version", "v1.1.0")
    wrote(versions, "sign", "plain@v1.1.0", "--key", str(tmp_path / "k.pem"))
    with team_studio({"team": (versions.path, ["open"])}, tmp_path / "team.db", public=("open",)) as studio:
        answer = got(studio, "team/plain/main/model.sig")
        bundle = versions.git("for-each-ref", "--format=%(contents)", "refs/tags/signatures").strip()
        assert (answer.text.strip(), answer.headers["content-type"]) == (bundle, "application/octet-stream")
        unsigned = got(studio, "team/plain/v1.0.0/model.sig")
        assert (unsigned.status_code, "`gto sign` does" in unsigned.text) == (404, True)
