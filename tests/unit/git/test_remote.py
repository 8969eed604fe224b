from __future__ import annotations

import pytest

from gto.exceptions import UsageError
from gto.git.command import Git
from gto.git.remote import host_of, parse, reach


def test_a_login_is_taken_out_of_an_address_and_reaches_git_by_its_environment() -> None:
    git, name = reach(Git(".", {"KEPT": "1"}), "https://ada:p%40ss-word@host.example:8443/team/x.git/")
    assert name == "https://host.example:8443/team/x.git"
    assert (git.env["GTO_URL_NAME"], git.env["GTO_URL_PASSWORD"], git.env["KEPT"]) == ("ada", "p@ss-word", "1")
    settings = {value for key, value in git.env.items() if key.startswith("GIT_CONFIG_KEY_")}
    assert "credential.https://host.example:8443.helper" in settings
    assert not any("ss-word" in value for key, value in git.env.items() if key != "GTO_URL_PASSWORD")


def test_a_name_alone_is_a_setting() -> None:
    remote = parse("https://ada-lovelace@host.example/x")
    assert ("credential.https://host.example.username", "ada-lovelace") in remote.settings()
    assert remote.secrets() == {}


@pytest.mark.parametrize("remote", ["origin", "../other", "C:x"])
def test_what_is_no_address_stays_as_it_is(remote: str) -> None:
    git = Git(".")
    assert reach(git, remote) == (git, remote)


def test_a_clean_address_needs_no_setting() -> None:
    assert parse("https://host.example/x").settings() == [("remote.origin.url", "https://host.example/x")]


@pytest.mark.parametrize("url", ["https://h/x?token=abcdef", "ssh://git:abcdef@h/x", "git://a:abcdef@h/x"])
def test_an_address_with_a_secret_that_others_would_see_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="carries a") as refused:
        parse(url).settings()
    assert "abcdef" not in refused.value.message


@pytest.mark.parametrize("code", ["%0a", "%0D", "%00"])
def test_a_line_break_in_a_login_is_refused(code: str) -> None:
    with pytest.raises(UsageError, match="no line break"):
        parse(f"https://ada:x{code}quit@h/x")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://ada:p@host.example:8443/x@y", "host.example"),
        ("ssh://git@[::1]:22/x", "[::1]"),
        ("git@host.example:team/x", "host.example"),
        ("http://host.example?x", "host.example"),
    ],
)
def test_the_host_of_an_address_is_known_without_its_user_and_port(url: str, host: str) -> None:
    assert host_of(url) == host
