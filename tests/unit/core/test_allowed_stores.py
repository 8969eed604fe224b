"""Addresses of stores in one form, and which of them a list allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.core.allowed_stores import AllowedStores, check_key, parse_location
from gto.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

MINIO = {"endpointurl": "https://minio.example.com"}


def is_allowed(url: str, options: Mapping[str, str] = {}, listed: str = "", of: Mapping[str, str] = {}) -> bool:
    """Whether a store is at or below the one that is listed; false, too, for what could be read in two ways."""
    allowed = AllowedStores((), (parse_location(listed, of),))
    try:
        return allowed.holds(parse_location(url, options))
    except UsageError:
        return False


BUCKET = "s3://models/team-a"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("s3://models/team-a", True),
        ("S3://models/team-a/", True),
        ("s3://key:secret@models/team-a/v1/x", True),
        ("s3://models/team-ab", False),
        ("s3://models/team", False),
        ("s3://models", False),
        ("s3://Models/team-a", False),
        ("gs://models/team-a", False),
        ("s3://models/team-a/../team-b", False),
        ("s3://models/team-a/%2e%2e/team-b", False),
        ("s3://models/team-a/%252e%252E/team-b", False),
        ("s3://models/team-a/..%2fteam-b", False),
        ("s3://models/team-a\\..\\team-b", False),
        ("s3://models/team-b?x=/team-a", False),
        ("s3://other?@models/team-a", False),
        ("s3://other#@models/team-a", False),
        ("s3://models/team-a\n", False),
        ("models/team-a", False),
    ],
)
def test_a_bucket_is_matched_by_its_name_and_whole_names_of_the_path(url: str, *, expected: bool) -> None:
    assert is_allowed(url, listed=BUCKET) is expected


def test_the_endpoint_and_the_account_are_a_part_of_where_a_bucket_is() -> None:
    assert not is_allowed(BUCKET, MINIO, BUCKET)
    assert not is_allowed(BUCKET, {}, BUCKET, MINIO)
    same = {"endpointurl": "HTTPS://user@Minio.example.com:443/"}
    assert is_allowed(BUCKET, same, BUCKET, MINIO)
    for other in ("http://minio.example.com", "https://minio.example.com:444", "https://minio.example.com/x", "minio"):
        assert not is_allowed(BUCKET, {"endpointurl": other}, BUCKET, MINIO)
    assert is_allowed("azure://c/x", {"account_name": "acme"}, "azure://c", {"account_name": "acme"})
    assert not is_allowed("azure://c/x", {"account_name": "other"}, "azure://c", {"account_name": "acme"})
    assert not is_allowed("azure://c/x", {"account_name": "other"}, "azure://c")
    assert is_allowed("gs://b/x", {"account_name": "nobody reads it there"}, "gs://b")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://FILES.example.com:443/team-a/x", True),
        ("https://u:p@files.example.com/team%2Da/x", True),
        ("http://files.example.com/team-a/x", False),
        ("https://files.example.com:8443/team-a/x", False),
        ("https://files.example.com.evil.example/team-a", False),
        ("https://evil.example/@files.example.com/team-a", False),
        ("https://files.example.com@evil.example/team-a", False),
        ("https://files.example.com/team-a/../team-b", False),
        ("https://files.example.com/team-a/.%2e/team-b", False),
        ("https://files.example.com/team-a%2f..%2fteam-b", False),
        ("https://files.example.com/team-a/..;x/team-b", False),
        ("https://files.example.com/team-a/..%3b/team-b", False),
        ("https://files.example.com/team-a/v1;x", True),
        ("https://files.example.com/team%2fa", False),
        ("https://files.example.com/team%252Da/x", False),
        ("https://files.example.com//team-a", False),
        ("https://files.example.com/team-a//x", False),
        ("https://files.example.com/team-a?file=/team-b", False),
        ("https:///team-a", False),
    ],
)
def test_a_web_server_is_matched_by_scheme_host_and_port_and_whole_names_of_the_path(
    url: str, *, expected: bool
) -> None:
    assert is_allowed(url, listed="https://files.example.com/team-a") is expected


def test_paths_and_ssh_are_matched_by_whole_names_and_the_port_that_counts() -> None:
    assert is_allowed("/srv/models/./x".replace("/./", "//"), listed="/srv/models")
    assert is_allowed("file:///srv/mod%65ls/x", listed="/srv/models/")
    for other in ("/srv/modelsx", "/srv/models/../other", "file:///srv/models/%2e%2e/other", "srv/models", "~/models"):
        assert not is_allowed(other, listed="/srv/models")
    assert is_allowed("ssh://me@Host:22/srv/a/b", listed="ssh://host/srv/a")
    assert not is_allowed("ssh://host/srv/a/b", {"port": "2222"}, "ssh://host/srv/a")
    assert is_allowed("ssh://host/srv/a/b", {"port": "2222"}, "ssh://host:2222/srv/a")


def test_the_path_of_an_object_leads_out_of_no_store() -> None:
    for key in ("", "files/md5/aa/bb", "a b/c#d?e%.csv", "..a/b..", "x/...", "100%25.csv"):
        check_key(key)
    encoded = ("%2e%2E/x", "%252e%252e", "a/..%5cx", "a/%2e.%3bb/x", "%" + "25" * 300_000)
    for key in ("..", "a/../b", "../x", "a/./b", "a\\..\\b", "a\0b", "..;/x", *encoded):
        with pytest.raises(UsageError):
            check_key(key)
