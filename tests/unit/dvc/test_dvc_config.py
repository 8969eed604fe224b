from __future__ import annotations

import pytest

from gto.dvc.config_file import parse_ini
from gto.dvc.dvc_config import Level, RepositoryTrust, Settings, merge, places_of_the_user
from gto.exceptions import CannotLocate
from gto.storage.location import StoreAddress

STRANGER = RepositoryTrust(is_own=False)


def level(text: str, directory: str | None = None, *, own: bool = True) -> Level:
    return Level(parse_ini(text.encode(), "config"), directory, own)


def remote(name: str, **options: str) -> str:
    return "".join([f"['remote \"{name}\"']\n", *(f"{key} = {value}\n" for key, value in options.items())])


def theirs(*texts: str, trust: RepositoryTrust = STRANGER, own: str = "") -> Settings:
    return merge([level(own), *(level(text, own=False) for text in texts)], trust)


def test_later_files_count_more() -> None:
    system = level("[core]\nremote = a\n[cache]\ndir = /shared\n" + remote("a", url="s3://one", region="eu"))
    own = level("[core]\nremote = b\n" + remote("a", region="us"), "/project/.dvc")
    found = merge([system, own], RepositoryTrust())
    assert found.default == "b"
    assert found.cache == "/shared"
    assert found.remote("A").address == StoreAddress("s3://one", {"region": "us"}, trusted=True)


def test_relative_paths_start_from_the_file() -> None:
    text = "[cache]\ndir = ../cache\n" + remote("a", url="../../storage", keyfile="key")
    found = merge([level(text, "/home/project/.dvc")], RepositoryTrust())
    assert found.cache == "/home/project/cache"
    address = found.remote("a").address
    assert (address.url, address.options) == ("/home/storage", {"keyfile": "/home/project/.dvc/key"})


def test_a_remote_builds_upon_another() -> None:
    text = remote("base", url="ssh://host/data", user="ada") + remote("a", url="remote://base/sub", user="bob")
    address = merge([level(text)], RepositoryTrust()).remote("a").address
    assert (address.url, address.options) == ("ssh://host/data/sub", {"user": "bob"})


@pytest.mark.parametrize(
    "text",
    [
        remote("other", url="s3://x"),
        remote("a", url="remote://a/sub"),
        remote("a", url="remote://nobody/sub"),
        remote("a", region="eu"),
        remote("a", url="../storage"),
    ],
)
def test_a_remote_that_leads_nowhere_is_refused(text: str) -> None:
    with pytest.raises(CannotLocate):
        merge([level(text)], RepositoryTrust()).remote("a")


@pytest.mark.parametrize(
    ("options", "versioned"), [({"version_aware": "true"}, True), ({"worktree": "True"}, True), ({}, False)]
)
def test_a_remote_may_keep_versions(options: dict[str, str], versioned: bool) -> None:  # noqa: FBT001  a column
    found = merge([level(remote("a", url="s3://x", **options))], RepositoryTrust()).remote("a")
    assert found.is_versioned is versioned
    assert not found.address.options


@pytest.mark.parametrize(
    ("url", "options", "trusted"),
    [
        ("s3://bucket", {}, True),
        ("gs://bucket", {}, True),
        ("azure://container", {}, True),
        ("s3://bucket", {"endpointurl": "https://evil.example.com"}, False),
        ("https://evil.example.com/x", {}, False),
        ("ssh://evil.example.com/x", {}, False),
        ("/etc", {}, False),
        ("file:///etc", {}, False),
        ("/etc", {"endpointurl": "https://known.example.com"}, False),
        ("ssh://evil.example.com/x", {"endpointurl": "https://known.example.com"}, False),
        ("https://evil.example.com/x", {"endpointurl": "https://known.example.com"}, False),
        ("s3://bucket", {"endpointurl": "https://known.example.com"}, True),
        ("https://known.example.com/x", {}, True),
    ],
)
def test_credentials_go_only_where_the_user_says(url: str, options: dict[str, str], trusted: bool) -> None:  # noqa: FBT001  a column
    mine = remote("mine", url="https://known.example.com/elsewhere", user="ada")
    found = theirs(remote("a", url=url, **options), own=mine)
    assert found.remote("a").address.trusted is trusted
    assert not found.remote("a").address.allow_local


def test_the_user_may_trust_the_remotes_of_a_stranger_but_not_thereby_his_paths() -> None:
    trust = RepositoryTrust(is_own=False, trust_remote=True)
    assert theirs(remote("a", url="https://x.example.com"), trust=trust).remote("a").address.trusted
    assert not theirs(remote("a", url="/etc"), trust=trust).remote("a").address.trusted
    allowed = (
        theirs(remote("a", url="/data"), trust=RepositoryTrust(is_own=False, allow_local=True)).remote("a").address
    )
    assert (allowed.trusted, allowed.allow_local) == (False, True)


def test_a_stranger_does_not_get_the_password_of_a_remote_of_the_same_name() -> None:
    mine = remote("storage", url="https://known.example.com", user="ada", password="secret1")  # noqa: S106  nobody has it
    found = theirs(remote("storage", url="https://evil.example.com"), own=mine).remote("storage").address
    assert (dict(found.options), found.trusted) == ({}, False)
    same = theirs(remote("storage", url="https://known.example.com"), own=mine).remote("storage").address
    assert (same.options["password"], same.trusted) == ("secret1", True)


def test_a_stranger_does_not_get_a_password_through_an_endpoint_either() -> None:
    mine = remote("storage", url="s3://bucket", secret_access_key="secret1")  # noqa: S106  nobody has it
    text = remote("storage", url="s3://bucket", endpointurl="https://evil.example.com")
    found = theirs(text, own=mine).remote("storage").address
    assert (dict(found.options), found.trusted) == ({"endpointurl": "https://evil.example.com"}, False)


def test_a_stranger_does_not_get_a_password_by_building_upon_a_remote() -> None:
    mine = remote("mine", url="s3://bucket", secret_access_key="secret1", region="eu")  # noqa: S106  nobody has it
    mine += remote("other", url="s3://else", endpointurl="https://known.example.com")
    there = remote("theirs", url="remote://mine/x", endpointurl="https://known.example.com")
    found = theirs(there, own=mine).remote("theirs").address
    assert dict(found.options) == {"region": "eu", "endpointurl": "https://known.example.com"}
    same = theirs(remote("theirs", url="remote://mine/x"), own=mine).remote("theirs").address
    assert (same.url, same.options["secret_access_key"]) == ("s3://bucket/x", "secret1")


def test_a_stranger_names_no_files_and_no_cache_of_this_machine() -> None:
    text = "[cache]\ndir = /etc\n" + remote("a", url="s3://x", credentialpath="/home/ada/.aws", ssl_verify="false")
    found = theirs(text)
    assert found.cache is None
    assert not found.remote("a").address.options


def test_a_url_takes_the_options_of_the_remote_in_the_same_bucket() -> None:
    text = remote("a", url="s3://bucket/dvc", profile="team", version_aware="true") + remote("b", url="/path")
    found = merge([level(text)], RepositoryTrust())
    assert found.address_of_url("s3://bucket/x.pkl").options == {"profile": "team"}
    assert found.address_of_url("s3://other/x.pkl").options == {}
    assert found.address_of_url("remote://b/x.pkl").url == "/path/x.pkl"


def test_the_users_configuration_is_where_dvc_has_it() -> None:
    assert places_of_the_user({"XDG_CONFIG_HOME": "/c"}, "/home/ada")[1].endswith("dvc")
    env = {"DVC_SYSTEM_CONFIG_DIR": "/s", "DVC_GLOBAL_CONFIG_DIR": "/g"}
    assert places_of_the_user(env, "/home/ada") == ("/s", "/g")


@pytest.mark.parametrize("path", ["../secret", "a/../../secret", "%2e%2e/secret", "..\\secret", "..%5csecret", ".."])
def test_a_stranger_does_not_leave_a_remote_of_the_users(path: str) -> None:
    """What is beside a directory that is believed may be any file of this machine: the secret of a server, say."""
    mine = remote("mine", url="/srv/models")
    with pytest.raises(CannotLocate, match="leads out"):
        theirs(own=mine).address_of_url(f"remote://mine/{path}")
    with pytest.raises(CannotLocate, match="leads out"):
        theirs(remote("theirs", url=f"remote://mine/{path}"), own=mine).remote("theirs")
    assert theirs(own=mine).address_of_url("remote://mine/a..b/x").trusted
    assert merge([level(mine)], RepositoryTrust()).address_of_url(f"remote://mine/{path}").trusted
