from __future__ import annotations

import pytest

from gto.git.safe_config import as_environment, guard, names_a_program


def test_what_reads_reaches_no_network_and_asks_no_monitor() -> None:
    guarded = guard(["cat-file", "--batch"], {})
    assert guarded["GIT_ALLOW_PROTOCOL"] == "none"
    assert guarded["GIT_NO_LAZY_FETCH"] == "1"
    assert (guarded["GIT_CONFIG_KEY_0"], guarded["GIT_CONFIG_VALUE_0"]) == ("core.fsmonitor", "false")


@pytest.mark.parametrize(
    ("args", "env"), [(["fetch", "origin"], {}), (["commit"], {}), (["cat-file"], {"GIT_NO_LAZY_FETCH": "0"})]
)
def test_what_may_talk_does_so_without_addresses_that_run_commands(args: list[str], env: dict[str, str]) -> None:
    guarded = guard(args, {**env, "GIT_CONFIG_COUNT": "1"})
    assert "GIT_ALLOW_PROTOCOL" not in guarded, "protocol.*.allow of the user goes on to count"
    assert (guarded["GIT_CONFIG_KEY_1"], guarded["GIT_CONFIG_VALUE_1"]) == ("protocol.ext.allow", "never")
    assert guarded["GIT_CONFIG_COUNT"] == "3"


@pytest.mark.parametrize("count", ["", "x", "-1"])
def test_a_count_that_is_none_is_none(count: str) -> None:
    assert as_environment([("a.b", "c")], {"GIT_CONFIG_COUNT": count})["GIT_CONFIG_COUNT"] == "1"


@pytest.mark.parametrize(
    ("key", "counts"),
    [
        ("core.sshcommand", True),
        ("core.sshCommand", True),
        ("credential.https://host.example/a.b.helper", True),
        ("credential.helper", True),
        ("remote.a.b.uploadpack", True),
        ("remote.origin.vcs", True),
        ("http.https://x/.cookiefile", True),
        ("http.savecookies", True),
        ("protocol.ext.allow", True),
        ("remote.origin.url", False),
        ("http.https://x/.extraheader", False),
        ("core.bare", False),
    ],
)
def test_a_repository_s_own_setting_may_name_a_program(key: str, *, counts: bool) -> None:
    for scope in ("local", "worktree"):
        assert names_a_program(f"global\0core.sshcommand\0{scope}\0{key}\0") is counts
    assert not names_a_program(f"global\0{key}\0system\0{key}\0command\0{key}\0")
