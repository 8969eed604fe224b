"""The commands that keep a team's Studio well, as processes; and how one that serves is stopped."""

from __future__ import annotations

import json
import re
import socket
import sqlite3
import tarfile
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from tests.repo import TIME_LIMIT
from tests.team_process import NAME, PASSWORD, TeamPlace, log_in, serving, wait_for, wait_for_models

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgresql import Server
    from tests.repo import Repo

SECRET = "a-secret-of-this-team-that-stands-nowhere"  # noqa: S105  it keeps nothing secret
PAGES = ("models.json", "m/churn/churn.json", "history.json")
LONGEST = 10.0
"""Seconds in which it ends: one for the requests, and as many as a busy machine may add."""


@pytest.fixture
def place(registry: Repo, tmp_path: Path) -> TeamPlace:
    """A Studio of a team with an admin, which is not served."""
    made = TeamPlace(tmp_path / "old")
    made.list_repository(registry.path)
    made.add_person()
    return made


def pages(url: str) -> dict[str, Any]:
    """What pages say to who logs in, without when that was read."""
    with httpx2.Client(base_url=url, timeout=30) as client:
        log_in(client)
        wait_for_models(client)
        wait_for(lambda: '"auc"' in client.get("/m/churn/churn.json").text)
        wait_for(lambda: all(not one["progress"] for one in client.get("/repos.json").json()["repositories"]))
        texts = {page: client.get(f"/{page}").text for page in PAGES}
    return {page: json.loads(re.sub(r'"read_at": ?[^,}]+', '"read_at": 0', text)) for page, text in texts.items()}


def test_a_backup_restored_into_an_empty_machine_and_another_database_serves_the_same(
    place: TeamPlace, postgresql: Server, tmp_path: Path
) -> None:
    with serving(place) as studio:
        before = pages(studio.url)
        invited = place.studio("invite", "eve", "--role", "maintainer", "--group", "lab")
        assert invited.stdout.startswith(f"{studio.url}/invitation/")  # where it is served, without being told
        assert invited.stderr == "note: who opens it becomes maintainer of lab; it serves once, for 7 days\n"
        made = place.studio("backup", str(tmp_path / "studio.backup"), "--with-secret", "--json")
        assert (made.code, made.stderr) == (0, "")
        assert json.loads(made.stdout)["tables"]["person"] == 1
        catalogue = place.catalog.read_text(encoding="utf-8")
        secret = (place.data / "secret").read_bytes()
    database = postgresql.new(is_empty=True).render_as_string(hide_password=False)
    fresh = TeamPlace(tmp_path / "fresh", {"DATABASE": database})
    fresh.path.mkdir()
    restored = fresh.studio("restore", str(tmp_path / "studio.backup"))
    assert restored.code == 0, restored.stderr
    assert re.fullmatch(r"\d+ rows of \d+ tables, written by \S+\n", restored.stdout)
    assert fresh.catalog.read_text(encoding="utf-8") == catalogue
    assert (fresh.data / "secret").read_bytes() == secret
    with serving(fresh) as studio:
        assert pages(studio.url) == before
    again = fresh.studio("restore", str(tmp_path / "studio.backup"))
    assert (again.code, again.stdout) == (1, "")
    assert "The database is in use" in again.stderr


def test_a_backup_without_the_secret_says_so_and_what_cannot_be_restored_is_named(
    place: TeamPlace, tmp_path: Path
) -> None:
    made = place.studio("backup", "studio.backup")
    assert made.code == 0
    assert re.match(r"studio.backup: \d+ rows of \d+ tables, revision \w+\n", made.stdout)
    restored = place.studio("restore", "studio.backup", "--data", "elsewhere")
    assert (restored.code, "elsewhere/secret before it starts" in restored.stderr) == (0, True)
    assert "the secret is not in it" in made.stderr
    with tarfile.open(place.path / "studio.backup") as archive:
        assert "secret" not in archive.getnames()
    nothing = TeamPlace(tmp_path / "nothing")
    nothing.path.mkdir()
    for words in (("backup", "x"), ("doctor",), ("support-bundle", "x")):
        refused = nothing.studio(*words)
        assert (refused.code, refused.stdout) == (1, ""), words
        assert "There is no Studio in" in refused.stderr
    assert not (nothing.path / "x").exists()
    (nothing.path / "bad").write_text("no backup", encoding="utf-8")
    refused = nothing.studio("restore", "bad")
    assert (refused.code, refused.stdout) == (1, "")
    assert "a backup of Studio was expected" in refused.stderr
    refused = nothing.studio("doctor", "--database", "mysql://db/gto")
    assert (refused.code, refused.stdout) == (1, "")
    assert "mysql" in refused.stderr


def test_doctor_tells_what_is_well_and_its_code_what_is_not(place: TeamPlace) -> None:
    with serving(place) as studio, httpx2.Client(base_url=studio.url, timeout=30) as client:
        log_in(client)
        wait_for_models(client)
        well = place.studio("doctor")
        assert (well.code, well.stderr) == (0, ""), well.stdout
    names = ["database", "secret", "people", "address", "catalogue", "stores", "repositories", "room", "git"]
    assert re.findall(r"^ok   (\w+):", well.stdout, re.MULTILINE) == names
    with closing(sqlite3.connect(place.data / "studio.db")) as connection:
        connection.execute("DELETE FROM role_grant")
        connection.commit()
    ill = place.studio("doctor", "--json", "--url", "http://studio.example.com")
    assert ill.code == 1
    found = {one["check"]: one for one in json.loads(ill.stdout)}
    assert list(found) == names
    assert [name for name, one in found.items() if not one["ok"]] == ["people", "address"]
    assert found["people"]["hint"].startswith("`gto studio invite NAME --role admin`")
    local = json.loads(place.studio("doctor", "--json", "--url", "http://[::1]:8765", "--no-passwords").stdout)
    assert [one["check"] for one in local if not one["ok"]] == ["people"]
    assert local[2]["hint"].startswith("`gto studio people claim GROUP '*=admin'`")


def test_a_support_bundle_holds_no_secret_and_nobodys_name(place: TeamPlace) -> None:
    assert place.studio("doctor").code in {0, 1}  # it makes the secret
    with_secret = place._replace(options={"SECRET": SECRET, "OIDC_CLIENT_SECRET": SECRET})
    made = with_secret.studio("support-bundle", "bundle.tar.gz", "--json")
    assert (made.code, made.stderr) == (0, "")
    assert json.loads(made.stdout)["file"] == "bundle.tar.gz"
    path = place.path / "bundle.tar.gz"
    assert path.stat().st_mode & 0o777 == 0o600
    with tarfile.open(path) as archive:
        texts = {one.name: archive.extractfile(one) for one in archive.getmembers()}
        said = {name.partition("/")[2]: text.read().decode() for name, text in texts.items() if text is not None}
    assert set(said) == set(json.loads(made.stdout)["files"])
    assert json.loads(said["rows.json"])["person"] == 1
    own = {SECRET, (place.data / "secret").read_text(encoding="utf-8").strip(), PASSWORD, f"{NAME}@example.com"}
    for name, text in said.items():
        assert not [one for one in own if one in text], name
        assert not re.search(rf"\b{NAME}\b", text), name


def test_sigterm_ends_it_in_time_while_a_request_and_a_reading_wait(place: TeamPlace, registry: Repo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        remote = f"http://127.0.0.1:{silent.getsockname()[1]}/team.git"
        with place.catalog.open("a", encoding="utf-8") as file:
            file.write(f"- url: {remote}\n  name: silent\n")
        with serving(place) as studio:
            silent.settimeout(TIME_LIMIT)
            git, _ = silent.accept()  # a reading is there, and hears nothing
            with git, socket.create_connection(("127.0.0.1", studio.port), timeout=TIME_LIMIT) as half:
                half.sendall(b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nname=")
                time.sleep(0.2)
                code, seconds = studio.ended()
                assert code == 0, studio.log.read_text(encoding="utf-8")
                assert seconds < LONGEST
                git.settimeout(TIME_LIMIT)
                while git.recv(1 << 16):
                    pass  # until nobody holds the other end
            assert "Traceback" not in studio.log.read_text(encoding="utf-8")
    with closing(sqlite3.connect(place.data / "studio.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    place.list_repository(registry.path)
    with serving(place) as studio:
        names = {one["artifact"] for one in pages(studio.url)["models.json"]["artifacts"]}
        assert names == {"churn", "features"}
