"""How a team's Studio is started: options, their file, and what does not fit together."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click
import pytest

from gto.cli.commands.studio import command
from gto.exceptions import UsageError
from gto.studio.team.serve import open_team
from gto.studio.team.serve_options import DEFAULTS, ServeOptions, check_served, read_options
from tests.repo import gto

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ISSUER = {"oidc_issuer": "https://login.example.com", "oidc_client_id": "studio"}
PROXY = {"proxy_networks": ("10.0.0.5",), "proxy_user": "X-Forwarded-User"}


def settings(of: click.Command) -> Iterator[click.Parameter]:
    """The options that variables set, of a command and those below it."""
    yield from (one for one in of.params if str(one.envvar).startswith("GTO_STUDIO_"))
    for below in of.commands.values() if isinstance(of, click.Group) else ():
        yield from settings(below)


def test_every_option_that_a_variable_sets_is_one_that_studio_reads() -> None:
    names = {str(one.name) for one in settings(command)}
    assert names - DEFAULTS.keys() == {"config", "no_worker"}
    assert len(names) > 25


def test_what_is_not_said_has_the_default_of_its_field() -> None:
    assert read_options({}) == ServeOptions()
    assert read_options(dict.fromkeys(DEFAULTS)) == ServeOptions()
    read = read_options(
        {"audit_days": 30.0, "reading_jobs": 2, "no_worker": True, "sources_has_private": True, **PROXY}
    )
    assert (read.team.audit_days, read.team.reading.jobs, read.team.sources.has_private) == (30.0, 0, True)
    assert read.team.proxy.trusts("10.0.0.5")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"oidc_client_id": "studio"}, "need --oidc-issuer"),
        ({"oidc_client_secret": "s"}, "need --oidc-issuer"),
        ({"oidc_label": "Company"}, "need --oidc-issuer"),
        ({"oidc_groups_claim": "roles"}, "need --oidc-issuer"),
        ({"oidc_issuer": "https://login.example.com"}, "needs --oidc-client-id"),
        ({"oidc_issuer": "http://login.example.com", "oidc_client_id": "studio"}, "is no issuer"),
        ({"oidc_issuer": "https://[::1", "oidc_client_id": "studio"}, "is no issuer"),
        ({"proxy_user": "X-Forwarded-User"}, "needs --trusted-proxy"),
        ({"proxy_groups": "X-Forwarded-Groups", "proxy_networks": ("10.0.0.5",)}, "need --proxy-user-header"),
        ({"no_passwords": True}, "nobody could log in"),
    ],
)
def test_what_would_be_silent_or_lock_everybody_out_is_refused(said: dict[str, Any], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        check_served(read_options(said))


@pytest.mark.parametrize("said", [{}, ISSUER, PROXY, {"no_passwords": True, **ISSUER}, {"no_passwords": True, **PROXY}])
def test_what_lets_people_in_is_taken(said: dict[str, Any]) -> None:
    check_served(read_options(said))


def test_one_file_of_options_serves_every_command(tmp_path: Path) -> None:
    shared = tmp_path / "studio.yaml"
    shared.write_text(
        "data: kept\nport: 9000\npublic: [lab]\noidc-issuer: https://login.example.com\noidc_client_id: 12\n"
        "jobs: 2\ngroup: [lab]\nlog-format: json\nurl: https://studio.test\n",
        encoding="utf-8",
    )
    told = gto("studio", "invite", "ada", "--config", "studio.yaml", "--json", cwd=tmp_path)
    assert told.code == 0, told.stderr
    assert json.loads(told.stdout)["url"].startswith("https://studio.test/invitation/")
    assert (tmp_path / "kept" / "studio.db").exists()
    for words in (("people", "list"), ("worker", "--audit-days", "0")):
        assert "unknown option" not in gto("studio", *words, "--config", "studio.yaml", cwd=tmp_path).stderr


def test_this_machine_finds_what_listens_to_all_of_its_addresses_at_loopback() -> None:
    for host, url in (
        ("0.0.0.0", "http://127.0.0.1:9000"),  # noqa: S104  nothing listens to it
        ("::", "http://[::1]:9000"),
        ("::1", "http://[::1]:9000"),
        ("10.0.0.7", "http://10.0.0.7:9000"),
    ):
        assert ServeOptions(host=host, port=9000).local_url == url


def test_an_option_that_no_command_has_is_refused_with_the_one_that_is_meant(tmp_path: Path) -> None:
    (tmp_path / "studio.yaml").write_text("data: kept\nlog-fromat: json\n", encoding="utf-8")
    told = gto("studio", "migrate", "--config", "studio.yaml", cwd=tmp_path)
    assert told.code == 1
    assert "unknown option 'log-fromat'" in told.stderr
    assert "log-format" in told.stderr
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "https://ada:hunter2@studio.example.com"},
        {"url": "https://studio.example.com?key=hunter2"},
        {"database": "postgresql://ada:hunter2@host:port/studio"},
        {"database": "postgresql://ada:hunter2@[::1/studio"},
        {"database": "postgresql://ada:hunter2@127.0.0.1:1/studio"},
        {"database": "postgresql://127.0.0.1:1/studio?user=ada&password=hunter2"},
    ],
)
def test_what_cannot_be_an_address_is_told_without_its_password(wrong: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        open_team(read_options({"data": str(tmp_path), **wrong}))
    assert "hunter2" not in f"{caught.value.message} {caught.value.hint}"


def test_what_the_database_refuses_is_a_line_for_who_gives_roles_too(tmp_path: Path) -> None:
    assert gto("studio", "migrate", cwd=tmp_path).code == 0
    with closing(sqlite3.connect(tmp_path / "gto-studio" / "studio.db")) as database:
        database.execute("DROP TABLE role_grant")
    told = gto("studio", "people", "list", cwd=tmp_path)
    assert (told.code, "The database refuses: no such table" in told.stderr) == (1, True), told.stderr
    assert "Traceback" not in told.stderr
